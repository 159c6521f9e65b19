/**
 * Deletes what nobody uses (`x-expires`): a queue without consumers, gets and declares for so long. It goes by the clock
 * that is never set, for a jump of the other one must not cost anybody a queue.
 */
import type { Clock } from '../../base/clock.ts'
import { WakeUp } from './wake-up.ts'

export class Idleness {
  private readonly clock: Clock
  private readonly isInUse: () => boolean
  private readonly onIdle: () => void
  private readonly wake: WakeUp
  private limitMs: number | null = null
  private usedMs: number

  constructor(clock: Clock, isInUse: () => boolean, onIdle: () => void) {
    this.clock = clock
    this.isInUse = isInUse
    this.onIdle = onIdle
    this.wake = new WakeUp(clock, () => this.check())
    this.usedMs = clock.monotonic()
  }

  /** @param limitMs null: for ever */
  set(limitMs: number | null): void {
    this.limitMs = limitMs
    this.touch()
  }

  /** It is used: its time starts anew. */
  touch(): void {
    if (this.limitMs === null) return
    this.usedMs = this.clock.monotonic()
    this.wake.at(this.clock.now() + this.limitMs)
  }

  stop(): void {
    this.limitMs = null
    this.wake.clear()
  }

  private check(): void {
    if (this.limitMs === null || this.isInUse()) return
    const leftMs = this.limitMs - (this.clock.monotonic() - this.usedMs)
    if (leftMs <= 0) this.onIdle()
    else this.wake.at(this.clock.now() + leftMs)
  }
}
