/** The client: where queues, topics, services and patterns are had from, and where all of it ends. */
import { EventEmitter } from 'node:events'
import type { BrokerInfo } from './connection/broker-info.ts'
import { unlessInHandler } from './connection/consumer.ts'
import type { Link } from './connection/link.ts'
import type { Core } from './core.ts'
import { Memberships } from './events/memberships.ts'
import { Topic, type TopicOptions } from './events/topic.ts'
import { JobQueue } from './jobs/job-queue.ts'
import type { QueueOptions } from './jobs/settings.ts'
import { Mailbox } from './mailbox.ts'
import type { MessagePublisher, OutgoingMessage } from './message/outgoing.ts'
import { errorText } from './message/remote-error.ts'
import type { Schema, Schemas, Untyped } from './message/schema.ts'
import { Anycast, type AnycastOptions } from './patterns/anycast.ts'
import { Broadcast } from './patterns/broadcast.ts'
import { Multicast } from './patterns/multicast.ts'
import type { PatternOptions } from './patterns/pattern.ts'
import { Unicast } from './patterns/unicast.ts'
import type { MethodSchemas, Methods } from './rpc/methods.ts'
import { Service, type ServiceOptions } from './rpc/service.ts'

export interface ClientEvents {
  /** Connected, at first or again. */
  connected: [BrokerInfo]
  /** The connection is gone; the next is on its way. */
  disconnected: [Error]
  /** The broker takes no messages for the moment; `publish` and `add` wait. */
  blocked: [reason: string]
  unblocked: []
  /** What no caller waits for. Without a listener it is a warning of the process. */
  error: [Error]
}

interface ClientContext {
  readonly links: readonly Link[]
  readonly graceMs: number
  readonly drainOn: readonly NodeJS.Signals[]
  afterClose(): Promise<void>
}

/** What `connect` answers with: where queues, topics, services and patterns are had from, and where all of it ends. */
export class Client extends EventEmitter<ClientEvents> implements MessagePublisher {
  private readonly core: Core
  private readonly mailbox: Mailbox
  private readonly memberships = new Memberships()
  private readonly context: ClientContext
  private closing: Promise<void> | null = null
  private readonly drain = (signal: NodeJS.Signals): void => void this.drainAndEnd(signal)

  /** Use `connect`. */
  constructor(core: Core, context: ClientContext) {
    super()
    this.core = core
    this.mailbox = new Mailbox(core)
    this.context = context
    const [outgoing, incoming] = context.links
    outgoing.on('connected', (info) => calling(() => this.emit('connected', info)))
    outgoing.on('disconnected', (error) => calling(() => this.emit('disconnected', error)))
    outgoing.on('blocked', (reason) => calling(() => this.emit('blocked', reason)))
    outgoing.on('unblocked', () => calling(() => this.emit('unblocked')))
    for (const link of [outgoing, incoming]) link.on('error', (error) => this.tell(error))
    for (const signal of context.drainOn) process.on(signal, this.drain)
  }

  /** Who is at the other end. */
  get broker(): BrokerInfo {
    return this.core.broker
  }

  /** Jobs that any client adds and any number of workers handle. Types come from schemas, or are given: `queue<{…}>`. */
  queue<Data extends Schemas>(name: string, options: QueueOptions & { readonly jobs: Data }): JobQueue<Data>
  queue<Data extends object = Untyped>(name: string, options?: QueueOptions): JobQueue<Data>
  queue(name: string, options: QueueOptions = {}): JobQueue<Untyped> {
    return new JobQueue(this.core, this.mailbox, this.context.graceMs, name, options)
  }

  /** Events that any client publishes and any number subscribe to. Types come from schemas, or are given: `topic<{…}>`. */
  topic<Events extends Schemas>(
    name: string,
    options: TopicOptions<Events> & { readonly events: Events },
  ): Topic<Events>
  topic<Known extends object = Untyped>(name: string, options?: TopicOptions): Topic<Known>
  topic(name: string, options: TopicOptions = {}): Topic {
    return new Topic(this.core, this.memberships, this.context.graceMs, name, options)
  }

  /** Methods that any client calls and any number of workers answer. Types come from schemas, or are given: `service<{…}>`. */
  service<Schemas extends MethodSchemas>(name: string, options: Required<ServiceOptions<Schemas>>): Service<Schemas>
  service<Known extends Methods = Untyped>(name: string): Service<Known>
  service(name: string, options: ServiceOptions = {}): Service {
    return new Service(this.core, this.mailbox, this.context.graceMs, name, options)
  }

  /** To one receiver by its name. Data has the type of the schema, or a given one: `unicast<Data>`. */
  unicast<Data extends Schema>(name: string, options: PatternOptions & { readonly schema: Data }): Unicast<Data>
  unicast<Data = Untyped[string]>(name: string, options?: PatternOptions): Unicast<Data>
  unicast(name: string, options: PatternOptions = {}): Unicast {
    return new Unicast({ core: this.core, graceMs: this.context.graceMs, name, options })
  }

  /** A copy to every member of a group. */
  multicast<Data extends Schema>(group: string, options: PatternOptions & { readonly schema: Data }): Multicast<Data>
  multicast<Data = Untyped[string]>(group: string, options?: PatternOptions): Multicast<Data>
  multicast(name: string, options: PatternOptions = {}): Multicast {
    return new Multicast({ core: this.core, graceMs: this.context.graceMs, name, options })
  }

  /** To everyone who listens, now or by a name. */
  broadcast<Data extends Schema>(name: string, options: PatternOptions & { readonly schema: Data }): Broadcast<Data>
  broadcast<Data = Untyped[string]>(name: string, options?: PatternOptions): Broadcast<Data>
  broadcast(name: string, options: PatternOptions = {}): Broadcast {
    return new Broadcast({ core: this.core, graceMs: this.context.graceMs, name, options })
  }

  /** To any one of a group. @throws UnsupportedByBroker */
  anycast<Data extends Schema>(group: string, options: AnycastOptions & { readonly schema: Data }): Anycast<Data>
  anycast<Data = Untyped[string]>(group: string, options?: AnycastOptions): Anycast<Data>
  anycast(name: string, options: AnycastOptions = {}): Anycast {
    return new Anycast({ core: this.core, graceMs: this.context.graceMs, name, options })
  }

  /** Publishes a message as it is; resolves when it is confirmed. @throws as `MessagePublisher` */
  publish(message: OutgoingMessage): Promise<void> {
    return this.core.publish(message)
  }

  /** What no caller waits for. */
  tell(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(errorText(thrown).message)
    if (this.listenerCount('error') > 0) calling(() => this.emit('error', error))
    else process.emitWarning(error)
  }

  /**
   * Takes no more deliveries, waits for handlers and then for confirms, each up to `graceMs`, and disconnects. What is
   * still in hand then goes back to its queue. Within a handler it is only begun, for it waits for handlers.
   */
  close(): Promise<void> {
    this.closing ??= this.closeOnce()
    return unlessInHandler(this.closing)
  }

  /** `await using box = await connect(…)` */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async closeOnce(): Promise<void> {
    try {
      await this.core.close(this.context.graceMs)
      await this.context.afterClose()
    } finally {
      // Until here a signal that comes again ends nothing early.
      for (const signal of this.context.drainOn) process.off(signal, this.drain)
    }
  }

  private async drainAndEnd(signal: NodeJS.Signals): Promise<void> {
    await this.close().catch((error: Error) => this.tell(error))
    // Others who listen decide themselves when the process ends.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
}

/** What a listener throws does not stop what tells it: it is thrown as from a program's own callback. */
function calling(listeners: () => void): void {
  try {
    listeners()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
