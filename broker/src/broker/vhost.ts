/**
 * A virtual host: its exchanges, queues and bindings, and the rules by which they come, change and go.
 * What is durable is written to the catalog as it changes. `version` moves with everything that routing rests on,
 * so that sessions may cache routes and check one number per message.
 */
import { randomBytes } from 'node:crypto'
import { assert } from '../base/assert.ts'
import type { Logger } from '../base/logger.ts'
import type { Log, LogEngine } from '../log/engine.ts'
import { checkExchangeType, checkQueueArguments } from './arguments.ts'
import { Bindings, type Destination } from './bindings.ts'
import type { Catalog } from './catalog.ts'
import { DeadLetters } from './dead-letters.ts'
import { SeenWindows } from './dedup/seen-windows.ts'
import { DueLanes } from './delay/due-lanes.ts'
import type { Durability } from './durability.ts'
import { checkSameExchange, checkSameQueue, locked } from './equivalence.ts'
import type { Events } from './events/events.ts'
import { Histories } from './history/histories.ts'
import { checkQueueLimit, type VhostLimits } from './limits/limits.ts'
import { addTo, noFates } from './message-counts.ts'
import { forgetPause, restorePauses } from './operations/pause.ts'
import { Policies } from './policy/policies.ts'
import type { PropertyBlocks } from './property-blocks.ts'
import { alteredArguments } from './queue/altered-arguments.ts'
import { addCounts, noCounts } from './queue/counters.ts'
import { Queue } from './queue/queue.ts'
import { checkTypeProperties, unnamedQueuePrefix } from './queue/queue-arguments.ts'
import type { Route } from './queue/route.ts'
import type { QueueContext, QueueOptions } from './queue/surroundings.ts'
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
  extends Omit<
    QueueContext,
    'headers' | 'unused' | 'laneLog' | 'holdsExpirations' | 'deduplicationKey' | 'deadLetter' | 'deadLetterRefused'
  > {
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
  /** Of queues that nothing else is set for. */
  readonly consumerTimeoutMs: number
}

