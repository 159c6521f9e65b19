/**
 * How long a group waits for its members to join. One that begins waits a little for more to come, whoever is there
 * already, and as long again with each that does; one that rebalances waits for the members it has.
 */
import type { Clock, Timer } from '../../base/clock.ts'

export class JoinWait {
  private readonly clock: Clock
  private readonly ended: () => void
  private timer: Timer | null = null
  private begins = false
  private joined = false

  constructor(clock: Clock, ended: () => void) {
    this.clock = clock
    this.ended = ended
  }

  /** It will last its time even if all are here. */
  get beginning(): boolean {
    return this.begins
  }

  /** @param longestMs in all, however many come */
  begin(delayMs: number, longestMs: number): void {
    this.clear()
    this.begins = true
    this.delay(delayMs, delayMs, Math.max(longestMs - delayMs, 0))
  }

  /** Someone joined a group that begins. */
  extend(): void {
    this.joined = true
  }

  wait(forMs: number): void {
    this.clear()
    this.set(forMs, () => this.ended())
  }

  clear(): void {
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.timer = null
    this.begins = false
    this.joined = false
  }

  private delay(delayMs: number, forMs: number, restMs: number): void {
    this.set(forMs, () => {
      if (!this.joined || restMs === 0) return this.ended()
      this.joined = false
      this.delay(delayMs, Math.min(delayMs, restMs), Math.max(restMs - delayMs, 0))
    })
  }

  private set(forMs: number, task: () => void): void {
    this.timer = this.clock.setTimer(forMs, () => {
      this.timer = null
      task()
    })
  }
}
