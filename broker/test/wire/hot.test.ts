// The hand-written writers give, octet for octet, what the table of methods gives.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Bytes, viewOf } from '../../src/base/bytes.ts'
import { encodeContent } from '../../src/wire/amqp/content.ts'
import {
  BASIC_ACK,
  BASIC_PUBLISH,
  DELIVER_FRAME_OVERHEAD,
  deliverTemplate,
  HEADER_FRAME_OVERHEAD,
  readUint64,
  writeAck,
  writeBody,
  writeDeliver,
  writeHeader,
} from '../../src/wire/amqp/hot.ts'
import { METHODS } from '../../src/wire/amqp/method-table.ts'
import { encodeMethod } from '../../src/wire/amqp/methods.ts'
import { encodeProperties } from '../../src/wire/amqp/properties.ts'
import { hex } from './hex.ts'

const channel = fc.integer({ min: 1, max: 65535 })
const name = fc.string({ minLength: 0, maxLength: 255 }).filter((text) => Buffer.byteLength(text) <= 255)
const tag = fc.maxSafeNat()
const before = fc.nat(9)

/** Writes into a dirty buffer of just the size that is asked for; nothing before may change. */
function written(at: number, room: number, write: (buf: Uint8Array, view: DataView, at: number) => number): string {
  const buf = new Uint8Array(at + room).fill(0xee)
  const end = write(buf, viewOf(buf), at)
  assert.equal(hex(buf.subarray(0, at)), 'ee'.repeat(at))
  return hex(buf.subarray(at, end))
}

/** Lays texts into one buffer with a gap before each. */
function lay(...texts: string[]): { buffer: Uint8Array; places: [pos: number, len: number][] } {
  const places: [number, number][] = []
  let buffer = Buffer.alloc(0)
  for (const text of texts) {
    const part = Buffer.from(text)
    places.push([buffer.length + 3, part.length])
    buffer = Buffer.concat([buffer, Buffer.from([1, 2, 3]), part])
  }
  return { buffer: new Uint8Array(buffer), places }
}

test('basic.deliver', () => {
  fc.assert(
    fc.property(channel, name, tag, fc.boolean(), name, name, before, (number, consumerTag, deliveryTag, ...rest) => {
      const [redelivered, exchange, routingKey, at] = rest
      const { buffer, places } = lay(exchange, routingKey)
      const [[exchangePos, exchangeLen], [keyPos, keyLen]] = places
      const names = { buffer, data: viewOf(buffer), exchangePos, exchangeLen, keyPos, keyLen }
      const template = new Bytes(deliverTemplate(number, Buffer.from(consumerTag)))
      const room = DELIVER_FRAME_OVERHEAD + Buffer.byteLength(consumerTag) + exchangeLen + keyLen
      const frame = written(at, room, (buf, view, pos) =>
        writeDeliver(buf, view, pos, template, deliveryTag, redelivered, names),
      )
      const args = { consumerTag, deliveryTag, redelivered, exchange, routingKey }
      assert.equal(frame, hex(encodeMethod(number, 'basic.deliver', args)))
    }),
  )
})

test('content header and body', () => {
  fc.assert(
    fc.property(
      channel,
      name,
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      before,
      (number, messageId, body, at) => {
        const block = encodeProperties({ messageId, deliveryMode: 2 })
        const from = new Uint8Array(at + block.length + 5)
        from.set(block, at)
        const header = written(at, HEADER_FRAME_OVERHEAD + block.length, (buf, view, pos) =>
          writeHeader(buf, view, pos, number, body.length, from, viewOf(from), at, block.length),
        )
        const frame = written(at, body.length + 8, (buf, view, pos) =>
          writeBody(buf, view, pos, number, body, viewOf(body), 0, body.length),
        )
        assert.equal(header + frame, hex(encodeContent(number, { messageId, deliveryMode: 2 }, body, 0)))
      },
    ),
  )
})

test('basic.ack', () => {
  fc.assert(
    fc.property(channel, tag, fc.boolean(), before, (number, deliveryTag, multiple, at) => {
      const frame = written(at, 21, (_, view, pos) => writeAck(view, pos, number, deliveryTag, multiple))
      assert.equal(frame, hex(encodeMethod(number, 'basic.ack', { deliveryTag, multiple })))
      const octets = encodeMethod(number, 'basic.ack', { deliveryTag, multiple })
      assert.equal(readUint64(viewOf(octets), 11), deliveryTag)
    }),
  )
})

test('method numbers read as one number', () => {
  const numberOf = ([classId, methodId]: readonly [number, number]) => classId * 0x10000 + methodId
  assert.equal(BASIC_PUBLISH, numberOf(METHODS['basic.publish'].id))
  assert.equal(BASIC_ACK, numberOf(METHODS['basic.ack'].id))
})
