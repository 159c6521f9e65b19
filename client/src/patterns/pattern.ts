/** What the four patterns share: one kind of data, the way out, and queues that outlive their receivers or do not. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Declaration } from '../connection/topology.ts'
import type { Core } from '../core.ts'
import { DeadLetters } from '../jobs/dead-letters.ts'
import { Retries } from '../jobs/retries.ts'
import { type JobSettings, type JobType, jobTypeOf, type Retry } from '../jobs/settings.ts'
import { queueName, workQueue } from '../jobs/topology.ts'
import { checked, type Schema } from '../message/schema.ts'
import { OwnQueue } from '../receiving/own-queue.ts'
import { type Received, type ReceiveOptions, Receiver } from '../receiving/receiver.ts'
import type { Stoppable } from '../stoppable.ts'

export interface PatternOptions<Data extends Schema = Schema> {
  /** Data is checked where it is sent and where it arrives. */
  readonly schema?: Data
  /** Where a queue outlives its receivers. Default: as of jobs. */
  readonly retry?: Retry
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, unknown>>
  /** Who has not got it by then does not get it; where a queue outlives its receivers it is a dead letter of that. */
  readonly ttlMs?: number
  /** Default: a random UUID. */
  readonly messageId?: string
}

/** What is sent. `Data` is a schema, or a plain type. */
export type SentData<Data> = Data extends Schema ? StandardSchemaV1.InferInput<Data> : Data
/** What handlers get. */
export type ReceivedData<Data> = Data extends Schema ? StandardSchemaV1.InferOutput<Data> : Data

export type MessageHandler<Data> = (message: Received<ReceivedData<Data>>) => unknown

/** What a pattern was made with. */
export interface PatternContext {
  readonly core: Core
  readonly graceMs: number
  readonly name: string
  readonly options: PatternOptions
}

/** The queue PREFIX.MEMBER, which outlives those who receive from it. */
export interface WorkQueue {
  readonly prefix: string
  readonly member: string
  readonly settings: JobSettings
  readonly more?: Readonly<Record<string, unknown>>
}

const typeOf = ({ prefix, member, settings }: WorkQueue): JobType => jobTypeOf(prefix, member, settings)

export abstract class Pattern<Data> {
  /** `unicast`, …: begins the names of what it has in the broker. */
  protected abstract readonly kind: string
  readonly name: string
  protected readonly core: Core
  protected readonly options: PatternOptions
  private readonly graceMs: number

  /** Use the method of the client. */
  constructor({ core, graceMs, name, options }: PatternContext) {
    this.core = core
    this.graceMs = graceMs
    this.name = name
    this.options = options
  }

  /** Begins the names of its exchange and queues. */
  protected get prefix(): string {
    return `${this.kind}.${this.name}`
  }

  protected async sendTo(
    exchange: string,
    routingKey: string,
    data: SentData<Data>,
    { headers, ttlMs, messageId }: SendOptions,
  ): Promise<string> {
    const { schema } = this.options
    if (schema !== undefined) await checked(schema, data, `message to ${this.kind} '${this.name}'`)
    return this.core.send({
      operation: { kind: 'send', destination: this.prefix, name: this.name },
      exchange,
      routingKey,
      data,
      ...(headers && { headers: { ...headers } }),
      properties: {
        ...(ttlMs !== undefined && { expiration: String(ttlMs) }),
        ...(messageId !== undefined && { messageId }),
        // Whoever sends to one receiver, or to one of several, is told that there is none.
        mandatory: exchange === '',
      },
    })
  }

  /** From a queue that stays when its receivers go, with retries and dead letters. */
  protected async receiveDurably(
    queue: WorkQueue,
    handler: MessageHandler<Data>,
    options: ReceiveOptions,
    bindings: readonly Declaration[] = [],
  ): Promise<Stoppable> {
    const { prefix, member } = queue
    await this.core.declareForConsumer([...this.declarations(queue), ...bindings])
    const retries = new Retries(this.core, prefix, typeOf(queue))
    return this.handle(queueName(prefix, member), handler, options, retries)
  }

  protected declarations(queue: WorkQueue): Declaration[] {
    const { prefix, more } = queue
    return workQueue(prefix, typeOf(queue), this.core.broker, more && { more })
  }

  /** Of one receiver among those of the pattern; of several processes that are it, one gets all. */
  protected queueOf(member: string): WorkQueue {
    const { retry } = this.options
    const more = { 'x-single-active-consumer': true }
    return { prefix: this.prefix, member, settings: retry ? { retry } : {}, more }
  }

  /** From a queue that ends with its receiver. */
  protected async receiveWhileThere(
    handler: MessageHandler<Data>,
    options: ReceiveOptions,
    bindings: (queue: string) => readonly Declaration[],
  ): Promise<Stoppable> {
    const own = new OwnQueue(this.core, this.prefix, {}, bindings)
    await own.open()
    return this.handle(own.name, handler, options, null, () => own.delete())
  }

  protected deadLetters(prefix: string, member: string): DeadLetters<ReceivedData<Data>> {
    const back = () => ({ exchange: '', routingKey: queueName(prefix, member) })
    return new DeadLetters({ core: this.core, queue: prefix, name: member, ready: async () => {}, back })
  }

  private handle(
    queue: string,
    handler: MessageHandler<Data>,
    { concurrency }: ReceiveOptions,
    retries: Retries | null,
    afterStop?: () => Promise<void>,
  ): Promise<Stoppable> {
    const { core, graceMs, name, prefix, kind } = this
    const { schema } = this.options
    return new Receiver<Received<ReceivedData<Data>>>({
      core,
      graceMs,
      queue,
      concurrency,
      retries,
      read: async (_, received) => ({
        ...received,
        data: (schema === undefined
          ? received.data
          : await checked(schema, received.data, `message to ${kind} '${name}'`)) as ReceivedData<Data>,
      }),
      operation: () => ({ kind: 'process', destination: prefix, name }),
      handler,
      ...(afterStop && { afterStop }),
    }).start()
  }
}
