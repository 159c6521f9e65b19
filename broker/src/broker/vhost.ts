/**
 * A virtual host: its exchanges, queues and bindings, and the rules by which they come, change and go.
 * What is durable is written to the catalog as it changes. `version` moves with everything that routing rests on,
 * so that sessions may cache routes and check one number per message.
 */
import type { Logger } from '../base/logger.ts'
import type { LogEngine } from '../log/engine.ts'
import type { Alarms } from './alarms.ts'
import { checkExchangeType } from './arguments.ts'
import { Bindings, type Destination } from './bindings.ts'
import type { Catalog } from './catalog.ts'
import { DeadLetters } from './dead-letters.ts'
import { SeenWindows } from './dedup/seen-windows.ts'
import { DueLanes } from './delay/due-lanes.ts'
import type { Durability } from './durability.ts'
import { checkSameExchange } from './equivalence.ts'
import type { Events } from './events/events.ts'
import type { TracingBroker } from './firehose.ts'
import { Histories } from './history/histories.ts'
import { checkQueueLimit, type VhostLimits } from './limits/limits.ts'
import { addTo, noFates } from './message-counts.ts'
import { Policies } from './policy/policies.ts'
import type { PropertyBlocks } from './property-blocks.ts'
import type { QueueCounters } from './queue/counters.ts'
import type { Queue } from './queue/queue.ts'
import { checkNotReserved, withDefaultType } from './queue/queue-arguments.ts'
import type { Route } from './queue/route.ts'
import type { QueueOptions } from './queue/surroundings.ts'
import { type QueueSurroundings, Queues } from './queues.ts'
import { Refusal } from './refusal.ts'
import { createExchange } from './routing/create.ts'
import { deduplicationKey } from './routing/deduplication-exchange.ts'
import { DefaultExchange } from './routing/default.ts'
import type { Exchange, ExchangeOptions, PropertyOf } from './routing/exchange.ts'
import { Flows } from './routing/flows.ts'
import type { Headers } from './routing/headers.ts'
import { LOG_EXCHANGE_TYPE, LogExchange } from './routing/log-exchange.ts'
import { predeclaredExchanges } from './routing/predeclared.ts'
import { route, routeKeys } from './routing/route.ts'
import { Schedules } from './schedule/schedules.ts'
import type { StreamQueue } from './stream/stream-queue.ts'
import { StreamQueues } from './stream/stream-queues.ts'
import type { StreamSettings } from './stream-settings.ts'
import { Streams } from './streams.ts'
import { Feeds } from './topic/feeds.ts'
import { SourceQueues } from './topic/source-queues.ts'
import { TopicExchanges } from './topic/topic-exchanges.ts'
import type { TopicWriter } from './topic/topic-writer.ts'

export interface VhostContext
  extends Omit<QueueSurroundings, 'headers' | 'deduplicationKey' | 'deadLetter' | 'deadLetterRefused'> {
  readonly engine: LogEngine
  readonly catalog: Catalog
  readonly logger: Logger
  readonly events: Events
  /** Of durable queues. */
  readonly durableLogs: 'synced' | 'written'
  readonly properties: PropertyBlocks
  readonly durability: Durability
  readonly streams: StreamSettings
  readonly topicWriter: TopicWriter
  readonly alarms: Alarms
  readonly tracingBroker: TracingBroker
  /** Of queues that nothing else is set for. */
  readonly consumerTimeoutMs: number
}

export interface VhostMetadata {
  readonly description: string
  readonly tags: readonly string[]
  /** Of queues declared without `x-queue-type`, where it fits them. */
  readonly defaultQueueType?: string | null
  readonly tracing?: boolean
}

