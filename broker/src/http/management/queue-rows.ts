/**
 * A queue as the management API shows it: RabbitMQ's fields and, where they mean something, our own. What only a whole walk
 * through a queue would tell is estimated: how many of its bytes are with consumers, how many messages are persistent.
 */
import type { ClientConsumer } from '../../broker/connections.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import { jsonTable } from '../../broker/routing/json-table.ts'
import type { StreamQueue } from '../../broker/stream/stream-queue.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { MessageView } from '../../record/message.ts'
import type { HttpContext } from '../context.ts'
import type { RowOptions } from '../lists/row-options.ts'
import { type Detailed, detailed, detailedGroups, detailsOf } from '../stats/details.ts'
import { OUT_FIELDS, type QueueField } from '../stats/object-series.ts'
import { streamQueueSeries } from '../stats/stream-queue-series.ts'
import { appliedPolicies } from './applied-policies.ts'

export type AnyQueue = Queue | StreamQueue

/** Of a queue by itself, and of each consumer, whatever it holds. */
const QUEUE_BYTES = 4096
const CONSUMER_BYTES = 1024

export const LENGTHS: readonly QueueField[] = ['messages', 'messages_ready', 'messages_unacknowledged']

export function queueRow(http: HttpContext, vhost: Vhost, queue: AnyQueue, options: RowOptions): object {
  return queue.kind === 'topic' ? streamRow(http, vhost, queue, options) : ledgerRow(http, vhost, queue, options)
}

function ledgerRow(http: HttpContext, vhost: Vhost, queue: Queue, options: RowOptions): object {
  const { type } = queue.settings
  return {
    ...definition(http, queue, type),
    ...(options.totals && lengths(http, queue, options)),
    ...(type === 'quorum' && quorum(http, queue)),
    ...(options.stats && {
      ...appliedPolicies(vhost, queue),
      ...consumption(queue),
      ...sizes(queue),
      head_message_timestamp: headTimestamp(http, queue),
      ...idleness(http, queue),
      ...messageStats(http, queue, options),
      ...garbage(),
      ...own(queue),
    }),
  }
}

function streamRow(http: HttpContext, vhost: Vhost, stream: StreamQueue, options: RowOptions): object {
  const { ready: messages, topic, partition, delivered } = stream
  const series = streamQueueSeries(http)
  const nowMs = http.broker.clock.now()
  const details = detailsOf(series, stream, 'messages', options.lengths, nowMs)
  const counts = detailedGroups(series, stream, [['publish'], OUT_FIELDS], options.rates, nowMs)
  return {
    ...definition(http, stream, 'stream'),
    ...nodes(http),
    ...(options.totals && {
      messages,
      messages_details: details,
      messages_ready: messages,
      messages_ready_details: details,
      messages_unacknowledged: 0,
      messages_unacknowledged_details: { rate: 0 },
    }),
    ...(options.stats && {
      ...appliedPolicies(vhost, stream),
      consumers: stream.subscriptions.size,
      readers: { [http.broker.node]: stream.subscriptions.size },
      memory: QUEUE_BYTES + stream.subscriptions.size * CONSUMER_BYTES,
      message_bytes: partition.log.bytes,
      ...(partition.recordsIn + delivered > 0 && { message_stats: counts }),
      ...garbage(),
      source_topic: topic.name,
    }),
  }
}

function definition({ broker }: HttpContext, queue: AnyQueue, type: string): object {
  return {
    name: queue.name,
    vhost: queue.vhost,
    type,
    durable: queue.durable,
    auto_delete: queue.autoDelete,
    exclusive: queue.exclusiveTo !== null,
    arguments: jsonTable(queue.arguments),
    node: broker.node,
    state: 'running',
  }
}

function quorum(http: HttpContext, { settings }: Queue): object {
  return { ...nodes(http), delivery_limit: settings.deliveryLimit ?? 'unlimited' }
}

/** One node holds all. */
function nodes({ broker: { node } }: HttpContext): object {
  return { leader: node, members: [node], online: [node], open_files: { [node]: 0 } }
}

function lengths({ stats, broker }: HttpContext, queue: Queue, { lengths: past }: RowOptions): Detailed {
  return detailed(stats.queues, queue, LENGTHS, past, broker.clock.now(), true)
}

function messageStats({ stats, broker }: HttpContext, queue: Queue, { rates }: RowOptions): object {
  const nowMs = broker.clock.now()
  const used = (field: QueueField): boolean => stats.queues.value(queue, field) > 0
  const counts: Detailed = {}
  if (used('publish')) {
    counts.publish = stats.queues.value(queue, 'publish')
    counts.publish_details = detailsOf(stats.queues, queue, 'publish', rates, nowMs)
  }
  if (used('deliver_get') || used('get_empty') || used('ack')) {
    Object.assign(counts, detailed(stats.queues, queue, OUT_FIELDS, rates, nowMs, true))
  }
  return Object.keys(counts).length === 0 ? {} : { message_stats: counts }
}

