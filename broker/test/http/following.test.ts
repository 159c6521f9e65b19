/** Following queues and topics by server-sent events, and reading and writing topics, beside Kafka and AMQP clients. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BothWorlds, until } from './both-worlds.ts'
import { V1 } from './v1.ts'

test('a queue is followed, and what its reader was not sent comes back', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('q')
  const events = await v1.follow('/queues/q/follow')
  assert.deepEqual([events.status, events.type], [200, 'text/event-stream; charset=utf-8'])
  channel.sendToQueue('q', Buffer.from('{"n":1}'), { contentType: 'application/json' })
  const first = await events.next()
  assert.equal(first!.event, 'message')
  assert.deepEqual([first!.data.payload, first!.data.lease], [{ n: 1 }, undefined])
  await until(async () => (await world.get('/queues/%2F/q/unacked')).total_count === 0)
  // More than sockets hold: the rest stays in the queue while nobody reads.
  const big = Buffer.alloc(1 << 20, 'x')
  for (let i = 0; i < 60; i++) channel.sendToQueue('q', big)
  await until(async () => (await channel.checkQueue('q')).messageCount > 0)
  events.close()
  await until(async () => (await channel.checkQueue('q')).consumerCount === 0)
  const rest = await channel.checkQueue('q')
  assert.ok(rest.messageCount > 0 && rest.messageCount < 60)
})

test('a queue is followed with leases, no more than asked for at once', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('q')
  for (const text of ['a', 'b', 'c']) channel.sendToQueue('q', Buffer.from(text))
  const events = await v1.follow('/queues/q/follow?ack=lease&prefetch=2')
  const [a, b] = [await events.next(), await events.next()]
  assert.deepEqual([a!.data.payload, b!.data.payload], ['a', 'b'])
  const { items } = await world.get('/queues/%2F/q/unacked')
  assert.deepEqual(
    items.map((one: { user: string }) => one.user),
    ['guest', 'guest'],
  )
  assert.match(items[0].connection, /^HTTP 127\.0\.0\.1:\d+$/)
  await v1.done('/queues/q/ack', { leases: [a!.data.lease] })
  assert.equal((await events.next())!.data.payload, 'c')
  await channel.deleteQueue('q')
  assert.equal((await events.next())!.event, 'gone')
  assert.equal(await events.next(), null)
})

test('records are written and read beside Kafka clients', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const admin = world.kafka().admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'visits', numPartitions: 3 }] })
  const producer = world.kafka().producer()
  await producer.connect()
  const [sent] = await producer.send({
    topic: 'visits',
    messages: [{ key: 'k1', value: '{"n":1}', headers: { from: 'kafka' } }],
  })
  const records = [
    { key: 'k1', value: { n: 2 }, headers: { from: 'http' } },
    { key: 'k1', value: null },
    { key: 'k1', value: '/wA=', value_encoding: 'base64', timestamp: 1_000_000 },
    { value: 'anywhere', partition: (sent.partition + 1) % 3 },
  ]
  const written = await v1.done('/topics/visits/records', { records })
  assert.deepEqual(
    written.records.slice(0, 3),
    [1, 2, 3].map((offset) => ({ partition: sent.partition, offset })),
  )
  const partition = `/topics/visits/partitions/${sent.partition}/records`
  const page = await v1.get(`${partition}?offset=0&limit=2`)
  assert.deepEqual([page.next_offset, page.start_offset, page.end_offset], [2, 0, 4])
  assert.deepEqual(page.records[0].headers, [{ key: 'from', value: 'kafka', encoding: 'string' }])
  const { records: all } = await v1.get(partition)
  assert.deepEqual(
    all.map((one: Record<string, unknown>) => [one.offset, one.key, one.value, one.value_encoding]),
    [
      [0, 'k1', { n: 1 }, 'json'],
      [1, 'k1', { n: 2 }, 'json'],
      [2, 'k1', null, 'string'],
      [3, 'k1', '/wA=', 'base64'],
    ],
  )
  const later = await v1.get(`${partition}?time=${all[1].timestamp}`)
  assert.deepEqual(later.records[0].offset, all[0].timestamp === all[1].timestamp ? 0 : 1)

  const consumed: string[] = []
  const consumer = world.kafka().consumer({ groupId: 'g' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'visits', fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      consumed.push(`${message.key}=${message.value} ${message.headers?.from ?? ''}`)
    },
  })
  await until(() => consumed.length === 5)
  assert.ok(consumed.includes('k1={"n":2} http') && consumed.includes('null=anywhere '))
  await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()])

  const beyond = await v1.ask('GET', `${partition}?offset=99`)
  assert.deepEqual([beyond.status, beyond.body.error], [416, 'offset_out_of_range'])
  assert.equal((await v1.ask('GET', '/topics/visits/partitions/7/records')).status, 404)
  assert.equal((await v1.ask('GET', '/topics/none/partitions/0/records')).status, 404)
  assert.equal((await v1.ask('GET', `${partition}?offset=soon`)).status, 400)
  assert.equal((await v1.post('/topics/visits/records', { records: [{ value: 1, partition: 9 }] })).status, 400)
})

test('a call that waits for a record is woken by it', async (t) => {
  const world = await BothWorlds.open(t)
  await world.done('PUT', '/topics/%2F/t', { partitions: 1 })
  const v1 = new V1(world)
  const waiting = v1.get('/topics/t/partitions/0/records?offset=latest&wait_ms=60000')
  const empty = await v1.get('/topics/t/partitions/0/records')
  assert.deepEqual([empty.records, empty.next_offset], [[], 0])
  await v1.done('/topics/t/records', { records: [{ value: 'now' }] })
  const { records, next_offset } = await waiting
  assert.deepEqual([records.length, next_offset], [1, 1])
})

test('a topic is followed from where its reader left off', async (t) => {
  const world = await BothWorlds.open(t)
  await world.done('PUT', '/topics/%2F/t', { partitions: 2 })
  const v1 = new V1(world)
  const write = (partition: number, value: string) => v1.done('/topics/t/records', { records: [{ value, partition }] })
  await write(0, 'a0')
  await write(1, 'a1')
  const first = await v1.follow('/topics/t/follow?from=earliest')
  const seen = [await first.next(), await first.next()]
  assert.deepEqual(new Set(seen.map((one) => one!.data.value)), new Set(['a0', 'a1']))
  assert.equal(seen[1]!.id, '0:1,1:1')
  first.close()
  await write(1, 'b1')
  await write(0, 'b0')
  const second = await v1.follow('/topics/t/follow', { 'last-event-id': seen[1]!.id! })
  const then = [await second.next(), await second.next()]
  assert.deepEqual(new Set(then.map((one) => one!.data.value)), new Set(['b0', 'b1']))
  await write(0, 'c0')
  const next = await second.next()
  assert.deepEqual([next!.data.value, next!.id], ['c0', '0:3,1:2'])
  await world.done('DELETE', '/topics/%2F/t')
  assert.equal((await second.next())!.event, 'gone')
  assert.equal(await second.next(), null)
  assert.equal((await v1.ask('GET', '/topics/t/follow')).status, 404)
})

test('where records are gone the reader is told', async (t) => {
  const world = await BothWorlds.open(t)
  await world.done('PUT', '/topics/%2F/t', { partitions: 1 })
  const v1 = new V1(world)
  await v1.done('/topics/t/records', { records: ['a', 'b', 'c'].map((value) => ({ value })) })
  await world.done('POST', '/topics/%2F/t/delete-records', { partition: 0, before: 2 })
  const events = await v1.follow('/topics/t/follow?from=0:0')
  const gap = await events.next()
  assert.deepEqual([gap!.event, gap!.data], ['gap', { partition: 0, from: 0, to: 2 }])
  assert.equal((await events.next())!.data.value, 'c')
  events.close()
})

test('what would never come to an end is refused', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  await (await (await world.amqp(t)).createChannel()).assertQueue('q')
  await world.done('PUT', '/topics/%2F/t', { partitions: 1 })
  await v1.done('/topics/t/records', { records: [{ value: 'x' }] })
  const refused = async (path: string, reason: string) => {
    assert.deepEqual(await v1.ask('GET', path), { status: 400, body: { error: 'bad_request', reason } })
  }
  await refused('/topics/t/partitions/0/records?limit=0', 'limit: must be 1 at least')
  await refused('/queues/q/follow?prefetch=0', 'prefetch: must be 1 at least')
  await refused('/queues/q/follow?ack=lease&lease_ms=99', 'lease_ms: must be 100 at least')
})
