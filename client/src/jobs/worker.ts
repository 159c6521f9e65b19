/** Handles the jobs of one name, answers whoever awaits their results, and tells of runs that failed. */
import { EventEmitter } from 'node:events'
import type { Delivery } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import { PublishRefused } from '../errors.ts'
import { encodeError } from '../message/remote-error.ts'
import { checked, type Schema } from '../message/schema.ts'
import { type Received, type ReceiveOptions, Receiver } from '../receiving/receiver.ts'
import { Retries } from '../receiving/retries.ts'
import { queueName } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'
import { ERROR_TYPE } from './added-job.ts'
import type { Job, JobHandler } from './job.ts'
import type { JobType } from './settings.ts'

interface WorkerContext {
  readonly core: Core
  readonly graceMs: number
  readonly queue: string
  readonly type: JobType
  readonly handler: JobHandler<unknown>
  readonly options: ReceiveOptions
}

export interface WorkerEvents {
  /** A run failed; with `final` the job is a dead letter now. */
  failed: [job: Job, error: unknown, final: boolean]
}

export class Worker extends EventEmitter<WorkerEvents> implements Stoppable {
  private readonly core: Core
  private readonly type: JobType
  private readonly receiver: Receiver<Job>

  /** Use `queue.process`. @throws RangeError */
  constructor({ core, graceMs, queue, type, handler, options }: WorkerContext) {
    super()
    this.core = core
    this.type = type
    const { name, schema } = type
    const operation = { kind: 'process', destination: queue, name }
    this.receiver = new Receiver<Job>({
      core,
      graceMs,
      queue: queueName(queue, name),
      options,
      retries: new Retries(core, queue, type),
      read: (_, received) => (schema === undefined ? this.job(received) : this.checked(received, schema)),
      operation: () => operation,
      handler,
      handled: (delivery, result) => this.handled(delivery, result),
      failed: (delivery, received, error, final) => this.failed(delivery, this.job(received), error, final),
    })
  }

  /** Resolves when the broker has the consumer. */
  async start(): Promise<void> {
    await this.receiver.start()
  }

  /**
   * Takes no more jobs and waits for those in hand, up to `graceMs`: unless said, what the client waits. What is left then
   * comes again. Within a handler of its own it is only begun.
   */
  stop(graceMs?: number): Promise<void> {
    return this.receiver.stop(graceMs)
  }

  private job(received: Received): Job {
    const { name, retry } = this.type
    return Object.assign(received, { name, attemptsMax: retry.attempts })
  }

  private async checked(received: Received, schema: Schema): Promise<Job> {
    const data = await checked(schema, received.data, `job '${this.type.name}'`)
    return this.job(Object.assign(received, { data }))
  }

  private handled(delivery: Delivery, result: unknown): Promise<void> | undefined {
    if (delivery.properties.replyTo === undefined) return
    return this.answer(delivery, 'result', this.core.codec.encode(result))
  }

  private async failed(delivery: Delivery, job: Job, error: unknown, final: boolean): Promise<void> {
    this.tell(job, error, final)
    if (!final || delivery.properties.replyTo === undefined) return
    await this.answer(delivery, ERROR_TYPE, encodeError(error))
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
}