function consumption(queue: Queue): object {
  const { subscriptions, activeSubscription, settings } = queue
  const [first] = subscriptions
  const capacity = consumerCapacity(queue)
  const active = activeSubscription !== null && isConsumer(activeSubscription) ? activeSubscription.tag : null
  return {
    consumers: subscriptions.size,
    consumer_capacity: capacity,
    consumer_utilisation: capacity,
    exclusive_consumer_tag: queue.hasExclusiveConsumer && isConsumer(first) ? first.tag : null,
    [settings.type === 'quorum' ? 'single_active_consumer_ctag' : 'single_active_consumer_tag']: active,
    single_active_consumer_tag: active,
  }
}

/** 1 while a message would go out at once, 0 while it would wait for a consumer. RabbitMQ's is an average of that. */
function consumerCapacity({ subscriptions }: Queue): number {
  for (const { ringNext } of subscriptions) if (ringNext !== null) return 1
  return 0
}

/** Whether it is one that clients see, with a tag. */
export function isConsumer(subscription: object): subscription is ClientConsumer {
  return 'tag' in subscription && 'channel' in subscription
}

function sizes(queue: Queue): object {
  const { ready, unacknowledged, settings } = queue
  const messages = ready + unacknowledged
  const leaving = queue.lanes.reduce((total, { taken }) => total + taken, 0) - unacknowledged - queue.held
  const all = messages + queue.held + leaving
  const bytes = sum(queue, ({ unsettledBytes }) => unsettledBytes)
  const exact = settings.maxLengthBytes !== null
  const readyBytes = exact ? queue.readyBytes : share(bytes, ready, all)
  const unackedBytes = exact && all === messages ? bytes - readyBytes : share(bytes, unacknowledged, all)
  const inMemory = Math.min(
    messages,
    sum(queue, ({ endOffset, coldEnd }) => endOffset - coldEnd),
  )
  const bytesInMemory = share(bytes, inMemory, messages)
  const readyInMemory = share(inMemory, ready, messages)
  return {
    messages_ram: inMemory,
    messages_ready_ram: readyInMemory,
    messages_unacknowledged_ram: inMemory - readyInMemory,
    messages_paged_out: messages - inMemory,
    messages_persistent: queue.kept ? messages : 0,
    message_bytes: bytes,
    message_bytes_ready: readyBytes,
    message_bytes_unacknowledged: unackedBytes,
    message_bytes_ram: bytesInMemory,
    message_bytes_paged_out: bytes - bytesInMemory,
    message_bytes_persistent: queue.kept ? bytes : 0,
    ...(settings.type === 'quorum' && { messages_dlx: leaving, message_bytes_dlx: share(bytes, leaving, all) }),
    memory: QUEUE_BYTES + bytesInMemory + queue.subscriptions.size * CONSUMER_BYTES,
  }
}

/** Over the logs of its lanes. */
export function sum({ lanes }: Queue, of: (log: Queue['lanes'][number]['log']) => number): number {
  return lanes.reduce((total, { log }) => total + of(log), 0)
}

function share(whole: number, part: number, of: number): number {
  return of === 0 ? 0 : Math.round((whole * part) / of)
}

const view = new MessageView()

/** Seconds; null where it has none, or lies in a file. */
function headTimestamp({ broker }: HttpContext, queue: Queue): number | null {
  const lane = queue.lanes.find(({ ready }) => ready > 0)
  if (lane === undefined || lane.oldest(view) !== 0) return null
  const octets = broker.properties.lookIn(view.buffer, view.propertiesPos, view.propertiesLen)('timestamp')
  return octets === null ? null : Number(Buffer.from(octets, 'latin1').readBigUInt64BE())
}

function idleness({ stats }: HttpContext, queue: Queue): object {
  const since = stats.queues.idleSince(queue)
  return since === null ? {} : { idle_since: new Date(since).toISOString().replace('Z', '+00:00') }
}

/** Clients read them; here is no process per queue that could tell. */
function garbage(): object {
  return {
    reductions: 0,
    reductions_details: { rate: 0 },
    garbage_collection: {
      fullsweep_after: 0,
      max_heap_size: 0,
      min_bin_vheap_size: 0,
      min_heap_size: 0,
      minor_gcs: 0,
    },
  }
}

function own(queue: Queue): object {
  const { sourceTopic } = queue.settings
  return {
    paused: queue.paused,
    held: queue.held,
    ...(sourceTopic !== null && { source_topic: sourceTopic, lost_records: queue.counters.lost }),
  }
}
