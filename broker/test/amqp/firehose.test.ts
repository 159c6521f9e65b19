// The firehose where a dialogue with RabbitMQ does not reach: switching it, its own copies, garbled headers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BASIC_CLASS } from '../../src/wire/amqp/constants.ts'
import type { Peer } from './peer.ts'
import { World } from './session-harness.ts'

async function traced(): Promise<{ world: World; peer: Peer; watcher: Peer }> {
  const world = await World.open()
  const watcher = await world.connect()
  await watcher.ask(1, 'queue.declare', { queue: 'copies' })
  await watcher.ask(1, 'queue.bind', { queue: 'copies', exchange: 'amq.rabbitmq.trace', routingKey: '#' })
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  return { world, peer, watcher }
}

test('it is switched for the next message, by vhost', async () => {
  const { world, peer } = await traced()
  const copies = () => world.queue('copies')!.ready
  const publish = async () => {
    peer.publish('q', 'm')
    await world.settle()
  }
  await publish()
  assert.equal(copies(), 0)
  world.broker.declareVhost('v').setTracing(true)
  await publish()
  assert.equal(copies(), 0)
  world.broker.vhost('/').setTracing(true)
  await publish()
  assert.equal(copies(), 1)
  world.broker.vhost('/').setTracing(false)
  await publish()
  assert.equal(copies(), 1)
})

test('copies are not traced when they are consumed', async () => {
  const { world, peer, watcher } = await traced()
  world.broker.vhost('/').setTracing(true)
  await watcher.ask(1, 'basic.consume', { queue: 'copies', consumerTag: 'w', noAck: true })
  peer.publish('q', 'm')
  await world.settle()
  assert.deepEqual(watcher.heard(), ['deliver w 1 m'])
  assert.equal(world.queue('copies')!.ready, 0)
})

test('a body of many frames is copied whole, published and delivered', async () => {
  const { world, peer, watcher } = await traced()
  world.broker.vhost('/').setTracing(true)
  const body = Buffer.alloc(700_000, 'abcdefg')
  peer.publish('q', body)
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c', noAck: true })
  await watcher.ask(1, 'basic.consume', { queue: 'copies', consumerTag: 'w', noAck: true })
  await world.settle()
  const copies = watcher.taken()
  assert.deepEqual(
    copies.map(({ args }) => args.routingKey),
    ['publish.', 'deliver.q'],
  )
  for (const copy of copies) assert.deepEqual(copy.body, body)
})

test('a message whose headers have names that are no text is copied without its properties', async () => {
  const { world, peer, watcher } = await traced()
  world.broker.vhost('/').setTracing(true)
  peer.send(1, 'basic.publish', { exchange: '', routingKey: 'q' })
  // A table of four octets: a key of one, which is no UTF-8, and a truth value.
  const properties = Buffer.from([0x20, 0x00, 0, 0, 0, 4, 1, 0xff, 0x74, 1])
  const header = Buffer.alloc(12)
  header.writeUInt16BE(BASIC_CLASS)
  peer.write(frame(2, Buffer.concat([header, properties])))
  await watcher.ask(1, 'basic.consume', { queue: 'copies', consumerTag: 'w', noAck: true })
  await world.settle()
  const [copy] = watcher.taken()
  const { exchange_name, routing_keys, properties: said } = copy.properties!.headers!
  assert.deepEqual([exchange_name, routing_keys, { ...(said as object) }], ['', ['q'], {}])
  assert.deepEqual(world.errors, [])
})

function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.from([type, 0, 1, 0, 0, 0, 0])
  head.writeUInt32BE(payload.length, 3)
  return Buffer.concat([head, payload, Buffer.from([0xce])])
}
