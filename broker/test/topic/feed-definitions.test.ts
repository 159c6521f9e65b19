/** What a crash may leave of definitions that name a topic's bindings, and what comes of a feed while a broker stops. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeHeaders } from '../../src/broker/routing/headers.ts'
import { bodies, declareQueue, produce } from './fed-queues.ts'
import { TopicWorld } from './harness.ts'

test('a binding whose topic was deleted does not come back with another topic of the name', async () => {
  const world = await TopicWorld.open()
  declareQueue(world, 'jobs')
  // The deletion of the topic reached the disk, and that of the binding, behind it, did not.
  const id = ['/', 'orders', 'queue', 'jobs', '#', describeHeaders({})]
  world.broker.catalog.put('binding', id, { key: '#', arguments: {}, from: [3] })
  await world.restart()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  await produce(world, partition, [{ value: 'of another topic' }])
  await world.restart()
  assert.equal(world.broker.vhost('/').exchange('orders').bindingCount, 0)
  assert.deepEqual(await bodies(world, world.broker.vhost('/').queue('jobs', null)), [])
})

test('nothing is followed any more once feeds have stopped', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const vhost = world.broker.vhost('/')
  vhost.bind('orders', declareQueue(world, 'jobs'), '#', {})
  vhost.feeds.stop()
  await world.settle()
  assert.equal(partition.follower, null)
})
