// Order within keys and dispatch, as clients see them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typed } from '../../src/wire/amqp/field-table.ts'
import type { Peer } from './peer.ts'
import { World } from './session-harness.ts'

const qos = (prefetchCount: number, global = false) => ({ prefetchSize: 0, prefetchCount, global })

async function open(peers: number, args: Readonly<Record<string, unknown>> = { 'x-ordered-by-key': true }) {
  const world = await World.open()
  const publisher = await world.connect()
  await publisher.ask(1, 'queue.declare', { queue: 'q', durable: true, arguments: args as never })
  const others: Peer[] = []
  for (let i = 0; i < peers; i++) others.push(await world.connect())
  /** `a1` has the key `a`. */
  const publish = async (texts: string): Promise<void> => {
    for (const text of texts.split(' ')) {
      publisher.publish('q', text, { properties: { headers: [['x-ordering-key', typed('S', text[0]!)]] } })
    }
    await world.settle()
  }
  return { world, publisher, others, publish }
}

async function consume(world: World, peer: Peer, noAck = false): Promise<void> {
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c', noAck })
  await world.settle()
}

const send = async (
  world: World,
  peer: Peer,
  ...[name, args]: [Parameters<Peer['send']>[1], object]
): Promise<void> => {
  peer.send(1, name, args as never)
  await world.settle()
}

test('the key follows a message from consumer to consumer, its place kept when one goes', async () => {
  const { world, others, publish } = await open(2)
  const [one, two] = others as [Peer, Peer]
  await one.ask(1, 'basic.qos', qos(2))
  await consume(world, one)
  await publish('a1 a2 b1 c1')
  assert.deepEqual(one.heard(), ['deliver c 1 a1', 'deliver c 2 b1'])
  await consume(world, two)
  assert.deepEqual(two.heard(), ['deliver c 1 c1'])
  // Its connection is lost: a1 goes to the other one, and before a2.
  one.cut()
  await world.settle()
  assert.deepEqual(two.heard(), ['deliver c 2! a1', 'deliver c 3! b1'])
  await send(world, two, 'basic.ack', { deliveryTag: 2 })
  assert.deepEqual(two.heard(), ['deliver c 4 a2'])
})

test('a cancelled consumer keeps the keys that it holds, until it settles or closes', async () => {
  const { world, others, publish } = await open(2)
  const [one, two] = others as [Peer, Peer]
  await consume(world, one)
  await publish('a1 a2 b1 b2')
  await send(world, one, 'basic.cancel', { consumerTag: 'c' })
  assert.deepEqual(one.heard(), ['deliver c 1 a1', 'deliver c 2 b1', 'basic.cancel-ok'])
  await consume(world, two)
  assert.deepEqual(two.heard(), [])
  await send(world, one, 'basic.reject', { deliveryTag: 1, requeue: false })
  assert.deepEqual(two.heard(), ['deliver c 1 a2'])
  await one.ask(1, 'channel.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
  await world.settle()
  assert.deepEqual(two.heard(), ['deliver c 2! b1'])
})

test('acknowledged together, by a transaction, or not at all', async () => {
  const { world, others, publish } = await open(2)
  const [one, two] = others as [Peer, Peer]
  await consume(world, one)
  await publish('a1 b1 a2 b2 a3')
  assert.deepEqual(one.heard(), ['deliver c 1 a1', 'deliver c 2 b1'])
  await send(world, one, 'basic.ack', { deliveryTag: 2, multiple: true })
  assert.deepEqual(one.heard(), ['deliver c 3 a2', 'deliver c 4 b2'])
  await one.ask(1, 'tx.select', {})
  await send(world, one, 'basic.ack', { deliveryTag: 3 })
  assert.deepEqual(one.heard(), [])
  await one.ask(1, 'tx.commit', {})
  await world.settle()
  assert.ok(one.heard().includes('deliver c 5 a3'))
  one.cut()
  await consume(world, two, true)
  await publish('a4 a5 b3')
  assert.deepEqual(
    two.taken().map(({ body }) => `${body}`),
    ['b2', 'a3', 'a4', 'a5', 'b3'],
  )
  assert.equal(world.queue('q')!.ready, 0)
})

test('basic.get has nothing while the key is out; queue.declare counts what waits', async () => {
  const { world, publisher, others, publish } = await open(1)
  const [one] = others as [Peer]
  await publish('a1 a2')
  const get = async () => {
    await send(world, one, 'basic.get', { queue: 'q', noAck: false })
    return one.arrivals.splice(0).map(({ name, body }) => `${body ?? name}`)
  }
  assert.deepEqual(await get(), ['a1'])
  assert.deepEqual(await get(), ['basic.get-empty'])
  const { args } = await publisher.ask(1, 'queue.declare', { queue: 'q', passive: true })
  assert.equal(args.messageCount, 1)
  await send(world, one, 'basic.ack', { deliveryTag: 1 })
  assert.deepEqual(await get(), ['a2'])
})

test('the consumer with the most credit gets the next message', async () => {
  const { world, others, publish } = await open(3, { 'x-dispatch': 'least-loaded' })
  const [one, two, shared] = others as [Peer, Peer, Peer]
  await one.ask(1, 'basic.qos', qos(10))
  await two.ask(1, 'basic.qos', qos(4))
  await shared.ask(1, 'basic.qos', qos(3, true))
  for (const peer of [two, shared, one]) await consume(world, peer)
  const counts = (): number[] => [one, two, shared].map((peer) => peer.taken().length)
  await publish('a1 a2 a3 a4 a5 a6')
  assert.deepEqual(counts(), [6, 0, 0])
  await publish('a1 a2 a3 a4')
  // Of several, the one whose turn it is.
  assert.deepEqual(counts(), [1, 2, 1])
  await send(world, one, 'basic.ack', { deliveryTag: 6, multiple: true })
  await publish('a1 a2 a3 a4 a5')
  assert.deepEqual(counts(), [5, 0, 0])
})
