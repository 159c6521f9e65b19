/** Leases and waiting calls under a clock that stands still: what runs out goes back, and nothing is lost with a caller. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rights } from '../../src/broker/access/rights.ts'
import type { PublishingClient } from '../../src/broker/operations/publish.ts'
import { Leases } from '../../src/http/messaging/leases.ts'
import { type ReceiveOptions, Receiver } from '../../src/http/messaging/receiver.ts'
import { World } from '../amqp/session-harness.ts'

const LEASE_MS = 30_000

async function opened() {
  const world = await World.open()
  const { broker, amqp } = world
  const vhost = broker.vhost('/')
  const user = broker.access.user('guest')!
  const rights = new Rights(broker, amqp.authorizer, 'guest', vhost, '127.0.0.1')
  const client: PublishingClient = {
    broker,
    vhost,
    rights,
    user,
    connection: 'HTTP 127.0.0.1:40000',
    address: '127.0.0.1',
  }
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  const queue = world.queue('q')!
  const leases = new Leases(broker)
  /** A call, and whether it was answered. */
  const call = (options: Partial<ReceiveOptions> = {}) => {
    const state = { isDone: false }
    const all = { max: 10, waitMs: 0, leaseMs: LEASE_MS, ...options }
    const receiver = new Receiver(queue, client, leases, all, () => {
      state.isDone = true
    })
    receiver.begin()
    return { receiver, state }
  }
  const bodies = ({ messages }: Receiver) => messages.map(({ payload, redelivered }) => [payload, redelivered])
  return { world, peer, queue, leases, call, bodies }
}

test('a lease that runs out returns its message; one that is extended keeps it', async () => {
  const { world, peer, queue, leases, call, bodies } = await opened()
  for (const text of ['a', 'b']) peer.publish('q', text)
  await world.settle()
  const { receiver, state } = call()
  await world.settle()
  assert.ok(state.isDone)
  assert.deepEqual(bodies(receiver), [
    ['a', false],
    ['b', false],
  ])
  assert.equal(receiver.messages[0].lease_until, world.clock.now() + LEASE_MS)
  world.clock.advance(LEASE_MS - 1)
  assert.equal(queue.unacknowledged, 2)
  leases.extend(receiver.leases[1], LEASE_MS)
  world.clock.advance(1)
  assert.deepEqual([queue.ready, queue.unacknowledged], [1, 1])
  assert.equal(leases.find(queue, receiver.leases[0].token, 'guest'), undefined)
  assert.equal(leases.find(queue, receiver.leases[1].token, 'somebody'), undefined)
  const second = call()
  await world.settle()
  assert.deepEqual(bodies(second.receiver), [['a', true]])
  leases.acknowledge(receiver.leases[1])
  leases.acknowledge(second.receiver.leases[0])
  world.clock.advance(LEASE_MS)
  assert.deepEqual([queue.ready, queue.unacknowledged], [0, 0])
})

test('a call waits as long as it may, and takes nothing afterwards', async () => {
  const { world, peer, queue, call } = await opened()
  const { receiver, state } = call({ waitMs: 1000 })
  await world.pass(990)
  assert.equal(state.isDone, false)
  await world.pass(10)
  assert.ok(state.isDone)
  assert.equal(queue.subscriptions.size, 0)
  peer.publish('q', 'late')
  await world.settle()
  assert.deepEqual([receiver.messages.length, queue.ready], [0, 1])
})

test('what an abandoned call was given goes back, whether it waited or was being answered', async () => {
  const { world, peer, queue, call, bodies } = await opened()
  const waiting = call({ waitMs: 60_000 })
  waiting.receiver.abandon()
  peer.publish('q', 'a')
  await world.settle()
  assert.equal(queue.ready, 1)
  const answering = call()
  await world.settle()
  assert.equal(queue.unacknowledged, 1)
  answering.receiver.abandon()
  assert.deepEqual([queue.ready, queue.unacknowledged], [1, 0])
  const next = call()
  await world.settle()
  assert.deepEqual(bodies(next.receiver), [['a', true]])
})

test('one call takes no more than it asked for, and the next one goes on', async () => {
  const { world, peer, queue, call, bodies } = await opened()
  const [first, second] = [call({ waitMs: 60_000, max: 2 }), call({ waitMs: 60_000, max: 2 })]
  for (const text of ['a', 'b', 'c', 'd', 'e']) peer.publish('q', text)
  await world.settle()
  assert.ok(first.state.isDone && second.state.isDone)
  const got = [...bodies(first.receiver), ...bodies(second.receiver)].map(([payload]) => payload)
  assert.deepEqual([got.sort(), queue.ready], [['a', 'b', 'c', 'd'], 1])
})

test('leases are shown as unacknowledged, and mean nothing once their queue is gone', async () => {
  const { world, peer, queue, leases, call } = await opened()
  peer.publish('q', 'a')
  await world.settle()
  const { receiver } = call()
  await world.settle()
  const [shown] = [...leases.unacked(queue)]
  assert.deepEqual([shown.connection, shown.user, shown.consumerTag], ['HTTP 127.0.0.1:40000', 'guest', null])
  const waiting = call({ waitMs: 60_000 })
  await peer.ask(1, 'queue.delete', { queue: 'q' })
  assert.ok(waiting.state.isDone)
  leases.acknowledge(receiver.leases[0])
  world.clock.advance(LEASE_MS)
  assert.deepEqual([...leases.unacked(queue)], [])
  assert.deepEqual(world.errors, [])
})

test('leases go with their queue', async (t) => {
  const { world, peer, queue, leases, call } = await opened()
  for (const text of ['a', 'b']) peer.publish('q', text)
  await world.settle()
  const { receiver } = call({ leaseMs: 12 * 3_600_000 })
  await world.settle()
  const cleared = t.mock.method(world.clock, 'clearTimer')
  assert.equal([...leases.unacked(queue)].length, 2)
  await peer.ask(1, 'queue.delete', { queue: 'q' })
  assert.deepEqual([...leases.unacked(queue)], [])
  assert.equal(leases.find(queue, receiver.leases[0].token, 'guest'), undefined)
  // Nothing waits for them to run out.
  for (const { timer } of receiver.leases) {
    assert.ok(cleared.mock.calls.some(({ arguments: [other] }) => other === timer))
  }
  for (const lease of receiver.leases) leases.acknowledge(lease)
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  assert.deepEqual([...leases.unacked(world.queue('q')!)], [])
})