export class Vhost {
  readonly name: string
  description = ''
  tags: readonly string[] = []
  defaultQueueType: string | null = null
  /** The firehose is on: messages are copied to `amq.rabbitmq.trace` as they come and go. */
  tracing = false
  limits: VhostLimits = {}
  readonly exchanges = new Map<string, Exchange>()
  readonly queues: ReadonlyMap<string, Queue>
  /** What exchanges had counted that are gone. */
  readonly goneExchanges = { publishedIn: 0, publishedOut: 0 }
  /** What became of what was published here. */
  readonly fates = noFates()
  /** Moves whenever a route may have changed. */
  version = 1
  readonly defaultExchange: Exchange
  private readonly context: VhostContext
  readonly policies: Policies
  readonly deadLetters: DeadLetters
  readonly delays: DueLanes
  readonly seenWindows: SeenWindows
  readonly histories: Histories
  readonly schedules: Schedules
  readonly streams: Streams
  readonly feeds: Feeds
  readonly flows: Flows
  readonly sources: SourceQueues
  private readonly topicExchanges: TopicExchanges
  /** The partitions of topics, as queues; a topic with one partition under its own name too. */
  readonly streamQueues: ReadonlyMap<string, StreamQueue>
  private readonly streamSet: StreamQueues
  private readonly queueSet: Queues
  private restoring = false
  private readonly bindings: Bindings
  private readonly lookup = (name: string): Exchange | undefined => this.exchanges.get(name)

  constructor(name: string, metadata: VhostMetadata, context: VhostContext) {
    this.name = name
    this.context = context
    this.describe(metadata)
    const { engine, clock, properties } = context
    this.policies = new Policies(this, context.catalog, context.events, context)
    this.deadLetters = new DeadLetters({ vhost: this, engine, clock, properties })
    this.delays = new DueLanes(this, context)
    this.seenWindows = new SeenWindows(name, context)
    this.histories = new Histories(this, context)
    this.schedules = new Schedules(this, context)
    const hasExchange = (exchange: string): boolean => this.exchanges.has(exchange)
    const hasQueue = (queue: string): boolean => this.queues.has(queue)
    this.streams = new Streams({
      ...context,
      vhost: name,
      settings: context.streams,
      names: { hasExchange, hasQueue },
      limitsOf: (topic) => this.policies.limitsOf(topic),
      flushTopics: () => context.topicWriter.flush(),
    })
    this.topicExchanges = new TopicExchanges(this, this.streams.topics, context.topicWriter)
    this.flows = new Flows(this.lookup, () => this.version)
    this.feeds = new Feeds(this.streams.topics, {
      ...context,
      vhost: name,
      exchanges: this.exchanges,
      flows: this.flows,
      version: () => this.version,
      route: (exchange, key, headers, into, propertyOf) => this.route(exchange, key, headers, into, propertyOf),
      flushTopics: () => context.topicWriter.flush(),
    })
    this.sources = new SourceQueues(this.streams.topics, { ...context, vhost: name })
    this.streamSet = new StreamQueues({
      ...context,
      vhost: name,
      topics: this.streams.topics,
      groups: this.streams.groups,
      writer: context.topicWriter,
      added: (stream) => this.queueAdded(stream),
      removed: (stream) => this.queueRemoved(stream),
    })
    this.streamQueues = this.streamSet.byName
    this.queueSet = new Queues({
      ...context,
      vhost: name,
      headers: properties.walkHeaders(),
      policies: this.policies,
      sources: this.sources,
      defaultType: () => this.defaultQueueType,
      checkRoom: (queue) => this.checkRoomForQueue(queue),
      added: (queue) => this.queueAdded(queue),
      altered: () => this.version++,
      removed: (queue) => this.queueRemoved(queue),
      deduplicationKey: (bytes, pos, length) => deduplicationKey(properties.headers(bytes, pos, length)),
      deadLetter: (queue, view, reason) => {
        this.flows.deadLettered(queue)
        return this.deadLetters.send(queue, view, reason)
      },
      deadLetterRefused: (queue, draft) => this.deadLetters.sendRefused(queue, draft),
    })
    this.queues = this.queueSet.byName
    this.bindings = new Bindings(this, context.catalog, context.events)
    this.defaultExchange = new DefaultExchange((queue) => this.taker(queue))
    this.exchanges.set('', this.defaultExchange)
    for (const exchange of predeclaredExchanges()) this.exchanges.set(exchange.name, exchange)
    context.events.attach(this)
  }

