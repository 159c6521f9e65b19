// Deliveries that stay unacknowledged for too long: their consumer is cancelled, and somebody else gets them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FieldTable } from '../../src/wire/amqp/field-table.ts'
import { World } from './session-harness.ts'

const MINUTE = 60_000

/** A publisher, and a queue `q` with these arguments. */
async function withQueue(args: FieldTable) {
  const world = await World.open()
  const publisher = await world.connect()
  await publisher.ask(1, 'queue.declare', { queue: 'q', arguments: args })
  const publish = async (...bodies: string[]): Promise<void> => {
    for (const body of bodies) publisher.publish('q', body)
    await world.settle()
  }
  return { world, publisher, publish }
}

const consume = { queue: 'q', consumerTag: 'c' }
const tooLate = (timeoutMs: number) =>
  `channel.close PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: ${timeoutMs} ms. This timeout value can be configured, see consumers doc guide to learn more`

test('a consumer that keeps a delivery too long is cancelled; others get what it had, and its late acks are no error', async () => {
  const { world, publish } = await withQueue({ 'x-consumer-timeout': MINUTE })
  const slow = await world.connect()
  const other = await world.connect()
  await slow.ask(1, 'basic.consume', consume)
  await publish('1', '2')
  await world.pass(MINUTE / 2, 1000)
  await publish('3')
  await other.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'd' })
  slow.send(1, 'basic.ack', { deliveryTag: 1 })
  await world.pass(MINUTE / 2 - 1000, 1000)
  assert.deepEqual(slow.heard(), ['deliver c 1 1', 'deliver c 2 2', 'deliver c 3 3'], 'its time is not over')
  await world.pass(MINUTE / 4 + 1000, 1000)
  assert.deepEqual(slow.heard(), ['cancel c'])
  assert.equal(world.queue('q')!.subscriptions.size, 1)
  assert.deepEqual(other.heard(), ['deliver d 1! 2', 'deliver d 2! 3'])
  slow.send(1, 'basic.ack', { deliveryTag: 2 })
  slow.send(1, 'basic.ack', { deliveryTag: 3, multiple: true })
  await slow.ask(1, 'basic.consume', { ...consume, consumerTag: 'again' })
  assert.deepEqual([world.queue('q')!.ready, world.queue('q')!.unacknowledged], [0, 2], 'its acks changed nothing')
  slow.send(1, 'basic.ack', { deliveryTag: 3 })
  await world.settle()
  assert.deepEqual(slow.heard(), ['channel.close PRECONDITION_FAILED - unknown delivery tag 3'], 'once, not twice')
})

test('consumers that come after one that was cancelled are told apart', async () => {
  const { world, publish, publisher } = await withQueue({ 'x-consumer-timeout': 4000 })
  const peer = await world.connect()
  await peer.ask(1, 'basic.consume', consume)
  await publish('1')
  await world.pass(5500, 100)
  assert.deepEqual(peer.heard(), ['deliver c 1 1', 'cancel c'])
  for (const queue of ['x', 'y']) {
    await publisher.ask(1, 'queue.declare', { queue })
    publisher.publish(queue, queue)
    peer.send(1, 'basic.consume', { queue, consumerTag: queue })
  }
  await world.settle()
  peer.send(1, 'basic.ack', { deliveryTag: 2 })
  await world.settle()
  assert.deepEqual([world.queue('x')!.unacknowledged, world.queue('y')!.unacknowledged], [0, 1])
})

test('a client that knows no cancel loses its channel', async () => {
  const { world, publish } = await withQueue({ 'x-consumer-timeout': 4000 })
  const slow = await world.connect({ capabilities: {} })
  await slow.ask(1, 'basic.consume', consume)
  await publish('1')
  await world.pass(5500, 100)
  assert.deepEqual(slow.heard(), ['deliver c 1 1', tooLate(4000)])
  assert.deepEqual([world.queue('q')!.ready, world.queue('q')!.subscriptions.size], [1, 0])
})

