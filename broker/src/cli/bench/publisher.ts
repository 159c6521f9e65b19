/**
 * Publishes as its pace allows, never with more messages under way than its window. The body begins with the time of
 * publishing. Under a rate, what goes out late counts from when it was due: a broker that makes its publishers wait does
 * not hide it.
 *
 *   double  ms of the monotonic clock of this process
 *   octet*  zeros, up to the size
 */
import { systemClock } from '../../base/clock.ts'
import type { Measurement } from './measurement.ts'
import type { Pace } from './pace.ts'

export const STAMP_BYTES = 8

/** Where messages go out. */
export interface Outlet {
  /** Messages that go together at most. */
  readonly batch: number
  /**
   * @param settled once it is known what became of them; never where nobody tells.
   * @returns whether there is room for more; if not, `hasRoom` tells when.
   */
  publish(bodies: readonly Buffer[], settled: (isTaken: boolean) => void): boolean
  hasRoom(callback: () => void): void
}

export interface PublisherOptions {
  readonly sizeBytes: number
  readonly window: number
  readonly isConfirmed: boolean
  readonly pace: Pace
}

/** Published before others have their turn. */
const BURST = 100
const TICK_MS = 1
/** A timer is late by itself; less is not the broker's doing. */
const LATE_MS = 5

export class Publisher {
  private readonly outlet: Outlet
  private readonly options: PublisherOptions
  private readonly measurement: Measurement
  private startMs = 0
  private sent = 0
  private underWay = 0
  private hasRoom = true
  private isScheduled = false
  private isStopped = false
  private settled: () => void = () => {}

  constructor(outlet: Outlet, options: PublisherOptions, measurement: Measurement) {
    this.outlet = outlet
    this.options = options
    this.measurement = measurement
    outlet.hasRoom(() => {
      this.hasRoom = true
      this.schedule()
    })
  }

  start(): void {
    this.startMs = systemClock.monotonic()
    this.schedule()
  }

  /** Resolves when it is known of all that was published what became of it. */
  stop(): Promise<void> {
    this.isStopped = true
    if (this.underWay === 0 || this.options.window === Number.POSITIVE_INFINITY) return Promise.resolve()
    return new Promise((resolve) => {
      this.settled = resolve
    })
  }

  private schedule(): void {
    if (this.isScheduled || this.isStopped) return
    this.isScheduled = true
    setImmediate(() => this.turn())
  }

  private turn(): void {
    this.isScheduled = false
    if (this.isStopped) return
    const now = systemClock.monotonic()
    const { pace, window } = this.options
    const due = Math.ceil(pace.dueBy(now - this.startMs))
    for (let left = BURST; left > 0; ) {
      const count = Math.min(this.outlet.batch, window - this.underWay, due - this.sent)
      if (!this.hasRoom || this.underWay >= window) return
      if (this.sent >= due) {
        this.isScheduled = true
        systemClock.setTimer(TICK_MS, () => this.turn())
        return
      }
      this.publish(now, count)
      left -= count
    }
    this.schedule()
  }

  private publish(now: number, count: number): void {
    const { measurement } = this
    const stamps = Array.from({ length: count }, () => this.stampOfNext(now))
    const bodies = stamps.map((stamp) => this.bodyOf(stamp))
    this.underWay += count
    for (let at = 0; at < count; at++) measurement.count('published')
    this.hasRoom = this.outlet.publish(bodies, (isTaken) => this.settle(stamps, isTaken))
  }

  private stampOfNext(now: number): number {
    const dueAt = this.startMs + this.options.pace.dueAt(this.sent++)
    const isPaced = dueAt > this.startMs
    return isPaced && now - dueAt > LATE_MS ? dueAt : systemClock.monotonic()
  }

  private bodyOf(stamp: number): Buffer {
    const body = Buffer.alloc(this.options.sizeBytes)
    body.writeDoubleLE(stamp)
    return body
  }

  private settle(stamps: readonly number[], isTaken: boolean): void {
    this.underWay -= stamps.length
    if (this.options.isConfirmed) {
      const now = systemClock.monotonic()
      for (const stamp of stamps) {
        if (isTaken) this.measurement.confirmed(now - stamp)
        else this.measurement.count('refused')
      }
    }
    if (this.isStopped && this.underWay === 0) this.settled()
    this.schedule()
  }
}
