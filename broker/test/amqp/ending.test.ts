// How channels and connections end, and what they leave behind: nothing but messages.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAll } from '../../src/amqp/connection-class.ts'
import type { Peer } from './peer.ts'
import { World } from './session-harness.ts'

const closeArgs = { replyCode: 200, replyText: '', classId: 0, methodId: 0 }

/** Two peers; the first has consumed `count` messages of `q` and acknowledged none. */
async function withOutstanding(count: number) {
  const world = await World.open()
  const [peer, other] = [await world.connect(), await world.connect()]
  await other.ask(1, 'queue.declare', { queue: 'q' })
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  for (let i = 1; i <= count; i++) other.publish('q', `${i}`)
  await world.settle()
  peer.taken()
  return { world, peer, other, queue: world.queue('q')! }
}

const endings: Record<string, (peer: Peer) => void> = {
  'the channel is closed': (peer) => peer.send(1, 'channel.close', closeArgs),
  'the channel fails': (peer) => peer.send(1, 'basic.ack', { deliveryTag: 99 }),
  'the connection is closed': (peer) => peer.send(0, 'connection.close', closeArgs),
  'the connection fails': (peer) => peer.send(1, 'channel.open', {}),
  'the connection breaks': (peer) => peer.cut(),
}

for (const [name, end] of Object.entries(endings)) {
  test(`${name}: what is outstanding comes back marked, in its order`, async () => {
    const { world, peer, other, queue } = await withOutstanding(4)
    peer.send(1, 'basic.ack', { deliveryTag: 2 })
    await world.settle()
    end(peer)
    await world.settle()
    assert.deepEqual([queue.ready, queue.unacknowledged, queue.subscriptions.size], [3, 0, 0])
    await other.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
    await world.settle()
    assert.deepEqual(other.heard(), ['deliver c 1! 1', 'deliver c 2! 3', 'deliver c 3! 4'])
  })
}

test('a consumer is cancelled: what it has stays outstanding, and nothing more comes', async () => {
  const { world, peer, other, queue } = await withOutstanding(2)
  peer.send(1, 'basic.cancel', { consumerTag: 'c' })
  other.publish('q', '3')
  await world.settle()
  assert.deepEqual(peer.heard(), ['basic.cancel-ok'])
  assert.deepEqual([queue.ready, queue.unacknowledged], [1, 2])
  // The same tag again: another consumer, whose deliveries are its own.
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  peer.send(1, 'basic.ack', { deliveryTag: 1 })
  peer.send(1, 'basic.nack', { deliveryTag: 2, requeue: true })
  await world.settle()
  assert.deepEqual(peer.heard(), ['deliver c 3 3', 'deliver c 4! 2'])
  peer.send(1, 'basic.ack', { deliveryTag: 4, multiple: true })
  await world.settle()
  assert.deepEqual([queue.ready, queue.unacknowledged], [0, 0])
})

test('a queue is deleted under its consumer and declared again: old tags settle nothing of the new one', async () => {
  const { world, peer, other, queue } = await withOutstanding(3)
  await other.ask(1, 'queue.delete', { queue: 'q' })
  assert.deepEqual(peer.heard(), ['cancel c'])
  await other.ask(1, 'queue.declare', { queue: 'q' })
  for (let i = 1; i <= 3; i++) other.publish('q', `new ${i}`)
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  peer.taken()
  peer.send(1, 'basic.ack', { deliveryTag: 1 })
  peer.send(1, 'basic.nack', { deliveryTag: 2, requeue: true })
  peer.send(1, 'basic.reject', { deliveryTag: 3 })
  await world.settle()
  const again = world.queue('q')!
  assert.notEqual(again, queue)
  assert.deepEqual([again.ready, again.unacknowledged, queue.unacknowledged], [0, 3, 0])
  peer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true })
  await world.settle()
  assert.deepEqual([again.ready, again.unacknowledged, peer.heard()], [0, 0, []])
})

