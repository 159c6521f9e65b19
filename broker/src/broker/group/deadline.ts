/**
 * A point in time that is put off again and again and seldom passes: a timer is set once and looks, when it fires,
 * whether it still means it. A heartbeat costs a store.
 */
import type { Clock, Timer } from '../../base/clock.ts'

export class Deadline {
  private readonly clock: Clock
  private readonly passed: () => void
  private timer: Timer | null = null
  private dueMs = 0
  private armedMs = 0

  constructor(clock: Clock, passed: () => void) {
    this.clock = clock
    this.passed = passed
  }

  get isSet(): boolean {
    return this.timer !== null
  }

  /** Moves it to `delayMs` from now. */
  set(delayMs: number): void {
    this.dueMs = this.clock.monotonic() + delayMs
    if (this.timer !== null && this.armedMs <= this.dueMs) return
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.arm(delayMs)
  }

  clear(): void {
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.timer = null
  }

  private arm(delayMs: number): void {
    this.armedMs = this.dueMs
    this.timer = this.clock.setTimer(delayMs, () => {
      this.timer = null
      const restMs = this.dueMs - this.clock.monotonic()
      if (restMs > 0) this.arm(Math.ceil(restMs))
      else this.passed()
    })
  }
}
