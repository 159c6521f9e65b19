/**
 * What is one number for the whole broker: RabbitMQ's global and node metrics, and what the log tells of itself. Numbers
 * of the system are read before anything is written.
 */
import { openFiles, processLimits } from '../../base/process-usage.ts'
import type { Broker } from '../../broker/broker.ts'
import { DIALECT } from '../../broker/dialect.ts'
import type { ChannelCounters } from '../../broker/message-counts.ts'
import { SIZE_BOUNDS } from '../../broker/message-sizes.ts'
import type { HttpContext } from '../context.ts'
import { channelKind } from './connection-kinds.ts'
import { counter, type Exposition, type Family, gauge, labelsOf } from './exposition.ts'

/** What answers are joined on: which node it is. */
export function writeIdentity({ broker, settings }: HttpContext, out: Exposition): void {
  const { node } = broker
  out.one(
    gauge('rabbitmq_identity_info', 'Which node and cluster this is'),
    1,
    labelsOf({ rabbitmq_node: node, rabbitmq_cluster: node, rabbitmq_cluster_permanent_id: node }),
  )
  out.one(
    gauge('rabbitmq_build_info', 'Which version this is, and which of RabbitMQ it answers as'),
    1,
    labelsOf({
      rabbitmq_version: DIALECT,
      prometheus_plugin_version: DIALECT,
      product_name: settings.product,
      product_version: settings.signalboxVersion,
      node_version: process.versions.node,
    }),
  )
}

/** How many there are, and how many came and went. */
export function writeObjects({ broker }: HttpContext, out: Exposition): void {
  const { counters } = broker
  let queues = 0
  for (const vhost of broker.vhosts.values()) queues += vhost.queues.size
  const channels = counters.channelsOpened - counters.channelsClosed
  const connections = counters.connectionsOpened - counters.connectionsClosed
  out.one(gauge('rabbitmq_connections', 'Connections that are open'), connections)
  out.one(gauge('rabbitmq_channels', 'Channels that are open'), channels)
  out.one(gauge('rabbitmq_queues', 'Queues that there are'), queues)
  writeChurn(broker, (name) => name, out)
  let succeeded = 0
  let failed = 0
  for (const [, attempts] of broker.loginAttempts.all()) {
    succeeded += attempts.succeeded
    failed += attempts.failed
  }
  out.one(counter('rabbitmq_auth_attempts_total', 'Logins tried'), succeeded + failed)
  out.one(counter('rabbitmq_auth_attempts_succeeded_total', 'Logins that succeeded'), succeeded)
  out.one(counter('rabbitmq_auth_attempts_failed_total', 'Logins that failed'), failed)
}

/** What came and went. `rename`: what a name becomes. */
export function writeChurn({ counters, events }: Broker, rename: (name: string) => string, out: Exposition): void {
  const one = (name: string, help: string, value: number): void => out.one(counter(rename(name), help), value)
  one('rabbitmq_connections_opened_total', 'Connections opened', counters.connectionsOpened)
  one('rabbitmq_connections_closed_total', 'Connections closed', counters.connectionsClosed)
  one('rabbitmq_channels_opened_total', 'Channels opened', counters.channelsOpened)
  one('rabbitmq_channels_closed_total', 'Channels closed', counters.channelsClosed)
  one('rabbitmq_queues_declared_total', 'Declarations of queues', counters.queuesDeclared)
  one('rabbitmq_queues_created_total', 'Queues and streams created', events.count('queue.created'))
  one('rabbitmq_queues_deleted_total', 'Queues and streams deleted', events.count('queue.deleted'))
}

const AMQP = labelsOf({ protocol: 'amqp091' })
const HTTP = labelsOf({ protocol: 'http' })

