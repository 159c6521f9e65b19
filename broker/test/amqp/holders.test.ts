// Who holds what: the unacknowledged messages of a queue with their holders, and how often a message was held before.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Arrival, Peer } from './peer.ts'
import { World } from './session-harness.ts'

test('every unacknowledged message of a queue is found with its holder, others are not', async () => {
  const world = await World.open()
  const [one, two] = [await world.connect(), await world.connect()]
  for (const queue of ['q', 'other']) await one.ask(1, 'queue.declare', { queue })
  await one.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  for (const body of ['1', '2', '3']) one.publish('q', body)
  await world.settle()
  await world.pass(1500, 100)
  one.send(1, 'basic.cancel', { consumerTag: 'c' })
  await two.ask(2, 'channel.open', {})
  one.publish('q', '4')
  one.publish('other', 'elsewhere')
  await world.settle()
  await two.ask(2, 'basic.get', { queue: 'other' }, 'basic.get-ok')
  await two.ask(2, 'basic.get', { queue: 'q' }, 'basic.get-ok')
  one.send(1, 'basic.ack', { deliveryTag: 2 })
  await world.settle()
  const queue = world.queue('q')!
  const found = [...world.broker.unackedSources].flatMap((source) => [...source.unacked(queue)])
  const startMs = world.clock.now() - 1500
  const connection = '::1:1 -> ::1:2'
  const common = { connection, user: 'guest' }
  assert.deepEqual(found, [
    { ...common, channel: 1, consumerTag: 'c', deliveryTag: 1, place: 0, sinceMs: startMs },
    { ...common, channel: 1, consumerTag: 'c', deliveryTag: 3, place: 2, sinceMs: startMs },
    { ...common, channel: 2, consumerTag: null, deliveryTag: 2, place: 3, sinceMs: startMs + 1500 },
  ])
  assert.equal(found.length, queue.unacknowledged)
  one.cut()
  two.cut()
  await world.settle()
  assert.deepEqual(
    [...world.broker.unackedSources].flatMap((source) => [...source.unacked(queue)]),
    [],
  )
})

const properties = {
  contentType: 'text/plain',
  headers: { before: 1, 'x-delivery-count': 99, after: 'two' },
  deliveryMode: 2,
  priority: 3,
  messageId: 'm',
}

/** A queue that counts deliveries, with one message of this body. */
async function counting(body: Uint8Array): Promise<{ world: World; peer: Peer }> {
  const world = await World.open()
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'q', durable: true, arguments: { 'x-delivery-limit': 10 } })
  peer.publish('q', body, { properties })
  await world.settle()
  return { world, peer }
}

function check(arrival: Arrival, body: Uint8Array, count: number): void {
  const headers = count === 0 ? properties.headers : { ...properties.headers, 'x-delivery-count': count }
  assert.deepEqual({ ...arrival.properties, headers: { ...arrival.properties?.headers } }, { ...properties, headers })
  assert.ok(arrival.body!.equals(body), 'the body as it was sent')
  assert.deepEqual([arrival.args.exchange, arrival.args.routingKey], ['', 'q'])
}

for (const size of [0, 5, 20_000, 400_000]) {
  test(`a message of ${size} bytes tells how often it came back, all else as it was sent`, async () => {
    const body = Buffer.alloc(size, 'abcdefg')
    const { world, peer } = await counting(body)
    await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
    for (let count = 0; count < 4; count++) {
      await world.settle()
      const [arrival] = peer.taken()
      check(arrival, body, count)
      peer.send(1, 'basic.reject', { deliveryTag: arrival.args.deliveryTag, requeue: true })
    }
    await world.settle()
    peer.taken()
    await peer.ask(1, 'basic.cancel', { consumerTag: 'c' })
    peer.send(1, 'basic.reject', { deliveryTag: 5, requeue: true })
    check(await peer.ask(1, 'basic.get', { queue: 'q' }, 'basic.get-ok'), body, 5)
  })
}
