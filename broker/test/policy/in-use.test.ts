// Settings that change while a queue is in use: each takes effect for the messages and consumers that are there.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Queue } from '../../src/broker/queue/queue.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { World } from '../queue/harness.ts'

/** A queue with three messages that have been there for a second. */
async function inUse(args: Headers = {}): Promise<{ world: World; queue: Queue }> {
  const world = await World.open()
  const queue = world.queue('q', args)
  for (const text of ['1', '2', '3']) world.publish('', 'q', text)
  await world.pass(1000, 100)
  return { world, queue }
}

const put = (world: World, definition: object): unknown =>
  world.vhost.policies.put('policy', 'p', { pattern: '^q$', definition })

test('a time to live that is over already, and one that is not', async () => {
  const { world, queue } = await inUse()
  put(world, { 'message-ttl': 2000 })
  await world.pass(500, 100)
  assert.equal(queue.ready, 3)
  put(world, { 'message-ttl': 1200 })
  await world.pass(100, 100)
  assert.equal(queue.ready, 0)
})

test('a time to live that is taken back in time', async () => {
  const { world, queue } = await inUse()
  put(world, { 'message-ttl': 2000 })
  await world.pass(500, 100)
  world.vhost.policies.remove('policy', 'p')
  await world.pass(5000, 100)
  assert.equal(queue.ready, 3)
})

test('what ends then is a dead letter where the policy says so', async () => {
  const { world } = await inUse()
  const dead = world.queue('dead')
  put(world, { 'message-ttl': 1, 'dead-letter-exchange': '', 'dead-letter-routing-key': 'dead' })
  await world.pass(1000, 100)
  assert.deepEqual(await world.drain(dead), ['1', '2', '3'])
})

test('an expiry of the queue, and one that is taken back', async () => {
  const { world, queue } = await inUse()
  put(world, { expires: 2000 })
  await world.pass(1500, 100)
  assert.equal(queue.gone, false)
  world.vhost.policies.remove('policy', 'p')
  await world.pass(5000, 100)
  assert.equal(queue.gone, false)
  put(world, { expires: 2000 })
  await world.pass(2100, 100)
  assert.equal(queue.gone, true)
})

test('a refusal of publishers instead of a drop', async () => {
  const { world, queue } = await inUse({ 'x-max-length': 3 })
  assert.equal(world.publish('', 'q', '4'), true)
  await world.settle()
  world.vhost.alterQueue('q', { 'x-overflow': 'reject-publish' })
  assert.equal(world.publish('', 'q', '5'), false)
  assert.deepEqual(await world.drain(queue), ['2', '3', '4'])
})

test('a delivery limit counts returns from before', async () => {
  const { world, queue } = await inUse()
  const taker = world.consume(queue, 1)
  for (let returned = 0; returned < 3; returned++) {
    await world.settle()
    taker.nack()
    taker.grant(1)
  }
  await world.settle()
  put(world, { 'delivery-limit': 3 })
  taker.nack()
  taker.grant(1)
  await world.settle()
  assert.deepEqual(taker.texts, ['2'])
})

test('a rest after a return', async () => {
  const { world, queue } = await inUse()
  const taker = world.consume(queue, 1)
  await world.settle()
  put(world, { 'delayed-retry-type': 'all', 'delayed-retry-min': 500 })
  taker.nack()
  await world.settle()
  assert.deepEqual([queue.ready, queue.held], [2, 1])
  world.vhost.policies.remove('policy', 'p')
  await world.pass(600, 100)
  assert.deepEqual([queue.ready, queue.held], [3, 0])
})

test('a single active consumer among those that are there, and all of them again', async () => {
  const { world, queue } = await inUse()
  const takers = [world.consume(queue, 1), world.consume(queue, 9)]
  await world.settle()
  world.vhost.alterQueue('q', { 'x-single-active-consumer': true })
  world.publish('', 'q', '4')
  await world.settle()
  assert.deepEqual([takers[0]!.texts.length, takers[1]!.texts.length], [1, 2])
  takers[0]!.grant(1)
  await world.settle()
  assert.deepEqual(takers[0]!.texts.at(-1), '4')
  world.vhost.alterQueue('q', { 'x-single-active-consumer': null })
  world.publish('', 'q', '5')
  await world.settle()
  assert.equal(takers[1]!.texts.at(-1), '5')
})
