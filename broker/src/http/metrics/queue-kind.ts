/**
 * Queues. Streams are not among them: what a stream holds stays when it was read, and is no backlog; topics tell of
 * themselves under Kafka's names.
 */
import type { Broker } from '../../broker/broker.ts'
import type { QueueCounters } from '../../broker/queue/counters.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import { counter, gauge, labelsOf } from './exposition.ts'
import type { Kind, Measure } from './kinds.ts'

export const queueKind: Kind<Queue> = {
  *all(_broker, vhosts) {
    for (const { queues } of vhosts) yield* queues.values()
  },
  labels: ({ vhost, name }) => labelsOf({ vhost, queue: name }),
  families: {
    queue_coarse_metrics: [
      measured('queue_messages_ready', 'Messages ready to be delivered to consumers', (queue) => queue.ready),
      measured(
        'queue_messages_unacked',
        'Messages delivered and not acknowledged yet',
        (queue) => queue.unacknowledged,
      ),
      measured('queue_messages', 'Messages ready and unacknowledged', (queue) => queue.ready + queue.unacknowledged),
    ],
    queue_consumer_count: [measured('queue_consumers', 'Consumers of the queue', (queue) => queue.subscriptions.size)],
    queue_metrics: [
      measured('queue_messages_bytes', 'Bytes of the bodies of messages ready and unacknowledged', bytesOf),
      own('held', 'Messages set aside for a delayed retry', (queue) => queue.held),
      own('paused', 'Whether the queue takes messages and hands out none', (queue) => (queue.paused ? 1 : 0)),
      counted('signalbox_queue_messages_expired_total', 'Messages whose time to live was over', 'expired'),
      counted(
        'signalbox_queue_messages_overflowed_total',
        'Messages that left because the queue was full',
        'overflowed',
      ),
      counted('signalbox_queue_messages_rejected_total', 'Messages refused because the queue was full', 'rejected'),
      counted(
        'signalbox_queue_messages_delivery_limited_total',
        'Messages that came back too often',
        'deliveryLimited',
      ),
      counted('signalbox_queue_messages_duplicate_total', 'Messages whose key was there already', 'duplicates'),
      counted(
        'signalbox_queue_messages_lost_total',
        'Records gone from a topic before the queue had settled them',
        'lost',
      ),
    ],
    queue_delivery_metrics: [
      counted('rabbitmq_queue_messages_published_total', 'Messages that entered the queue', 'published'),
      counted(
        'rabbitmq_queue_messages_delivered_ack_total',
        'Messages delivered with manual acknowledgement',
        'delivered',
      ),
      counted(
        'rabbitmq_queue_messages_delivered_total',
        'Messages delivered with automatic acknowledgement',
        'deliveredNoAck',
      ),
      counted('rabbitmq_queue_get_ack_total', 'Messages fetched with manual acknowledgement', 'got'),
      counted('rabbitmq_queue_get_total', 'Messages fetched with automatic acknowledgement', 'gotNoAck'),
      counted('rabbitmq_queue_get_empty_total', 'Fetches that found no message', 'getEmpty'),
      counted('rabbitmq_queue_messages_acked_total', 'Messages acknowledged', 'acknowledged'),
      counted('rabbitmq_queue_messages_redelivered_total', 'Messages delivered or fetched again', 'redelivered'),
    ],
  },
}

function measured(name: string, help: string, of: (queue: Queue) => number): Measure<Queue> {
  return { ...gauge(`rabbitmq_${name}`, help), of }
}

function own(name: string, help: string, of: (queue: Queue) => number): Measure<Queue> {
  return { ...gauge(`signalbox_queue_${name}`, help), of }
}

function counted(name: string, help: string, key: keyof QueueCounters): Measure<Queue> {
  return { ...counter(name, help), of: ({ counters }) => counters[key], gone: (broker) => goneOf(broker, key) }
}

function goneOf({ vhosts, gone }: Broker, key: keyof QueueCounters): number {
  let sum = gone.queues[key]
  for (const { goneQueues } of vhosts.values()) sum += goneQueues[key]
  return sum
}

function bytesOf({ lanes }: Queue): number {
  let bytes = 0
  for (const { log } of lanes) bytes += log.unsettledBytes
  return bytes
}
