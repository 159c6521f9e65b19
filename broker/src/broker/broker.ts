/**
 * The broker without any protocol: vhosts, users and the log they stand on. Protocol sessions call it; nothing here
 * knows who they are.
 */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Turn } from '../base/turn.ts'
import type { LogEngine } from '../log/engine.ts'
import { Access, type AccessKind } from './access/access.ts'
import { Alarms } from './alarms.ts'
import { Catalog } from './catalog.ts'
import { Durability } from './durability.ts'
import type { PropertyBlocks } from './property-blocks.ts'
import { Refusal } from './refusal.ts'
import { Vhost, type VhostContext, type VhostMetadata } from './vhost.ts'

export interface BrokerOptions {
  readonly engine: LogEngine
  readonly turn: Turn
  readonly clock: Clock
  readonly logger: Logger
  readonly loopbackUsers: readonly string[]
  readonly durability: 'synced' | 'written'
  readonly properties: PropertyBlocks
}

/** What all protocols count together. */
export interface BrokerCounters {
  routed: number
  unroutableDropped: number
  unroutableReturned: number
  connectionsOpened: number
  connectionsClosed: number
  channelsOpened: number
  channelsClosed: number
}

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
  readonly durability: Durability
  readonly properties: PropertyBlocks
  readonly alarms = new Alarms()
  readonly vhosts = new Map<string, Vhost>()
  readonly counters: BrokerCounters = {
    routed: 0,
    unroutableDropped: 0,
    unroutableReturned: 0,
    connectionsOpened: 0,
    connectionsClosed: 0,
    channelsOpened: 0,
    channelsClosed: 0,
  }
  /** Moves with every change of users and permissions. */
  accessVersion = 1
  private readonly context: VhostContext

  constructor(options: BrokerOptions) {
    this.engine = options.engine
    this.turn = options.turn
    this.clock = options.clock
    this.logger = options.logger
    this.properties = options.properties
    this.catalog = new Catalog(this.engine)
    this.durability = new Durability(this.engine)
    this.access = new Access({
      loopbackUsers: options.loopbackUsers,
      onChange: (kind, id, value) => {
        this.accessVersion++
        if (value === undefined) this.catalog.remove(kind, [id])
        else this.catalog.put(kind, [id], value)
      },
    })
    this.context = {
      turn: this.turn,
      engine: this.engine,
      catalog: this.catalog,
      durableLogs: options.durability,
      properties: this.properties,
      afterDurable: (task) => this.durability.next(task),
      damaged: (queue, error, again) => {
        this.logger.error({ vhost: queue.vhost, queue: queue.name, error: error.message }, 'a record cannot be read')
        this.clock.setTimer(READ_AGAIN_MS, again)
      },
    }
    this.restore()
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
      this.catalog.put('vhost', [name], metadata)
    }
    return vhost
  }

  private restore(): void {
    for (const { key, value } of this.catalog.all('vhost')) {
      this.vhosts.set(key[0], new Vhost(key[0], value as VhostMetadata, this.context))
    }
    for (const kind of ACCESS_KINDS) {
      for (const { key, value } of this.catalog.all(kind)) this.access.restore(kind, key[0], value)
    }
    for (const vhost of this.vhosts.values()) vhost.restore()
    this.deleteOrphanLogs()
  }

  /** A log whose queue is gone: its definition and its log went in different entries, and a crash came between. */
  private deleteOrphanLogs(): void {
    const owned = new Set<number>()
    for (const vhost of this.vhosts.values()) for (const queue of vhost.queues.values()) owned.add(queue.log.id)
    for (const log of [...this.engine.logs.values()]) if (!owned.has(log.id)) this.engine.deleteLog(log)
  }
}
