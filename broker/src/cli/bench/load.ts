/**
 * A load on a broker: publishers and consumers, all in this process and on one clock, by which messages are timed. What
 * carries it, AMQP or Kafka, makes a place of its own in the broker and takes it away at the end.
 */
import { systemClock } from '../../base/clock.ts'
import { Measurement, type Sample } from './measurement.ts'
import { paceOf } from './pace.ts'
import { type Outlet, Publisher } from './publisher.ts'

export interface LoadPlan {
  readonly protocol: 'amqp' | 'kafka'
  readonly publishers: number
  readonly consumers: number
  readonly sizeBytes: number
  /** Messages a second, of all publishers together; infinite for as fast as can be. */
  readonly rate: number
  readonly rampMs: number
  readonly warmUpMs: number
  readonly durationMs: number
  /** Whether the broker says that it has a message. */
  readonly isConfirmed: boolean
  /** Messages of a publisher under way at most; infinite if nothing tells when they have arrived. */
  readonly window: number
}

/** What a carrier tells the load. */
export interface LoadPort {
  delivered(body: Buffer): void
  /** It is over. */
  failed(error: Error): void
  noticed(text: string): void
}

export interface Carrier {
  /** Connects, makes the place, and starts consumers. @throws CommandError */
  prepare(): Promise<void>
  /** Connects a publisher. @throws CommandError */
  outlet(index: number): Promise<Outlet>
  /** Takes away what it made, as far as that can be; never throws. */
  clear(): Promise<void>
}

export interface LoadEvents {
  /** Once a second, of that second. */
  sampled(sample: Sample, isWarmUp: boolean): void
  noticed(text: string): void
}

const SECOND_MS = 1000
const CONFIRMS_WITHIN_MS = 5000
const CLEAR_WITHIN_MS = 10_000

export class Load {
  private readonly plan: LoadPlan
  private readonly events: LoadEvents
  private readonly carrier: Carrier
  private readonly measurement = new Measurement(systemClock.monotonic())
  private readonly publishers: Publisher[] = []
  private readonly failed: Promise<never>

  constructor(plan: LoadPlan, events: LoadEvents, carried: (port: LoadPort) => Carrier) {
    this.plan = plan
    this.events = events
    const failure = Promise.withResolvers<never>()
    this.failed = failure.promise
    this.failed.catch(() => {})
    const { measurement } = this
    this.carrier = carried({
      delivered: (body) => measurement.delivered(systemClock.monotonic() - body.readDoubleLE()),
      failed: failure.reject,
      noticed: (text) => events.noticed(text),
    })
  }

  /** Ends when its time is up or the signal is aborted; with what was measured. @throws CommandError */
  async run(signal: AbortSignal): Promise<Sample> {
    try {
      await Promise.race([this.prepare(), this.failed])
      return await Promise.race([this.measure(signal), this.failed])
    } finally {
      for (const publisher of this.publishers) void publisher.stop()
      await Promise.race([this.carrier.clear(), waited(CLEAR_WITHIN_MS)])
    }
  }

  private async prepare(): Promise<void> {
    const { carrier, measurement } = this
    const { publishers, rate, rampMs, ...options } = this.plan
    await carrier.prepare()
    const pace = paceOf(rate / publishers, rampMs)
    for (let index = 0; index < publishers; index++) {
      this.publishers.push(new Publisher(await carrier.outlet(index), { ...options, pace }, measurement))
    }
  }

  private async measure(signal: AbortSignal): Promise<Sample> {
    const { plan, measurement, events, publishers } = this
    measurement.restart(systemClock.monotonic())
    for (const publisher of publishers) publisher.start()
    if (plan.warmUpMs > 0) {
      await this.seconds(plan.warmUpMs, signal, true)
      measurement.restart(systemClock.monotonic())
    }
    await this.seconds(plan.durationMs, signal, false)
    const sample = measurement.all(systemClock.monotonic())
    const stopped = Promise.all(publishers.map((publisher) => publisher.stop()))
    const isConfirmed = await Promise.race([stopped.then(() => true), waited(CONFIRMS_WITHIN_MS).then(() => false)])
    if (!isConfirmed) events.noticed('some messages were not confirmed within 5s after the end')
    return sample
  }

  private async seconds(durationMs: number, signal: AbortSignal, isWarmUp: boolean): Promise<void> {
    const start = systemClock.monotonic()
    for (let tick = 1; !signal.aborted; tick++) {
      const now = systemClock.monotonic()
      const left = start + durationMs - now
      if (left <= 0) return
      await waited(Math.max(0, Math.min(left, start + tick * SECOND_MS - now)), signal)
      this.events.sampled(this.measurement.lastSecond(systemClock.monotonic()), isWarmUp)
    }
  }
}

function waited(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = systemClock.setTimer(ms, () => {
      signal?.removeEventListener('abort', done)
      resolve()
    })
    const done = (): void => {
      systemClock.clearTimer(timer)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}
