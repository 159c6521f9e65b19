/**
 * A load on a broker: queues of its own, publishers and consumers with a connection each, all in this process and on one
 * clock, by which messages are timed. What it declared is deleted at the end; if it cannot be, it expires.
 */
import { randomBytes } from 'node:crypto'
import amqplib, { type Channel, type ChannelModel } from 'amqplib'
import { systemClock } from '../../base/clock.ts'
import { CommandError } from '../command-error.ts'
import { Measurement, type Sample } from './measurement.ts'
import { paceOf } from './pace.ts'
import { Publisher } from './publisher.ts'

export interface LoadPlan {
  readonly url: string
  readonly queues: number
  /** `classic`, `quorum`; as the vhost has it if undefined. */
  readonly queueType: string | undefined
  readonly publishers: number
  readonly consumers: number
  readonly sizeBytes: number
  /** Messages a second, of all publishers together; infinite for as fast as can be. */
  readonly rate: number
  readonly rampMs: number
  readonly warmUpMs: number
  readonly durationMs: number
  readonly persistent: boolean
  readonly confirms: number
  readonly prefetch: number
  readonly ack: boolean
  readonly ackEvery: number
}

export interface LoadEvents {
  /** Once a second, of that second. */
  sampled(sample: Sample, isWarmUp: boolean): void
  noticed(text: string): void
}

const SECOND_MS = 1000
const EXPIRES_MS = 600_000
const CONFIRMS_WITHIN_MS = 5000
const CLEAR_WITHIN_MS = 10_000

export class Load {
  private readonly plan: LoadPlan
  private readonly events: LoadEvents
  private readonly measurement = new Measurement(systemClock.monotonic())
  private readonly connections: ChannelModel[] = []
  private readonly publishers: Publisher[] = []
  private readonly queues: string[]
  private fail: (error: Error) => void = () => {}
  private readonly failed: Promise<never>

  constructor(plan: LoadPlan, events: LoadEvents) {
    this.plan = plan
    this.events = events
    const run = randomBytes(4).toString('hex')
    this.queues = Array.from({ length: plan.queues }, (_, index) => `signalbox-bench.${run}.${index}`)
    this.failed = new Promise((_, reject) => {
      this.fail = reject
    })
    this.failed.catch(() => {})
  }

  /** Ends when its time is up or the signal is aborted; with what was measured. @throws CommandError */
  async run(signal: AbortSignal): Promise<Sample> {
    const control = await this.connect()
    const gone = new Promise<void>((resolve) => control.once('close', resolve))
    const channel = await control.createChannel()
    try {
      await Promise.race([this.prepare(channel), this.failed])
      return await Promise.race([this.measure(signal), this.failed])
    } finally {
      await Promise.race([this.clear(control, channel), gone, waited(CLEAR_WITHIN_MS)])
    }
  }

  private async connect(): Promise<ChannelModel> {
    const { host } = new URL(this.plan.url)
    const connection = await amqplib.connect(this.plan.url, { noDelay: true }).catch((error) => {
      throw new CommandError(`no connection to AMQP at ${host}: ${error.message || error.code}`)
    })
    connection.on('error', (error) => this.fail(new CommandError(`AMQP at ${host}: ${error.message}`)))
    connection.on('close', () => this.fail(new CommandError(`AMQP at ${host}: the connection was closed`)))
    connection.on('blocked', (reason) => this.events.noticed(`the broker blocks publishers: ${reason}`))
    connection.on('unblocked', () => this.events.noticed('the broker takes messages again'))
    this.connections.push(connection)
    return connection
  }

  private async prepare(control: Channel): Promise<void> {
    const { plan, queues } = this
    const type = plan.queueType === undefined ? {} : { 'x-queue-type': plan.queueType }
    for (const queue of queues) {
      const expires = plan.warmUpMs + plan.durationMs + EXPIRES_MS
      await control.assertQueue(queue, { durable: true, arguments: { 'x-expires': expires, ...type } })
    }
    for (let index = 0; index < plan.consumers; index++) await this.consume(queues[index % queues.length])
    const pace = paceOf(plan.rate / plan.publishers, plan.rampMs)
    for (let index = 0; index < plan.publishers; index++) {
      const connection = await this.connect()
      const channel = await (plan.confirms > 0 ? connection.createConfirmChannel() : connection.createChannel())
      channel.on('error', this.fail)
      const { sizeBytes, persistent, confirms: window } = plan
      const options = { queue: queues[index % queues.length], sizeBytes, persistent, window, pace }
      this.publishers.push(new Publisher(channel, options, this.measurement))
    }
  }

  private async consume(queue: string): Promise<void> {
    const { measurement } = this
    const { prefetch, ack, ackEvery } = this.plan
    const channel = await (await this.connect()).createChannel()
    channel.on('error', this.fail)
    await channel.prefetch(prefetch)
    let unacked = 0
    const take = (message: amqplib.ConsumeMessage | null): void => {
      if (message === null) return
      measurement.delivered(systemClock.monotonic() - message.content.readDoubleLE())
      if (!ack || ++unacked < ackEvery) return
      unacked = 0
      channel.ack(message, ackEvery > 1)
    }
    await channel.consume(queue, take, { noAck: !ack })
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

  /** Errors of what is closed anyway are nobody's matter; what is left expires. */
  private async clear(control: ChannelModel, channel: Channel): Promise<void> {
    for (const publisher of this.publishers) void publisher.stop()
    for (const connection of this.connections) if (connection !== control) await connection.close().catch(() => {})
    for (const queue of this.queues) await channel.deleteQueue(queue).catch(() => {})
    await control.close().catch(() => {})
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
