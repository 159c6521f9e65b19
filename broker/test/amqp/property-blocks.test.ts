import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { decodeTableTyped, type TypedTable, typed } from '../../src/wire/amqp/field-table.ts'
import { decodeProperties, encodeProperties } from '../../src/wire/amqp/properties.ts'

function written(set: Headers): TypedTable {
  const block = propertyBlocks.edit(encodeProperties({}), 0, 2, { set })
  return decodeTableTyped(block, 2, block.length)
}

test('values are set with the types that RabbitMQ gives such headers', () => {
  const rows: [value: Headers[string], field: TypedTable[number][1]][] = [
    ['q', typed('S', 'q')],
    [1, typed('l', 1)],
    [-1, typed('l', -1)],
    [2n ** 62n, typed('l', 2n ** 62n)],
    [1.5, typed('d', 1.5)],
    [-0, typed('d', -0)],
    [true, typed('t', true)],
    [null, typed('V', null)],
    [Uint8Array.of(1), typed('x', Uint8Array.of(1))],
    [['a', 2], typed('A', [typed('S', 'a'), typed('l', 2)])],
    [
      { count: 1, q: ['k'] },
      typed('F', [
        ['count', typed('l', 1)],
        ['q', typed('A', [typed('S', 'k')])],
      ]),
    ],
    [{ type: 'T', value: 1_700_000_000 }, typed('T', 1_700_000_000)],
    [{ type: 's', value: 5 }, typed('s', 5)],
    [{ type: 'D', value: { scale: 2, digits: 314 } }, typed('D', { scale: 2, digits: 314 })],
    // A user's table may look like a typed value.
    [
      { type: 'T', value: 'x' },
      typed('F', [
        ['type', typed('S', 'T')],
        ['value', typed('S', 'x')],
      ]),
    ],
    [
      { type: 'b', value: 300 },
      typed('F', [
        ['type', typed('S', 'b')],
        ['value', typed('l', 300)],
      ]),
    ],
    [
      { type: 'Q', value: 1 },
      typed('F', [
        ['type', typed('S', 'Q')],
        ['value', typed('l', 1)],
      ]),
    ],
  ]
  for (const [value, field] of rows) assert.deepEqual(written({ h: value }), [['h', field]])
})

test('headers that were read can be set again: none changes its kind', () => {
  const headers = [
    ['time', typed('T', 1_700_000_000)],
    ['single', typed('f', 0.5)],
    ['octets', typed('x', Uint8Array.of(0, 255))],
    ['odd', typed('S', Uint8Array.of(0xff))],
    ['list', typed('A', [typed('F', [['n', typed('l', 1)]])])],
  ] as const
  const block = encodeProperties({ headers })
  const read = propertyBlocks.headers(block, 0, block.length)
  assert.deepEqual(written(read as Headers), headers)
})

test('headers and expiration are read where they are, null where they are not', () => {
  const padded = (block: Uint8Array) => new Uint8Array([9, ...block, 9])
  const both = encodeProperties({ headers: { a: 1 }, expiration: '60000' })
  assert.deepEqual({ ...propertyBlocks.headers(padded(both), 1, both.length) }, { a: 1 })
  assert.equal(propertyBlocks.expiration(padded(both), 1, both.length), '60000')
  const none = encodeProperties({ deliveryMode: 2 })
  assert.equal(propertyBlocks.headers(padded(none), 1, none.length), null)
  assert.equal(propertyBlocks.expiration(padded(none), 1, none.length), null)
})

test('headers that cannot be read are none', () => {
  assert.equal(propertyBlocks.headers(Uint8Array.of(0x20, 0, 0, 0, 0, 3, 1, 0x61, 0), 0, 9), null)
})

test('a block of its own', () => {
  const block = propertyBlocks.make({ headers: { name: 'q' }, persistent: true, timestamp: 1_700_000_000_999 })
  assert.deepEqual(decodeProperties(block, 0, block.length), {
    headers: Object.assign(Object.create(null), { name: 'q' }),
    deliveryMode: 2,
    timestamp: 1_700_000_000,
  })
  const bare = propertyBlocks.make({ headers: {} })
  assert.deepEqual(decodeProperties(bare, 0, bare.length), { headers: Object.create(null) })
})

test('properties by which exchanges route are found where they are, null where they are not', () => {
  const block = encodeProperties({
    contentType: 'text/plain',
    headers: { messageId: 'not this' },
    correlationId: 'c',
    messageId: 'm',
    timestamp: 0x41,
    userId: 'u',
  })
  const look = propertyBlocks.lookIn(new Uint8Array([9, ...block, 9]), 1, block.length)
  const names = ['message_id', 'correlation_id', 'timestamp'] as const
  assert.deepEqual(names.map(look), ['m', 'c', '\0\0\0\0\0\0\0A'])
  const none = encodeProperties({ userId: 'u' })
  assert.deepEqual(names.map(propertyBlocks.lookIn(none, 0, none.length)), [null, null, null])
})