test('publishes follow a queue that is deleted, declared again and bound elsewhere', async () => {
  const world = await World.open()
  const peer = await world.connect()
  const other = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  peer.publish('q', '1')
  await world.settle()
  await other.ask(1, 'queue.delete', { queue: 'q' })
  peer.publish('q', 'to nobody')
  await world.settle()
  await other.ask(1, 'queue.declare', { queue: 'q' })
  peer.publish('q', '2')
  await world.settle()
  assert.equal(world.queue('q')!.ready, 1)
  for (const [bound, ready] of [
    [true, 2],
    [false, 2],
  ] as const) {
    await other.ask(1, bound ? 'queue.bind' : 'queue.unbind', { queue: 'q', exchange: 'amq.fanout', routingKey: '' })
    peer.publish('', 'x', { exchange: 'amq.fanout' })
    await world.settle()
    assert.equal(world.queue('q')!.ready, ready)
  }
})

test('a permission that is taken away takes effect at the next publish', async () => {
  const world = await World.open()
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  peer.publish('q', '1')
  await world.settle()
  const permission = { user: 'guest', vhost: '/', configure: '.*', read: '.*' }
  world.broker.access.setPermissions({ ...permission, write: '^$' })
  peer.publish('q', '2')
  await world.settle()
  assert.deepEqual(peer.heard(), [
    `channel.close ACCESS_REFUSED - write access to exchange 'amq.default' in vhost '/' refused for user 'guest'`,
  ])
  world.broker.access.setPermissions({ ...permission, write: '.*' })
  peer.send(1, 'channel.close-ok', {})
  await peer.ask(1, 'channel.open', {})
  peer.publish('q', '3')
  await world.settle()
  assert.equal(world.queue('q')!.ready, 2)
})

test('exclusive queues go with their connection, and are forgotten when they go before it', async () => {
  const world = await World.open()
  const peer = await world.connect()
  const other = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'mine', exclusive: true })
  await peer.ask(1, 'queue.declare', { queue: '', exclusive: true, autoDelete: true })
  for (let i = 0; i < 20; i++) {
    await peer.ask(1, 'queue.declare', { queue: `temporary ${i}`, exclusive: true, autoDelete: true })
    await peer.ask(1, 'basic.consume', { queue: `temporary ${i}`, consumerTag: 'c' })
    if (i % 2 === 0) peer.send(1, 'basic.cancel', { consumerTag: 'c' })
    else peer.send(1, 'queue.delete', { queue: `temporary ${i}` })
    await world.settle()
    assert.deepEqual(peer.heard(), i % 2 === 0 ? ['basic.cancel-ok'] : ['cancel c', 'queue.delete-ok'])
  }
  assert.equal(peer.session.exclusiveQueues.size, 2)
  other.publish('mine', 'x')
  other.send(1, 'queue.declare', { queue: 'mine', passive: true })
  await world.settle()
  assert.match(other.heard().join(), /RESOURCE_LOCKED/)
  peer.cut()
  await world.settle()
  assert.equal(world.broker.vhost('/').queues.size, 0)
})

test('an auto-delete queue goes with its last consumer, on whatever channel, and not before', async () => {
  const world = await World.open()
  const peer = await world.connect()
  const other = await world.connect()
  await peer.ask(2, 'channel.open', {})
  await peer.ask(1, 'queue.declare', { queue: 'q', autoDelete: true })
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'a' })
  await peer.ask(2, 'basic.consume', { queue: 'q', consumerTag: 'b' })
  await other.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  other.publish('q', '1')
  other.publish('q', '2')
  await world.settle()
  peer.cut()
  await world.settle()
  assert.equal(world.queue('q')!.subscriptions.size, 1)
  assert.deepEqual(other.heard().length, 2, 'what the first had goes to the last')
  await other.ask(1, 'basic.cancel', { consumerTag: 'c' })
  assert.equal(world.queue('q'), undefined)
  other.send(1, 'basic.ack', { deliveryTag: 0, multiple: true })
  await world.settle()
  assert.deepEqual(other.heard(), [])
})

