// Bytes in: wherever chunks are cut, whatever size frames and bodies have, the same comes out.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FRAME_END, PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { encodeContent } from '../../src/wire/amqp/content.ts'
import { encodeMethod, type MethodInput, type MethodName } from '../../src/wire/amqp/methods.ts'
import type { Peer } from './peer.ts'
import { World } from './session-harness.ts'

const FRAME_MAX = 4096

function frame(type: number, channel: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(7)
  head.writeUInt8(type)
  head.writeUInt16BE(channel, 1)
  head.writeUInt32BE(payload.length, 3)
  return Buffer.concat([head, payload, Uint8Array.of(FRAME_END)])
}

const heartbeat = frame(8, 0, Buffer.alloc(0))
const publishOf = (channel: number, key: string) =>
  encodeMethod(channel, 'basic.publish', { exchange: '', routingKey: key })
const message = (channel: number, key: string, body: Uint8Array, mode = 1) =>
  Buffer.concat([publishOf(channel, key), encodeContent(channel, { deliveryMode: mode }, body, FRAME_MAX)])
const pattern = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 7 + (i >> 8)) & 0xff))
const patterned = (length: number) => pattern.subarray(0, length)

/** A whole connection as its client wrote it: handshake, two channels, answers that wait, content in many frames. */
function dialogue(): Buffer {
  const parts: Uint8Array[] = [PROTOCOL_HEADER]
  const say = <N extends MethodName>(channel: number, name: N, args: MethodInput<N>): void => {
    parts.push(encodeMethod(channel, name, args))
  }
  say(0, 'connection.start-ok', {
    clientProperties: {},
    mechanism: 'PLAIN',
    response: '\0guest\0guest',
    locale: 'en_US',
  })
  say(0, 'connection.tune-ok', { channelMax: 10, frameMax: FRAME_MAX, heartbeat: 0 })
  say(0, 'connection.open', { virtualHost: '/' })
  say(1, 'channel.open', {})
  say(2, 'channel.open', {})
  say(1, 'queue.declare', { queue: 'kept', durable: true })
  say(1, 'queue.declare', { queue: 'q' })
  say(1, 'confirm.select', {})
  for (const size of [0, 1, 4087, 4088, 4089, 12000]) {
    parts.push(message(1, 'q', patterned(size)), heartbeat)
    say(2, 'basic.get', { queue: 'q', noAck: true })
  }
  const onOne = encodeContent(1, { messageId: 'one' }, patterned(9000), FRAME_MAX)
  const onTwo = encodeContent(2, { messageId: 'two' }, patterned(5000), FRAME_MAX)
  // Two messages whose frames take turns.
  parts.push(publishOf(1, 'kept'), publishOf(2, 'q'))
  const [a, b] = [framesOf(Buffer.from(onOne)), framesOf(Buffer.from(onTwo))]
  for (let i = 0; i < Math.max(a.length, b.length); i++) parts.push(...a.slice(i, i + 1), ...b.slice(i, i + 1))
  say(2, 'basic.get', { queue: 'q', noAck: false })
  say(2, 'basic.nack', { deliveryTag: 7, multiple: false, requeue: true })
  say(2, 'queue.purge', { queue: 'q' })
  say(1, 'queue.delete', { queue: 'kept' })
  say(1, 'basic.publish', { exchange: 'none', routingKey: 'x' })
  parts.push(encodeContent(1, {}, patterned(100), FRAME_MAX), message(1, 'q', patterned(10)))
  say(1, 'channel.close-ok', {})
  say(1, 'channel.open', {})
  say(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 3 })
  say(0, 'connection.close', { replyCode: 200, replyText: 'bye', classId: 0, methodId: 0 })
  return Buffer.concat(parts)
}

function framesOf(octets: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < octets.length; ) {
    const end = at + 8 + octets.readUInt32BE(at + 3)
    frames.push(octets.subarray(at, end))
    at = end
  }
  return frames
}

/** All that the broker writes when the dialogue arrives in these chunks. */
async function hear(chunks: Iterable<Buffer>): Promise<Buffer> {
  const world = await World.open()
  const peer = world.socket({ frameMax: FRAME_MAX })
  peer.recorded = []
  for (const chunk of chunks) peer.deliver(Buffer.from(chunk))
  await world.settle()
  assert.ok(peer.gone, 'the dialogue was heard to its end')
  assert.deepEqual(world.errors, [])
  return Buffer.concat(peer.recorded)
}

