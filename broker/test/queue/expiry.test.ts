// Times of messages that come back, and many that end together.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Queue } from '../../src/broker/queue/queue.ts'
import { World } from './harness.ts'

const DAY_MS = 86_400_000

function timesKept(queue: Queue): number {
  const { expiry } = queue as unknown as { expiry: { index: { size: number } } }
  return expiry.index.size
}

test('a message that comes back again and again has one time', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  world.publish('', 'q', 'poison', { expiration: DAY_MS })
  const taker = world.consume(queue, 1)
  await world.settle()
  for (let i = 0; i < 100; i++) {
    taker.nack()
    taker.grant(1)
    await world.pass(5, 5)
  }
  assert.equal(taker.taken.length, 1)
  assert.equal(timesKept(queue), 1)
  taker.nack()
  await world.pass(DAY_MS + 1000, DAY_MS / 2)
  assert.equal(queue.counters.expired, 1)
})

test('it expires when it comes back after its time', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  world.publish('', 'q', 'late', { expiration: 100 })
  const taker = world.consume(queue, 1)
  await world.pass(500)
  assert.equal(queue.counters.expired, 0)
  taker.nack()
  await world.pass(20)
  assert.equal(queue.counters.expired, 1)
  assert.equal(queue.ready, 0)
})

test('a get behind many messages whose time is over waits while others have their turn', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  for (let i = 0; i < 10_000; i++) world.publish('', 'q', 'dies', { persistent: false, expiration: 10 })
  world.publish('', 'q', 'lives', { persistent: false })
  await world.settle()
  queue.setPaused(true)
  const stopped = world.clock.now() + 11
  world.clock.now = () => stopped
  queue.setPaused(false)
  const texts: number[] = []
  assert.equal(
    queue.get(true, () => {}),
    'wait',
  )
  assert.ok(queue.ready > 5000, `${queue.ready}`)
  queue.whenReadable(() => texts.push(queue.ready))
  await world.settle()
  assert.equal(texts.length, 1)
  assert.deepEqual(await world.drain(queue), ['lives'])
})
