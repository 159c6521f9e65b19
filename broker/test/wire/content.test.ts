import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameType } from '../../src/wire/amqp/constants.ts'
import { decodeContentHeader, encodeContent } from '../../src/wire/amqp/content.ts'
import { decodeProperties } from '../../src/wire/amqp/properties.ts'
import { FrameSyntaxError } from '../../src/wire/amqp/syntax-error.ts'
import { bytes, hex } from './hex.ts'

/** Cuts frames out by their sizes. */
function frames(data: Uint8Array): { type: number; channel: number; payload: Uint8Array; whole: number }[] {
  const found = []
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  for (let at = 0; at < data.length; ) {
    const size = view.getUint32(at + 3)
    const payload = data.subarray(at + 7, at + 7 + size)
    assert.equal(data[at + 7 + size], 0xce)
    found.push({ type: data[at], channel: view.getUint16(at + 1), payload, whole: size + 8 })
    at += size + 8
  }
  return found
}

for (const [size, frameMax, bodies] of [
  [0, 4096, 0],
  [1, 4096, 1],
  [4088, 4096, 1],
  [4089, 4096, 2],
  [10_000, 4096, 3],
  [300_000, 131072, 3],
  [300_000, 0, 1],
] as const) {
  test(`${size} octets at frame_max ${frameMax} make ${bodies} body frames`, () => {
    const body = Uint8Array.from({ length: size }, (_, i) => i * 31)
    const [header, ...rest] = frames(encodeContent(9, { deliveryMode: 2 }, body, frameMax))
    const { classId, bodySize, propertiesPos } = decodeContentHeader(header.payload, 0, header.payload.length)
    assert.deepEqual([header.type, header.channel, classId, bodySize], [FrameType.HEADER, 9, 60, size])
    assert.deepEqual(decodeProperties(header.payload, propertiesPos, header.payload.length), { deliveryMode: 2 })
    assert.equal(rest.length, bodies)
    assert.ok(rest.every((frame) => frame.type === FrameType.BODY && frame.channel === 9))
    assert.ok(frameMax === 0 || rest.every((frame) => frame.whole <= frameMax))
    assert.equal(hex(Buffer.concat(rest.map((frame) => frame.payload))), hex(body))
  })
}

test('a header cut short or with a weight is a syntax error', () => {
  const payload = bytes('003c 0000 0000000000000005')
  assert.deepEqual(decodeContentHeader(payload, 0, payload.length), { classId: 60, bodySize: 5, propertiesPos: 12 })
  for (let end = 0; end < payload.length; end++) {
    assert.throws(() => decodeContentHeader(payload, 0, end), FrameSyntaxError)
  }
  payload[3] = 1
  assert.throws(() => decodeContentHeader(payload, 0, payload.length), FrameSyntaxError)
})
