/**
 * The door to time. `now` is the wall clock and may jump; whatever measures or waits uses `monotonic` or a timer.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds since some start, with fractions; never goes back. */
  monotonic(): number
  /** Calls back once, not before `delayMs` milliseconds have passed. */
  setTimer(delayMs: number, callback: () => void): Timer
  /** Nothing happens if the timer has fired or was cleared. */
  clearTimer(timer: Timer): void
}

/** Held only to be cleared. */
export type Timer = object

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, callback) => setTimeout(callback, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

/** Another clock until it is stopped: then its timers are gone, and new ones never fire. */
export class StoppableClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (this.#stopped) return {}
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer)
      callback()
    })
    this.#timers.add(timer)
    return timer
  }

  clearTimer(timer: Timer): void {
    if (this.#timers.delete(timer)) this.#clock.clearTimer(timer)
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) this.#clock.clearTimer(timer)
    this.#timers.clear()
  }
}

interface ManualTimer {
  dueMs: number
  callback: () => void
}

/** Stands still until it is advanced. */
export class ManualClock implements Clock {
  readonly #startMs: number
  #elapsedMs = 0
  #timers: ManualTimer[] = []

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs
  }

  now(): number {
    return this.#startMs + this.#elapsedMs
  }

  monotonic(): number {
    return this.#elapsedMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), callback }
    const later = this.#timers.findIndex((other) => other.dueMs > timer.dueMs)
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer)
    return timer
  }

  clearTimer(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer)
  }

  /** Milliseconds to the next timer; undefined if none waits. */
  nextTimer(): number | undefined {
    return this.#timers.length === 0 ? undefined : this.#timers[0].dueMs - this.#elapsedMs
  }

  /** Moves time on and fires what falls due, in order; each timer sees the time it was due at. */
  advance(byMs: number): void {
    const untilMs = this.#elapsedMs + byMs
    while (this.#timers.length > 0 && this.#timers[0].dueMs <= untilMs) {
      const timer = this.#timers.shift()!
      this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs)
      timer.callback()
    }
    this.#elapsedMs = untilMs
  }
}
