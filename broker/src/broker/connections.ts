/**
 * The client connections that are open, whatever protocol they speak: by name, by vhost and by user, since both of those
 * have limits and both can be deleted under them. What a connection, its channels and their consumers tell of themselves
 * is read when somebody asks; counting costs them next to nothing.
 */
import { addTo, type ChannelCounters, noChannelCounts } from './message-counts.ts'
import type { Headers } from './routing/headers.ts'

export interface ClientConnection {
  /** Both ends: `127.0.0.1:40000 -> 127.0.0.1:5672`. */
  readonly name: string
  readonly user: string
  readonly vhost: string
  /** ms since 1970 */
  readonly connectedAt: number
  readonly protocol: string
  /** `blocked` by an alarm, in `flow` while the log lags, `blocking`: an alarm would block it if it published. */
  readonly state: 'running' | 'blocked' | 'blocking' | 'flow' | 'closing'
  readonly traffic: Traffic
  readonly channelCount: number
  channels(): Iterable<ClientChannel>
  channel(number: number): ClientChannel | undefined
  /** What else can be said of it, under RabbitMQ's names. */
  describe(): Headers
  /** Tells the client why, and ends it. */
  forceClose(reason: string): void
}

/** Of one connection, since it was made. */
export interface Traffic {
  readonly octetsIn: number
  readonly octetsOut: number
  /** Reads and writes of the socket. */
  readonly readsIn: number
  readonly writesOut: number
  /** Octets that the kernel has not taken yet. */
  readonly unsent: number
}

export interface ClientChannel {
  readonly number: number
  readonly connection: ClientConnection
  /** Deliveries outstanding at most, of the channel and of consumers to come; 0: no limit. */
  readonly prefetch: number
  readonly consumerPrefetch: number
  readonly state: 'running' | 'flow' | 'closing'
  readonly isConfirming: boolean
  readonly isTransactional: boolean
  readonly unacknowledged: number
  /** Published and not confirmed yet. */
  readonly unconfirmed: number
  /** Publishes and acknowledgements of the open transaction. */
  readonly uncommitted: number
  readonly uncommittedAcks: number
  readonly counters: Readonly<ChannelCounters>
  /** ms since 1970 that the oldest outstanding delivery was handed out; null when there is none. */
  readonly oldestUnackedMs: number | null
  readonly consumers: ReadonlyMap<string, ClientConsumer>
}

export interface ClientConsumer {
  readonly tag: string
  readonly channel: ClientChannel
  readonly queue: { readonly vhost: string; readonly name: string }
  readonly noAck: boolean
  readonly exclusive: boolean
  /** False while another is the one that is served. */
  readonly isActive: boolean
  /** It alone is served. */
  readonly isOnlyActive: boolean
  readonly prefetch: number
  readonly arguments: Headers
  readonly unacked: number
  /** ms; null: deliveries may stay unacknowledged for any time. */
  readonly timeoutMs: number | null
}

export class Connections {
  /** What those that are gone had counted. */
  readonly gone = {
    traffic: { octetsIn: 0, octetsOut: 0, readsIn: 0, writesOut: 0 },
    channels: noChannelCounts(),
    /** Published on channels in confirm mode. */
    receivedConfirm: 0,
  }
  /** Moves when one comes or goes. */
  version = 1
  private readonly open = new Set<ClientConnection>()
  private readonly byName = new Map<string, ClientConnection>()
  private readonly byVhost = new Map<string, Set<ClientConnection>>()
  private readonly byUser = new Map<string, Set<ClientConnection>>()
  /** Octets of those that are gone, by vhost. */
  private readonly goneOctets = new Map<string, { octetsIn: number; octetsOut: number }>()

  add(connection: ClientConnection): void {
    this.version++
    this.open.add(connection)
    this.byName.set(connection.name, connection)
    within(this.byVhost, connection.vhost).add(connection)
    within(this.byUser, connection.user).add(connection)
    if (!this.goneOctets.has(connection.vhost)) this.goneOctets.set(connection.vhost, { octetsIn: 0, octetsOut: 0 })
  }

  /** @returns whether it was there. */
  delete(connection: ClientConnection): boolean {
    if (!this.open.delete(connection)) return false
    addTo(this.gone.traffic, connection.traffic)
    const octets = this.goneOctets.get(connection.vhost)
    if (octets !== undefined) addTo(octets, connection.traffic)
    this.version++
    // Those of a Unix socket are all called the same.
    if (this.byName.get(connection.name) === connection) this.byName.delete(connection.name)
    without(this.byVhost, connection.vhost, connection)
    without(this.byUser, connection.user, connection)
    return true
  }

  /** A channel is about to end: what it counted stays. */
  channelGone({ counters, unconfirmed, isConfirming }: ClientChannel): void {
    addTo(this.gone.channels, counters)
    if (isConfirming) this.gone.receivedConfirm += counters.confirmed + unconfirmed
  }

  all(): ReadonlySet<ClientConnection> {
    return this.open
  }

  get(name: string): ClientConnection | undefined {
    return this.byName.get(name)
  }

  inVhost(vhost: string): ReadonlySet<ClientConnection> {
    return this.byVhost.get(vhost) ?? NONE
  }

  /** Of all that were ever in the vhost, those that are gone included. */
  octetsIn(vhost: string): { readonly octetsIn: number; readonly octetsOut: number } {
    const sum = { octetsIn: 0, octetsOut: 0, ...this.goneOctets.get(vhost) }
    for (const { traffic } of this.inVhost(vhost)) addTo(sum, traffic)
    return sum
  }

  /** The vhost is deleted: one of its name begins anew. */
  forgetVhost(vhost: string): void {
    this.goneOctets.delete(vhost)
  }

  ofUser(user: string): ReadonlySet<ClientConnection> {
    return this.byUser.get(user) ?? NONE
  }

  channelsOf(user: string): number {
    let count = 0
    for (const connection of this.ofUser(user)) count += connection.channelCount
    return count
  }
}

const NONE: ReadonlySet<ClientConnection> = new Set()

function within(index: Map<string, Set<ClientConnection>>, key: string): Set<ClientConnection> {
  let found = index.get(key)
  if (found === undefined) index.set(key, (found = new Set()))
  return found
}

function without(index: Map<string, Set<ClientConnection>>, key: string, connection: ClientConnection): void {
  const found = index.get(key)
  found?.delete(connection)
  if (found?.size === 0) index.delete(key)
}
