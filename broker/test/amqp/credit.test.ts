// Who is served when: prefetch per consumer and per channel, turns among consumers, places of what comes back.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from './peer.ts'
import { World } from './session-harness.ts'

const qos = (prefetchCount: number, global = false) => ({ prefetchSize: 0, prefetchCount, global })

async function withQueue(peers: number): Promise<{ world: World; publisher: Peer; others: Peer[] }> {
  const world = await World.open()
  const publisher = await world.connect()
  await publisher.ask(1, 'queue.declare', { queue: 'q' })
  const others: Peer[] = []
  for (let i = 0; i < peers; i++) others.push(await world.connect())
  return { world, publisher, others }
}

const say = (publisher: Peer, from: number, to: number): void => {
  for (let i = from; i <= to; i++) publisher.publish('q', `${i}`)
}
const bodies = (peer: Peer): string[] => peer.taken().map(({ body }) => `${body}`)

test('consumers are served in turn, and one without credit is passed over', async () => {
  const { world, publisher, others } = await withQueue(3)
  await others[1].ask(1, 'basic.qos', qos(1))
  for (const peer of others) await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  say(publisher, 1, 9)
  await world.settle()
  assert.deepEqual(others.map(bodies), [['1', '4', '6', '8'], ['2'], ['3', '5', '7', '9']])
  others[1].send(1, 'basic.ack', { deliveryTag: 1 })
  await world.settle()
  say(publisher, 10, 12)
  await world.settle()
  const got = others.map(bodies)
  assert.deepEqual(
    got.map((one) => one.length),
    [1, 1, 1],
  )
})

test('twenty consumers share out two hundred messages evenly', async () => {
  const { world, publisher, others } = await withQueue(20)
  for (const peer of others) {
    await peer.ask(1, 'basic.qos', qos(2))
    await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  }
  say(publisher, 1, 200)
  const counts = others.map(() => 0)
  for (let round = 0; round < 5; round++) {
    await world.settle()
    for (const [i, peer] of others.entries()) {
      const taken = peer.taken()
      counts[i] += taken.length
      for (const { args } of taken) peer.send(1, 'basic.ack', { deliveryTag: args.deliveryTag })
    }
  }
  assert.deepEqual(new Set(counts), new Set([10]))
})

test('a prefetch counts per consumer, also while it is changed', async () => {
  const { world, publisher, others } = await withQueue(1)
  const [peer] = others
  await peer.ask(1, 'basic.qos', qos(2))
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'two' })
  await peer.ask(1, 'basic.qos', qos(0))
  say(publisher, 1, 5)
  await world.settle()
  assert.deepEqual(peer.heard(), ['deliver two 1 1', 'deliver two 2 2'])
  await peer.ask(1, 'basic.qos', qos(1))
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'one' })
  assert.deepEqual(peer.heard(), ['deliver one 3 3'])
  peer.send(1, 'basic.ack', { deliveryTag: 3, multiple: true })
  await world.settle()
  assert.deepEqual(peer.heard().length, 2)
  assert.deepEqual([world.queue('q')!.ready, world.queue('q')!.unacknowledged], [0, 2])
})

test('a prefetch of the channel is shared by its consumers; raised, lowered and lifted it takes effect at once', async () => {
  const { world, publisher, others } = await withQueue(1)
  const [peer] = others
  await peer.ask(1, 'basic.qos', qos(3, true))
  for (const consumerTag of ['a', 'b']) await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag })
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'free', noAck: true })
  await peer.ask(1, 'basic.cancel', { consumerTag: 'free' })
  say(publisher, 1, 20)
  await world.settle()
  assert.deepEqual(bodies(peer), ['1', '2', '3'])
  await peer.ask(1, 'basic.qos', qos(5, true))
  assert.deepEqual(bodies(peer), ['4', '5'])
  await peer.ask(1, 'basic.qos', qos(1, true))
  peer.send(1, 'basic.ack', { deliveryTag: 4, multiple: true })
  await world.settle()
  assert.deepEqual(bodies(peer), [], 'one is outstanding, one is allowed')
  peer.send(1, 'basic.nack', { deliveryTag: 5, requeue: true })
  await world.settle()
  assert.deepEqual(bodies(peer), ['5'])
  await peer.ask(1, 'basic.qos', qos(0, true))
  assert.equal(bodies(peer).length, 15)
  assert.deepEqual([world.queue('q')!.ready, world.queue('q')!.unacknowledged], [0, 16])
})

