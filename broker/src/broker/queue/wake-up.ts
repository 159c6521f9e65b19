/** One timer that stands at the earliest time asked for. */
import type { Clock, Timer } from '../../base/clock.ts'

/** Longer timers than the runtime has are taken in several. */
const DELAY_MS_MAX = 2 ** 31 - 1

export class WakeUp {
  private readonly clock: Clock
  private readonly task: () => void
  private timer: Timer | null = null
  private dueMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, task: () => void) {
    this.clock = clock
    this.task = task
  }

  /** Calls the task at `dueMs` (ms since 1970) or soon after, unless it is called before that anyway. */
  at(dueMs: number): void {
    if (dueMs >= this.dueMs) return
    this.clear()
    this.dueMs = dueMs
    const delayMs = Math.min(Math.max(0, Math.ceil(dueMs - this.clock.now())), DELAY_MS_MAX)
    this.timer = this.clock.setTimer(delayMs, () => {
      this.timer = null
      this.dueMs = Number.POSITIVE_INFINITY
      this.task()
    })
  }

  clear(): void {
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.timer = null
    this.dueMs = Number.POSITIVE_INFINITY
  }
}
