/** Dead letters of queues fed by topics. */
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
