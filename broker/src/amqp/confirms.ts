/**
 * The publishes of a confirm channel that wait for their round to become durable: (last sequence number, round)
 * pairs, neighbours of one round merged, so that a round costs one basic.ack however many messages it held.
 */
export class Confirms {
  private readonly sequences: number[] = []
  private readonly rounds: number[] = []
  private head = 0
  /** All up to here are confirmed. */
  private confirmed = 0

  get waiting(): boolean {
    return this.head < this.sequences.length
  }

  /** Sequence numbers rise by one; `round` 0 needs no durability and follows whatever stands before it. */
  push(sequence: number, round: number): void {
    const last = this.sequences.length - 1
    if (last >= this.head && (round <= this.rounds[last] || round === 0)) {
      this.sequences[last] = sequence
      return
    }
    this.sequences.push(sequence)
    this.rounds.push(round)
  }

  /** @returns the sequence number to acknowledge now, 0 for none; `multiple` says whether it stands for several. */
  take(durableRound: number): number {
    let sequence = 0
    while (this.head < this.sequences.length && this.rounds[this.head] <= durableRound) {
      sequence = this.sequences[this.head++]
    }
    if (this.head === this.sequences.length) {
      this.sequences.length = 0
      this.rounds.length = 0
      this.head = 0
    }
    if (sequence === 0) return 0
    this.multiple = sequence - this.confirmed > 1
    this.confirmed = sequence
    return sequence
  }

  /** Set by `take`. */
  multiple = false
}
