/** Records that would come back to their topic, and dead letters of queues fed by topics. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodies, declareQueue, produce } from './fed-queues.ts'
import { TopicWorld } from './harness.ts'

test('what a full queue gives up and gets again through a topic goes round once, not for ever', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const queue = declareQueue(world, 'jobs', { 'x-max-length': 1, 'x-dead-letter-exchange': 'orders' })
  world.broker.vhost('/').bind('orders', queue, '#', {})
  await world.settle()
  const { settle } = world
  // It would wait for ever.
  world.settle = async () => {}
  await produce(world, partition, [{ value: 'a' }])
  await produce(world, partition, [{ value: 'b' }])
  for (let turn = 0; turn < 200; turn++) {
    world.turn.runNow()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(partition.log.endOffset <= 4, `${partition.log.endOffset} records`)
  world.settle = settle
  assert.equal((await bodies(world, queue)).length, 1)
})

test('a dead letter that its topic can never take is dropped and counted, unless none may be lost', async () => {
  const world = await TopicWorld.open()
  world.create('compacted', { partitions: 1, configsOf: { 'cleanup.policy': 'compact' } })
  const vhost = world.broker.vhost('/')
  const args = { 'x-message-ttl': 1000, 'x-dead-letter-exchange': 'compacted' }
  const queue = declareQueue(world, 'jobs', args)
  const careful = declareQueue(world, 'careful', {
    ...args,
    'x-queue-type': 'quorum',
    'x-overflow': 'reject-publish',
    'x-dead-letter-strategy': 'at-least-once',
  })
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  vhost.bind('orders', queue, '#', {})
  vhost.bind('orders', careful, '#', {})
  await world.settle()
  await produce(world, partition, [{ value: 'without a key' }])
  await world.pass(1500)
  await world.pass(3000)
  assert.equal(queue.lanes[0].log.unsettled, 0)
  assert.equal(careful.lanes[0].log.unsettled, 1)
  assert.equal(vhost.deadLetters.dropped, 1)
})

test('a record does not come back to its topic by its key and the default exchange as an alternate', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 2 }).partitions
  const vhost = world.broker.vhost('/')
  const options = { durable: true, autoDelete: false, internal: false, arguments: { 'alternate-exchange': '' } }
  vhost.bind('orders', vhost.declareExchange('next', 'direct', options), '#', {})
  declareQueue(world, 'jobs')
  await world.settle()
  const { settle } = world
  world.settle = async () => {}
  await produce(world, partition, [
    { key: 'orders-0', value: 'a' },
    { key: 'jobs', value: 'b' },
  ])
  for (let turn = 0; turn < 100; turn++) {
    world.turn.runNow()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(partition.log.endOffset, 2)
  world.settle = settle
  assert.deepEqual(await bodies(world, vhost.queue('jobs', null)), ['b'])
})
