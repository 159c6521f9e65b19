/** From a topic into the queues bound to it, seen from inside the broker. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queryObjects } from 'node:v8'
import { FeedPartition } from '../../src/broker/topic/feed-partition.ts'
import { RecordReader } from '../../src/broker/topic/record-reader.ts'
import { bodies, declareQueue, drain, endTransaction, produce } from './fed-queues.ts'
import { TopicWorld } from './harness.ts'

const values = (records: readonly { value: string }[]) => records.map(({ value }) => value)
const numbered = (from: number, to: number, key = 'k') =>
  Array.from({ length: to - from }, (_, i) => ({ key, value: `${from + i}` }))

test('a topic without bindings is never looked into', async () => {
  const count = (of: typeof FeedPartition | typeof RecordReader) => queryObjects(of, { format: 'count' })
  const world = await TopicWorld.open()
  const [first, second] = world.create('orders', { partitions: 2 }).partitions
  for (let i = 0; i < 50; i++) await produce(world, i % 2 === 0 ? first : second, numbered(i, i + 3))
  assert.equal(first.follower, null)
  assert.equal(count(FeedPartition), 0)
  assert.equal(count(RecordReader), 0)
  const queue = declareQueue(world, 'jobs')
  world.broker.vhost('/').bind('orders', queue, '#', {})
  await world.settle()
  await produce(world, first, [{ value: 'seen' }])
  assert.deepEqual(await bodies(world, queue), ['seen'])
  assert.equal(count(RecordReader), 2)
  world.broker.vhost('/').unbind('orders', queue, '#', {})
  await world.settle()
  assert.equal(first.follower, null)
  assert.equal(world.engine.cursors.size, 0)
})

test('records go to queues by key and by headers, in order, once each', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const [all, eu, red, both] = ['all', 'eu', 'red', 'both'].map((name) => declareQueue(world, name))
  vhost.bind('orders', all, '#', {})
  vhost.bind('orders', eu, 'order.eu', {})
  vhost.bind('orders', red, '', { 'x-match': 'all', colour: 'red' })
  vhost.declareExchange('next', 'fanout', { durable: true, autoDelete: false, internal: false, arguments: {} })
  vhost.bind('orders', vhost.exchange('next'), 'order.*', {})
  vhost.bind('next', both, '', {})
  vhost.bind('orders', both, 'order.us', {})
  await world.settle()
  await produce(world, partition, [
    { key: 'order.eu', value: '1' },
    { key: 'order.us', value: '2', headers: { colour: 'red' } },
    { value: '3', headers: { colour: 'blue' } },
    { key: 'order.eu', value: '4', headers: { colour: 'red' } },
  ])
  assert.deepEqual(await bodies(world, eu), ['1', '4'])
  assert.deepEqual(await bodies(world, red), ['2', '4'])
  assert.deepEqual(await bodies(world, both), ['1', '2', '4'])
  const fed = await drain(world, all)
  assert.deepEqual(
    fed.map(({ body }) => body),
    ['1', '2', '3', '4'],
  )
  const { headers, ...second } = fed[1]
  assert.deepEqual(second, { exchange: 'orders', key: 'order.us', body: '2', redelivered: false })
  assert.deepEqual({ ...headers }, { colour: 'red' })
  assert.equal(fed[2].key, '')
})

test('a queue gets committed records only, when they are', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const queue = declareQueue(world, 'jobs')
  world.broker.vhost('/').bind('orders', queue, '#', {})
  await produce(world, partition, numbered(0, 2))
  await produce(world, partition, [{ value: 'a' }], 7)
  await produce(world, partition, [{ value: 'b' }], 8)
  await produce(world, partition, numbered(2, 4))
  assert.deepEqual(await bodies(world, queue), ['0', '1'])
  await endTransaction(world, partition, 8, false)
  assert.deepEqual(await bodies(world, queue), [])
  await endTransaction(world, partition, 7, true)
  assert.deepEqual(await bodies(world, queue), ['a', '2', '3'])
})

test('a binding begins at the log end, however far the others are', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const [early, late] = ['early', 'late'].map((name) => declareQueue(world, name))
  await produce(world, partition, numbered(0, 3))
  vhost.bind('orders', early, '#', {})
  await produce(world, partition, [{ value: 'open' }], 7)
  await produce(world, partition, numbered(3, 5))
  vhost.bind('orders', late, '#', {})
  await produce(world, partition, numbered(5, 6))
  await endTransaction(world, partition, 7, true)
  assert.deepEqual(await bodies(world, early), ['open', '3', '4', '5'])
  assert.deepEqual(await bodies(world, late), ['5'])
  vhost.unbind('orders', late, '#', {})
  await produce(world, partition, numbered(6, 7))
  vhost.bind('orders', late, '#', {})
  await produce(world, partition, numbered(7, 8))
  assert.deepEqual(await bodies(world, early), ['6', '7'])
  assert.deepEqual(await bodies(world, late), ['7'])
})

test('partitions added later are followed from their beginning', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('orders', { partitions: 1 })
  const queue = declareQueue(world, 'jobs')
  world.broker.vhost('/').bind('orders', queue, '#', {})
  await world.settle()
  world.topics.addPartitions(topic, 2)
  await produce(world, topic.partitions[2], numbered(0, 3))
  assert.deepEqual(await bodies(world, queue), ['0', '1', '2'])
  await world.restart()
  await produce(world, world.topics.get('orders')!.partitions[1], numbered(3, 5))
  assert.deepEqual(await bodies(world, world.broker.vhost('/').queue('jobs', null)), ['3', '4'])
})

test('goes on after a start, and keeps no cursor that nobody needs', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  world.create('others', { partitions: 1 })
  const vhost = world.broker.vhost('/')
  vhost.bind('orders', declareQueue(world, 'jobs'), '#', {})
  vhost.bind('others', declareQueue(world, 'passing', {}), '#', {})
  await produce(world, partition, numbered(0, 3))
  await produce(world, partition, [{ value: 'open' }], 7)
  await produce(world, partition, numbered(3, 4))
  await world.restart()
  const queue = world.broker.vhost('/').queue('jobs', null)
  // A start ends what nobody can end any more.
  assert.deepEqual(await bodies(world, queue), ['0', '1', '2', '3'])
  await produce(world, world.topics.get('orders')!.partitions[0], numbered(4, 6))
  assert.deepEqual(await bodies(world, queue), ['4', '5'])
  world.broker.vhost('/').deleteQueue('passing', null, false, false)
  assert.equal(world.engine.cursors.size, 1)
  await world.restart()
  assert.equal(world.engine.cursors.size, 1)
  assert.deepEqual(await bodies(world, world.broker.vhost('/').queue('jobs', null)), [])
})

test('records that are removed before they are handed on are counted', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('orders', { partitions: 1 })
  const [partition] = topic.partitions
  const vhost = world.broker.vhost('/')
  const queue = declareQueue(world, 'jobs')
  vhost.bind('orders', queue, '#', {})
  await produce(world, partition, [{ value: 'open' }], 7)
  await produce(world, partition, numbered(0, 10))
  assert.equal(partition.deleteRecords(6), null)
  await endTransaction(world, partition, 7, true)
  assert.deepEqual(await bodies(world, queue), values(numbered(5, 10)))
  assert.equal(vhost.feeds.of(topic)?.lostRecords, 6)
})

test('a full queue refuses and counts, and the topic goes on', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const dead = declareQueue(world, 'dead')
  const full = declareQueue(world, 'full', { 'x-max-length': 2, 'x-overflow': 'reject-publish' })
  const dlx = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' }
  const passing = declareQueue(world, 'passing', { 'x-max-length': 3, 'x-overflow': 'reject-publish-dlx', ...dlx })
  const rolling = declareQueue(world, 'rolling', { 'x-max-length': 1 })
  for (const queue of [full, passing, rolling]) vhost.bind('orders', queue, '#', {})
  await produce(world, partition, numbered(0, 5))
  assert.deepEqual(await bodies(world, full), ['0', '1'])
  assert.equal(full.counters.rejected, 3)
  assert.deepEqual(await bodies(world, passing), ['0', '1', '2'])
  assert.deepEqual(await bodies(world, dead), ['3', '4'])
  assert.deepEqual(await bodies(world, rolling), ['4'])
})

test('records reach other topics through exchanges, and never their own', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const [source] = world.create('orders', { partitions: 1 }).partitions
  const [target] = world.create('copies', { partitions: 1 }).partitions
  const [queue, copies] = ['jobs', 'copied'].map((name) => declareQueue(world, name))
  const options = { durable: true, autoDelete: false, internal: false, arguments: {} }
  const split = vhost.declareExchange('split', 'topic', options)
  vhost.bind('orders', split, '#', {})
  vhost.bind('split', vhost.exchange('copies'), 'copy.#', {})
  vhost.bind('split', queue, '#', {})
  vhost.bind('copies', copies, '#', {})
  await world.settle()
  await produce(world, source, [...numbered(0, 2), ...numbered(2, 4, 'copy.this'), ...numbered(4, 6)])
  assert.deepEqual(await bodies(world, queue), ['0', '1', '2', '3', '4', '5'])
  assert.deepEqual(await bodies(world, copies), ['2', '3'])
  assert.equal(target.log.endOffset, 2)
  const refused = (bind: () => void, way: string) =>
    assert.throws(bind, { code: 'precondition-failed', message: new RegExp(`back into their topic: ${way}$`) })
  refused(() => vhost.bind('copies', split, '#', {}), "'copies' -> 'split' -> 'copies'")
  refused(() => vhost.bind('copies', vhost.exchange('orders'), '#', {}), "'copies' -> 'orders' -> 'split' -> 'copies'")
  refused(() => vhost.bind('orders', vhost.exchange('orders'), '#', {}), "'orders' -> 'orders'")
  const fallback = { ...options, arguments: { 'alternate-exchange': 'split' } }
  const narrow = vhost.declareExchange('narrow', 'direct', fallback)
  refused(() => vhost.bind('copies', narrow, '#', {}), "'copies' -> 'narrow' -> 'split' -> 'copies'")
  // Without a topic in it a cycle is harmless.
  const other = vhost.declareExchange('other', 'fanout', options)
  vhost.bind('other', vhost.declareExchange('another', 'fanout', options), '', {})
  vhost.bind('another', other, '', {})
})

test('the end of a topic takes its bindings along and leaves the queues', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const topic = world.create('orders', { partitions: 3 })
  const queue = declareQueue(world, 'jobs')
  vhost.bind('orders', queue, '#', {})
  await produce(world, topic.partitions[0], numbered(0, 3))
  world.topics.delete(topic)
  await world.settle()
  assert.equal(world.engine.cursors.size, 0)
  assert.deepEqual(await bodies(world, queue), ['0', '1', '2'])
  const again = world.create('orders', { partitions: 1 })
  await produce(world, again.partitions[0], numbered(3, 4))
  assert.deepEqual(await bodies(world, queue), [])
  vhost.bind('orders', queue, '#', {})
  await produce(world, again.partitions[0], numbered(4, 5))
  assert.deepEqual(await bodies(world, queue), ['4'])
})

test('a circle that an alternate exchange closes later leads nowhere', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const options = { durable: true, autoDelete: false, internal: false, arguments: {} }
  vhost.bind('orders', vhost.declareExchange('next', 'direct', options), '#', {})
  const queue = declareQueue(world, 'jobs')
  vhost.bind('next', queue, 'known', {})
  vhost.policies.put('policy', 'back', {
    pattern: '^next$',
    applyTo: 'exchanges',
    priority: 0,
    definition: { 'alternate-exchange': 'orders' },
  })
  await world.settle()
  await produce(world, partition, [
    { key: 'unknown', value: '1' },
    { key: 'known', value: '2' },
  ])
  assert.equal(partition.log.endOffset, 2)
  assert.deepEqual(await bodies(world, queue), ['2'])
})
