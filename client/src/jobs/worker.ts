/** Handles the jobs of one name: pushed to, so many at once. */
import { EventEmitter } from 'node:events'
import { type Consumer, unlessInHandler } from '../connection/consumer.ts'
import type { Delivery, Settlement } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import { PublishRefused } from '../errors.ts'
import { encodeError } from '../message/remote-error.ts'
import { checked } from '../message/schema.ts'
import { isFinal } from '../receiving/no-retry.ts'
import { type GivenUp, Retries } from '../receiving/retries.ts'
import { queueName } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'
import { ERROR_TYPE } from './added-job.ts'
import { type Job, type JobHandler, jobOf } from './job.ts'
import type { JobType } from './settings.ts'
import { Turns } from './turns.ts'

export interface ProcessOptions {
  /** Jobs handled at once. Default: 1. */
  readonly concurrency?: number | undefined
  /**
   * Jobs taken from the queue at once. Default: `concurrency`. More hide the way to the broker; what waits here waits for
   * this worker, and counts as a run if it dies.
   */
  readonly prefetch?: number | undefined
}

interface WorkerContext {
  readonly core: Core
  readonly graceMs: number
  readonly queue: string
  readonly type: JobType
  readonly handler: JobHandler<unknown>
  readonly concurrency: number
}

export interface WorkerEvents {
  /** A run failed; with `final` the job is a dead letter now. */
  failed: [job: Job, error: unknown, final: boolean]
}

export class Worker extends EventEmitter<WorkerEvents> implements Stoppable {
  private readonly core: Core
  private readonly graceMs: number
  private readonly queue: string
  private readonly type: JobType
  private readonly handler: JobHandler<unknown>
  private readonly retries: Retries
  private readonly turns: Turns
  private readonly given = new AbortController()
  private consumer: Consumer | null = null

  /** Use `queue.process`. */
  constructor({ core, graceMs, queue, type, handler, concurrency }: WorkerContext) {
    super()
    this.core = core
    this.graceMs = graceMs
    this.queue = queue
    this.type = type
    this.handler = handler
    this.retries = new Retries(core, queue, type)
    this.turns = new Turns(concurrency)
  }

  /** Resolves when the broker has the consumer. */
  async start(prefetch: number): Promise<void> {
    const options = {
      queue: queueName(this.queue, this.type.name),
      prefetch,
      abandoned: () => this.abandon(),
    }
    this.consumer = await this.core.consume(options, (delivery) => this.receive(delivery))
  }

  /**
   * Takes no more jobs and waits for those in hand, up to `graceMs`: unless said, what the client waits. What is left then
   * comes again. Within a handler of its own it is only begun.
   */
  async stop(graceMs = this.graceMs): Promise<void> {
    const { consumer } = this
    if (consumer !== null) await unlessInHandler(this.core.stop(consumer, graceMs), consumer)
  }

  private abandon(): void {
    this.turns.end()
    this.given.abort(new Error('the worker waits no longer for this job'))
  }

  private async receive(delivery: Delivery): Promise<Settlement> {
    const turn = this.turns.take()
    if (turn !== true && !(await turn)) return 'requeue'
    try {
      return await this.run(delivery)
    } finally {
      this.turns.leave()
    }
  }

  private async run(delivery: Delivery): Promise<Settlement> {
    if (this.retries.isSpent(delivery)) {
      const error = new Error('its last run ended with its worker')
      return this.giveUp(delivery, this.jobOf(delivery, undefined), 'delivery_limit', error)
    }
    let data: unknown
    try {
      data = this.core.codec.decode(delivery.body)
      if (this.type.schema !== undefined) data = await checked(this.type.schema, data, `job '${this.type.name}'`)
    } catch (error) {
      const job = this.jobOf(delivery, undefined)
      return this.giveUp(delivery, job, 'invalid', error)
    }
    const job = this.jobOf(delivery, data)
    const { codec, telemetry } = this.core
    const isAwaited = delivery.properties.replyTo !== undefined
    let result: unknown
    try {
      result = await telemetry.process(this.operation(delivery), delivery.headers, async () => this.handler(job))
    } catch (error) {
      return this.failed(delivery, job, error)
    }
    if (!isAwaited) return 'ack'
    let answer: Buffer
    try {
      answer = codec.encode(result)
    } catch (error) {
      // What was done is not done again only because it cannot be told.
      return this.giveUp(delivery, job, 'failed', error)
    }
    await this.answer(delivery, 'result', answer)
    return 'ack'
  }

  private async failed(delivery: Delivery, job: Job, error: unknown): Promise<Settlement> {
    // It comes again as it is: nobody is told of what is decided here, and it may have failed because nobody waits.
    if (this.given.signal.aborted) return 'requeue'
    if (isFinal(error) || this.retries.isLast(delivery)) return this.giveUp(delivery, job, 'failed', error)
    this.tell(job, error, false)
    return this.retries.again(delivery)
  }

  private async giveUp(delivery: Delivery, job: Job, reason: GivenUp, error: unknown): Promise<Settlement> {
    const settlement = await this.retries.giveUp(delivery, reason, error)
    this.tell(job, error, true)
    if (delivery.properties.replyTo !== undefined) await this.answer(delivery, ERROR_TYPE, encodeError(error))
    return settlement
  }

  /** Who waited may be gone, which is no reason to do the job again. */
  private async answer(delivery: Delivery, type: string, body: Buffer): Promise<void> {
    const { replyTo, correlationId } = delivery.properties
    const contentType = type === ERROR_TYPE ? 'application/json' : this.core.codec.contentType
    await this.core
      .publish({
        exchange: '',
        routingKey: replyTo,
        body,
        properties: { correlationId, type, contentType, persistent: true },
      })
      .catch(async (error: Error) => {
        this.core.onError(error)
        // Too large, for instance: who waits is told so.
        if (error instanceof PublishRefused && type !== ERROR_TYPE) {
          await this.answer(delivery, ERROR_TYPE, encodeError(error))
        }
      })
  }

  /** What listeners throw is not the job's. */
  private tell(job: Job, error: unknown, final: boolean): void {
    try {
      this.emit('failed', job, error, final)
    } catch (thrown) {
      this.core.onError(thrown as Error)
    }
  }

  private jobOf(delivery: Delivery, data: unknown): Job {
    return jobOf(delivery, this.type.name, this.type.retry.attempts, data, this.given.signal)
  }

  private operation({ messageId }: Delivery) {
    return { kind: 'process', destination: this.queue, name: this.type.name, messageId }
  }
}
