/**
 * Messages that go from one log to another (STORAGE rule 20, *transfer*): their copies are appended first, and they are
 * settled when the copies are durable; a crash in between gives a second copy and never none. Here stand those that
 * wait for that, as (round, place) pairs in order of rounds. They are settled in slices.
 */
import { type Turn, TurnPhase, type TurnTask } from '../base/turn.ts'
import type { DurableWaiter } from './durability.ts'

/** The copy cannot be made now: the message stays and is tried again. */
export const NOT_NOW = -1

export interface TransfersContext {
  readonly turn: Turn
  readonly engine: { readonly durableRound: number }
  waitDurable(waiter: DurableWaiter): void
}

/** Settled in one go; there are a few goes in a turn. */
const SLICE = 512

export class Transfers implements DurableWaiter, TurnTask {
  scheduled = false
  private readonly rounds: number[] = []
  private readonly places: number[] = []
  private head = 0
  private readonly context: TransfersContext
  private readonly settle: (place: number) => void

  constructor(context: TransfersContext, settle: (place: number) => void) {
    this.context = context
    this.settle = settle
  }

  /** Copied and not settled. */
  get size(): number {
    return this.rounds.length - this.head
  }

  /** Settles `place` once `round` is durable; 0: at once. */
  add(place: number, round: number): void {
    if (this.size === 0 && round <= this.context.engine.durableRound) {
      this.settle(place)
      return
    }
    if (this.rounds.length === 0) this.context.waitDurable(this)
    this.rounds.push(round)
    this.places.push(place)
  }

  durable(): boolean {
    if (this.size > 0) this.context.turn.schedule(TurnPhase.deliver, this)
    return this.size > 0
  }

  runTurn(): void {
    const { rounds, places } = this
    const { durableRound } = this.context.engine
    const end = Math.min(rounds.length, this.head + SLICE)
    while (this.head < end && rounds[this.head] <= durableRound) this.settle(places[this.head++])
    if (this.head === rounds.length) this.clear()
    else if (this.head === end) this.context.turn.schedule(TurnPhase.deliver, this)
  }

  /** Nothing of it is to be settled any more. */
  clear(): void {
    this.rounds.length = 0
    this.places.length = 0
    this.head = 0
  }
}
