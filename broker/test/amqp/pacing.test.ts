// What slows publishers, alarms and lag, and what it leaves alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAll } from '../../src/amqp/connection-class.ts'
import { World } from './session-harness.ts'

const persistent = { properties: { deliveryMode: 2 } }

async function withAlarm() {
  const world = await World.open()
  const publisher = await world.connect()
  const consumer = await world.connect()
  await publisher.ask(1, 'queue.declare', { queue: 'q' })
  await consumer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  const { alarms } = world.broker
  alarms.change('memory', true)
  return { world, publisher, consumer, alarms }
}

test('an alarm blocks a connection when it publishes, and consumers go on', async () => {
  const { world, publisher, consumer, alarms } = await withAlarm()
  await publisher.ask(1, 'queue.declare', { queue: 'other' })
  publisher.publish('q', 'one')
  await world.settle()
  assert.deepEqual(publisher.heard(), ['0: connection.blocked'])
  publisher.publish('q', 'two')
  await world.settle()
  assert.ok(publisher.paused && !consumer.paused)
  assert.deepEqual(consumer.heard(), ['deliver c 1 one'])
  consumer.send(1, 'basic.ack', { deliveryTag: 1 })
  await consumer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 1 })
  alarms.change('disk', true)
  alarms.change('memory', false)
  await world.settle()
  assert.deepEqual(publisher.heard(), [], 'one alarm is left')
  alarms.change('disk', false)
  await world.settle()
  assert.deepEqual(publisher.heard(), ['0: connection.unblocked'])
  assert.deepEqual(consumer.heard(), ['deliver c 2 two'])
})

test('an alarm that comes later blocks who has published before, told or not', async () => {
  const { world, publisher, consumer, alarms } = await withAlarm()
  alarms.change('memory', false)
  const old = await world.connect({ capabilities: {} })
  for (const peer of [publisher, old]) peer.publish('q', 'one')
  await world.settle()
  alarms.change('disk', true)
  await world.settle()
  assert.ok(publisher.paused && old.paused && !consumer.paused)
  assert.equal(publisher.expect('connection.blocked', 0).args.reason, 'low on disk')
  assert.deepEqual(old.heard(), [])
  alarms.change('disk', false)
  await world.settle()
  assert.ok(!publisher.paused && !old.paused)
  assert.deepEqual([publisher.heard(), old.heard()], [['0: connection.unblocked'], []])
})

test('a blocked connection is not taken for dead, and one that ends leaves no listener', async () => {
  const { world, publisher, alarms } = await withAlarm()
  const beating = await world.connect({ heartbeat: 2 })
  beating.publish('q', 'one')
  await world.settle()
  assert.ok(beating.paused)
  await world.pass(20_000, 500)
  assert.ok(!beating.gone)
  assert.ok(beating.heartbeats >= 8, 'the broker itself goes on beating')
  beating.cut()
  publisher.cut()
  alarms.change('memory', false)
  await world.settle()
  assert.equal(world.broker.publishers.size, 0)
})

test('a stop is understood by a client that is blocked', async () => {
  const { world, publisher } = await withAlarm()
  publisher.publish('q', 'one')
  await world.settle()
  publisher.taken()
  closeAll(world.amqp.sessions, 'shutdown')
  publisher.send(0, 'connection.close-ok', {})
  await world.settle()
  assert.deepEqual(publisher.heard(), ['0: connection.close CONNECTION_FORCED - shutdown'])
  assert.ok(publisher.gone)
})

test('memory that cannot be spilled fast enough pauses publishers until it can, and nothing is lost', async () => {
  const world = await World.open({ tailBytesMax: 1 << 20 })
  const publisher = await world.connect()
  const bystander = await world.connect()
  await publisher.ask(1, 'queue.declare', { queue: 'q', durable: true })
  world.disk.writes.shut()
  let sent = 0
  for (; sent < 100 && !publisher.paused; sent++) {
    publisher.publish('q', Buffer.alloc(60_000, sent), persistent)
    await world.settle()
  }
  assert.ok(publisher.paused && !bystander.paused, `${sent} messages were taken`)
  world.disk.writes.open()
  await world.settle()
  assert.ok(!publisher.paused)
  for (let i = 0; i < sent; i++) {
    const { body } = await publisher.ask(1, 'basic.get', { queue: 'q', noAck: true }, 'basic.get-ok')
    assert.equal(body![0], i)
  }
})