test('direct reply-to: a requester that is gone gets nothing, and the answer is no error', async () => {
  const world = await World.open()
  const server = await world.connect()
  await server.ask(1, 'queue.declare', { queue: 'rpc' })
  await server.ask(1, 'basic.consume', { queue: 'rpc', consumerTag: 's', noAck: true })
  const replyTo = 'amq.rabbitmq.reply-to'
  const request = async (end: (requester: Peer) => void, frameMax = 131072): Promise<[Peer, string]> => {
    const requester = await world.connect({ frameMax })
    await requester.ask(1, 'basic.consume', { queue: replyTo, consumerTag: 'r', noAck: true })
    requester.publish('rpc', 'question', { properties: { replyTo } })
    await world.settle()
    end(requester)
    await world.settle()
    return [requester, server.expect('basic.deliver').properties!.replyTo!]
  }
  const [small, address] = await request(() => {}, 4096)
  server.publish(address, Buffer.alloc(20_000, 7), { properties: { correlationId: 'x' } })
  await world.settle()
  const reply = small.expect('basic.deliver')
  assert.deepEqual([reply.body!.length, reply.properties!.correlationId, reply.args.routingKey], [20_000, 'x', address])
  for (const end of [
    (peer: Peer) => peer.cut(),
    (peer: Peer) => peer.send(1, 'channel.close', closeArgs),
    (peer: Peer) => peer.send(1, 'basic.ack', { deliveryTag: 99 }),
    (peer: Peer) => peer.send(1, 'basic.cancel', { consumerTag: 'r' }),
  ]) {
    const [requester, name] = await request(end)
    requester.taken()
    server.publish(name, 'answer')
    server.publish(name, 'answer', { mandatory: true })
    await world.settle()
    assert.deepEqual([server.heard(), requester.heard()], [['return 312 answer'], []])
  }
})

test('a peer that is silent for two heartbeats is gone; one that speaks is not', async () => {
  const world = await World.open()
  const [silent, speaking, without] = await Promise.all([
    world.connect({ heartbeat: 4 }),
    world.connect({ heartbeat: 4 }),
    world.connect({ heartbeat: 0 }),
  ])
  for (let second = 1; second <= 20; second++) {
    speaking.send(1, 'basic.qos', { prefetchSize: 0, prefetchCount: second })
    await world.pass(1000, 500)
    if (second === 7) assert.ok(!silent.gone)
  }
  assert.deepEqual([silent.gone, speaking.gone, without.gone], [true, false, false])
  assert.ok(silent.heartbeats > 0 && without.heartbeats === 0)
})

test('who does not finish the handshake, or does not answer connection.close, is cut off', async () => {
  const world = await World.open()
  const mute = world.socket()
  const deaf = await world.connect()
  await world.pass(9_000, 500)
  assert.ok(!mute.gone)
  await world.pass(2_000, 500)
  assert.ok(mute.gone)
  deaf.send(1, 'channel.open', {})
  await world.settle()
  assert.match(deaf.heard().join(), /CHANNEL_ERROR/)
  await world.pass(4_000, 500)
  assert.ok(!deaf.gone)
  await world.pass(2_000, 500)
  assert.ok(deaf.gone)
})

test('a stop closes every connection with 320, whatever it is doing, and waits for none for ever', async () => {
  const { world, peer, other, queue } = await withOutstanding(2)
  const mute = world.socket()
  const amidContent = await world.connect()
  amidContent.send(1, 'basic.publish', { exchange: '', routingKey: 'q' })
  await world.settle()
  closeAll(world.amqp.sessions, 'shutdown')
  await world.settle()
  for (const one of [peer, other, amidContent]) assert.match(one.heard().join(), /CONNECTION_FORCED - shutdown/)
  assert.ok(mute.gone)
  other.send(0, 'connection.close-ok', {})
  await world.settle()
  assert.ok(other.gone && !peer.gone)
  assert.deepEqual([queue.ready, queue.unacknowledged], [2, 0])
  await world.pass(6_000, 500)
  assert.ok(peer.gone && amidContent.gone)
  assert.equal(world.amqp.sessions.size, 0)
})

