/**
 * Publishes to one queue as its pace allows, never with more messages unconfirmed than its window. The body begins with
 * the time of publishing. Under a rate, what goes out late counts from when it was due: a broker that makes its
 * publishers wait does not hide it.
 *
 *   double  ms of the monotonic clock of this process
 *   octet*  zeros, up to the size
 */
import type { Channel, ConfirmChannel, Options } from 'amqplib'
import { systemClock } from '../../base/clock.ts'
import type { Measurement } from './measurement.ts'
import type { Pace } from './pace.ts'

export const STAMP_BYTES = 8

export interface PublisherOptions {
  readonly queue: string
  readonly sizeBytes: number
  readonly persistent: boolean
  /** Unconfirmed at most; 0 publishes without confirms. */
  readonly window: number
  readonly pace: Pace
}

/** Published before others have their turn. */
const BURST = 100
const TICK_MS = 1
/** A timer is late by itself; less is not the broker's doing. */
const LATE_MS = 5

export class Publisher {
  private readonly channel: Channel | ConfirmChannel
  private readonly options: PublisherOptions
  private readonly measurement: Measurement
  private readonly properties: Options.Publish
  private startMs = 0
  private sent = 0
  private unconfirmed = 0
  private hasRoom = true
  private isScheduled = false
  private isStopped = false
  private settled: () => void = () => {}

  constructor(channel: Channel | ConfirmChannel, options: PublisherOptions, measurement: Measurement) {
    this.channel = channel
    this.options = options
    this.measurement = measurement
    this.properties = { persistent: options.persistent }
    channel.on('drain', () => {
      this.hasRoom = true
      this.schedule()
    })
  }

  start(): void {
    this.startMs = systemClock.monotonic()
    this.schedule()
  }

  /** Resolves when all that was published is confirmed. */
  stop(): Promise<void> {
    this.isStopped = true
    if (this.unconfirmed === 0) return Promise.resolve()
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
    const due = pace.dueBy(now - this.startMs)
    for (let left = BURST; left > 0; left--) {
      if (!this.hasRoom || (window > 0 && this.unconfirmed >= window)) return
      if (this.sent >= due) {
        this.isScheduled = true
        systemClock.setTimer(TICK_MS, () => this.turn())
        return
      }
      this.publish(now)
    }
    this.schedule()
  }

  private publish(now: number): void {
    const { queue, sizeBytes, window, pace } = this.options
    const dueAt = this.startMs + pace.dueAt(this.sent++)
    const isPaced = dueAt > this.startMs
    const stamp = isPaced && now - dueAt > LATE_MS ? dueAt : systemClock.monotonic()
    const body = Buffer.alloc(sizeBytes)
    body.writeDoubleLE(stamp)
    this.measurement.count('published')
    if (window === 0) {
      this.hasRoom = this.channel.publish('', queue, body, this.properties)
      return
    }
    this.unconfirmed++
    const confirmed = (error: unknown): void => this.confirmed(stamp, error)
    this.hasRoom = (this.channel as ConfirmChannel).publish('', queue, body, this.properties, confirmed)
  }

  private confirmed(stamp: number, error: unknown): void {
    this.unconfirmed--
    if (error) this.measurement.count('refused')
    else this.measurement.confirmed(systemClock.monotonic() - stamp)
    if (this.isStopped && this.unconfirmed === 0) this.settled()
    this.schedule()
  }
}
