/**
 * The broker without any protocol: vhosts, users and the log they stand on. Protocol sessions call it; nothing here
 * knows who they are.
 */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { type Random, systemRandom } from '../base/random.ts'
import type { Turn } from '../base/turn.ts'
import type { LogEngine } from '../log/engine.ts'
import { Access, type AccessKind } from './access/access.ts'
import { Acls } from './access/acls.ts'
import { LoginAttempts } from './access/login-attempts.ts'
import { Alarms } from './alarms.ts'
import { Catalog } from './catalog.ts'
import { type ClientConnection, Connections } from './connections.ts'
import { DirectReplies } from './direct-replies.ts'
import { Durability } from './durability.ts'
import { emitAccessChange } from './events/access-events.ts'
import { Events } from './events/events.ts'
import { checkUserChannels, checkUserConnections, checkVhostConnections } from './limits/limits.ts'
import { vhostLimitsComponent } from './limits/vhost-limits.ts'
import { giveLogsToOwners } from './log-owners.ts'
import { addTo, type Fates, noChannelCounts, noFates } from './message-counts.ts'
import { MessageSizes } from './message-sizes.ts'
import { OwnMessages } from './own-messages.ts'
import { Parameters } from './parameters/parameters.ts'
import type { PropertyBlocks } from './property-blocks.ts'
import { addCounts, noCounts } from './queue/counters.ts'
import { Refusal } from './refusal.ts'
import { STREAM_DEFAULTS, type StreamSettings } from './stream-settings.ts'
import { TopicWriter } from './topic/topic-writer.ts'
import type { UnackedSource } from './unacked-source.ts'
import { Vhost, type VhostContext, type VhostMetadata } from './vhost.ts'

export interface BrokerOptions {
  readonly engine: LogEngine
  readonly turn: Turn
  readonly clock: Clock
  readonly logger: Logger
  readonly loopbackUsers: readonly string[]
  readonly durability: 'synced' | 'written'
  /** Named in events and traces. */
  readonly node?: string
  /** The vhost that has the event exchange; `/` unless told otherwise. */
  readonly eventsVhost?: string
  readonly properties: PropertyBlocks
  /** What holds for all topics, groups and transactions; Kafka's defaults unless told otherwise. */
  readonly streams?: StreamSettings
  /** How long a delivery may stay unacknowledged where nothing else is set, ms. */
  readonly consumerTimeoutMs?: number
  /** Of what is drawn while messages go their way. */
  readonly random?: Random
}

/** Whoever appends to logs, and is to be slowed while they lag. */
export interface Publisher {
  lag(lagging: boolean): void
}

/** How often connections, channels and queues came and went, over all protocols. */
export interface BrokerCounters {
  connectionsOpened: number
  connectionsClosed: number
  channelsOpened: number
  channelsClosed: number
  queuesDeclared: number
}

const CONSUMER_TIMEOUT_MS = 30 * 60_000
/** Between two attempts to read what could not be read. */
const READ_AGAIN_MS = 200

const ACCESS_KINDS: readonly AccessKind[] = ['user', 'permission', 'topic-permission']

export class Broker {
  readonly engine: LogEngine
  readonly turn: Turn
  readonly clock: Clock
  readonly logger: Logger
  readonly catalog: Catalog
  readonly access: Access
  readonly acls: Acls
  readonly durability: Durability
  readonly properties: PropertyBlocks
  readonly node: string
  readonly messages: OwnMessages
  readonly events: Events
  readonly parameters: Parameters
  readonly connections = new Connections()
  readonly publishers = new Set<Publisher>()
  readonly alarms: Alarms
  readonly vhosts = new Map<string, Vhost>()
  readonly directReplies = new DirectReplies()
  readonly unackedSources = new Set<UnackedSource>()
  readonly counters: BrokerCounters = {
    connectionsOpened: 0,
    connectionsClosed: 0,
    channelsOpened: 0,
    channelsClosed: 0,
    queuesDeclared: 0,
  }
  /** What those without a channel published and received: by HTTP. */
  readonly outside = { ...noChannelCounts(), routed: 0 }
  /** Of what channels, and those who have none, published. */
  readonly sizes = new MessageSizes()
  readonly outsideSizes = new MessageSizes()
  readonly loginAttempts = new LoginAttempts()
  /** What was counted in vhosts that are deleted. */
  readonly gone = { queues: noCounts(), exchanges: { publishedIn: 0, publishedOut: 0 }, fates: noFates() }
  /** Moves with every change of users and permissions. */
  accessVersion = 1
  private readonly context: VhostContext
  private readonly opening: Promise<void>[] = []