  /** Takes effect for the next message and the next queue; what is left out stays. */
  update(metadata: Partial<VhostMetadata>): void {
    this.describe(metadata)
    const { description, tags, defaultQueueType, tracing } = this
    this.context.catalog.put('vhost', [this.name], { description, tags, defaultQueueType, tracing })
  }

  /** Takes effect for the next message. */
  setTracing(tracing: boolean): void {
    this.update({ tracing })
  }

  /** What of the name takes messages: a queue over a topic has what its topic gets. */
  private taker(name: string): Queue | StreamQueue | undefined {
    const queue = this.queues.get(name)
    return queue === undefined || queue.settings.sourceTopic !== null ? this.streamQueues.get(name) : queue
  }

  limitTopicsAgain(): void {
    this.streams.topics.limitAgain()
  }

  private describe(metadata: Partial<VhostMetadata>): void {
    this.description = metadata.description ?? this.description
    this.tags = metadata.tags ?? this.tags
    this.defaultQueueType = metadata.defaultQueueType ?? this.defaultQueueType
    this.tracing = metadata.tracing ?? this.tracing
  }

  /** Fills `into` with the queues that a message reaches. @returns whether the key alone decided. */
  route(
    exchange: Exchange,
    key: string,
    headers: Headers | null,
    into: Route,
    properties: PropertyOf | null = null,
  ): boolean {
    const { queues, histories, topics } = into
    const byKeyAlone = route(exchange, key, headers, this.lookup, queues, properties, histories, topics)
    into.filled()
    return byKeyAlone
  }

  /** As `route` for a message with several keys, its own first; each queue gets it once. */
  routeKeys(
    exchange: Exchange,
    keys: readonly string[],
    headers: Headers | null,
    into: Route,
    properties: PropertyOf | null = null,
  ): boolean {
    const { queues, histories, topics } = into
    const byKeysAlone = routeKeys(exchange, keys, headers, this.lookup, queues, properties, histories, topics)
    into.filled()
    return byKeysAlone
  }

  // Exchanges

  /** @throws Refusal not-found */
  exchange(name: string): Exchange {
    const exchange = this.exchanges.get(name)
    if (exchange === undefined) throw new Refusal('not-found', `no exchange '${name}' in vhost '${this.name}'`)
    return exchange
  }

  /** @throws Refusal when it exists with other properties, when the name is reserved, the type or an argument unknown. */
  declareExchange(name: string, type: string, options: ExchangeOptions): Exchange {
    const existing = this.exchanges.get(name)
    if (existing !== undefined) {
      checkSameExchange(existing, this.name, type, options)
      this.schedules.redeclare(existing, options.arguments)
      if (existing instanceof LogExchange) this.topicExchanges.checkSame(existing, options.arguments)
      return existing
    }
    checkExchangeType(type)
    if (name.startsWith('amq.')) {
      throw new Refusal('access-refused', `exchange name '${name}' contains reserved prefix 'amq.*'`)
    }
    if (type === LOG_EXCHANGE_TYPE) {
      this.checkRoomForQueue(name)
      return this.topicExchanges.declare(name, options)
    }
    const exchange = createExchange(type, name, options)
    this.addExchange(exchange)
    if (exchange.durable) {
      this.context.catalog.put('exchange', [this.name, name], { type, ...options })
    }
    return exchange
  }

  /** Lets it be found. */
  addExchange(exchange: Exchange): void {
    this.attach(exchange)
    this.policies.applyTo(exchange)
    this.exchanges.set(exchange.name, exchange)
    this.version++
    if (!this.restoring) this.context.events.emit('exchange.created', { vhost: this.name, exchange })
  }