/** Whose log it is: the only lane of a queue, or the lane of one priority. */
function ownerOf(queue: Queue, level: number): string {
  const owner = ['queue', queue.vhost, queue.name]
  return JSON.stringify(queue.settings.maxPriority > 0 ? [...owner, level] : owner)
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
  readonly queues = new Map<string, Queue>()
  /** What queues and exchanges had counted that are gone. */
  readonly goneQueues = noCounts()
  readonly goneExchanges = { publishedIn: 0, publishedOut: 0 }
  /** What became of what was published here. */
  readonly fates = noFates()
  /** Moves whenever a route may have changed. */
  version = 1
  readonly defaultExchange: Exchange
  private readonly context: VhostContext
  private readonly queueContext: QueueContext
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
  private restoring = false
  /** Of queues to come, at a start. */
  private recovered: ReadonlyMap<string, Log> = new Map()
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
      added: (stream) => this.streamAdded(stream),
      removed: (stream) => this.streamRemoved(stream),
    })
    this.streamQueues = this.streamSet.byName
    this.bindings = new Bindings(this, context.catalog, context.events)
    this.queueContext = {
      turn: context.turn,
      clock,
      random: context.random,
      headers: properties.walkHeaders(),
      laneLog: (queue, level) => this.laneLog(queue, level),
      afterDurable: (task) => context.afterDurable(task),
      waitDurable: (waiter) => context.waitDurable(waiter),
      reached: (number) => context.reached(number),
      damaged: (queue, error, again) => context.damaged(queue, error, again),
      unused: (queue) => this.removeQueue(queue),
      holdsExpirations: (queue) => this.context.catalog.put('queue-state', [name, queue.name], { expirations: true }),
      deduplicationKey: (bytes, pos, length) => deduplicationKey(properties.headers(bytes, pos, length)),
      beforeOpening: (task) => context.beforeOpening(task),
      deadLetter: (queue, view, reason) => {
        this.flows.deadLettered(queue)
        return this.deadLetters.send(queue, view, reason)
      },
      deadLetterRefused: (queue, draft) => this.deadLetters.sendRefused(queue, draft),
    }
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
    const queue = this.queues.get(name)
    if (queue === undefined) throw new Refusal('not-found', `no queue '${name}' in vhost '${this.name}'`)
    if (queue.exclusiveTo !== null && queue.exclusiveTo !== connection) throw locked(queue)
    return queue
  }

  /** @throws Refusal as `queue`, or when it exists with other properties, or an argument is refused. */
  declareQueue(declared: Omit<QueueOptions, 'vhost'>, connection: object | null): Queue {
    const options = withDefaultType(declared, this.defaultQueueType)
    const existing = this.queues.get(options.name)
    if (existing !== undefined) {
      if (existing.exclusiveTo !== null && existing.exclusiveTo !== connection) throw locked(existing)
      checkSameQueue(existing, options)
      existing.touch()
      return existing
    }
    checkNotReserved(options.name)
    return this.makeQueue(options)
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

  private streamAdded(stream: StreamQueue): void {
    this.version++
    if (!this.restoring) this.context.events.emit('queue.created', stream)
  }

  private streamRemoved(stream: StreamQueue): void {
    this.version++
    this.bindings.unbindEverywhere(stream)
    this.context.events.emit('queue.deleted', stream)
  }

  /** Declares a queue under a name that the broker makes. */
  declareUnnamedQueue(options: Omit<QueueOptions, 'vhost' | 'name'>): Queue {
    const typed = withDefaultType(options, this.defaultQueueType)
    return this.makeQueue({
      ...typed,
      name: `${unnamedQueuePrefix(this.name, options.arguments)}-${randomBytes(16).toString('base64url')}`,
    })
  }

  private makeQueue(options: Omit<QueueOptions, 'vhost'>): Queue {
    const { name } = options
    this.checkRoomForQueue(name)
    const type = checkQueueArguments(name, this.name, options.arguments)
    assert(type !== 'stream', 'a stream is a topic')
    const settings = this.policies.settingsOf(name, options.arguments)
    const overTopic = settings.sourceTopic !== null
    checkTypeProperties(name, this.name, type, { ...options, exclusive: options.exclusiveTo !== null }, overTopic)
    this.sources.check(name, options.arguments)
    const queue = new Queue({ ...options, vhost: this.name }, settings, this.queueContext)
    this.queues.set(name, queue)
    queue.exclusiveTo?.exclusiveQueues.add(queue)
    this.version++
    this.keep(queue)
    if (overTopic) this.sources.made(queue)
    this.context.events.emit('queue.created', queue)
    return queue
  }

  /** A topic counts as one queue, whoever made it. @throws Refusal precondition-failed */
  private checkRoomForQueue(name: string): void {
    checkQueueLimit(this.limits, this.queues.size + this.streams.topics.count, name, this.name)
  }

  private keep({ kept, name, durable, autoDelete, arguments: args }: Queue): void {
    if (kept) this.context.catalog.put('queue', [this.name, name], { durable, autoDelete, arguments: args })
  }

  /**
   * Changes arguments in place; null takes one away. Takes effect at once.
   * @throws Refusal as `queue`, or precondition-failed for a change that is not safe or makes no sense.
   */
  alterQueue(name: string, changes: Headers): void {
    const queue = this.queue(name, null)
    queue.arguments = alteredArguments(queue, changes)
    this.keep(queue)
    queue.applySettings(this.policies.settingsOf(name, queue.arguments))
    this.version++
  }

  /** Deleting what is not there is no error. @returns the number of ready messages it held. */
  deleteQueue(name: string, connection: object | null, ifUnused: boolean, ifEmpty: boolean): number {
    if (!this.queues.has(name)) return 0
    const queue = this.queue(name, connection)
    if (ifUnused && queue.subscriptions.size > 0) {
      throw new Refusal('precondition-failed', `queue '${name}' in vhost '${this.name}' in use`)
    }
    if (ifEmpty && queue.ready > 0) {
      throw new Refusal('precondition-failed', `queue '${name}' in vhost '${this.name}' not empty`)
    }
    const count = queue.ready
    this.removeQueue(queue)
    return count
  }

  removeQueue(queue: Queue): void {
    if (queue.gone) return
    queue.end()
    addCounts(this.goneQueues, queue.counters)
    queue.exclusiveTo?.exclusiveQueues.delete(queue)
    this.queues.delete(queue.name)
    this.version++
    if (queue.kept) {
      this.context.catalog.remove('queue', [this.name, queue.name])
      this.context.catalog.remove('queue-state', [this.name, queue.name])
      if (queue.paused) forgetPause(this.context.catalog, queue)
    }
    if (queue.settings.sourceTopic !== null) this.sources.deleted(queue)
    else for (const lane of queue.lanes) this.context.engine.deleteLog(lane.log)
    this.bindings.unbindEverywhere(queue)
    this.context.events.emit('queue.deleted', queue)
  }

  // Start and end

  /** Brings back what the catalog holds; the logs of queues are those that the engine recovered. */
  restore(): void {
    const { catalog, engine, logger } = this.context
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
    this.recovered = new Map([...engine.logs.values()].map((log) => [log.owner, log]))
    for (const { key, value } of catalog.all('queue')) {
      if (key[0] !== this.name) continue
      const { durable, autoDelete, arguments: args } = value as QueueOptions
      const options = { vhost: this.name, name: key[1], durable, autoDelete, exclusiveTo: null, arguments: args }
      this.queues.set(key[1], new Queue(options, this.policies.settingsOf(key[1], args), this.queueContext))
    }
    this.resumeQueues()
    this.sources.restore(this.queues.values())
    restorePauses(catalog, this.name, this.queues)
    this.bindings.restore()
    this.version++
    this.restoring = false
  }

  /** Gives queues back the lanes of priorities in use, what was set aside, and the times of their messages. */
  private resumeQueues(): void {
    for (const owner of this.recovered.keys()) {
      const [kind, vhost, name, level] = JSON.parse(owner) as [string, string, string, number?]
      if (kind !== 'queue' || vhost !== this.name || level === undefined) continue
      const queue = this.queues.get(name)
      if (queue !== undefined && !queue.lanes.some((lane) => lane.level === level)) queue.addLane(level)
    }
    const withExpirations = new Set<string>()
    for (const { key } of this.context.catalog.all('queue-state')) if (key[0] === this.name) withExpirations.add(key[1])
    for (const queue of this.queues.values()) queue.resume(withExpirations.has(queue.name))
    this.recovered = new Map()
  }

  private laneLog(queue: Queue, level: number): Log {
    const owner = ownerOf(queue, level)
    const { engine, durableLogs } = this.context
    return this.recovered.get(owner) ?? engine.createLog(owner, queue.kept ? durableLogs : 'scratch')
  }

  /** The vhost is deleted: everything in it goes. */
  end(): void {
    this.context.events.detach(this)
    this.streams.end()
    for (const queue of [...this.queues.values()]) this.removeQueue(queue)
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

/** @throws Refusal access-refused */
function checkNotReserved(queue: string): void {
  if (!queue.startsWith('amq.')) return
  throw new Refusal('access-refused', `queue name '${queue}' contains reserved prefix 'amq.*'`)
}

/** A queue that names no type and could be of the vhost's default type gets it as an argument. */
function withDefaultType<O extends Omit<QueueOptions, 'vhost' | 'name'>>(options: O, type: string | null): O {
  if (type === null || type === 'classic' || 'x-queue-type' in options.arguments) return options
  if (!options.durable || options.autoDelete || options.exclusiveTo !== null) return options
  return { ...options, arguments: { ...options.arguments, 'x-queue-type': type } }
}