function* cut(octets: Buffer, next: () => number): Iterable<Buffer> {
  for (let at = 0; at < octets.length; ) {
    const size = next()
    yield octets.subarray(at, at + size)
    at += size
  }
}

test('a dialogue means the same however it is cut', async () => {
  const octets = dialogue()
  const whole = await hear([octets])
  assert.ok(whole.includes('NOT_FOUND') && whole.length > 20_000, 'it says something')
  for (const size of [1, 2, 3, 7, 8, 9, 100, 4095, 4096, 4097]) {
    assert.deepEqual(await hear(cut(octets, () => size)), whole, `in pieces of ${size}`)
  }
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.oneof(fc.nat(20), fc.nat(300), fc.nat(9000))), async (sizes) => {
      assert.deepEqual(await hear(cut(octets, () => sizes.next().value + 1)), whole)
    }),
    { numRuns: 12 },
  )
})

test('bodies of every size around the frame size arrive as they were sent, to peers with other frame sizes too', async () => {
  const world = await World.open()
  const publisher = await world.connect({ frameMax: 131072 })
  await publisher.ask(1, 'queue.declare', { queue: 'q', durable: true })
  await publisher.ask(1, 'exchange.declare', { exchange: 'copies', type: 'fanout' })
  const readers: Peer[] = []
  for (const frameMax of [4096, 8192, 131072]) {
    const reader = await world.connect({ frameMax })
    const queue = `copy-${frameMax}`
    await reader.ask(1, 'queue.declare', { queue })
    await reader.ask(1, 'queue.bind', { queue, exchange: 'copies', routingKey: '' })
    await reader.ask(1, 'basic.consume', { queue, consumerTag: 'c', noAck: true })
    readers.push(reader)
  }
  const sizes = [
    0, 1, 4087, 4088, 4089, 16383, 16384, 16385, 32767, 32768, 65528, 131063, 131064, 131065, 400_000, 1_000_003,
  ]
  const properties = { deliveryMode: 2, headers: { n: 1 }, contentType: 'application/octet-stream' }
  for (const size of sizes) {
    publisher.publish('', patterned(size), { exchange: 'copies', properties })
    publisher.publish('q', patterned(size), { properties })
  }
  await world.settle()
  for (const size of sizes) {
    const got = await publisher.ask(1, 'basic.get', { queue: 'q', noAck: true }, 'basic.get-ok')
    const bodies = [got, ...readers.map((reader) => reader.expect('basic.deliver'))]
    for (const { body, properties: found } of bodies) {
      assert.ok(body!.equals(patterned(size)), `a body of ${size}`)
      assert.equal(found!.contentType, properties.contentType)
    }
  }
})

test('a message of exactly the largest size passes, one octet more closes the channel, and the connection goes on', async () => {
  const world = await World.open({ settings: { maxMessageSize: 10_000 } })
  const peer = await world.connect({ frameMax: FRAME_MAX })
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  await peer.ask(2, 'channel.open', {})
  peer.publish('q', patterned(9_999))
  peer.publish('q', patterned(10_000))
  peer.publish('q', patterned(10_001))
  peer.publish('q', patterned(5))
  peer.send(2, 'basic.qos', { prefetchSize: 0, prefetchCount: 1 })
  await world.settle()
  assert.deepEqual(peer.heard(), [
    'channel.close PRECONDITION_FAILED - message size 10001 is larger than configured max size 10000',
    '2: basic.qos-ok',
  ])
  assert.equal(world.queue('q')!.ready, 2)
})

test('a frame may be eight octets longer than agreed, as RabbitMQ allows, and no more', async () => {
  const world = await World.open()
  for (const [size, fits] of [
    [FRAME_MAX - 8, true],
    [FRAME_MAX, true],
    [FRAME_MAX + 1, false],
  ] as const) {
    const peer = await world.connect({ frameMax: FRAME_MAX })
    const content = encodeContent(1, {}, patterned(size), 0)
    for (const chunk of cut(Buffer.concat([publishOf(1, 'nowhere'), content]), () => 1000)) peer.deliver(chunk)
    peer.send(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 1 })
    await world.settle()
    const heard = peer.heard()
    if (fits) assert.deepEqual(heard, ['basic.qos-ok'])
    else assert.match(heard[0], /^0: connection.close FRAME_ERROR - /)
  }
})