test('what basic.get fetched has the time of its queue, and nobody to cancel: the channel closes', async () => {
  const { world, publish } = await withQueue({ 'x-consumer-timeout': 4000 })
  const slow = await world.connect()
  await publish('1')
  await slow.ask(1, 'basic.get', { queue: 'q' }, 'basic.get-ok')
  await world.pass(5500, 100)
  assert.deepEqual(slow.heard(), [tooLate(4000)])
  assert.equal(world.queue('q')!.ready, 1)
})

test('a consumer may bring a time of its own, longer, shorter or none', async () => {
  const { world, publish } = await withQueue({ 'x-consumer-timeout': 8000 })
  const peer = await world.connect()
  await peer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 1 })
  const times = { queues: undefined, longer: 20_000, shorter: 4000, none: 0 }
  for (const [consumerTag, time] of Object.entries(times)) {
    const args = time === undefined ? {} : { 'x-consumer-timeout': time }
    await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag, arguments: args })
  }
  await publish('1', '2', '3', '4')
  assert.equal(peer.taken().length, 4)
  const cancelled = (): string[] => peer.heard().filter((one) => one.startsWith('cancel'))
  await world.pass(5500, 100)
  assert.deepEqual(cancelled(), ['cancel shorter'])
  await world.pass(4500, 100)
  assert.deepEqual(cancelled(), ['cancel queues'])
  await world.pass(15_000, 100)
  assert.deepEqual(cancelled(), ['cancel longer'])
  await world.pass(100_000, 1000)
  assert.deepEqual(cancelled(), [])
  assert.deepEqual([world.queue('q')!.ready, world.queue('q')!.unacknowledged], [3, 1])
})

test('nobody who acknowledges, or need not, is cancelled', async () => {
  const { world, publish } = await withQueue({ 'x-consumer-timeout': 4000 })
  const [busy, careless] = [await world.connect(), await world.connect()]
  await busy.ask(1, 'basic.consume', consume)
  await careless.ask(1, 'basic.consume', { ...consume, noAck: true })
  for (let tag = 1; tag <= 10; tag++) {
    await publish('x', 'y')
    await world.pass(2000, 100)
    busy.send(1, 'basic.ack', { deliveryTag: tag })
    await world.settle()
  }
  await world.pass(10_000, 100)
  assert.ok([...busy.heard(), ...careless.heard()].every((one) => one.startsWith('deliver')))
})

test('a time that the queue gets while deliveries are out counts for them', async () => {
  const { world, publish } = await withQueue({})
  const slow = await world.connect()
  await slow.ask(1, 'basic.consume', consume)
  await publish('1')
  await world.pass(10 * MINUTE, MINUTE)
  const queue = world.queue('q')!
  queue.applySettings({ ...queue.settings, consumerTimeoutMs: 4000 })
  await world.pass(1100, 100)
  assert.deepEqual(slow.heard(), ['deliver c 1 1', 'cancel c'])
  assert.equal(queue.ready, 1)
})

test('what a transaction has acknowledged stays so, though its consumer is cancelled', async () => {
  const { world, publish } = await withQueue({ 'x-consumer-timeout': 4000 })
  const slow = await world.connect()
  await slow.ask(1, 'tx.select', {})
  await slow.ask(1, 'basic.consume', consume)
  await publish('1', '2')
  slow.send(1, 'basic.ack', { deliveryTag: 1 })
  await world.pass(20_000, 100)
  assert.deepEqual(slow.heard(), ['deliver c 1 1', 'deliver c 2 2', 'cancel c'])
  const queue = world.queue('q')!
  assert.deepEqual([queue.ready, queue.unacknowledged], [1, 1])
  await slow.ask(1, 'tx.commit', {})
  assert.deepEqual([queue.ready, queue.unacknowledged, queue.counters.acknowledged], [1, 0, 1])
})
