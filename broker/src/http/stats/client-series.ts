/** What is sampled of connections and channels, of all that comes and goes, and of the process. */
import type { Broker } from '../../broker/broker.ts'
import type { ClientChannel, ClientConnection } from '../../broker/connections.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'
import { garbageCollections } from './garbage-collections.ts'
import { OUT_FIELDS } from './object-series.ts'
import { Series } from './series.ts'

const TRAFFIC_FIELDS = ['recv_oct', 'send_oct', 'recv_cnt', 'send_cnt'] as const

const IN_FIELDS = ['publish', 'confirm', 'return_unroutable', 'drop_unroutable'] as const

const CHANNEL_FIELDS = [...IN_FIELDS, ...OUT_FIELDS] as const

/** Those that are shown together. */
export const CHANNEL_GROUPS: readonly (readonly ChannelField[])[] = [IN_FIELDS, OUT_FIELDS]

/** How often, by the names that the overview has for them. */
const CHURN = {
  connection_created: ({ events }) => events.count('connection.created'),
  connection_closed: ({ events }) => events.count('connection.closed'),
  channel_created: ({ events }) => events.count('channel.created'),
  channel_closed: ({ events }) => events.count('channel.closed'),
  queue_declared: ({ counters }) => counters.queuesDeclared,
  queue_created: ({ events }) => events.count('queue.created'),
  queue_deleted: ({ events }) => events.count('queue.deleted'),
} satisfies Record<string, (broker: Broker) => number>

const CHURN_FIELDS = Object.keys(CHURN) as (keyof typeof CHURN)[]

export type TrafficField = (typeof TRAFFIC_FIELDS)[number]
export type ChannelField = (typeof CHANNEL_FIELDS)[number]

const FATE_FIELDS = ['confirm', 'return_unroutable', 'drop_unroutable'] as const

export type FateField = (typeof FATE_FIELDS)[number]

const NODE_FIELDS = [
  'mem_used',
  'sockets_used',
  'cpu_ms',
  'io_sync_count',
  'io_write_count',
  'io_write_bytes',
  'io_read_bytes',
  'gc_num',
  'context_switches',
] as const

export type NodeField = (typeof NODE_FIELDS)[number]

export interface ClientSeries {
  readonly connections: Series<ClientConnection, TrafficField>
  readonly channels: Series<ClientChannel, ChannelField>
  readonly churn: Series<Broker, keyof typeof CHURN>
  /** What became of all that was published. */
  readonly fates: Series<Broker | Vhost, FateField>
  /** Of all connections, those that are closed included. */
  readonly vhosts: Series<Vhost, 'recv_oct' | 'send_oct'>
  /** What the process uses. */
  readonly node: Series<Broker, NodeField>
}

const seriesOf = new WeakMap<HttpContext, ClientSeries>()

/** Sampled from the first call on. */
export function clientSeries(http: HttpContext): ClientSeries {
  let series = seriesOf.get(http)
  if (series === undefined) {
    const { broker, stats } = http
    series = {
      connections: connectionSeries(),
      channels: channelSeries(),
      churn: churnSeries(),
      fates: fateSeries(),
      node: nodeSeries(http),
      vhosts: vhostSeries(broker),
    }
    seriesOf.set(http, series)
    stats.follow(series.connections, () => broker.connections.all())
    stats.follow(series.channels, () => allChannels(broker))
    stats.follow(series.churn, () => [broker])
    stats.follow(series.fates, () => [broker, ...broker.vhosts.values()])
    stats.follow(series.node, () => [broker])
    stats.follow(series.vhosts, () => broker.vhosts.values())
  }
  return series
}

function* allChannels(broker: Broker): Iterable<ClientChannel> {
  for (const connection of broker.connections.all()) yield* connection.channels()
}

function connectionSeries(): Series<ClientConnection, TrafficField> {
  return new Series(TRAFFIC_FIELDS, ({ traffic }, into) => {
    into[0] = traffic.octetsIn
    into[1] = traffic.octetsOut
    into[2] = traffic.readsIn
    into[3] = traffic.writesOut
  })
}

function channelSeries(): Series<ClientChannel, ChannelField> {
  return new Series(CHANNEL_FIELDS, ({ counters }, into) => {
    into[0] = counters.published
    into[1] = counters.confirmed
    into[2] = counters.returned
    into[3] = counters.dropped
    into[4] = counters.delivered
    into[5] = counters.deliveredNoAck
    into[6] = counters.got
    into[7] = counters.gotNoAck
    into[8] = counters.getEmpty
    into[9] = counters.acknowledged
    into[10] = counters.redelivered
    into[11] = counters.delivered + counters.deliveredNoAck + counters.got + counters.gotNoAck
  })
}

function churnSeries(): Series<Broker, keyof typeof CHURN> {
  return new Series(CHURN_FIELDS, (broker, into) => {
    CHURN_FIELDS.forEach((field, i) => {
      into[i] = CHURN[field](broker)
    })
  })
}

function fateSeries(): Series<Broker | Vhost, FateField> {
  return new Series(FATE_FIELDS, ({ fates }, into) => {
    into[0] = fates.confirmed
    into[1] = fates.returned
    into[2] = fates.dropped
  })
}

function nodeSeries(http: HttpContext): Series<Broker, NodeField> {
  return new Series(NODE_FIELDS, ({ connections }, into) => {
    const { user, system } = process.cpuUsage()
    into[0] = process.memoryUsage.rss()
    into[1] = connections.all().size
    into[2] = Math.round((user + system) / 1000)
    const { syncs, writes, bytesWritten, bytesRead } = http.diskCounters()
    into[3] = syncs
    into[4] = writes
    into[5] = bytesWritten
    into[6] = bytesRead
    into[7] = garbageCollections()
    const { voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage()
    into[8] = voluntaryContextSwitches + involuntaryContextSwitches
  })
}

function vhostSeries({ connections }: Broker): Series<Vhost, 'recv_oct' | 'send_oct'> {
  return new Series(['recv_oct', 'send_oct'] as const, ({ name }, into) => {
    const { octetsIn, octetsOut } = connections.octetsIn(name)
    into[0] = octetsIn
    into[1] = octetsOut
  })
}
