// Publisher confirms: each publish once, never before what it promises.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Confirms } from '../../src/amqp/confirms.ts'
import type { Peer } from './peer.ts'
import { World } from './session-harness.ts'

const persistent = { properties: { deliveryMode: 2 } }

/** A peer in confirm mode, with a durable queue `kept` and a transient one `loose`, both bound to the fanout `both`. */
async function publisher() {
  const world = await World.open()
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'kept', durable: true })
  await peer.ask(1, 'queue.declare', { queue: 'loose' })
  await peer.ask(1, 'exchange.declare', { exchange: 'both', type: 'fanout' })
  for (const queue of ['kept', 'loose']) {
    await peer.ask(1, 'queue.bind', { queue, exchange: 'both', routingKey: '' })
  }
  await peer.ask(1, 'confirm.select', {})
  return { world, peer }
}

/** The sequence numbers confirmed so far; fails for one confirmed twice. */
function confirmed(peer: Peer, before: number[] = []): number[] {
  const found = [...before]
  for (const { name, args } of peer.taken()) {
    assert.equal(name, 'basic.ack')
    const from = args.multiple ? Math.max(0, ...found) + 1 : args.deliveryTag
    for (let tag = from; tag <= args.deliveryTag; tag++) {
      assert.ok(!found.includes(tag), `${tag} was confirmed before`)
      found.push(tag)
    }
  }
  return found
}

test('what needs no disk is confirmed with the turn, many by one ack', async () => {
  const { world, peer } = await publisher()
  world.disk.writes.shut()
  for (let i = 0; i < 10; i++) peer.publish('loose', `${i}`, persistent)
  peer.publish('kept', 'transient')
  peer.publish('nowhere', 'unroutable', persistent)
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 12+'])
})

test('a persistent message in a durable queue is confirmed when it is on disk, and not before', async () => {
  const { world, peer } = await publisher()
  world.disk.writes.shut()
  peer.publish('kept', 'one', persistent)
  peer.publish('', 'two', { exchange: 'both', ...persistent })
  await world.settle()
  assert.deepEqual(peer.heard(), [])
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 2+'])
})

test('what needs no disk waits behind what does, round by round, and all are confirmed once', async () => {
  const { world, peer } = await publisher()
  world.disk.writes.shut()
  let number = 0
  for (let round = 0; round < 3; round++) {
    peer.publish('loose', `${++number}`)
    peer.publish('kept', `${++number}`, persistent)
    peer.publish('loose', `${++number}`)
    await world.settle()
  }
  let done = confirmed(peer)
  assert.deepEqual(done, [1])
  world.disk.writes.open()
  await world.settle()
  done = confirmed(peer, done)
  assert.deepEqual(
    done,
    Array.from({ length: 9 }, (_, i) => i + 1),
  )
})

test('a mandatory message that nobody takes comes back before its confirm', async () => {
  const { world, peer } = await publisher()
  world.disk.writes.shut()
  peer.publish('kept', 'one', persistent)
  peer.publish('nowhere', 'lost', { mandatory: true, ...persistent })
  await world.settle()
  assert.deepEqual(peer.heard(), ['return 312 lost'])
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 2+'])
})

test('a queue that goes while its messages are on their way to disk: they are confirmed', async () => {
  const { world, peer } = await publisher()
  world.disk.writes.shut()
  peer.publish('kept', 'one', persistent)
  await world.settle()
  world.broker.vhost('/').deleteQueue('kept', null, false, false)
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 1'])
})

