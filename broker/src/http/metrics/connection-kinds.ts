/** Connections of either protocol, and the channels of AMQP's. */
import type { ClientChannel, ClientConnection, Traffic } from '../../broker/connections.ts'
import type { ChannelCounters } from '../../broker/message-counts.ts'
import { counter, gauge, labelsOf } from './exposition.ts'
import type { Kind, Measure } from './kinds.ts'

export const connectionKind: Kind<ClientConnection> = {
  *all({ connections }, vhosts) {
    for (const { name } of vhosts) yield* connections.inVhost(name)
  },
  labels: ({ name, vhost, user, protocol }) => labelsOf({ connection: name, vhost, user, protocol }),
  families: {
    connection_coarse_metrics: [
      moved('incoming_bytes', 'Bytes received', 'octetsIn'),
      moved('outgoing_bytes', 'Bytes sent', 'octetsOut'),
    ],
    connection_metrics: [
      moved('incoming_packets', 'Reads from the socket', 'readsIn'),
      moved('outgoing_packets', 'Writes to the socket', 'writesOut'),
      {
        ...gauge('rabbitmq_connection_channels', 'Channels of the connection'),
        of: ({ channelCount }) => channelCount,
      },
      {
        ...gauge('signalbox_connection_unsent_bytes', 'Bytes that the kernel has not taken yet'),
        of: ({ traffic }) => traffic.unsent,
      },
      {
        ...gauge('signalbox_connection_blocked', 'Whether an alarm keeps the connection from publishing'),
        of: ({ state }) => (state === 'blocked' ? 1 : 0),
      },
    ],
  },
}

export const channelKind: Kind<ClientChannel> = {
  *all({ connections }, vhosts) {
    for (const { name } of vhosts) {
      for (const connection of connections.inVhost(name)) yield* connection.channels()
    }
  },
  labels: ({ connection, number }) =>
    labelsOf({ channel: `${connection.name} (${number})`, vhost: connection.vhost, user: connection.user }),
  families: {
    channel_metrics: [
      seen('channel_consumers', 'Consumers of the channel', ({ consumers }) => consumers.size),
      seen('channel_messages_unacked', 'Messages delivered and not acknowledged yet', (one) => one.unacknowledged),
      seen('channel_messages_unconfirmed', 'Messages published and not confirmed yet', (one) => one.unconfirmed),
      seen('channel_messages_uncommitted', 'Messages of the open transaction', (one) => one.uncommitted),
      seen('channel_acks_uncommitted', 'Acknowledgements of the open transaction', (one) => one.uncommittedAcks),
      seen('consumer_prefetch', 'Limit of unacknowledged messages for each consumer', (one) => one.consumerPrefetch),
      seen('channel_prefetch', 'Limit of unacknowledged messages for the whole channel', (one) => one.prefetch),
    ],
    channel_exchange_metrics: [
      counted('messages_published', 'Messages published', 'published'),
      counted('messages_confirmed', 'Messages confirmed', 'confirmed'),
      counted('messages_unroutable_returned', 'Unroutable messages returned', 'returned'),
      counted('messages_unroutable_dropped', 'Unroutable messages dropped', 'dropped'),
    ],
    channel_queue_metrics: [
      counted('get_ack', 'Messages fetched with manual acknowledgement', 'got'),
      counted('get', 'Messages fetched with automatic acknowledgement', 'gotNoAck'),
      counted('get_empty', 'Fetches that found no message', 'getEmpty'),
      counted('messages_delivered_ack', 'Messages delivered with manual acknowledgement', 'delivered'),
      counted('messages_delivered', 'Messages delivered with automatic acknowledgement', 'deliveredNoAck'),
      counted('messages_redelivered', 'Messages delivered or fetched again', 'redelivered'),
      counted('messages_acked', 'Messages acknowledged', 'acknowledged'),
    ],
  },
}

function moved(name: string, help: string, key: Exclude<keyof Traffic, 'unsent'>): Measure<ClientConnection> {
  return {
    ...counter(`rabbitmq_connection_${name}_total`, help),
    of: ({ traffic }) => traffic[key],
    gone: ({ connections }) => connections.gone.traffic[key],
  }
}

function seen(name: string, help: string, of: (channel: ClientChannel) => number): Measure<ClientChannel> {
  return { ...gauge(`rabbitmq_${name}`, help), of }
}

function counted(name: string, help: string, key: keyof ChannelCounters): Measure<ClientChannel> {
  return {
    ...counter(`rabbitmq_channel_${name}_total`, help),
    of: ({ counters }) => counters[key],
    gone: ({ connections }) => connections.gone.channels[key],
  }
}