test('what one consumer gives back goes to another that waits', async () => {
  const { world, publisher, others } = await withQueue(2)
  const [one, two] = others
  await one.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  say(publisher, 1, 3)
  await world.settle()
  one.taken()
  await two.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'd' })
  one.send(1, 'basic.cancel', { consumerTag: 'c' })
  one.send(1, 'basic.nack', { deliveryTag: 2, requeue: true })
  await world.settle()
  assert.deepEqual(two.heard(), ['deliver d 1! 2'])
  one.send(1, 'basic.reject', { deliveryTag: 1, requeue: true })
  one.send(1, 'basic.recover', { requeue: true })
  await world.settle()
  assert.deepEqual(two.heard(), ['deliver d 2! 1', 'deliver d 3! 3'])
})

test('what comes back stands before what was never handed out, in its old order, for gets too', async () => {
  const { world, publisher, others } = await withQueue(1)
  const [peer] = others
  say(publisher, 1, 5)
  await world.settle()
  for (let i = 0; i < 3; i++) await peer.ask(1, 'basic.get', { queue: 'q' }, 'basic.get-ok')
  peer.send(1, 'basic.nack', { deliveryTag: 3, requeue: true })
  peer.send(1, 'basic.nack', { deliveryTag: 1, requeue: true })
  for (let i = 0; i < 4; i++) peer.send(1, 'basic.get', { queue: 'q', noAck: i === 2 })
  await world.settle()
  assert.deepEqual(peer.heard(), ['get-ok 4! 1 left 3', 'get-ok 5! 3 left 2', 'get-ok 6 4 left 1', 'get-ok 7 5 left 0'])
  assert.deepEqual([world.queue('q')!.ready, world.queue('q')!.unacknowledged], [0, 4])
})

test('gets and consumers of one channel share its tags, and a purge takes only what is ready', async () => {
  const { world, publisher, others } = await withQueue(1)
  const [peer] = others
  say(publisher, 1, 4)
  await peer.ask(1, 'basic.get', { queue: 'q' }, 'basic.get-ok')
  await peer.ask(1, 'basic.qos', qos(1))
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  assert.deepEqual(peer.heard(), ['deliver c 2 2'])
  peer.send(1, 'basic.nack', { deliveryTag: 1, requeue: true })
  await world.settle()
  const { args } = await publisher.ask(1, 'queue.purge', { queue: 'q' })
  assert.equal(args.messageCount, 3)
  peer.send(1, 'basic.nack', { deliveryTag: 2, requeue: true })
  await world.settle()
  assert.deepEqual(peer.heard(), ['deliver c 3! 2'])
  peer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true })
  say(publisher, 5, 5)
  await world.settle()
  assert.deepEqual(peer.heard(), ['deliver c 4 5'])
  assert.deepEqual([world.queue('q')!.ready, world.queue('q')!.unacknowledged], [0, 1])
})

test('a quorum queue with a single active consumer goes over to one of higher priority, once the other is done', async () => {
  const { world, publisher, others } = await withQueue(2)
  const [low, high] = others
  const args = { 'x-queue-type': 'quorum', 'x-single-active-consumer': true }
  await publisher.ask(1, 'queue.declare', { queue: 'single', durable: true, arguments: args })
  const take = async (peer: Peer, consumerTag: string, priority: number): Promise<void> => {
    const consume = { queue: 'single', consumerTag, arguments: { 'x-priority': priority } }
    await peer.ask(1, 'basic.consume', consume)
  }
  const publish = async (...bodies: string[]): Promise<void> => {
    for (const body of bodies) publisher.publish('single', body)
    await world.settle()
  }
  await low.ask(1, 'basic.qos', qos(2))
  await take(low, 'low', 1)
  await publish('1', '2')
  await take(high, 'high', 2)
  await publish('3')
  low.send(1, 'basic.ack', { deliveryTag: 1 })
  await world.settle()
  assert.deepEqual([low.heard(), high.heard()], [['deliver low 1 1', 'deliver low 2 2'], []])
  low.send(1, 'basic.nack', { deliveryTag: 2, requeue: true })
  await world.settle()
  assert.deepEqual([low.heard(), high.heard()], [[], ['deliver high 1! 2', 'deliver high 2 3']])
  high.send(1, 'basic.cancel', { consumerTag: 'high' })
  await publish('4')
  assert.deepEqual(low.heard(), ['deliver low 3 4'])
})
