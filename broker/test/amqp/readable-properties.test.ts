/** Properties as JSON has them: what comes back, what of the wire is shown how, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import type { MessageProperties } from '../../src/broker/property-blocks.ts'
import { decodeTableTyped, typed } from '../../src/wire/amqp/field-table.ts'
import { encodeProperties, PropertyScan } from '../../src/wire/amqp/properties.ts'

const shown = (block: Uint8Array) => JSON.parse(JSON.stringify(propertyBlocks.read(block, 0, block.length)))

test('what JSON can say comes back as it was written', () => {
  const properties: MessageProperties = {
    content_type: 'application/json',
    content_encoding: 'gzip',
    headers: {
      text: 'ü',
      whole: 5,
      half: 0.5,
      yes: true,
      no: false,
      none: null,
      list: [1, 'a', { deep: [] }],
      type: 'l',
    },
    delivery_mode: 2,
    priority: 9,
    correlation_id: 'c',
    reply_to: 'r',
    expiration: '1000',
    message_id: 'm',
    timestamp: 1_700_000_000,
    type: 't',
    user_id: 'u',
    app_id: 'a',
    cluster_id: 'k',
  }
  assert.deepEqual(shown(propertyBlocks.write(properties)), properties)
  assert.deepEqual(shown(propertyBlocks.write({})), {})
})

test('a table that looks like a value with a type is a table', () => {
  const headers = { odd: { type: 'l', value: 5 } }
  const block = propertyBlocks.write({ headers })
  const scan = new PropertyScan()
  scan.scan(block, 0, block.length)
  const [[, field]] = decodeTableTyped(block, scan.headersPos, scan.headersPos + scan.headersLen)
  assert.equal(field.type, 'F')
  assert.deepEqual(shown(block).headers, headers)
})

test('types that JSON lacks are shown as something it has', () => {
  const block = encodeProperties({
    headers: [
      ['octets', typed('x', Uint8Array.of(0xff, 0xfe))],
      ['text', typed('x', Buffer.from('plain'))],
      ['time', typed('T', 1_700_000_000)],
      ['wide', typed('l', 2n ** 60n + 1n)],
      ['decimal', typed('D', { scale: 2, digits: 314 })],
      ['byte', typed('B', 200)],
    ],
  })
  assert.deepEqual(shown(block).headers, {
    octets: '//4=',
    text: 'plain',
    time: 1_700_000_000,
    wide: '1152921504606846977',
    decimal: 3.14,
    byte: 200,
  })
})

test('what does not fit its field is refused', () => {
  const refused = { code: 'precondition-failed', message: /^invalid properties: / }
  assert.throws(() => propertyBlocks.write({ message_id: 'x'.repeat(256) }), refused)
  assert.throws(() => propertyBlocks.write({ priority: 256 }), refused)
  assert.throws(() => propertyBlocks.write({ timestamp: 1.5 }), refused)
  assert.throws(() => propertyBlocks.write({ headers: { big: 'x'.repeat(200_000) } }), refused)
  let deep: unknown = 1
  for (let i = 0; i < 70; i++) deep = [deep]
  assert.throws(() => propertyBlocks.write({ headers: { deep: deep as never } }), refused)
})

test('a garbled block is shown as nothing', () => {
  assert.deepEqual(shown(Uint8Array.of(0x80)), {})
})
