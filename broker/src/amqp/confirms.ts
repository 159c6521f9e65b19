/**
 * The publishes of a confirm channel that wait to become durable: (last sequence number, round or other durable number)
 * pairs, neighbours of one round merged, so that a round costs one basic.ack however many messages it held. What a
 * queue refused stands among them in its place, so that no ack ever covers it.
 */
import { type Durability, isRound } from '../broker/durability.ts'

/** Instead of a round: a queue did not take the message, and its publisher gets a basic.nack. */
export const REFUSED = -1

/** Entries that stay in the lists though they were answered. */
const ANSWERED_MAX = 1024

export class Confirms {
  private sequences: number[] = []
  private rounds: number[] = []
  private head = 0
  /** All up to here are answered. */
  answered = 0

  get waiting(): boolean {
    return this.head < this.sequences.length
  }

  /** Sequence numbers rise by one; `round` 0 needs no durability and follows whatever stands before it. */
  push(sequence: number, round: number): void {
    const last = this.sequences.length - 1
    if (last >= this.head && isCovered(round, this.rounds[last])) {
      this.sequences[last] = sequence
      return
    }
    this.sequences.push(sequence)
    this.rounds.push(round)
  }

  /**
   * To be called until there is no more.
   * @returns the sequence number to answer now, 0 for none; `multiple` says whether it stands for several.
   */
  take(durability: Pick<Durability, 'reached'>): number {
    if (!this.waiting) return 0
    let sequence = 0
    this.refused = this.rounds[this.head] === REFUSED
    while (this.head < this.sequences.length && durability.reached(this.rounds[this.head])) {
      if ((this.rounds[this.head] === REFUSED) !== this.refused) break
      sequence = this.sequences[this.head++]
    }
    if (this.head === this.sequences.length || this.head > ANSWERED_MAX) this.dropAnswered()
    if (sequence === 0) return 0
    this.multiple = sequence - this.answered > 1
    this.answered = sequence
    return sequence
  }

  /** A publisher that never pauses always has some to wait for: the lists would only grow. */
  private dropAnswered(): void {
    this.sequences = this.sequences.slice(this.head)
    this.rounds = this.rounds.slice(this.head)
    this.head = 0
  }

  /** Set by `take`. */
  multiple = false
  /** Set by `take`: the answer is a basic.nack. */
  refused = false
}

/** Whether what waits for `last` may stand for what waits for `round` too. A ticket says nothing of rounds after it. */
function isCovered(round: number, last: number): boolean {
  if (round === REFUSED || last === REFUSED) return round === last
  return round === last || round === 0 || (round < last && isRound(last))
}