test('a closed channel confirms nothing, and the next one under its number counts from one', async () => {
  const { world, peer } = await publisher()
  world.disk.writes.shut()
  peer.publish('kept', 'one', persistent)
  peer.publish('', 'two', { exchange: 'none' })
  await world.settle()
  assert.deepEqual(peer.heard(), [`channel.close NOT_FOUND - no exchange 'none' in vhost '/'`])
  peer.send(1, 'channel.close-ok', {})
  peer.send(1, 'channel.open', {})
  peer.send(1, 'confirm.select', {})
  peer.publish('loose', 'three')
  await world.settle()
  assert.deepEqual(peer.heard(), ['channel.open-ok', 'confirm.select-ok', 'ack 1'])
  peer.send(1, 'channel.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['channel.close-ok'])
  assert.equal(world.queue('kept')!.ready, 1)
})

test('a client that leaves with confirms outstanding leaves nothing behind', async () => {
  const { world, peer } = await publisher()
  world.disk.writes.shut()
  peer.publish('kept', 'one', persistent)
  await world.settle()
  peer.cut()
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(world.errors, [])
  assert.equal(world.queue('kept')!.ready, 1)
})

test('two channels are confirmed each for itself', async () => {
  const { world, peer } = await publisher()
  await peer.ask(2, 'channel.open', {})
  await peer.ask(2, 'confirm.select', {})
  world.disk.writes.shut()
  peer.publish('kept', 'one', persistent)
  peer.publish('loose', 'two', { channel: 2 })
  await world.settle()
  assert.deepEqual(peer.heard(), ['2: ack 1'])
  peer.publish('kept', 'three', { channel: 2, ...persistent })
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard().sort(), ['2: ack 2', 'ack 1'])
})

test('a transaction is answered when it is on disk; nobody sees a part of it before', async () => {
  const { world, peer } = await publisher()
  await peer.ask(2, 'channel.open', {})
  await peer.ask(2, 'tx.select', {})
  peer.publish('loose', 'one', { channel: 2 })
  peer.publish('kept', 'two', { channel: 2, ...persistent })
  await world.settle()
  assert.deepEqual([world.queue('loose')!.ready, world.queue('kept')!.ready], [0, 0])
  world.disk.writes.shut()
  peer.send(2, 'tx.commit', {})
  await world.settle()
  assert.deepEqual(peer.heard(), [])
  assert.deepEqual([world.queue('loose')!.ready, world.queue('kept')!.ready], [1, 1])
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['2: tx.commit-ok'])
})

test('recover leaves alone what a transaction has settled', async () => {
  const { world, peer } = await publisher()
  for (const body of ['one', 'two']) peer.publish('loose', body)
  await peer.ask(2, 'channel.open', {})
  await peer.ask(2, 'tx.select', {})
  await peer.ask(2, 'basic.consume', { queue: 'loose', consumerTag: 'c' })
  peer.send(2, 'basic.ack', { deliveryTag: 1 })
  peer.send(2, 'basic.recover', { requeue: true })
  await world.settle()
  assert.deepEqual(
    peer.heard().filter((one) => one.startsWith('2:')),
    ['2: deliver c 1 one', '2: deliver c 2 two', '2: basic.recover-ok', '2: deliver c 3! two'],
  )
  await peer.ask(2, 'tx.commit', {})
  const queue = world.queue('loose')!
  assert.deepEqual([queue.ready, queue.unacknowledged, queue.counters.acknowledged], [0, 1, 1])
  await peer.ask(2, 'tx.rollback', {})
  peer.cut()
  await world.settle()
  assert.deepEqual([queue.ready, queue.unacknowledged], [1, 0])
})

test('a commit that is refused takes no effect, and what it settled comes back', async () => {
  const { world, peer } = await publisher()
  peer.publish('loose', 'one')
  await peer.ask(2, 'channel.open', {})
  await peer.ask(2, 'tx.select', {})
  await peer.ask(2, 'basic.consume', { queue: 'loose', consumerTag: 'c' })
  peer.taken()
  peer.send(2, 'basic.ack', { deliveryTag: 1 })
  peer.publish('', 'two', { channel: 2, exchange: 'both' })
  await world.settle()
  world.broker.vhost('/').deleteExchange('both', false)
  peer.send(2, 'tx.commit', {})
  await world.settle()
  assert.deepEqual(peer.heard(), [`2: channel.close NOT_FOUND - no exchange 'both' in vhost '/'`])
  const queue = world.queue('loose')!
  assert.deepEqual([queue.ready, queue.unacknowledged, world.queue('kept')!.ready], [1, 0, 0])
})

test('a publisher that never pauses leaves nothing behind', () => {
  const confirms = new Confirms()
  for (let round = 1; round <= 20_000; round++) {
    confirms.push(round, round)
    assert.equal(confirms.take(durableTo(round - 1)), round - 1)
  }
  const { rounds } = confirms as unknown as { rounds: number[] }
  assert.ok(rounds.length < 2000, `${rounds.length}`)
  assert.equal(confirms.take(durableTo(20_000)), 20_000)
})

function durableTo(round: number) {
  return { reached: (one: number) => one <= round }
}