  /** Deleting what is not there is no error. @throws Refusal for reserved ones, or if it is in use and must not be. */
  deleteExchange(name: string, ifUnused: boolean): void {
    if (name === '') throw new Refusal('access-refused', 'operation not permitted on the default exchange')
    if (name.startsWith('amq.')) {
      throw new Refusal('access-refused', `deletion of system exchange '${name}' in vhost '${this.name}' not allowed`)
    }
    const exchange = this.exchanges.get(name)
    if (exchange === undefined) return
    if (ifUnused && exchange.bindingCount > 0) {
      throw new Refusal('precondition-failed', `exchange '${name}' in vhost '${this.name}' in use`)
    }
    if (exchange instanceof LogExchange) this.topicExchanges.delete(exchange)
    else this.removeExchange(exchange)
  }

  removeExchange(exchange: Exchange): void {
    this.exchanges.delete(exchange.name)
    addTo(this.goneExchanges, exchange)
    this.context.events.emit('exchange.deleted', { vhost: this.name, exchange })
    this.bindings.forgetFrom(exchange)
    if (exchange.durable && !(exchange instanceof LogExchange)) {
      this.context.catalog.remove('exchange', [this.name, exchange.name])
    }
    this.detach(exchange)
    this.version++
    this.bindings.unbindEverywhere(exchange)
  }

  /** It gets what its type keeps beside bindings. @throws Refusal precondition-failed if that cannot be made */
  private attach(exchange: Exchange): void {
    this.schedules.attach(exchange)
    this.delays.attach(exchange)
    this.seenWindows.attach(exchange)
    this.histories.attach(exchange)
  }

  private detach(exchange: Exchange): void {
    this.delays.delete(exchange)
    this.seenWindows.delete(exchange)
    this.histories.delete(exchange)
    this.schedules.delete(exchange)
  }

  // Bindings

  /** @throws Refusal not-found for a missing end, access-refused for the default exchange, and bad arguments. */
  bind(source: string, destination: Destination, key: string, args: Headers): void {
    this.bindings.bind(source, destination, key, args)
  }

  /** Unbinding what is not bound is no error. @throws Refusal as `bind` */
  unbind(source: string, destination: Destination, key: string, args: Headers): void {
    this.bindings.unbind(source, destination, key, args)
  }

  // Queues

  /** @throws Refusal not-found, or resource-locked when it is exclusive to another connection. */
  queue(name: string, connection: object | null): Queue {
    return this.queueSet.get(name, connection)
  }

  /** @throws Refusal as `queue`, or when it exists with other properties, or an argument is refused. */
  declareQueue(declared: Omit<QueueOptions, 'vhost'>, connection: object | null): Queue {
    return this.queueSet.declare(declared, connection)
  }

  /** Declares a queue under a name that the broker makes. */
  declareUnnamedQueue(declared: Omit<QueueOptions, 'vhost' | 'name'>): Queue {
    return this.queueSet.declareUnnamed(declared)
  }

  /**
   * Changes arguments in place; null takes one away. Takes effect at once.
   * @throws Refusal as `queue`, or precondition-failed for a change that is not safe or makes no sense.
   */
  alterQueue(name: string, changes: Headers): void {
    this.queueSet.alter(name, changes)
  }

  /** Deleting what is not there is no error. @returns the number of ready messages it held. */
  deleteQueue(name: string, connection: object | null, ifUnused: boolean, ifEmpty: boolean): number {
    return this.queueSet.delete(name, connection, ifUnused, ifEmpty)
  }

  removeQueue(queue: Queue): void {
    this.queueSet.remove(queue)
  }

  /** What queues had counted that are gone. */
  get goneQueues(): QueueCounters {
    return this.queueSet.gone
  }

  /** As `queue`, for streams too. @throws Refusal as `queue` */
  queueOrStream(name: string, connection: object | null): Queue | StreamQueue {
    return (this.queues.has(name) ? undefined : this.streamQueues.get(name)) ?? this.queue(name, connection)
  }

