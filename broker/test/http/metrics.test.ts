/** Metrics over real sockets: the names, what moves them, what does not make them fall, and who may ask. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type ChannelModel, connect } from 'amqplib'
import { hashPassword } from '../../src/broker/access/password.ts'
import { answerTo } from '../../src/http/answers.ts'
import type { HttpContext } from '../../src/http/context.ts'
import { Logins } from '../../src/http/login/logins.ts'
import { Exposition, labelsOf, SLICE } from '../../src/http/metrics/exposition.ts'
import { writeEach, writeSums } from '../../src/http/metrics/kinds.ts'
import { queueKind } from '../../src/http/metrics/queue-kind.ts'
import { metricsRoutes } from '../../src/http/metrics/routes.ts'
import { World } from '../kafka/world.ts'
import { BothWorlds } from './both-worlds.ts'
import { Metrics } from './exposition.ts'
import { V1 } from './v1.ts'

/** What the dashboard RabbitMQ-Overview reads. */
const DASHBOARD = `
rabbitmq_identity_info rabbitmq_build_info rabbitmq_connections rabbitmq_channels rabbitmq_consumers rabbitmq_queues
rabbitmq_queue_messages_ready rabbitmq_queue_messages_unacked rabbitmq_process_resident_memory_bytes
rabbitmq_resident_memory_limit_bytes rabbitmq_process_open_fds rabbitmq_process_max_fds
rabbitmq_process_open_tcp_sockets rabbitmq_process_max_tcp_sockets rabbitmq_disk_space_available_bytes
rabbitmq_disk_space_available_limit_bytes rabbitmq_erlang_uptime_seconds rabbitmq_connections_opened_total
rabbitmq_connections_closed_total rabbitmq_channels_opened_total rabbitmq_channels_closed_total
rabbitmq_queues_declared_total rabbitmq_queues_created_total rabbitmq_queues_deleted_total
rabbitmq_global_messages_received_total rabbitmq_global_messages_received_confirm_total
rabbitmq_global_messages_confirmed_total rabbitmq_global_messages_routed_total
rabbitmq_global_messages_unroutable_dropped_total rabbitmq_global_messages_unroutable_returned_total
rabbitmq_global_messages_delivered_total rabbitmq_global_messages_delivered_consume_auto_ack_total
rabbitmq_global_messages_delivered_consume_manual_ack_total rabbitmq_global_messages_delivered_get_auto_ack_total
rabbitmq_global_messages_delivered_get_manual_ack_total rabbitmq_global_messages_get_empty_total
rabbitmq_global_messages_redelivered_total rabbitmq_global_messages_acknowledged_total rabbitmq_global_publishers
rabbitmq_global_consumers`.match(/\w+/g)!