/** Of AMQP from the channels, those that are gone included: whatever becomes of queues, nothing falls. */
const GLOBAL: readonly (readonly [name: string, help: string, of: (counts: ChannelCounters) => number])[] = [
  ['received', 'Messages received from publishers', (counts) => counts.published],
  ['confirmed', 'Messages confirmed to publishers', (counts) => counts.confirmed],
  ['unroutable_dropped', 'Unroutable messages dropped', (counts) => counts.dropped],
  ['unroutable_returned', 'Unroutable messages returned to publishers', (counts) => counts.returned],
  [
    'delivered',
    'Messages delivered or fetched',
    (counts) => counts.delivered + counts.deliveredNoAck + counts.got + counts.gotNoAck,
  ],
  ['delivered_consume_manual_ack', 'Messages delivered to consumers that acknowledge', (counts) => counts.delivered],
  ['delivered_consume_auto_ack', 'Messages delivered to consumers that do not', (counts) => counts.deliveredNoAck],
  ['delivered_get_manual_ack', 'Messages fetched, to be acknowledged', (counts) => counts.got],
  ['delivered_get_auto_ack', 'Messages fetched for good', (counts) => counts.gotNoAck],
  ['get_empty', 'Fetches that found no message', (counts) => counts.getEmpty],
  ['redelivered', 'Messages delivered or fetched again', (counts) => counts.redelivered],
  ['acknowledged', 'Messages acknowledged', (counts) => counts.acknowledged],
]

export async function writeGlobals({ broker }: HttpContext, out: Exposition): Promise<void> {
  const { gone } = broker.connections
  const sums = GLOBAL.map(([, , of]) => of(gone.channels))
  let { receivedConfirm } = gone
  let publishers = 0
  let consumers = 0
  // Taken together with what is gone: a channel that goes meanwhile would count twice.
  for (const channel of [...channelKind.all(broker, broker.vhosts.values())]) {
    const { counters } = channel
    for (let i = 0; i < GLOBAL.length; i++) sums[i] += GLOBAL[i][2](counters)
    if (channel.isConfirming) receivedConfirm += counters.confirmed + channel.unconfirmed
    if (counters.published > 0) publishers++
    consumers += channel.consumers.size
    if (out.isDue()) await out.turn()
  }
  const { outside, fates } = broker
  for (const [i, [name, help, of]] of GLOBAL.entries()) global(name, help, sums[i], of(outside))
  const toConfirm = 'Messages received from publishers that wait for confirms'
  global('received_confirm', toConfirm, receivedConfirm, outside.confirmed)
  global('routed', 'Messages given to queues and streams', fates.routed - outside.routed, outside.routed)
  writeSizes(broker, out)
  out.one(gauge('rabbitmq_consumers', 'Consumers of queues and streams'), consumers)
  out.one(gauge('rabbitmq_global_publishers', 'Channels that have published'), publishers, AMQP)
  out.one(gauge('rabbitmq_global_consumers', 'Consumers of queues and streams'), consumers, AMQP)

  function global(name: string, help: string, byAmqp: number, byHttp: number): void {
    const family = counter(`rabbitmq_global_messages_${name}_total`, help)
    out.one(family, byAmqp, AMQP)
    out.sample(family.name, HTTP, byHttp)
  }
}

function writeSizes({ sizes, outsideSizes }: Broker, out: Exposition): void {
  const name = 'rabbitmq_message_size_bytes'
  out.family({ name, type: 'histogram', help: 'Bytes of the bodies of messages received from publishers' })
  for (const [protocol, { counts, bytes }] of [
    ['amqp091', sizes],
    ['http', outsideSizes],
  ] as const) {
    let sum = 0
    for (const [i, count] of counts.entries()) {
      sum += count
      out.sample(`${name}_bucket`, labelsOf({ protocol, le: SIZE_BOUNDS[i] ?? '+Inf' }), sum)
    }
    out.sample(`${name}_sum`, labelsOf({ protocol }), bytes)
    out.sample(`${name}_count`, labelsOf({ protocol }), sum)
  }
}

/** Of the process and the machine, as they were when asked for. */
export interface NodeFacts {
  readonly openFiles: number
  readonly filesMax: number
  readonly residentBytes: number
  readonly diskFreeBytes: number
}