  /** As `declareQueue`, for streams too, which are topics. @throws Refusal as `declareQueue` */
  declareQueueOrStream(declared: Omit<QueueOptions, 'vhost'>, connection: object | null): Queue | StreamQueue {
    const options = withDefaultType(declared, this.defaultQueueType)
    const { name } = options
    const isStream = this.streamQueues.has(name) || options.arguments['x-queue-type'] === 'stream'
    if (this.queues.has(name) || !isStream) return this.declareQueue(options, connection)
    if (!this.streamQueues.has(name)) {
      checkNotReserved(name)
      this.checkRoomForQueue(name)
    }
    return this.streamSet.declare(options)
  }

  /** Whether declaring this makes a stream, and so a topic. */
  asksForNewStream(declared: Omit<QueueOptions, 'vhost'>): boolean {
    if (this.queues.has(declared.name) || this.streamQueues.has(declared.name)) return false
    return withDefaultType(declared, this.defaultQueueType).arguments['x-queue-type'] === 'stream'
  }

  /** The topic that AMQP's clients mean by the name; null if it is none of a topic's. */
  topicBehind(kind: 'queue' | 'exchange', name: string): string | null {
    if (kind === 'exchange') return this.exchanges.get(name) instanceof LogExchange ? name : null
    return this.queues.has(name) ? null : (this.streamQueues.get(name)?.topic.name ?? null)
  }

  /** Deleting what is not there is no error. @returns the number of records it held. @throws Refusal if it must not be */
  deleteStream(name: string, ifUnused: boolean, ifEmpty: boolean): number {
    return this.streamSet.delete(name, ifUnused, ifEmpty)
  }

  /** Each once, whatever the number of its names. */
  eachStream(): Iterable<StreamQueue> {
    return this.streamSet.all()
  }

  private queueAdded(queue: Queue | StreamQueue): void {
    this.version++
    if (!this.restoring) this.context.events.emit('queue.created', queue)
  }

  private queueRemoved(queue: Queue | StreamQueue): void {
    this.version++
    this.bindings.unbindEverywhere(queue)
    this.context.events.emit('queue.deleted', queue)
  }

  /** A topic counts as one queue, whoever made it. @throws Refusal precondition-failed */
  private checkRoomForQueue(name: string): void {
    checkQueueLimit(this.limits, this.queues.size + this.streams.topics.count, name, this.name)
  }

  // Start and end

  /** Brings back what the catalog holds; the logs of queues are those that the engine recovered. */
  restore(): void {
    const { catalog, logger } = this.context
    this.restoring = true
    this.policies.restore()
    this.streams.restore()
    for (const { key, value } of catalog.all('exchange')) {
      if (key[0] !== this.name) continue
      const { type, ...options } = value as ExchangeOptions & { type: string }
      if (this.exchanges.has(key[1])) {
        logger.warn({ vhost: this.name, exchange: key[1] }, 'an exchange hides the topic of its name from AMQP')
      }
      const exchange = createExchange(type, key[1], options)
      this.attach(exchange)
      this.exchanges.set(key[1], exchange)
    }
    for (const exchange of this.exchanges.values()) this.policies.applyTo(exchange)
    this.queueSet.restore()
    this.bindings.restore()
    this.version++
    this.restoring = false
  }

  /** The vhost is deleted: everything in it goes. */
  end(): void {
    this.context.events.detach(this)
    this.streams.end()
    this.queueSet.end()
    for (const exchange of [...this.exchanges.values()]) {
      addTo(this.goneExchanges, exchange)
      this.bindings.forgetFrom(exchange)
      if (exchange.durable && exchange.name !== '' && !exchange.name.startsWith('amq.')) {
        this.context.catalog.remove('exchange', [this.name, exchange.name])
      }
      this.detach(exchange)
    }
    this.exchanges.clear()
    this.policies.end()
  }
}
