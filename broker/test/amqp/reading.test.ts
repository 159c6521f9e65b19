// Messages that lie in files: waited for, tried again, and passed over when their file is damaged.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from './peer.ts'
import { World } from './session-harness.ts'

const COUNT = 60
const SIZE = 40_000

/** A durable queue `q` of which most lies in files; whoever publishes is through. */
async function spilled() {
  const world = await World.open({ tailBytesMax: 1 << 20 })
  const publisher = await world.connect()
  const consumer = await world.connect()
  await publisher.ask(1, 'queue.declare', { queue: 'q', durable: true })
  for (let i = 0; i < COUNT; i++) {
    publisher.publish('q', Buffer.alloc(SIZE, i), { properties: { deliveryMode: 2 } })
    await world.settle()
  }
  const queue = world.queue('q')!
  assert.equal(queue.ready, COUNT)
  assert.ok(world.broker.engine.metrics.spilledBytes > SIZE, 'something lies in files')
  return { world, publisher, consumer, queue }
}

const numbers = (peer: Peer): number[] => peer.taken().flatMap(({ body }) => (body ? [body[0]] : []))
const upTo = (count: number, from = 0): number[] => Array.from({ length: count - from }, (_, i) => from + i)

test('gets and deliveries wait for reads, and keep their order', async () => {
  const { world, publisher, consumer, queue } = await spilled()
  world.disk.reads.shut()
  for (let i = 0; i < 3; i++) publisher.send(1, 'basic.get', { queue: 'q', noAck: true })
  publisher.send(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 1 })
  consumer.send(1, 'basic.consume', { queue: 'q', consumerTag: 'c', noAck: true })
  await world.settle()
  assert.deepEqual([publisher.heard(), consumer.heard()], [[], ['basic.consume-ok']])
  world.disk.reads.open()
  await world.settle()
  const got = publisher.taken()
  assert.deepEqual(
    got.map(({ name }) => name),
    ['basic.get-ok', 'basic.get-ok', 'basic.get-ok', 'basic.qos-ok'],
  )
  assert.deepEqual(
    [...got.flatMap(({ body }) => (body ? [body[0]] : [])), ...numbers(consumer)].sort((a, b) => a - b),
    upTo(COUNT),
  )
  assert.deepEqual([queue.ready, queue.unacknowledged], [0, 0])
})

test('a read that fails is told, and tried again a little later', async () => {
  const { world, consumer } = await spilled()
  world.disk.readError = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
  consumer.send(1, 'basic.consume', { queue: 'q', consumerTag: 'c', noAck: true })
  await world.settle()
  const { length } = world.errors
  assert.ok(length >= 1 && length < 5, `told ${length} times`)
  assert.match(world.errors[0], /a record cannot be read/)
  assert.match(world.errors[0], /"queue":"q"/)
  world.disk.readError = null
  await world.pass(1000, 100)
  assert.deepEqual(numbers(consumer), upTo(COUNT))
})

test('what came back and can no longer be read is passed over; nothing behind it comes twice', async () => {
  const { world, publisher, consumer, queue } = await spilled()
  await consumer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 10 })
  await consumer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  const first = consumer.taken().map(({ args, body }) => ({ tag: args.deliveryTag, number: body![0] }))
  assert.deepEqual(
    first.map(({ number }) => number),
    upTo(10),
  )
  await consumer.ask(1, 'basic.cancel', { consumerTag: 'c' })
  // Chunks of other places push what was read out of memory.
  const other = await world.connect()
  await other.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'd', noAck: true })
  const later = numbers(other)
  assert.deepEqual(later, upTo(COUNT, 10))
  await other.ask(1, 'basic.cancel', { consumerTag: 'd' })
  world.disk.garbledBelow = 3 * SIZE
  consumer.send(1, 'basic.nack', { deliveryTag: 3, requeue: true })
  consumer.send(1, 'basic.nack', { deliveryTag: 5, requeue: true })
  await world.settle()
  await publisher.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'e', noAck: true })
  await world.pass(5000, 100)
  publisher.publish('q', Buffer.alloc(10, 99), { properties: { deliveryMode: 2 } })
  await world.pass(5000, 100)
  const heard = numbers(publisher)
  assert.equal(heard.at(-1), 99)
  assert.equal(new Set(heard).size, heard.length, `${heard}`)
  for (const number of heard) assert.ok([2, 4, 99].includes(number), `${number} was with somebody else`)
  assert.match(world.errors[0], /a record cannot be read/)
  assert.equal(queue.unacknowledged, 8)
})
