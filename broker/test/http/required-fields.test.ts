// What strict clients want in answers: fields without which they cannot read them at all (rabbitmqadmin 2 among them).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BothWorlds, type Json, until } from './both-worlds.ts'

type Kind = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'digits'

function kindOf(value: unknown): Kind | 'null' {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : (typeof value as Kind)
}

/** `fields`: `name:kind`, dotted where they lie deeper. */
function assertFields(row: Json, what: string, fields: string): void {
  for (const field of fields.trim().split(/\s+/)) {
    const [path, kind] = field.split(':')
    const value = path.split('.').reduce((at: Json, name) => at?.[name], row)
    const found = kind === 'digits' && /^\d+$/.test(value) ? 'digits' : kindOf(value)
    assert.equal(found, kind, `${what}.${path} is ${JSON.stringify(value)}`)
  }
}

const OVERVIEW = `cluster_name:string node:string erlang_full_version:string erlang_version:string
  rabbitmq_version:string management_version:string product_name:string product_version:string
  statistics_db_event_queue:number rates_mode:string sample_retention_policies:object default_queue_type:string
  disable_stats:boolean exchange_types:array contexts:array listeners:array message_stats:object
  churn_rates.connection_created:number churn_rates.connection_closed:number churn_rates.queue_declared:number
  churn_rates.queue_created:number churn_rates.queue_deleted:number churn_rates.channel_created:number
  churn_rates.channel_closed:number churn_rates.queue_declared_details.rate:number
  queue_totals.messages:number queue_totals.messages_details.rate:number queue_totals.messages_ready:number
  queue_totals.messages_unacknowledged:number object_totals.connections:number object_totals.channels:number
  object_totals.queues:number object_totals.exchanges:number object_totals.consumers:number
  message_stats.publish:number message_stats.publish_details.rate:number message_stats.deliver_get:number
  message_stats.confirm:number`

const NODE = `name:string type:string running:boolean uptime:number run_queue:number processors:number os_pid:digits
  fd_total:number fd_used:number sockets_total:number sockets_used:number proc_total:number proc_used:number
  mem_limit:number mem_used:number mem_alarm:boolean disk_free_limit:number disk_free:number disk_free_alarm:boolean
  rates_mode:string enabled_plugins:array applications:array being_drained:boolean partitions:array
  gc_num:number gc_num_details.rate:number io_read_bytes:number io_read_bytes_details.rate:number io_write_bytes:number
  io_write_bytes_details.rate:number mnesia_ram_tx_count:number mnesia_disk_tx_count_details.rate:number
  context_switches:number context_switches_details.rate:number`

const MEMORY = `total.rss total.erlang total.allocated connection_readers connection_writers connection_channels
  connection_other queue_procs quorum_queue_procs stream_queue_procs stream_queue_replica_reader_procs
  stream_queue_coordinator_procs plugins metadata_store other_proc metrics mgmt_db mnesia quorum_ets metadata_store_ets
  other_ets binary msg_index code atom other_system allocated_unused reserved_unallocated`
  .split(/\s+/)
  .map((name) => `memory.${name}:number`)
  .join(' ')

const CONNECTION = `name:string node:string protocol:string user:string vhost:string state:string connected_at:number
  client_properties:object host:string port:number peer_host:string peer_port:number channels:number
  channel_max:number frame_max:number timeout:number auth_mechanism:string ssl:boolean recv_oct:number
  send_oct:number recv_cnt:number send_cnt:number send_pend:number recv_oct_details.rate:number
  send_oct_details.rate:number user_provided_name:string`

const CHANNEL = `number:number name:string connection_details.name:string connection_details.peer_host:string
  connection_details.peer_port:number vhost:string user:string node:string state:string consumer_count:number
  confirm:boolean transactional:boolean prefetch_count:number global_prefetch_count:number
  messages_unacknowledged:number messages_unconfirmed:number messages_uncommitted:number acks_uncommitted:number
  message_stats.publish:number message_stats.deliver:number message_stats.confirm:number`

const CONSUMER = `consumer_tag:string active:boolean activity_status:string ack_required:boolean prefetch_count:number
  exclusive:boolean arguments:object queue.name:string queue.vhost:string consumer_timeout:number
  channel_details.name:string channel_details.connection_name:string channel_details.number:number
  channel_details.node:string channel_details.user:string channel_details.peer_port:number`

const VHOST = `name:string description:string tags:array default_queue_type:string metadata:object tracing:boolean
  cluster_state:object protected_from_deletion:boolean messages:number messages_ready:number
  messages_unacknowledged:number messages_details.rate:number recv_oct:number send_oct:number`

