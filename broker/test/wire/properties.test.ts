import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FRAME_HEADER_SIZE } from '../../src/wire/amqp/constants.ts'
import { encodeContent } from '../../src/wire/amqp/content.ts'
import { decodeTable, typed } from '../../src/wire/amqp/field-table.ts'
import { decodeProperties, encodeProperties, type Properties, PropertyScan } from '../../src/wire/amqp/properties.ts'
import { FrameSyntaxError } from '../../src/wire/amqp/syntax-error.ts'
import { definitions } from './amqplib-codec.ts'
import * as arbitrary from './arbitrary.ts'
import { bytes, hex } from './hex.ts'

const properties = arbitrary.properties(arbitrary.plainTable) as fc.Arbitrary<Properties>

/** What a scan found, in the terms of a decode. */
function scanned(scan: PropertyScan, buf: Uint8Array): Properties {
  const text = (pos: number, size: number) => Buffer.from(buf.subarray(pos, pos + size)).toString()
  const props: Properties = {}
  if (scan.headersPos >= 0) {
    props.headers = decodeTable(buf, scan.headersPos, scan.headersPos + scan.headersLen)
  }
  if (scan.deliveryMode !== 0) props.deliveryMode = scan.deliveryMode
  if (scan.priority >= 0) props.priority = scan.priority
  if (scan.correlationIdPos >= 0) props.correlationId = text(scan.correlationIdPos, scan.correlationIdLen)
  if (scan.replyToPos >= 0) props.replyTo = text(scan.replyToPos, scan.replyToLen)
  if (scan.expirationPos >= 0) props.expiration = text(scan.expirationPos, scan.expirationLen)
  if (scan.messageIdPos >= 0) props.messageId = text(scan.messageIdPos, scan.messageIdLen)
  if (scan.userIdPos >= 0) props.userId = text(scan.userIdPos, scan.userIdLen)
  return props
}

test('properties come back equal, the scan sees the same, and cut anywhere both are a syntax error', () => {
  const scan = new PropertyScan()
  fc.assert(
    fc.property(properties, fc.nat(9), (props, before) => {
      const block = encodeProperties(props)
      const buf = new Uint8Array(before + block.length + 3).fill(0xee)
      buf.set(block, before)
      const end = before + block.length
      assert.deepEqual(decodeProperties(buf, before, end), props)

      const { contentType, contentEncoding, timestamp, type, appId, clusterId, ...seen } = props
      if (seen.deliveryMode === 0) delete seen.deliveryMode
      scan.scan(buf, before, end)
      assert.deepEqual(scanned(scan, buf), seen)

      for (let cut = before; cut < end; cut++) {
        assert.throws(() => decodeProperties(buf, before, cut), FrameSyntaxError)
        assert.throws(() => scan.scan(buf, before, cut), FrameSyntaxError)
      }
      assert.throws(() => decodeProperties(buf, before, end + 1), FrameSyntaxError)
      assert.throws(() => scan.scan(buf, before, end + 1), FrameSyntaxError)
    }),
  )
})

test('encoded as amqplib does', () => {
  const headers = fc.dictionary(arbitrary.shortText, fc.oneof(fc.boolean(), fc.string()), { maxKeys: 3 })
  fc.assert(
    fc.property(properties, headers, fc.nat(2 ** 31), (props, agreedHeaders, bodySize) => {
      const sent = props.headers === undefined ? props : { ...props, headers: agreedHeaders }
      const theirs = definitions.encodeProperties(60, 3, bodySize, sent)
      const block = theirs.subarray(FRAME_HEADER_SIZE + 12, -1)
      assert.equal(hex(encodeProperties(sent)), hex(block))
    }),
  )
})

const vectors: [octets: string, props: Properties][] = [
  ['0000', {}],
  ['1000 02', { deliveryMode: 2 }],
  ['9800 0a746578742f706c61696e 01 05', { contentType: 'text/plain', deliveryMode: 1, priority: 5 }],
  ['0100 04 35303030', { expiration: '5000' }],
  ['0040 ffffffffffffffff', { timestamp: 18446744073709551615n }],
  ['0001 0000', {}],
  ['1001 0001 0000 02', { deliveryMode: 2 }],
]
for (const [octets, props] of vectors) {
  test(`property block ${octets}`, () => {
    const block = bytes(octets)
    assert.deepEqual(decodeProperties(block, 0, block.length), props)
    const scan = new PropertyScan()
    scan.scan(block, 0, block.length)
    assert.equal(scan.deliveryMode, props.deliveryMode ?? 0)
    if (!octets.startsWith('0001') && !octets.startsWith('1001')) assert.equal(hex(encodeProperties(props)), hex(block))
  })
}

for (const octets of ['', '80', '0002', '0001', '0001 8000', '0001 0001', '0001 0002', '2000 00000001', '0000 00']) {
  test(`property block "${octets}" is a syntax error`, () => {
    const block = bytes(octets)
    assert.throws(() => decodeProperties(block, 0, block.length), FrameSyntaxError)
    assert.throws(() => new PropertyScan().scan(block, 0, block.length), FrameSyntaxError)
  })
}

test('a scan forgets the message before', () => {
  const scan = new PropertyScan()
  const full = encodeProperties({ headers: { a: 1 }, deliveryMode: 2, priority: 3, replyTo: 'r', expiration: '1' })
  scan.scan(full, 0, full.length)
  assert.notDeepEqual(scan, new PropertyScan())
  scan.scan(bytes('0000'), 0, 2)
  assert.deepEqual(scan, new PropertyScan())
})

test('headers keep their exact types through a header frame', () => {
  const frame = encodeContent(1, { headers: [['n', typed('s', 1)]] }, new Uint8Array(0), 0)
  assert.equal(hex(frame), hex(bytes('02 0001 00000017 003c 0000 0000000000000000 2000 00000005 016e 73 0001 ce')))
})
