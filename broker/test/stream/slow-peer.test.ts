// Consumers of streams whose peers read slowly: bounded output, no lost wake-up.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from '../amqp/session-harness.ts'

const MB = 1 << 20
const STREAM = { queue: 's', durable: true, arguments: { 'x-queue-type': 'stream' } }

async function withConsumer(prefetchCount: number) {
  const world = await World.open()
  const publisher = await world.connect()
  const consumer = await world.connect()
  await consumer.ask(1, 'queue.declare', STREAM)
  await consumer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount })
  const args = { 'x-stream-offset': 'first' }
  await consumer.ask(1, 'basic.consume', { queue: 's', consumerTag: 'c', arguments: args })
  return { world, publisher, consumer }
}

test('a consumer that does not read gets a bounded part, and all of it once it reads', async () => {
  const { world, publisher, consumer } = await withConsumer(65_535)
  consumer.stopReading()
  for (let i = 0; i < 40; i++) {
    publisher.publish('s', Buffer.alloc(100_000, i))
    await world.settle()
  }
  assert.ok(consumer.unsent < 1.5 * MB, `${consumer.unsent} bytes wait`)
  for (let i = 0; i < 5; i++) {
    consumer.readAgain()
    consumer.stopReading()
    await world.settle()
    assert.ok(consumer.unsent < 1.5 * MB, `${consumer.unsent} bytes wait`)
  }
  consumer.readAgain()
  await world.settle()
  assert.deepEqual(
    consumer.taken().map(({ body }) => body![0]),
    Array.from({ length: 40 }, (_, i) => i),
  )
})

test('a consumer that does not read keeps nobody else waiting', async () => {
  const { world, publisher, consumer } = await withConsumer(65_535)
  const other = await world.connect()
  await other.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 100 })
  await other.ask(1, 'basic.consume', { queue: 's', consumerTag: 'd' })
  consumer.stopReading()
  for (let i = 0; i < 40; i++) publisher.publish('s', Buffer.alloc(100_000, i))
  await world.settle()
  assert.equal(other.taken().length, 40)
})

test('a connection that ends leaves nothing behind', async () => {
  const { world, publisher, consumer } = await withConsumer(10)
  for (let i = 0; i < 40; i++) publisher.publish('s', Buffer.from('x'))
  await world.settle()
  assert.equal(consumer.taken().length, 10)
  const stream = world.broker.vhost('/').streamQueues.get('s')!
  assert.equal(stream.subscriptions.size, 1)
  consumer.send(1, 'channel.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
  await world.settle()
  assert.equal(stream.subscriptions.size, 0)
  assert.deepEqual(world.errors, [])
})