test('every field that strict clients want is there, of its kind', async (t) => {
  const worlds = await BothWorlds.open(t)
  const connection = await worlds.amqp(t, 'fields')
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue('q')
  await channel.prefetch(7)
  await channel.consume('q', () => {})
  channel.sendToQueue('q', Buffer.from('m'))
  await channel.waitForConfirms()
  await worlds.done('PUT', '/policies/%2F/p', { pattern: '^none$', definition: { 'max-length': 5 } })
  await worlds.done('PUT', '/topic-permissions/%2F/guest', { exchange: 'amq.topic', write: '.*', read: '.*' })
  await worlds.done('PUT', '/vhost-limits/%2F/max-queues', { value: 1000 })
  await worlds.done('PUT', '/user-limits/guest/max-channels', { value: 1000 })
  await worlds.done('PUT', '/global-parameters/g', { value: { a: 1 } })
  await until(async () => (await worlds.get('/channels'))[0].messages_unacknowledged === 1)

  const [{ name: node }] = await worlds.get('/nodes')
  const [{ name }] = await worlds.get('/connections')
  const at = encodeURIComponent
  const whole: [string, string][] = [
    ['/overview', OVERVIEW],
    [`/nodes/${at(node)}`, NODE],
    [`/nodes/${at(node)}/memory`, `${MEMORY} memory.strategy:string`],
    [`/connections/${at(name)}`, CONNECTION],
    [`/channels/${at(`${name} (1)`)}`, CHANNEL],
    ['/vhosts/%2F', VHOST],
    ['/users/guest', 'name:string tags:array password_hash:string hashing_algorithm:string limits:object'],
    ['/permissions/%2F/guest', 'user:string vhost:string configure:string write:string read:string'],
    ['/policies/%2F/p', 'name:string vhost:string pattern:string apply-to:string priority:number definition:object'],
    ['/global-parameters/g', 'name:string value:object'],
    ['/whoami', 'name:string tags:array'],
    ['/cluster-name', 'name:string'],
    ['/aliveness-test/%2F', 'status:string'],
  ]
  for (const [path, fields] of whole) assertFields(await worlds.get(path), path, fields)
  const lists: [string, string][] = [
    ['/nodes', NODE],
    ['/connections', CONNECTION],
    ['/vhosts/%2F/connections', CONNECTION],
    ['/connections/username/guest', CONNECTION],
    ['/channels', CHANNEL],
    ['/vhosts/%2F/channels', CHANNEL],
    [`/connections/${at(name)}/channels`, CHANNEL],
    ['/consumers', CONSUMER],
    ['/consumers/%2F', CONSUMER],
    ['/vhosts', VHOST],
    ['/users', 'name:string tags:array password_hash:string'],
    ['/permissions', 'user:string vhost:string configure:string write:string read:string'],
    ['/vhosts/%2F/permissions', 'user:string vhost:string configure:string write:string read:string'],
    ['/users/guest/permissions', 'user:string vhost:string configure:string write:string read:string'],
    ['/topic-permissions', 'user:string vhost:string exchange:string write:string read:string'],
    ['/policies', 'name:string vhost:string pattern:string apply-to:string priority:number definition:object'],
    ['/parameters', 'vhost:string component:string name:string value:object'],
    ['/vhost-limits', 'vhost:string value.max-queues:number'],
    ['/user-limits', 'user:string value.max-channels:number'],
    ['/feature-flags', 'name:string state:string stability:string desc:string doc_url:string provided_by:string'],
  ]
  for (const [path, fields] of lists) {
    const rows = await worlds.get(path)
    assert.ok(rows.length > 0, path)
    for (const row of rows) assertFields(row, path, fields)
  }
  for (const listener of (await worlds.get('/overview')).listeners) {
    assertFields(listener, 'listener', 'node:string protocol:string port:number ip_address:string')
  }
  assert.deepEqual(await worlds.get('/aliveness-test/%2F'), { status: 'ok' })
})

test('counters are absent until one of their group is used, and then all there', async (t) => {
  const worlds = await BothWorlds.open(t)
  assert.deepEqual((await worlds.get('/overview')).message_stats, {})
  const channel = await (await worlds.amqp(t)).createConfirmChannel()
  await channel.assertQueue('q')
  channel.sendToQueue('q', Buffer.from('m'))
  await channel.waitForConfirms()
  const published = (await worlds.get('/channels'))[0].message_stats
  assert.equal(published.publish, 1)
  assert.equal(published.drop_unroutable, 0)
  assert.equal(published.deliver, undefined)
  await channel.get('q', { noAck: true })
  for (const { message_stats } of [await worlds.get('/overview'), await worlds.get('/vhosts/%2F')]) {
    assert.equal(message_stats.get_no_ack, 1)
    assert.equal(message_stats.ack, 0)
    assert.equal(message_stats.ack_details.rate, 0)
  }
})
