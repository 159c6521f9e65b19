/**
 * Messages that go from one log to another (*transfer*, docs/decisions/0005): their copies are appended first, and they are
 * settled when the copies are durable; a crash in between gives a second copy and never none. Here stand those that
 * wait for that, as (round, place) pairs in order of rounds. They are settled in slices.
 */
import { NumberQueue } from '../base/number-queue.ts'
import { type Turn, TurnPhase, type TurnTask } from '../base/turn.ts'
import type { DurableWaiter } from './durability.ts'

/** The copy cannot be made now: the message stays and is tried again. */
export const NOT_NOW = -1

export interface TransfersContext {
  readonly turn: Turn
  reached(durableNumber: number): boolean
  waitDurable(waiter: DurableWaiter): void
}

/** Settled in one go; there are a few goes in a turn. */
const SLICE = 512

export class Transfers implements DurableWaiter, TurnTask {
  scheduled = false
  private readonly rounds = new NumberQueue()
  private readonly places = new NumberQueue()
  private readonly context: TransfersContext
  private readonly settle: (place: number) => void

  constructor(context: TransfersContext, settle: (place: number) => void) {
    this.context = context
    this.settle = settle
  }

  /** Copied and not settled. */
  get size(): number {
    return this.rounds.length
  }

  /** Settles `place` once `round` is durable; 0: at once. */
  add(place: number, round: number): void {
    if (this.size === 0 && this.context.reached(round)) {
      this.settle(place)
      return
    }
    if (this.size === 0) this.context.waitDurable(this)
    this.rounds.push(round)
    this.places.push(place)
  }

  durable(): boolean {
    if (this.size > 0) this.context.turn.schedule(TurnPhase.deliver, this)
    return this.size > 0
  }

  runTurn(): void {
    const { rounds, places } = this
    let left = SLICE
    for (; left > 0 && rounds.length > 0 && this.context.reached(rounds.first); left--) {
      rounds.shift()
      this.settle(places.shift())
    }
    if (left === 0 && this.size > 0) this.context.turn.schedule(TurnPhase.deliver, this)
  }

  /** Nothing of it is to be settled any more. */
  clear(): void {
    this.rounds.clear()
    this.places.clear()
  }
}
