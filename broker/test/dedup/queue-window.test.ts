import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Queue } from '../../src/broker/queue/queue.ts'
import { kill } from '../delay/delayed.ts'
import { World } from '../queue/harness.ts'

const once = { 'x-message-deduplication': true }
const keyed = (key: unknown) => ({ headers: { 'x-deduplication-header': key as string } })

function send(world: World, text: string, key?: unknown): void {
  world.publish('', 'jobs', text, key === undefined ? {} : keyed(key))
}

async function texts(world: World, queue: Queue): Promise<string[]> {
  return await world.drain(queue)
}

test('drops a message whose key is in the queue, and takes it again once that one has left', async () => {
  const world = await World.open()
  const queue = world.queue('jobs', once)
  for (const text of ['a1', 'a2']) send(world, text, 'a')
  send(world, 'b1', 'b')
  for (const text of ['plain', 'plain']) send(world, text)
  assert.equal(queue.counters.duplicates, 1)
  assert.deepEqual(await texts(world, queue), ['a1', 'b1', 'plain', 'plain'])
  send(world, 'a3', 'a')
  assert.deepEqual(await texts(world, queue), ['a3'])
})

test('a message that is with a consumer, or came back, still counts', async () => {
  const world = await World.open()
  const queue = world.queue('jobs', once)
  send(world, 'first', 'a')
  const taker = world.consume(queue, 1)
  await world.settle()
  assert.deepEqual(taker.texts, ['first'])
  send(world, 'while taken', 'a')
  taker.nack()
  send(world, 'while back', 'a')
  taker.grant(1)
  await world.settle()
  assert.deepEqual(taker.texts, ['first'])
  taker.ack()
  send(world, 'after', 'a')
  taker.grant(1)
  await world.settle()
  assert.deepEqual(taker.texts, ['after'])
  assert.equal(queue.counters.duplicates, 2)
})

test('a rejected, an expired and a purged message free their keys', async () => {
  const world = await World.open()
  const queue = world.queue('jobs', once)
  send(world, 'rejected', 'a')
  const taker = world.consume(queue, 1)
  await world.settle()
  taker.reject()
  queue.unsubscribe(taker)
  world.publish('', 'jobs', 'expired', { ...keyed('a'), expiration: 50 })
  await world.pass(100)
  send(world, 'purged', 'a')
  assert.equal(queue.purge(), 1)
  send(world, 'last', 'a')
  assert.deepEqual(await texts(world, queue), ['last'])
})

test('keys are compared by value, whatever type they have', async () => {
  const world = await World.open()
  const queue = world.queue('jobs', once)
  for (const key of [1, 1n, '1', true, 'true']) send(world, String(key), key)
  assert.deepEqual(await texts(world, queue), ['1', '1', 'true', 'true'])
})

for (const tailBytesMax of [64 << 20, 1 << 20]) {
  test(`the window stands after a kill, with ${tailBytesMax >> 20} MB of memory`, async () => {
    const world = await World.open({ tailBytesMax })
    world.queue('jobs', once)
    const padding = '.'.repeat(500)
    for (let i = 0; i < 3000; i++) {
      send(world, `${i}${padding}`, `key ${i}`)
      if (i % 100 === 99) await world.settle()
    }
    await world.settle()
    await kill(world)
    await world.broker.restored()
    const queue = world.queue('jobs', once)
    for (let i = 0; i < 3000; i++) send(world, 'again', `key ${i}`)
    send(world, 'new', 'new')
    assert.equal(queue.counters.duplicates, 3000)
    assert.equal(queue.ready, 3001)
  })
}
