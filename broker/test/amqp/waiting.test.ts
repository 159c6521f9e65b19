// Answers that wait for durability or for the disk: everything behind them waits too, and nothing overtakes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './session-harness.ts'

const persistent = { properties: { deliveryMode: 2 } }
const qos = { prefetchSize: 0, prefetchCount: 1 }
const durable = (queue: string) => ({ queue, durable: true })

/** A world in which nothing becomes durable, a peer in it, and a durable queue `q`. */
async function slowDisk() {
  const world = await World.open()
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', durable('q'))
  world.disk.writes.shut()
  return { world, peer }
}

test('a get that has to wait more than once is answered before what follows it', async () => {
  const { world, peer } = await slowDisk()
  peer.publish('q', 'one', persistent)
  peer.publish('q', 'two', persistent)
  await world.settle()
  peer.send(1, 'basic.get', { queue: 'q' })
  peer.send(1, 'basic.qos', qos)
  peer.send(1, 'basic.get', { queue: 'q' })
  await world.settle()
  assert.deepEqual(peer.heard(), [])
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['get-ok 1 one left 1', 'basic.qos-ok', 'get-ok 2 two left 0'])
})

test('gets of several clients that wait for one message: one has it, the others are told that there is none', async () => {
  const { world, peer } = await slowDisk()
  const others = [await world.connect(), await world.connect()]
  peer.publish('q', 'one', persistent)
  await world.settle()
  for (const one of [peer, ...others]) {
    one.send(1, 'basic.get', { queue: 'q' })
    one.send(1, 'basic.qos', qos)
  }
  await world.settle()
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(
    [peer, ...others].map((one) => one.heard()),
    [
      ['get-ok 1 one left 0', 'basic.qos-ok'],
      ['basic.get-empty', 'basic.qos-ok'],
      ['basic.get-empty', 'basic.qos-ok'],
    ],
  )
  assert.equal(world.queue('q')!.unacknowledged, 1)
})

test('a get that waits while its queue is deleted finds it empty', async () => {
  const { world, peer } = await slowDisk()
  const other = await world.connect()
  peer.publish('q', 'one', persistent)
  await world.settle()
  peer.send(1, 'basic.get', { queue: 'q' })
  peer.send(1, 'basic.qos', qos)
  await world.settle()
  other.send(1, 'queue.delete', { queue: 'q' })
  await world.settle()
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['basic.get-empty', 'basic.qos-ok'])
  assert.deepEqual(other.heard(), ['queue.delete-ok'])
})

test('a client that leaves while its get waits takes nothing with it', async () => {
  const { world, peer } = await slowDisk()
  const other = await world.connect()
  peer.publish('q', 'one', persistent)
  await world.settle()
  peer.send(1, 'basic.get', { queue: 'q' })
  await world.settle()
  peer.cut()
  world.disk.writes.open()
  await world.settle()
  const queue = world.queue('q')!
  assert.deepEqual([queue.ready, queue.unacknowledged], [1, 0])
  await other.ask(1, 'basic.get', { queue: 'q' })
})

test('answers keep their order while one waits, on all channels', async () => {
  const { world, peer } = await slowDisk()
  peer.send(1, 'queue.declare', durable('new'))
  peer.send(1, 'basic.qos', qos)
  peer.send(2, 'channel.open', {})
  peer.send(1, 'queue.delete', { queue: 'new' })
  peer.send(2, 'basic.qos', qos)
  await world.settle()
  assert.deepEqual(peer.heard(), [])
  assert.ok(peer.paused, 'more is not even read')
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), [
    'queue.declare-ok',
    'basic.qos-ok',
    '2: channel.open-ok',
    'queue.delete-ok',
    '2: basic.qos-ok',
  ])
  assert.ok(!peer.paused)
})

test('no delivery comes before the consume-ok that waits, also when the peer has just become writable', async () => {
  const world = await World.open()
  const peer = await world.connect()
  const other = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'big' })
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  await peer.ask(1, 'basic.consume', { queue: 'big', consumerTag: 'big', noAck: true })
  peer.stopReading()
  for (let i = 0; i < 3; i++) other.publish('big', new Uint8Array(1 << 20))
  await world.settle()
  assert.ok(peer.session.stalled)
  world.disk.writes.shut()
  other.send(1, 'queue.declare', durable('unrelated'))
  await world.settle()
  other.publish('q', 'one')
  peer.send(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  await world.settle()
  peer.readAgain()
  await world.settle()
  assert.deepEqual(
    peer.taken().map(({ args }) => args.consumerTag),
    ['big', 'big', 'big'],
  )
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(
    peer.heard(),
    ['basic.consume-ok', 'deliver c 1 one'].map((one) => one.replace('c 1', 'c 4')),
  )
})

test('a queue that goes before its consume-ok went out: the client hears of the consumer, then of its end', async () => {
  const { world, peer } = await slowDisk()
  const other = await world.connect()
  other.send(1, 'queue.declare', durable('unrelated'))
  await world.settle()
  peer.send(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  await world.settle()
  world.broker.vhost('/').deleteQueue('q', null, false, false)
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['basic.consume-ok', 'cancel c'])
})

test('a stop while an answer waits: nothing follows connection.close, and its answer is read', async () => {
  const { world, peer } = await slowDisk()
  peer.send(1, 'queue.declare', durable('new'))
  await world.settle()
  peer.session.closeWith(320, 'CONNECTION_FORCED - shutdown', 0)
  peer.send(0, 'connection.close-ok', {})
  await world.settle()
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['0: connection.close CONNECTION_FORCED - shutdown'])
  assert.ok(peer.ended)
})
