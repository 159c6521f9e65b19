/**
 * Cancels consumers that leave deliveries unacknowledged for longer than their queue, or an argument of their own,
 * allows. Trade: one coarse timer looks at all of them, up to a quarter of the shortest time late, at most a minute.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Channel } from './channel.ts'

const LOOK_MS_MIN = 1000
const LOOK_MS_MAX = 60_000

export class ConsumerTimeouts {
  private readonly clock: Clock
  private readonly channels: () => Iterable<Channel>
  /** When it looks next, on the monotonic clock; Infinity: nobody has a time limit. */
  private dueMs = Number.POSITIVE_INFINITY
  private timer: Timer | null = null

  constructor(clock: Clock, channels: () => Iterable<Channel>) {
    this.clock = clock
    this.channels = channels
  }

  /** Somebody has this limit from now on; null: none. */
  watch(timeoutMs: number | null): void {
    if (timeoutMs === null) return
    const delayMs = Math.min(Math.max(timeoutMs / 4, LOOK_MS_MIN), LOOK_MS_MAX)
    const dueMs = this.clock.monotonic() + delayMs
    if (dueMs >= this.dueMs) return
    this.dueMs = dueMs
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.timer = this.clock.setTimer(delayMs, () => this.look())
  }

  stop(): void {
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.timer = null
    this.dueMs = Number.POSITIVE_INFINITY
  }

  private look(): void {
    this.timer = null
    this.dueMs = Number.POSITIVE_INFINITY
    for (const channel of this.channels()) {
      channel.cancelOverdue()
      this.watch(channel.holders.shortestTimeout())
    }
  }
}
