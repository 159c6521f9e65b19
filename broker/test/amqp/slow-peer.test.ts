// Peers that read slowly or not at all: bounded output, and no lost wake-up.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './session-harness.ts'

const MB = 1 << 20

async function withConsumer(noAck: boolean) {
  const world = await World.open()
  const publisher = await world.connect()
  const consumer = await world.connect()
  await consumer.ask(1, 'queue.declare', { queue: 'q' })
  await consumer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c', noAck })
  return { world, publisher, consumer, queue: world.queue('q')! }
}

test('a consumer that does not read gets a bounded part, however slowly messages come', async () => {
  const { world, publisher, consumer, queue } = await withConsumer(true)
  consumer.stopReading()
  for (let i = 0; i < 40; i++) {
    publisher.publish('q', Buffer.alloc(100_000, i))
    await world.settle()
  }
  assert.ok(consumer.unsent < 1.5 * MB, `${consumer.unsent} bytes wait`)
  assert.ok(queue.ready > 25, `${queue.ready} messages left`)
  for (let i = 0; i < 5; i++) {
    consumer.readAgain()
    consumer.stopReading()
    await world.settle()
    assert.ok(consumer.unsent < 1.5 * MB)
  }
  consumer.readAgain()
  await world.settle()
  assert.deepEqual(
    consumer.taken().map(({ body }) => body![0]),
    Array.from({ length: 40 }, (_, i) => i),
  )
  assert.deepEqual([queue.ready, queue.unacknowledged], [0, 0])
})

test('many small deliveries in one turn are handed out in parts', async () => {
  const { world, publisher, consumer, queue } = await withConsumer(false)
  consumer.stopReading()
  for (let i = 0; i < 300; i++) publisher.publish('q', Buffer.alloc(16384))
  await world.settle()
  assert.ok(consumer.unsent < 1.5 * MB, `${consumer.unsent} bytes wait`)
  assert.equal(queue.ready + queue.unacknowledged, 300)
  consumer.readAgain()
  await world.settle()
  assert.equal(consumer.taken().length, 300)
  consumer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true })
  await world.settle()
  assert.deepEqual([queue.ready, queue.unacknowledged], [0, 0])
})

test('what a stalled consumer cannot take goes to another', async () => {
  const { world, publisher, consumer, queue } = await withConsumer(true)
  const other = await world.connect()
  consumer.stopReading()
  for (let i = 0; i < 3; i++) publisher.publish('q', Buffer.alloc(MB))
  await world.settle()
  await other.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c', noAck: true })
  publisher.publish('q', 'for the other')
  await world.settle()
  assert.equal(queue.ready, 0)
  consumer.readAgain()
  assert.equal(consumer.taken().length + other.taken().length, 4)
})

test('a requester that does not read its replies loses those beyond a bound', async () => {
  const world = await World.open()
  const [requester, server] = [await world.connect(), await world.connect()]
  const replyTo = 'amq.rabbitmq.reply-to'
  await server.ask(1, 'queue.declare', { queue: 'rpc' })
  await requester.ask(1, 'basic.consume', { queue: replyTo, consumerTag: 'r', noAck: true })
  requester.publish('rpc', 'question', { properties: { replyTo } })
  const got = await server.ask(1, 'basic.get', { queue: 'rpc', noAck: true }, 'basic.get-ok')
  requester.stopReading()
  for (let i = 0; i < 10; i++) {
    server.publish(got.properties!.replyTo!, Buffer.alloc(10 * MB, i), { mandatory: true })
    await world.settle()
  }
  assert.ok(requester.unsent > 60 * MB && requester.unsent < 75 * MB, `${requester.unsent} bytes wait`)
  assert.deepEqual(server.heard(), [], 'nothing comes back')
  requester.readAgain()
  server.publish(got.properties!.replyTo!, 'late')
  await world.settle()
  assert.equal(`${requester.taken().at(-1)!.body}`, 'late')
})

test('acks of a stalled consumer count, and it is served again only once it reads', async () => {
  const { world, publisher, consumer, queue } = await withConsumer(false)
  for (let i = 0; i < 2; i++) publisher.publish('q', Buffer.alloc(MB))
  await world.settle()
  assert.equal(consumer.taken().length, 2)
  consumer.stopReading()
  for (let i = 0; i < 4; i++) publisher.publish('q', Buffer.alloc(MB))
  await world.settle()
  consumer.send(1, 'basic.nack', { deliveryTag: 2, multiple: true, requeue: true })
  await world.settle()
  const { ready } = queue
  assert.ok(ready >= 2 && queue.unacknowledged === 6 - ready)
  consumer.readAgain()
  await world.settle()
  const back = consumer.taken().filter(({ args }) => args.redelivered)
  assert.deepEqual([queue.ready, queue.unacknowledged, back.length], [0, 6, 2])
})
