/** What the four patterns share: one kind of data, the way out, and queues that outlive their receivers or do not. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Declaration } from '../connection/topology.ts'
import type { Core } from '../core.ts'
import { checked, type Schema } from '../message/schema.ts'
import { DeadLetters } from '../receiving/dead-letters.ts'
import { checkName, type Kind, ofKind } from '../receiving/names.ts'
import { OwnQueue } from '../receiving/own-queue.ts'
import { type Received, type ReceiveOptions, Receiver } from '../receiving/receiver.ts'
import { Retries } from '../receiving/retries.ts'
import { completeRetry, type Retry } from '../receiving/retry.ts'
import { type Dispatch, queueName, type WorkQueue, workQueue } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'

export interface PatternOptions<Data extends Schema = Schema> {
  /** Data is checked where it is sent and where it arrives. */
  readonly schema?: Data
  /** Where a queue outlives its receivers. Default: as of jobs. */
  readonly retry?: Retry
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  /** Who has not got it by then does not get it; where a queue outlives its receivers it is a dead letter of that. */
  readonly ttlMs?: number | undefined
  /** Default: a random UUID. */
  readonly messageId?: string | undefined
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

export abstract class Pattern<Data> {
  /** `unicast`, …: begins the names of what it has in the broker. */
  protected abstract readonly kind: Kind
  readonly name: string
  protected readonly core: Core
  protected readonly options: PatternOptions
  private readonly graceMs: number

  /** Use the method of the client. */
  constructor({ core, graceMs, name, options }: PatternContext) {
    checkName('pattern', name)
    this.core = core
    this.graceMs = graceMs
    this.name = name
    this.options = options
  }

  /** Begins the names of its exchange and queues. */
  protected get prefix(): string {
    return ofKind(this.kind, this.name)
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
    place: string,
    queue: WorkQueue,
    handler: MessageHandler<Data>,
    options: ReceiveOptions,
    declarations: readonly Declaration[],
  ): Promise<Stoppable> {
    await this.core.declareForConsumer(declarations)
    return this.handle(queueName(place, queue.name), handler, options, new Retries(this.core, place, queue))
  }

  /** As one receiver among those of the pattern; of several processes that are it, one gets all. */
  protected receiveAs(
    member: string,
    handler: MessageHandler<Data>,
    options: ReceiveOptions,
    bindings: readonly Declaration[] = [],
  ): Promise<Stoppable> {
    const { prefix, core } = this
    const queue = this.workQueue(member)
    const own = workQueue(prefix, queue, core.broker, { more: { 'x-single-active-consumer': true } })
    return this.receiveDurably(prefix, queue, handler, options, [...own, ...bindings])
  }

  protected workQueue(name: string, dispatch: Dispatch = 'round-robin'): WorkQueue {
    return { name, retry: completeRetry(this.options.retry), priorityMax: 0, ordered: false, dispatch }
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

  protected deadLetters(place: string, name: string): DeadLetters<SentData<Data>> {
    const back = () => ({ exchange: '', routingKey: queueName(place, name) })
    return new DeadLetters({ core: this.core, queue: place, name, ready: async () => {}, back })
  }

  private handle(
    queue: string,
    handler: MessageHandler<Data>,
    options: ReceiveOptions,
    retries: Retries | null,
    afterStop?: () => Promise<void>,
  ): Promise<Stoppable> {
    const { core, graceMs, name, prefix, kind } = this
    const { schema } = this.options
    return new Receiver<Received<ReceivedData<Data>>>({
      core,
      graceMs,
      queue,
      options,
      retries,
      read: async (_, received) =>
        Object.assign(received, {
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
