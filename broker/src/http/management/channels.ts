/** `/channels`: what is open on the connections, in which mode, and what of it is under way. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import type { Broker } from '../../broker/broker.ts'
import type { ClientChannel, ClientConnection } from '../../broker/connections.ts'
import { notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { answerList, answerRow } from '../lists/answer-list.ts'
import type { ListSource, SortKey } from '../lists/list-source.ts'
import { type RowOptions, rowOptions } from '../lists/row-options.ts'
import type { Env } from '../login/authentication.ts'
import { CHANNEL_GROUPS, clientSeries } from '../stats/client-series.ts'
import { detailedGroups } from '../stats/details.ts'
import { seenConnection, seesConnection } from './connections.ts'
import { consumerRow } from './consumers.ts'

export function channelRoutes(http: HttpContext): Hono<Env> {
  const { connections } = http.broker
  const answer = (c: Context<Env>, scope: string, among: () => Iterable<ClientConnection>): Promise<Response> => {
    return answerList(c, http, channelSource(http, c.var.caller, scope, among))
  }
  return new Hono<Env>()
    .get('/channels', (c) => answer(c, 'all', () => connections.all()))
    .get('/vhosts/:vhost/channels', (c) => {
      const { name } = c.var.caller.seenVhost(c.req.param('vhost'))
      return answer(c, `vhost ${name}`, () => connections.inVhost(name))
    })
    .get('/connections/:name/channels', (c) => {
      const connection = seenConnection(http, c.var.caller, c.req.param('name'))
      return answer(c, `connection ${connection.name}`, () => [connection])
    })
    .get('/channels/:channel', (c) => {
      const channel = seenChannel(http, c.var.caller, c.req.param('channel'))
      return answerRow(c, wholeChannel(http, channel, rowOptions(c)))
    })
}

/** Which is called `CONNECTION (NUMBER)`. @throws HttpError 404 */
function seenChannel(http: HttpContext, caller: Caller, name: string): ClientChannel {
  const [, connection, number] = /^(.*) \((\d+)\)$/.exec(name) ?? []
  if (connection === undefined) throw notFound()
  const channel = seenConnection(http, caller, connection).channel(Number(number))
  if (channel === undefined) throw notFound()
  return channel
}

export function channelName({ connection, number }: ClientChannel): string {
  return `${connection.name} (${number})`
}

/** Moves when a channel comes or goes. */
function channelsVersion({ counters }: Broker): string {
  return `${counters.channelsOpened} ${counters.channelsClosed}`
}

function channelSource(
  http: HttpContext,
  caller: Caller,
  scope: string,
  among: () => Iterable<ClientConnection>,
): ListSource<ClientChannel> {
  caller.require('management')
  const { broker } = http
  const all = caller.is('monitoring')
  return {
    kind: 'channels',
    scope: all ? scope : `${scope} of ${caller.user.name}`,
    *all() {
      for (const one of among()) if (seesConnection(caller, one)) yield* one.channels()
    },
    setVersion: () => `${channelsVersion(broker)} ${broker.connections.version} ${all ? '' : broker.accessVersion}`,
    name: channelName,
    columns: channelColumns(http),
    describe: (channel, options) => channelRow(http, channel, options),
  }
}

function channelColumns(http: HttpContext): Record<string, (channel: ClientChannel) => SortKey> {
  const { channels: series } = clientSeries(http)
  return {
    name: channelName,
    number: ({ number }) => number,
    vhost: ({ connection }) => connection.vhost,
    user: ({ connection }) => connection.user,
    state: ({ state }) => state,
    prefetch_count: ({ consumerPrefetch }) => consumerPrefetch,
    consumer_count: ({ consumers }) => consumers.size,
    messages_unacknowledged: ({ unacknowledged }) => unacknowledged,
    messages_unconfirmed: ({ unconfirmed }) => unconfirmed,
    'message_stats.publish_details.rate': (channel) => series.rate(channel, 'publish'),
    'message_stats.confirm_details.rate': (channel) => series.rate(channel, 'confirm'),
    'message_stats.deliver_get_details.rate': (channel) => series.rate(channel, 'deliver_get'),
    'message_stats.ack_details.rate': (channel) => series.rate(channel, 'ack'),
  }
}

function channelRow(http: HttpContext, channel: ClientChannel, { stats, rates }: RowOptions): object {
  const { broker } = http
  const { connection, number } = channel
  const { channels: series } = clientSeries(http)
  const nowMs = broker.clock.now()
  const idleSince = series.idleSince(channel)
  return {
    name: channelName(channel),
    number,
    node: broker.node,
    user: connection.user,
    user_who_performed_action: connection.user,
    vhost: connection.vhost,
    connection_details: connectionDetails(connection),
    state: channel.state,
    confirm: channel.isConfirming,
    transactional: channel.isTransactional,
    prefetch_count: channel.consumerPrefetch,
    global_prefetch_count: channel.prefetch,
    consumer_count: channel.consumers.size,
    messages_unacknowledged: channel.unacknowledged,
    messages_unconfirmed: channel.unconfirmed,
    messages_uncommitted: channel.uncommitted,
    acks_uncommitted: channel.uncommittedAcks,
    pending_raft_commands: 0,
    ...(stats && {
      ...(idleSince !== null && { idle_since: timeText(idleSince) }),
      ...(channel.oldestUnackedMs !== null && { oldest_unacked_since: channel.oldestUnackedMs }),
      message_stats: detailedGroups(series, channel, CHANNEL_GROUPS, rates, nowMs),
    }),
  }
}

function wholeChannel(http: HttpContext, channel: ClientChannel, options: RowOptions): object {
  return {
    ...channelRow(http, channel, options),
    consumer_details: [...channel.consumers.values()].map((consumer) => consumerRow(http, consumer)),
    publishes: [],
    deliveries: [],
  }
}

export function connectionDetails(connection: ClientConnection): object {
  const { peer_host, peer_port } = connection.describe()
  return { name: connection.name, peer_host, peer_port }
}

/** As RabbitMQ writes it: `2026-11-23T08:15:30.000+00:00`. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+00:00')
}