export async function nodeFacts(http: HttpContext): Promise<NodeFacts> {
  const [files, limits, diskFreeBytes] = await Promise.all([
    openFiles(),
    processLimits(),
    http.diskFreeBytes().catch(() => Number.NaN),
  ])
  return {
    openFiles: files,
    filesMax: limits.files,
    residentBytes: process.memoryUsage.rss(),
    diskFreeBytes,
  }
}

export function writeNode(
  http: HttpContext,
  facts: NodeFacts,
  rename: (name: string) => string,
  out: Exposition,
): void {
  const { broker, settings, startedAt } = http
  const { reason } = broker.alarms
  const disk = http.diskCounters()
  const sockets = broker.counters.connectionsOpened - broker.counters.connectionsClosed
  const one = (family: Family, value: number): void => out.one({ ...family, name: rename(family.name) }, value)
  const alarm = (word: string): number => (reason?.includes(word) ? 1 : 0)
  one(gauge('rabbitmq_process_open_fds', 'Open files and sockets'), facts.openFiles)
  one(gauge('rabbitmq_process_max_fds', 'How many there may be'), facts.filesMax)
  one(gauge('rabbitmq_process_open_tcp_sockets', 'Sockets of clients'), sockets)
  one(gauge('rabbitmq_process_max_tcp_sockets', 'How many there may be: files count too'), facts.filesMax)
  one(gauge('rabbitmq_process_resident_memory_bytes', 'Resident memory'), facts.residentBytes)
  one(gauge('rabbitmq_resident_memory_limit_bytes', 'Beyond it publishers are blocked'), settings.memoryBytesMax)
  one(gauge('rabbitmq_disk_space_available_bytes', 'Free space of the disk'), facts.diskFreeBytes)
  one(gauge('rabbitmq_disk_space_available_limit_bytes', 'Below it publishers are blocked'), settings.diskFreeBytesMin)
  one(gauge('rabbitmq_alarms_memory_used_watermark', 'Whether the memory alarm is set'), alarm('memory'))
  one(gauge('rabbitmq_alarms_free_disk_space_watermark', 'Whether the disk alarm is set'), alarm('disk'))
  one(gauge('rabbitmq_erlang_uptime_seconds', 'Since the process began'), (broker.clock.now() - startedAt) / 1000)
  one(counter('rabbitmq_io_read_bytes_total', 'Bytes read from files'), disk.bytesRead)
  one(counter('rabbitmq_io_write_ops_total', 'Writes to files'), disk.writes)
  one(counter('rabbitmq_io_write_bytes_total', 'Bytes written to files'), disk.bytesWritten)
  one(counter('rabbitmq_io_sync_ops_total', 'Syncs of files'), disk.syncs)
}

/** The log. */
export function writeLog({ broker }: HttpContext, out: Exposition): void {
  const { metrics, lagging, openRound, durableRound } = broker.engine
  out.one(counter('signalbox_journal_rounds_total', 'Rounds made durable, one synced write each'), metrics.rounds)
  out.one(counter('signalbox_journal_entries_total', 'Entries written to the journal'), metrics.entries)
  out.one(counter('signalbox_journal_written_bytes_total', 'Bytes written to the journal'), metrics.journalBytes)
  out.one(gauge('signalbox_journal_open_rounds', 'Rounds not durable yet'), openRound - durableRound)
  out.one(gauge('signalbox_tail_bytes', 'Bytes of messages held in memory'), metrics.tailBytes)
  out.one(gauge('signalbox_tail_limit_bytes', 'Beyond it messages go to files'), metrics.tailBytesMax)
  out.one(
    counter('signalbox_segments_written_bytes_total', 'Bytes of messages that went to segments'),
    metrics.spilledBytes,
  )
  out.one(gauge('signalbox_log_lagging', 'Whether publishers are paused until writes have caught up'), lagging ? 1 : 0)
}