const OTHERS = `
rabbitmq_queue_messages rabbitmq_queue_messages_bytes rabbitmq_queue_consumers rabbitmq_queue_messages_published_total
rabbitmq_queue_messages_delivered_ack_total rabbitmq_queue_messages_delivered_total rabbitmq_queue_get_ack_total
rabbitmq_queue_get_total rabbitmq_queue_get_empty_total rabbitmq_queue_messages_acked_total
rabbitmq_queue_messages_redelivered_total rabbitmq_channel_consumers rabbitmq_channel_messages_unacked
rabbitmq_channel_messages_unconfirmed rabbitmq_channel_messages_uncommitted rabbitmq_channel_acks_uncommitted
rabbitmq_consumer_prefetch rabbitmq_channel_prefetch rabbitmq_channel_messages_published_total
rabbitmq_channel_messages_confirmed_total rabbitmq_channel_messages_unroutable_returned_total
rabbitmq_channel_messages_unroutable_dropped_total rabbitmq_channel_get_ack_total rabbitmq_channel_get_total
rabbitmq_channel_get_empty_total rabbitmq_channel_messages_delivered_ack_total
rabbitmq_channel_messages_delivered_total rabbitmq_channel_messages_redelivered_total
rabbitmq_channel_messages_acked_total rabbitmq_connection_incoming_bytes_total
rabbitmq_connection_outgoing_bytes_total rabbitmq_connection_incoming_packets_total
rabbitmq_connection_outgoing_packets_total rabbitmq_connection_channels rabbitmq_auth_attempts_total
rabbitmq_auth_attempts_succeeded_total rabbitmq_auth_attempts_failed_total rabbitmq_alarms_memory_used_watermark
rabbitmq_alarms_free_disk_space_watermark rabbitmq_io_read_bytes_total rabbitmq_io_write_ops_total
rabbitmq_io_write_bytes_total rabbitmq_io_sync_ops_total kafka_topic_partitions kafka_topic_partition_current_offset
kafka_topic_partition_oldest_offset kafka_consumergroup_members kafka_consumergroup_current_offset
kafka_consumergroup_current_offset_sum kafka_consumergroup_lag kafka_consumergroup_lag_sum
signalbox_topic_partition_bytes signalbox_queue_held signalbox_queue_paused signalbox_queue_messages_expired_total
signalbox_queue_messages_overflowed_total signalbox_queue_messages_rejected_total
signalbox_queue_messages_delivery_limited_total signalbox_queue_messages_duplicate_total
signalbox_queue_messages_lost_total signalbox_connection_unsent_bytes signalbox_connection_blocked
signalbox_journal_rounds_total signalbox_journal_entries_total signalbox_journal_written_bytes_total
signalbox_journal_open_rounds signalbox_segments_written_bytes_total signalbox_tail_bytes signalbox_tail_limit_bytes
signalbox_log_lagging process_cpu_seconds_total process_resident_memory_bytes process_start_time_seconds
nodejs_eventloop_lag_seconds nodejs_heap_size_used_bytes`.match(/\w+/g)!

/** More of single objects. */
const OF_OBJECTS = `rabbitmq_exchange_messages_published_total signalbox_exchange_messages_routed_total
rabbitmq_cluster_exchange_bindings rabbitmq_cluster_exchange_name rabbitmq_cluster_vhost_status`.match(/\w+/g)!

async function client(test: TestContext, worlds: BothWorlds, vhost: string): Promise<ChannelModel> {
  const connection = await connect(`amqp://guest:guest@${worlds.amqpAddress}/${encodeURIComponent(vhost)}`)
  connection.on('error', () => {})
  test.after(() => connection.close().catch(() => {}))
  return connection
}

async function scrape(worlds: BothWorlds, path = '/metrics'): Promise<Metrics> {
  const response = await fetch(`http://${worlds.http}${path}`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  return new Metrics(await response.text())
}

/** Made once, since a tool of Kafka's takes its time to set offsets. Messages published, confirmed, returned, dropped, fetched and consumed; records produced and half consumed. */
async function busy(test: TestContext): Promise<BothWorlds> {
  const worlds = await BothWorlds.open(test)
  const connection = await worlds.amqp(test)
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue('jobs')
  await channel.assertQueue('idle')
  for (let i = 0; i < 20; i++) channel.sendToQueue('jobs', Buffer.alloc(10))
  for (let i = 0; i < 5; i++) channel.publish('amq.topic', 'nobody', Buffer.alloc(1))
  channel.publish('amq.topic', 'nobody', Buffer.alloc(1), { mandatory: true })
  await channel.waitForConfirms()
  const got = await channel.get('jobs')
  channel.nack(got as never)
  await channel.get('jobs', { noAck: true })
  await channel.get('idle')
  let left = 10
  const done = Promise.withResolvers<void>()
  await channel.prefetch(10)
  const { consumerTag } = await channel.consume('jobs', (message) => {
    if (left-- > 0) channel.ack(message!)
    if (left === -9) done.resolve()
  })
  await done.promise
  assert.ok(consumerTag)
  const kafka = worlds.kafka()
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: Array.from({ length: 8 }, () => ({ partition: 0, value: 'x' })) })
  await admin.setOffsets({ groupId: 'billing', topic: 'orders', partitions: [{ partition: 0, offset: '3' }] })
  await producer.disconnect()
  await admin.disconnect()
  return worlds
}

