/**
 * The time in tenths of a second since some start, read at most once in a turn: what a delivery can afford. It fits
 * 32 bits for 13 years.
 */
import type { Clock } from '../base/clock.ts'
import { type Turn, TurnPhase, type TurnTask } from '../base/turn.ts'

export const TENTH_MS = 100

export class TurnTime implements TurnTask {
  scheduled = false
  private readonly clock: Clock
  private readonly turn: Turn
  private current = -1

  constructor(clock: Clock, turn: Turn) {
    this.clock = clock
    this.turn = turn
  }

  get tenths(): number {
    return this.current < 0 ? this.read() : this.current
  }

  runTurn(): void {
    this.current = -1
  }

  private read(): number {
    this.current = Math.floor(this.clock.monotonic() / TENTH_MS)
    this.turn.schedule(TurnPhase.seal, this)
    return this.current
  }
}
