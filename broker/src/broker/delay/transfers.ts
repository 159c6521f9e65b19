/**
 * Messages of a due lane whose copies are on their way to become durable: (round, place) pairs in order of rounds.
 * A message is settled only behind its copies, so that a crash in between gives a second copy and never none.
 */
import type { DurableWaiter } from '../durability.ts'

export interface TransfersContext {
  readonly engine: { readonly durableRound: number }
  waitDurable(waiter: DurableWaiter): void
}

export class Transfers implements DurableWaiter {
  private readonly rounds: number[] = []
  private readonly places: number[] = []
  private head = 0
  private readonly context: TransfersContext
  private readonly settle: (place: number) => void

  constructor(context: TransfersContext, settle: (place: number) => void) {
    this.context = context
    this.settle = settle
  }

  /** Copies not known to be durable. */
  get size(): number {
    return this.rounds.length - this.head
  }

  /** Settles `place` once `round` is durable; 0: at once. */
  add(place: number, round: number): void {
    if (round <= this.context.engine.durableRound) {
      this.settle(place)
      return
    }
    if (this.rounds.length === 0) this.context.waitDurable(this)
    this.rounds.push(round)
    this.places.push(place)
  }

  durable(durableRound: number): boolean {
    const { rounds, places } = this
    while (this.head < rounds.length && rounds[this.head] <= durableRound) this.settle(places[this.head++])
    if (this.head < rounds.length) return true
    this.clear()
    return false
  }

  /** Nothing of it is to be settled any more. */
  clear(): void {
    this.rounds.length = 0
    this.places.length = 0
    this.head = 0
  }
}