it('the metrics of a broker at work', async (test) => {
  const worlds = await busy(test)
  const metrics = await scrape(worlds)

  await test.test('have every name that the stock dashboard and consumer-lag tools read', async () => {
    const { names } = metrics
    assert.deepEqual(
      [...DASHBOARD, ...OTHERS].filter((name) => !names.has(name)),
      [],
    )
    for (const name of names) {
      if (metrics.types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram') continue
      const type = metrics.types.get(name)
      assert.ok(type === 'counter' || type === 'gauge', `${name}: ${type}`)
      if (!name.startsWith('nodejs_')) assert.equal(type === 'counter', name.endsWith('_total'), name)
    }
    const each = await scrape(worlds, '/metrics/per-object')
    assert.deepEqual(
      [...DASHBOARD, ...OTHERS, ...OF_OBJECTS].filter((name) => !each.names.has(name)),
      [],
    )
  })

  await test.test('count what clients did', () => {
    const global = (name: string): number =>
      metrics.value(`rabbitmq_global_messages_${name}_total`, { protocol: 'amqp091' })
    assert.equal(global('received'), 26)
    assert.equal(global('received_confirm'), 26)
    assert.equal(global('confirmed'), 26)
    assert.equal(global('routed'), 20)
    assert.equal(global('unroutable_dropped'), 5)
    assert.equal(global('unroutable_returned'), 1)
    assert.equal(global('delivered_get_manual_ack'), 1)
    assert.equal(global('delivered_get_auto_ack'), 1)
    assert.equal(global('get_empty'), 1)
    assert.equal(global('delivered_consume_manual_ack'), 19)
    assert.equal(global('delivered_consume_auto_ack'), 0)
    assert.equal(global('delivered'), 21)
    assert.equal(global('acknowledged'), 10)
    assert.equal(global('redelivered'), 1)
    assert.equal(metrics.value('rabbitmq_queue_messages_ready'), 0)
    assert.equal(metrics.value('rabbitmq_queue_messages_unacked'), 9)
    assert.equal(metrics.value('rabbitmq_queue_messages_bytes'), 90)
    assert.equal(metrics.value('rabbitmq_queues'), 2)
    assert.equal(metrics.value('rabbitmq_consumers'), 1)
    assert.equal(metrics.value('rabbitmq_global_publishers'), 1)
    assert.equal(metrics.value('rabbitmq_queues_created_total'), 4, 'two queues, and a topic with two partitions')
    assert.equal(metrics.value('rabbitmq_queues_declared_total'), 2)
    assert.equal(metrics.value('rabbitmq_channel_prefetch') + metrics.value('rabbitmq_consumer_prefetch'), 10)
  })

  await test.test('tell of topics and groups in the words of consumer-lag tools', () => {
    const group = { consumergroup: 'billing', topic: 'orders', vhost: '/' }
    assert.equal(metrics.value('kafka_topic_partitions', { topic: 'orders' }), 2)
    assert.equal(metrics.value('kafka_topic_partition_current_offset', { topic: 'orders', partition: '0' }), 8)
    assert.equal(metrics.value('kafka_topic_partition_oldest_offset', { topic: 'orders', partition: '0' }), 0)
    assert.equal(metrics.value('kafka_consumergroup_current_offset', { ...group, partition: '0' }), 3)
    assert.equal(metrics.value('kafka_consumergroup_lag', { ...group, partition: '0' }), 5)
    assert.equal(metrics.value('kafka_consumergroup_lag_sum', group), 5)
    assert.equal(metrics.value('kafka_consumergroup_current_offset_sum', group), 3)
    assert.equal(metrics.value('kafka_consumergroup_members', { consumergroup: 'billing' }), 0)
  })
})

describe('metrics', () => {
  it('tell HTTP’s messages from AMQP’s', async (test) => {
    const worlds = await BothWorlds.open(test)
    const v1 = new V1(worlds)
    await worlds.done('PUT', '/queues/%2F/jobs', {})
    await v1.done('/queues/jobs/messages', { messages: [{ payload: 1 }, { payload: 2 }, { payload: 3 }] })
    await v1.done('/exchanges/amq.topic/messages', { payload: 1 })
    const { messages } = await v1.done('/queues/jobs/receive', { max: 2 })
    await v1.done('/queues/jobs/nack', { leases: [messages[0].lease] })
    await v1.done('/queues/jobs/ack', { leases: [messages[1].lease] })
    const get = { count: 3, ackmode: 'ack_requeue_false', encoding: 'auto' }
    assert.equal((await worlds.done('POST', '/queues/%2F/jobs/get', get)).length, 2)
    const metrics = await scrape(worlds)
    const counts = (protocol: string) =>
      Object.fromEntries(
        ['received', 'received_confirm', 'confirmed', 'routed', 'unroutable_dropped', 'delivered', 'acknowledged']
          .concat(['delivered_consume_manual_ack', 'delivered_get_auto_ack', 'get_empty', 'redelivered'])
          .map((name) => [name, metrics.value(`rabbitmq_global_messages_${name}_total`, { protocol })]),
      )
    assert.deepEqual(counts('http'), {
      received: 4,
      received_confirm: 4,
      confirmed: 4,
      routed: 3,
      unroutable_dropped: 1,
      delivered: 4,
      acknowledged: 1,
      delivered_consume_manual_ack: 2,
      delivered_get_auto_ack: 2,
      get_empty: 1,
      redelivered: 1,
    })
    assert.ok(Object.values(counts('amqp091')).every((count) => count === 0))
    assert.equal(metrics.value('rabbitmq_queues_declared_total'), 1)
  })

  it('tell how large messages are, a class holding what is not larger', async (test) => {
    const worlds = await BothWorlds.open(test)
    const channel = await (await client(test, worlds, '/')).createConfirmChannel()
    for (const bytes of [0, 100, 101, 20_000]) channel.sendToQueue('nowhere', Buffer.alloc(bytes))
    await channel.waitForConfirms()
    await new V1(worlds).done('/exchanges/amq.topic/messages', { payload: 'x'.repeat(5000) })
    const metrics = await scrape(worlds)
    const at = (protocol: string, le: string) => metrics.value('rabbitmq_message_size_bytes_bucket', { protocol, le })
    assert.equal(metrics.types.get('rabbitmq_message_size_bytes'), 'histogram')
    const buckets = ['100', '1000', '10000', '100000', '100000000', '+Inf']
    assert.deepEqual(
      buckets.map((le) => at('amqp091', le)),
      [2, 3, 3, 4, 4, 4],
    )
    assert.equal(metrics.value('rabbitmq_message_size_bytes_sum', { protocol: 'amqp091' }), 20_201)
    assert.equal(metrics.value('rabbitmq_message_size_bytes_count', { protocol: 'amqp091' }), 4)
    assert.deepEqual(
      buckets.map((le) => at('http', le)),
      [0, 0, 1, 1, 1, 1],
    )
  })

  it('never fall, whatever goes: channels, connections, queues, exchanges, virtual hosts', async (test) => {
    const worlds = await BothWorlds.open(test)
    await worlds.done('PUT', '/vhosts/other')
    await worlds.done('PUT', '/permissions/other/guest', { configure: '.*', write: '.*', read: '.*' })
    const connections: ChannelModel[] = []
    for (const vhost of ['/', 'other']) {
      const connection = await client(test, worlds, vhost)
      connections.push(connection)
      const channel = await connection.createConfirmChannel()
      await channel.assertQueue('gone')
      await channel.assertExchange('x', 'fanout')
      await channel.bindQueue('gone', 'x', '')
      for (let i = 0; i < 7; i++) channel.publish('x', '', Buffer.alloc(1))
      await channel.waitForConfirms()
      channel.ack((await channel.get('gone')) as never)
      await channel.checkQueue('gone')
    }
    const before = await scrape(worlds)
    assert.equal(before.value('rabbitmq_queue_messages_published_total'), 14)
    const steps: (() => Promise<unknown>)[] = [
      () => worlds.done('DELETE', '/queues/%2F/gone'),
      () => worlds.done('DELETE', '/exchanges/%2F/x'),
      () => worlds.done('DELETE', '/vhosts/other'),
      () => connections[0]!.close(),
    ]
    let last = before
    for (const step of steps) {
      await step()
      const now = await scrape(worlds)
      for (const [name, type] of last.types) {
        if (type !== 'counter' || !name.startsWith('rabbitmq_')) continue
        const value = now.lines.find((line) => line.name === name)!.value
        const was = last.lines.find((line) => line.name === name)!.value
        assert.ok(value >= was, `${name} fell from ${was} to ${value} with ${step}`)
      }
      last = now
    }
    assert.equal(last.value('rabbitmq_queue_messages_published_total'), 14)
    assert.equal(last.value('rabbitmq_queue_messages_acked_total'), 2)
    assert.equal(last.value('rabbitmq_channel_messages_published_total'), 14)
    assert.equal(last.value('rabbitmq_global_messages_received_confirm_total', { protocol: 'amqp091' }), 14)
    assert.equal(last.value('rabbitmq_global_messages_acknowledged_total', { protocol: 'amqp091' }), 2)
    assert.equal(last.value('rabbitmq_queues'), 0)
  })

  it('give of single objects the families and virtual hosts asked for, under names of their own', async (test) => {
    const worlds = await BothWorlds.open(test)
    const channel = await (await worlds.amqp(test)).createChannel()
    await channel.assertQueue('a "quoted" \\ name\n')
    await worlds.done('PUT', '/vhosts/other')
    await worlds.done('PUT', '/permissions/other/guest', { configure: '.*', write: '.*', read: '.*' })
    const there = await (await client(test, worlds, 'other')).createChannel()
    await there.assertQueue('b')
    there.sendToQueue('b', Buffer.alloc(1))
    await there.checkQueue('b')
    const both = await scrape(worlds, '/metrics/detailed?family=queue_coarse_metrics&family=vhost_status')
    const queues = both.lines.filter(({ name }) => name === 'rabbitmq_detailed_queue_messages_ready')
    assert.deepEqual(queues.map(({ labels, value }) => [labels.vhost, labels.queue, value]).sort(), [
      ['/', 'a "quoted" \\ name', 0],
      ['other', 'b', 1],
    ])
    assert.deepEqual([...both.names].sort(), [
      'rabbitmq_build_info',
      'rabbitmq_cluster_vhost_status',
      'rabbitmq_detailed_queue_messages',
      'rabbitmq_detailed_queue_messages_ready',
      'rabbitmq_detailed_queue_messages_unacked',
      'rabbitmq_identity_info',
    ])
    const one = await scrape(worlds, '/metrics/detailed?family=queue_consumer_count&vhost=other')
    assert.equal(one.value('rabbitmq_detailed_queue_consumers'), 0)
    const none = await scrape(worlds, '/metrics/detailed')
    assert.deepEqual([...none.names].sort(), ['rabbitmq_build_info', 'rabbitmq_identity_info'])
  })
})

describe('a scrape', () => {
  it('of many objects is written in slices of bounded length', async () => {
    const queues = Array.from({ length: 10_000 }, (_, i) => ({
      vhost: '/',
      name: `q${i}`,
      ready: 1,
      unacknowledged: 0,
      subscriptions: new Set(),
    }))
    const families = new Set(['queue_coarse_metrics', 'queue_consumer_count'])
    const out = new Exposition()
    await writeEach(queueKind, queues as never, families, (name) => name, out)
    out.end()
    assert.equal(out.slices, 1 + (10_000 + 4 * 10_000) / SLICE)
    const longest = Math.max(...out.chunks.map((chunk) => Buffer.from(chunk).toString().split('\n').length - 1))
    // Two more lines where a family begins.
    assert.ok(longest <= SLICE + 2, `${longest} lines in one slice`)
    const metrics = new Metrics(Buffer.concat(out.chunks).toString())
    assert.equal(metrics.lines.length, 40_000)
  })

  it('of sums looks at a bounded number of objects in each slice', async () => {
    let looks = 0
    let most = 0
    const kind = {
      all: () => [],
      labels: () => '',
      families: { one: [{ name: 'n', type: 'gauge', help: 'h', of: () => ++looks && 1 }] },
    } as never
    const out = new Exposition()
    const turn = out.turn.bind(out)
    out.turn = async () => {
      most = Math.max(most, looks)
      looks = 0
      await turn()
    }
    await writeSums(
      kind,
      Array.from({ length: 10_000 }, (_, i) => i),
      {} as never,
      out,
    )
    out.end()
    assert.equal(most, SLICE)
    assert.equal(new Metrics(Buffer.concat(out.chunks).toString()).value('n'), 10_000)
  })

  it('asked for by many at once is made once', async (test) => {
    const worlds = await BothWorlds.open(test)
    const texts = await Promise.all(
      Array.from({ length: 8 }, async () => (await fetch(`http://${worlds.http}/metrics`)).text()),
    )
    const made = new Set(texts.map((text) => new Metrics(text).value('rabbitmq_erlang_uptime_seconds')))
    assert.ok(made.size < texts.length, `${made.size} answers were made for ${texts.length} who asked at once`)
  })

  it('keeps apart what names contain', () => {
    assert.equal(labelsOf({ queue: 'a"b\\c\nd', partition: 3 }), '{queue="a\\"b\\\\c\\nd",partition="3"}')
    assert.equal(labelsOf({}), '')
  })
})

describe('who is not on this machine', () => {
  it('needs the login of a user with the tag monitoring', async () => {
    const world = await World.open()
    const { broker } = world
    const { access } = broker
    access.putUser({ name: 'watcher', tags: ['monitoring'], ...hashPassword('w') })
    access.putUser({ name: 'owner', tags: ['management'], ...hashPassword('o') })
    const settings = { product: 'Signalbox', signalboxVersion: 'test' }
    const http = { broker, settings, logins: new Logins(broker) } as HttpContext
    const app = metricsRoutes(http)
    app.onError((error, c) => answerTo(http, error, c))
    const ask = async (path: string, login: string | null, remoteAddress: string): Promise<number> => {
      const headers: Record<string, string> = login === null ? {} : { authorization: `Basic ${btoa(login)}` }
      const from = { incoming: { socket: { remoteAddress } } }
      return (await app.request(path, { headers }, from as never)).status
    }
    for (const path of ['/metrics/per-object', '/metrics/detailed', '/metrics']) {
      assert.equal(await ask(path, null, '10.0.0.7'), 401)
      assert.equal(await ask(path, 'watcher:x', '10.0.0.7'), 401)
      assert.equal(await ask(path, 'owner:o', '10.0.0.7'), 401)
      // From loopback only.
      assert.equal(await ask(path, 'guest:guest', '10.0.0.7'), 401)
    }
    const detailed = '/metrics/detailed?family=vhost_status'
    assert.equal(await ask(detailed, 'watcher:w', '10.0.0.7'), 200)
    assert.equal(await ask(detailed, null, '127.0.0.1'), 200)
  })
})

describe('a port for metrics alone', () => {
  it('answers without a login, and nothing else', async (test) => {
    const worlds = await BothWorlds.open(test, { prometheusPort: 0 })
    const { listeners } = await worlds.get('/overview')
    const { port } = listeners.find(({ protocol }: { protocol: string }) => protocol === 'http/prometheus')
    const metrics = new Metrics(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
    assert.ok(metrics.names.has('rabbitmq_identity_info'))
    assert.equal((await fetch(`http://127.0.0.1:${port}/api/whoami`)).status, 404)
  })
})
