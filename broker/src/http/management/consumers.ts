/** `/consumers`: who takes messages from which queue, on which channel. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import type { ClientConnection, ClientConsumer } from '../../broker/connections.ts'
import { jsonTable } from '../../broker/routing/json-table.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { answerList } from '../lists/answer-list.ts'
import type { ListSource, SortKey } from '../lists/list-source.ts'
import type { Env } from '../login/authentication.ts'
import { channelName, connectionDetails } from './channels.ts'

export function consumerRoutes(http: HttpContext): Hono<Env> {
  const { connections } = http.broker
  const answer = (c: Context<Env>, scope: string, among: () => Iterable<ClientConnection>): Promise<Response> => {
    return answerList(c, http, consumerSource(http, c.var.caller, scope, among))
  }
  return new Hono<Env>()
    .get('/consumers', (c) => answer(c, 'all', () => connections.all()))
    .get('/consumers/:vhost', (c) => {
      const { name } = c.var.caller.seenVhost(c.req.param('vhost'))
      return answer(c, `vhost ${name}`, () => connections.inVhost(name))
    })
}

/** Those in vhosts that the caller sees. */
function consumerSource(
  http: HttpContext,
  caller: Caller,
  scope: string,
  among: () => Iterable<ClientConnection>,
): ListSource<ClientConsumer> {
  caller.require('management')
  const { connections, events, accessVersion } = http.broker
  const all = caller.is('monitoring')
  return {
    kind: 'consumers',
    scope: all ? scope : `${scope} of ${caller.user.name}`,
    *all() {
      for (const connection of among()) {
        if (!caller.sees(connection.vhost)) continue
        for (const { consumers } of connection.channels()) yield* consumers.values()
      }
    },
    setVersion() {
      const versions = [events.count('consumer.created'), events.count('consumer.deleted'), connections.version]
      return `${versions.join()} ${all ? '' : accessVersion}`
    },
    name: ({ tag }) => tag,
    columns: COLUMNS,
    describe: (consumer) => consumerRow(http, consumer),
  }
}

const COLUMNS: Record<string, (consumer: ClientConsumer) => SortKey> = {
  consumer_tag: ({ tag }) => tag,
  vhost: ({ queue }) => queue.vhost,
  'queue.vhost': ({ queue }) => queue.vhost,
  'queue.name': ({ queue }) => queue.name,
  'channel_details.name': ({ channel }) => channelName(channel),
  'channel_details.user': ({ channel }) => channel.connection.user,
  ack_required: ({ noAck }) => !noAck,
  active: ({ isActive }) => isActive,
  exclusive: ({ exclusive }) => exclusive,
  prefetch_count: ({ prefetch }) => prefetch,
  messages_unacknowledged: ({ unacked }) => unacked,
}

export function consumerRow({ broker }: HttpContext, consumer: ClientConsumer): object {
  const { channel, queue, isActive } = consumer
  const { connection, number } = channel
  return {
    consumer_tag: consumer.tag,
    queue: { name: queue.name, vhost: queue.vhost },
    ack_required: !consumer.noAck,
    active: isActive,
    activity_status: isActive ? (consumer.isOnlyActive ? 'single_active' : 'up') : 'waiting',
    exclusive: consumer.exclusive,
    prefetch_count: consumer.prefetch,
    arguments: jsonTable(consumer.arguments),
    // Strict clients want a number: 0 lets deliveries stay unacknowledged for any time.
    consumer_timeout: consumer.timeoutMs ?? 0,
    messages_unacknowledged: consumer.unacked,
    channel_details: {
      ...connectionDetails(connection),
      connection_name: connection.name,
      name: channelName(channel),
      node: broker.node,
      number,
      user: connection.user,
    },
  }
}