const header = (channel: number, bodySize: number) => {
  const octets = Buffer.from(encodeContent(channel, {}, Buffer.alloc(0), 0))
  octets.writeBigUInt64BE(BigInt(bodySize), 11)
  return octets
}
const body = (channel: number, size: number) => frame(3, channel, patterned(size))

const breaches: Record<string, { octets: Uint8Array[]; text: RegExp; taken?: number }> = {
  'a second frame as long as the whole body': {
    octets: [publishOf(1, 'q'), header(1, 10), body(1, 4), body(1, 10)],
    text: /UNEXPECTED_FRAME - body is longer/,
  },
  'a body longer than announced': {
    octets: [publishOf(1, 'q'), header(1, 10), body(1, 11)],
    text: /UNEXPECTED_FRAME/,
  },
  'a body frame after a body of nothing': {
    octets: [publishOf(1, 'q'), header(1, 0), body(1, 0)],
    text: /UNEXPECTED_FRAME/,
    taken: 1,
  },
  'a header twice': { octets: [publishOf(1, 'q'), header(1, 3), header(1, 3)], text: /UNEXPECTED_FRAME/ },
  'a method amid content': { octets: [publishOf(1, 'q'), publishOf(1, 'q')], text: /UNEXPECTED_FRAME/ },
  'content on a channel that is not open': { octets: [header(5, 0)], text: /CHANNEL_ERROR/ },
  'a heartbeat on a channel': { octets: [frame(8, 1, Buffer.alloc(0))], text: /UNEXPECTED_FRAME/ },
  'a frame of an unknown type': { octets: [frame(9, 0, Buffer.alloc(0))], text: /FRAME_ERROR - unknown frame type 9/ },
  'immediate, amid other content': {
    octets: [
      publishOf(1, 'q'),
      header(1, 8),
      encodeMethod(2, 'basic.publish', { exchange: '', routingKey: 'q', immediate: true }),
      header(2, 0),
    ],
    text: /NOT_IMPLEMENTED - immediate=true/,
  },
}

for (const [name, { octets, text, taken = 0 }] of Object.entries(breaches)) {
  test(`${name}: the connection closes, and the answer to that is understood`, async () => {
    const world = await World.open()
    const peer = await world.connect()
    await peer.ask(2, 'channel.open', {})
    await peer.ask(1, 'queue.declare', { queue: 'q' })
    // More follows in the same breath, of which the end comes with the next chunk.
    const behind = Buffer.concat([message(2, 'q', patterned(20)), encodeMethod(2, 'channel.flow', { active: true })])
    peer.deliver(Buffer.concat([...octets, behind.subarray(0, behind.length - 5)]))
    await world.settle()
    const heard = peer.heard()
    assert.equal(heard.length, 1)
    assert.match(heard[0], text)
    peer.deliver(behind.subarray(behind.length - 5))
    peer.send(0, 'connection.close-ok', {})
    await world.settle()
    assert.ok(peer.gone)
    assert.equal(world.queue('q')!.ready, taken)
    assert.deepEqual(world.errors, [])
  })
}

test('a frame without its end octet closes the connection at once', async () => {
  const world = await World.open()
  const peer = await world.connect()
  const octets = Buffer.from(encodeMethod(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 1 }))
  octets[octets.length - 1] = 0
  peer.write(octets)
  await world.settle()
  assert.match(peer.heard().join(), /FRAME_ERROR - frame ends with octet 0, not 206/)
  peer.send(0, 'connection.close-ok', {})
  await world.settle()
  assert.ok(peer.gone)
})

test('nothing is heard after connection.close', async () => {
  const world = await World.open()
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  peer.send(0, 'connection.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
  peer.publish('q', 'late')
  peer.send(1, 'queue.delete', { queue: 'q' })
  await world.settle()
  assert.deepEqual(peer.heard(), ['0: connection.close-ok'])
  assert.equal(world.queue('q')!.ready, 0)
})