  constructor(options: BrokerOptions) {
    this.engine = options.engine
    this.turn = options.turn
    this.clock = options.clock
    this.logger = options.logger
    this.properties = options.properties
    this.catalog = new Catalog(this.engine)
    this.acls = new Acls(this.catalog)
    this.durability = new Durability(this.engine)
    this.engine.onLagging = (lagging) => {
      for (const publisher of this.publishers) publisher.lag(lagging)
    }
    this.node = options.node ?? 'signalbox@localhost'
    this.messages = new OwnMessages(this.engine, this.clock)
    const { clock, messages, properties } = this
    this.events = new Events({ clock, messages, properties, vhost: options.eventsVhost ?? '/' })
    this.parameters = new Parameters(
      this.catalog,
      this.events,
      new Map([['vhost-limits', vhostLimitsComponent(this.vhosts, this.events)]]),
    )
    this.alarms = new Alarms((source, on) => {
      this.events.emit(on ? 'alarm.set' : 'alarm.cleared', { source, node: this.node })
    })
    this.access = new Access({
      loopbackUsers: options.loopbackUsers,
      onChange: (kind, id, value, previous) => {
        emitAccessChange(this.events, kind, value, previous)
        if (kind === 'user' && value === undefined)
          this.closeAll(this.connections.ofUser(id), `user '${id}' is deleted`)
        this.accessVersion++
        if (value === undefined) this.catalog.remove(kind, [id])
        else this.catalog.put(kind, [id], value)
      },
    })
    this.context = {
      turn: this.turn,
      engine: this.engine,
      catalog: this.catalog,
      logger: this.logger,
      events: this.events,
      durableLogs: options.durability,
      durability: this.durability,
      streams: options.streams ?? STREAM_DEFAULTS,
      topicWriter: new TopicWriter(this),
      alarms: this.alarms,
      tracingBroker: this,
      properties: this.properties,
      clock: this.clock,
      random: options.random ?? systemRandom,
      consumerTimeoutMs: options.consumerTimeoutMs ?? CONSUMER_TIMEOUT_MS,
      afterDurable: (task) => this.durability.next(task),
      waitDurable: (waiter) => this.durability.add(waiter),
      reached: (number) => this.durability.reached(number),
      unackedSources: this.unackedSources,
      beforeOpening: (task) => this.opening.push(task),
      damaged: (queue, error, again) => {
        this.logger.error({ vhost: queue.vhost, queue: queue.name, error: error.message }, 'a record cannot be read')
        this.clock.setTimer(READ_AGAIN_MS, again)
      },
    }
    this.restore()
  }

  /** Clients are to be served after this. @throws Damage */
  async restored(): Promise<void> {
    await Promise.all(this.opening.splice(0))
    for (const { feeds, schedules } of this.vhosts.values()) {
      feeds.open()
      schedules.open()
    }
  }

  /** Whether nothing was ever defined here: the first user and vhost are to be made. */
  get isNew(): boolean {
    return this.vhosts.size === 0
  }

  /** @throws Refusal not-found */
  vhost(name: string): Vhost {
    const vhost = this.vhosts.get(name)
    if (vhost === undefined) throw new Refusal('not-found', `no vhost '${name}'`)
    return vhost
  }

  /** Makes it unless it is there. */
  declareVhost(name: string, metadata: VhostMetadata = { description: '', tags: [] }): Vhost {
    let vhost = this.vhosts.get(name)
    if (vhost === undefined) {
      vhost = new Vhost(name, metadata, this.context)
      this.vhosts.set(name, vhost)
      vhost.update({})
      vhost.streams.restore()
      vhost.feeds.open()
      vhost.schedules.open()
      this.events.emit('vhost.created', vhost)
    }
    return vhost
  }

  /** @throws Refusal not-found */
  updateVhost(name: string, metadata: Partial<VhostMetadata>): void {
    const vhost = this.vhost(name)
    vhost.update(metadata)
    this.events.emit('vhost.updated', vhost)
  }

  /** With everything in it; its connections are closed. @throws Refusal not-found */
  deleteVhost(name: string): void {
    const vhost = this.vhost(name)
    this.vhosts.delete(name)
    this.closeAll(this.connections.inVhost(name), `vhost '${name}' is deleted`)
    this.connections.forgetVhost(name)
    this.access.clearVhost(name)
    this.acls.clearVhost(name)
    this.parameters.clearVhost(name)
    vhost.end()
    addCounts(this.gone.queues, vhost.goneQueues)
    addTo(this.gone.exchanges, vhost.goneExchanges)
    addTo(this.gone.fates, vhost.fates)
    this.catalog.remove('vhost', [name])
    this.events.emit('vhost.deleted', vhost)
  }

  /** What became of all that was published, in vhosts that are gone too. */
  get fates(): Fates {
    const sum = { ...this.gone.fates }
    for (const vhost of this.vhosts.values()) addTo(sum, vhost.fates)
    return sum
  }

  private closeAll(connections: Iterable<ClientConnection>, reason: string): void {
    for (const connection of [...connections]) connection.forceClose(reason)
  }

  /** @throws Refusal not-allowed when the vhost or the user has as many connections as it may. */
  checkConnectionLimits(user: string, vhost: Vhost): void {
    const { connections } = this
    checkVhostConnections(vhost.limits, connections.inVhost(vhost.name).size, user, vhost.name)
    checkUserConnections(this.access.user(user)?.limits ?? {}, connections.ofUser(user).size, user)
  }

  /** @throws Refusal not-allowed when the user has as many channels as it may. */
  checkChannelLimit(user: string): void {
    checkUserChannels(this.access.user(user)?.limits ?? {}, () => this.connections.channelsOf(user), user)
  }

  private restore(): void {
    for (const { key, value } of this.catalog.all('vhost')) {
      this.vhosts.set(key[0], new Vhost(key[0], value as VhostMetadata, this.context))
    }
    for (const kind of ACCESS_KINDS) {
      for (const { key, value } of this.catalog.all(kind)) this.access.restore(kind, key[0], value)
    }
    this.acls.restore()
    for (const vhost of this.vhosts.values()) vhost.restore()
    this.parameters.restore()
    giveLogsToOwners(this.engine, this.vhosts)
  }
}