test('a refused login is answered late, once, however many are tried in one breath', async () => {
  const world = await World.open()
  const peer = world.socket({ user: 'mallory' })
  peer.greet()
  await world.settle()
  peer.expect('connection.start', 0)
  assert.deepEqual(peer.heard(), [])
  await world.pass(500, 100)
  assert.match(peer.heard().join(), /^0: connection.close ACCESS_REFUSED - Login was refused/)
  peer.send(0, 'connection.close-ok', {})
  await world.settle()
  assert.ok(peer.gone)
  const leaver = world.socket({ user: 'mallory' })
  leaver.greet()
  await world.settle()
  leaver.cut()
  assert.equal(world.clock.nextTimer(), undefined, 'no timer is left')
})

test('ten thousand connections leave nothing behind', async () => {
  const world = await World.open()
  const { broker, amqp } = world
  const host = await world.connect({ heartbeat: 60 })
  await host.ask(1, 'queue.declare', { queue: 'q', durable: true })
  host.cut()
  await world.settle()
  const traces = () => ({
    sessions: amqp.sessions.size,
    publishers: broker.publishers.size,
    replies: sizes(amqp.replies),
    alarms: sizes(broker.alarms),
    durability: sizes(broker.durability),
    queues: broker.vhost('/').queues.size,
    bindings: broker.vhost('/').exchange('amq.fanout').bindingCount,
    logs: broker.engine.logs.size,
    definitions: broker.engine.definitions.size,
    consumers: world.queue('q')!.subscriptions.size,
    timers: world.clock.nextTimer(),
  })
  const before = traces()
  for (let i = 0; i < 10_000; i++) {
    const peer = world.socket({ heartbeat: 60 })
    peer.greet()
    if (i % 5 === 0) {
      peer.send(1, 'confirm.select', {})
      peer.send(1, 'queue.declare', { queue: 'mine', exclusive: true, nowait: true })
      peer.send(1, 'queue.bind', { queue: 'mine', exchange: 'amq.fanout', routingKey: 'k', nowait: true })
      peer.send(1, 'basic.consume', { queue: 'mine', consumerTag: 'c', nowait: true })
      peer.send(1, 'basic.consume', { queue: 'amq.rabbitmq.reply-to', consumerTag: '', noAck: true, nowait: true })
      peer.publish('', 'x', { exchange: 'amq.fanout' })
      if (i % 10 === 0) peer.publish('q', 'kept', { properties: { deliveryMode: 2 } })
      peer.send(1, 'basic.get', { queue: 'q' })
    }
    if (i % 3 === 0) peer.send(0, 'connection.close', closeArgs)
    peer.pump()
    if (i % 3 !== 0) peer.cut()
    if (i % 100 === 99) await world.settle()
  }
  await world.pass(100)
  assert.deepEqual(world.errors, [])
  assert.equal(broker.counters.connectionsOpened - broker.counters.connectionsClosed, 0)
  assert.equal(broker.counters.channelsOpened - broker.counters.channelsClosed, 0)
  assert.equal(world.queue('q')!.ready, 1000)
  assert.deepEqual(traces(), before)
})

test('a channel that gets, consumes and settles for long holds no more than at its start', async () => {
  const world = await World.open()
  const peer = await world.connect()
  for (const queue of ['a', 'b']) await peer.ask(1, 'queue.declare', { queue })
  const channel = peer.session.channels.get(1)!
  for (let i = 0; i < 200; i++) {
    const queue = i % 2 === 0 ? 'a' : 'b'
    for (let n = 0; n < 3; n++) peer.publish(queue, 'x')
    peer.send(1, 'basic.get', { queue })
    peer.send(1, 'basic.consume', { queue, consumerTag: `c${i}` })
    await world.settle()
    peer.send(1, 'basic.cancel', { consumerTag: `c${i}` })
    peer.send(1, 'basic.ack', { deliveryTag: 3 * i + 3, multiple: true })
    await world.settle()
  }
  assert.equal(peer.taken().filter(({ body }) => body).length, 600)
  for (const size of sizes(channel)) assert.ok(size <= 4, `${sizes(channel)}`)
})

/** The sizes of all collections that an object holds. */
function sizes(object: object): number[] {
  return Object.values(object).flatMap((value) => {
    if (value instanceof Map || value instanceof Set) return [value.size]
    return Array.isArray(value) ? [value.length] : []
  })
}
