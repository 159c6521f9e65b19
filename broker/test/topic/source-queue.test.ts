/** Queues over topics, seen from inside the broker. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { bodies, drain, endTransaction, produce } from './fed-queues.ts'
import { TopicWorld } from './harness.ts'
import { numbered, over, take } from './source-scene.ts'

test('gives out what the topic gets, from its end on, and settles it one by one', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  await produce(world, partition, numbered(0, 3))
  const queue = await over(world)
  assert.equal(queue.ready, 0)
  await produce(world, partition, numbered(3, 6))
  assert.equal(queue.ready, 3)
  const [first, second, third] = [await take(world, queue), await take(world, queue), await take(world, queue)]
  assert.deepEqual([first!.body, second!.body, third!.body], ['3', '4', '5'])
  assert.equal(await take(world, queue), null)
  queue.acknowledge(second!.place)
  queue.requeue(first!.place)
  assert.deepEqual(await take(world, queue), { ...first, redelivered: true })
  assert.deepEqual([queue.ready, queue.unacknowledged], [0, 2])
  queue.acknowledge(first!.place)
  queue.discard(third!.place)
  await world.settle()
  assert.deepEqual([queue.ready, queue.unacknowledged], [0, 0])
  const [ledger] = world.engine.ledgers.values()
  assert.equal(ledger.settledBelow, 6)
})

test('begins where it is told to', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  for (let i = 0; i < 5; i++) {
    await world.pass(1000)
    await produce(world, partition, numbered(2 * i, 2 * i + 2))
  }
  const time = { type: 'T', value: BigInt(Math.floor(world.clock.now() / 1000) - 1) } as const
  const rows: [Headers[string], string][] = [
    ['first', '0'],
    ['last', '9'],
    [7, '7'],
    ['2s', '4'],
    [time as unknown as Headers[string], '6'],
  ]
  for (const [offset, found] of rows) {
    const queue = await over(world, { 'x-source-offset': offset })
    assert.equal((await drain(world, queue))[0].body, found, String(offset))
    world.broker.vhost('/').deleteQueue('jobs', null, false, false)
  }
  assert.equal(world.engine.ledgers.size, 0)
  const next = await over(world, { 'x-source-offset': 'next' })
  assert.deepEqual(await drain(world, next), [])
})

test('gives out what is committed only', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const queue = await over(world)
  await produce(world, partition, [{ value: 'a' }], 7)
  await produce(world, partition, [{ value: 'b' }], 8)
  await produce(world, partition, numbered(2, 4))
  assert.deepEqual(await bodies(world, queue), [])
  await endTransaction(world, partition, 8, false)
  await endTransaction(world, partition, 7, true)
  assert.deepEqual(await bodies(world, queue), ['a', '2', '3'])
  assert.equal(queue.ready, 0)
  assert.equal(queue.counters.lost, 0)
})

test('serves partitions in turn, and takes up those that come later from their beginning', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('orders', { partitions: 2 })
  const queue = await over(world)
  await produce(world, topic.partitions[0], numbered(0, 4))
  await produce(world, topic.partitions[1], numbered(10, 12))
  assert.deepEqual(await bodies(world, queue), ['0', '10', '1', '11', '2', '3'])
  world.topics.addPartitions(topic, 1)
  await produce(world, topic.partitions[2], numbered(20, 22))
  assert.deepEqual(await bodies(world, queue), ['20', '21'])
})

test('goes on after a start where it was, and knows what came back', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('orders', { partitions: 2 })
  const args = { 'x-queue-type': 'quorum' }
  const queue = await over(world, args)
  await produce(world, topic.partitions[0], numbered(0, 3))
  const taken = [await take(world, queue), await take(world, queue), await take(world, queue)]
  queue.acknowledge(taken[1]!.place)
  queue.requeue(taken[2]!.place)
  queue.requeue(taken[0]!.place)
  await world.restart()
  const again = world.broker.vhost('/').queue('jobs', null)
  world.topics.addPartitions(world.topics.get('orders')!, 1)
  assert.equal(again.ready, 2)
  const [first, third] = [await take(world, again), await take(world, again)]
  assert.deepEqual([first!.body, third!.body], ['0', '2'])
  assert.deepEqual([first!.redelivered, third!.redelivered, third!.count], [true, true, 1])
})

test('a topic that is deleted leaves the queue, which takes up one made anew', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('orders', { partitions: 2 })
  const queue = await over(world)
  await produce(world, topic.partitions[0], numbered(0, 5))
  world.topics.delete(topic)
  await world.settle()
  assert.deepEqual([queue.ready, queue.counters.lost, queue.lanes.length], [0, 5, 0])
  assert.equal(await take(world, queue), null)
  const anew = world.create('orders', { partitions: 1 })
  await produce(world, anew.partitions[0], numbered(7, 9))
  assert.deepEqual(await bodies(world, queue), ['7', '8'])
  world.topics.delete(anew)
  await world.settle()
  await world.restart()
  assert.equal(world.engine.ledgers.size, 0)
  const last = world.create('orders', { partitions: 1 })
  await produce(world, last.partitions[0], numbered(9, 10))
  assert.deepEqual(await bodies(world, world.broker.vhost('/').queue('jobs', null)), ['9'])
})

test('takes no messages of its own', async () => {
  const world = await TopicWorld.open()
  world.create('orders', { partitions: 1 })
  const queue = await over(world)
  const vhost = world.broker.vhost('/')
  assert.throws(
    () => vhost.bind('amq.direct', queue, 'k', {}),
    /queue 'jobs' in vhost '\/' takes no messages of its own: it stands over topic 'orders'/,
  )
  let found = 0
  vhost.defaultExchange.match('jobs', null, () => found++, null)
  assert.equal(found, 0)
})
