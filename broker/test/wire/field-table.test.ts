import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeTable,
  decodeTableTyped,
  encodeTable,
  type FieldTable,
  plainTable,
  TABLE_DEPTH_MAX,
  type Typed,
  typed,
} from '../../src/wire/amqp/field-table.ts'
import { FrameSyntaxError } from '../../src/wire/amqp/syntax-error.ts'
import { tables } from './amqplib-codec.ts'
import * as arbitrary from './arbitrary.ts'
import { bytes, hex } from './hex.ts'

const vectors: [octets: string, value: Typed][] = [
  ['74 01', typed('t', true)],
  ['74 00', typed('t', false)],
  ['62 80', typed('b', -128)],
  ['42 ff', typed('B', 255)],
  ['73 8000', typed('s', -32768)],
  ['75 ffff', typed('u', 65535)],
  ['49 80000000', typed('I', -2147483648)],
  ['69 ffffffff', typed('i', 4294967295)],
  ['6c ffffffffffffffff', typed('l', -1)],
  ['6c 7fffffffffffffff', typed('l', 9223372036854775807n)],
  ['6c 001fffffffffffff', typed('l', Number.MAX_SAFE_INTEGER)],
  ['4c fffffffffffffffe', typed('L', -2)],
  ['66 3fc00000', typed('f', 1.5)],
  ['64 3ff8000000000000', typed('d', 1.5)],
  ['64 4000000000000000', typed('d', 2)],
  ['44 02 0000007b', typed('D', { scale: 2, digits: 123 })],
  ['53 00000003 e282ac', typed('S', '€')],
  ['53 00000003 efbbbf', typed('S', '\ufeff')],
  ['53 00000002 ff41', typed('S', bytes('ff41'))],
  ['78 00000002 0001', typed('x', bytes('0001'))],
  ['54 0000000065920080', typed('T', 1704067200)],
  ['54 ffffffffffffffff', typed('T', 18446744073709551615n)],
  ['56', typed('V', null)],
  ['41 00000007 4900000001 7401', typed('A', [typed('I', 1), typed('t', true)])],
  ['46 00000004 01 61 7401', typed('F', [['a', typed('t', true)]])],
]

function oneEntry(octets: string): Uint8Array {
  const entry = bytes('016b' + octets)
  const table = new Uint8Array(4 + entry.length)
  new DataView(table.buffer).setUint32(0, entry.length)
  table.set(entry, 4)
  return table
}

for (const [octets, value] of vectors) {
  test(`field value ${octets} is ${value.type} and back`, () => {
    const table = oneEntry(octets)
    assert.deepEqual(decodeTableTyped(table, 0, table.length), [['k', value]])
    assert.equal(hex(encodeTable([['k', value]])), hex(table))
  })
}

test('plain values choose their tag', () => {
  const table = { yes: true, small: -5, wide: 2 ** 40, part: 0.5, zero: -0, text: 'é', none: null, list: [1], in: {} }
  const expected: [string, Typed][] = [
    ['yes', typed('t', true)],
    ['small', typed('I', -5)],
    ['wide', typed('l', 2 ** 40)],
    ['part', typed('d', 0.5)],
    ['zero', typed('d', -0)],
    ['text', typed('S', 'é')],
    ['none', typed('V', null)],
    ['list', typed('A', [typed('I', 1)])],
    ['in', typed('F', [])],
  ]
  const encoded = encodeTable(table)
  assert.deepEqual(decodeTableTyped(encoded, 0, encoded.length), expected)
  assert.deepEqual(encodeTable({ big: 2n ** 62n }), encodeTable([['big', typed('l', 2n ** 62n)]]))
})

test('a value out of range for its tag is refused', () => {
  assert.throws(() => encodeTable({ big: 2n ** 63n }), RangeError)
  assert.throws(() => encodeTable([['k', typed('b', 128)]]), RangeError)
  assert.throws(() => encodeTable({ ['k'.repeat(256)]: 1 }), RangeError)
})

test('the plain form keeps what JavaScript can say and leaves the rest typed', () => {
  const plain = plainTable([
    ['int', typed('s', 7)],
    ['float', typed('d', 1.5)],
    ['whole', typed('d', 2)],
    ['when', typed('T', 9)],
    ['raw', typed('S', bytes('ff'))],
    ['list', typed('A', [typed('b', 1), typed('F', [['x', typed('V', null)]])])],
    ['int', typed('s', 8)],
  ])
  assert.deepEqual(Object.entries(plain), [
    ['int', 8],
    ['float', 1.5],
    ['whole', typed('d', 2)],
    ['when', typed('T', 9)],
    ['raw', typed('S', bytes('ff'))],
    ['list', [1, Object.assign(Object.create(null), { x: null })]],
  ])
})

test('hostile keys are keys like any other', () => {
  const encoded = encodeTable([
    ['__proto__', typed('F', [['polluted', typed('t', true)]])],
    ['constructor', typed('I', 1)],
  ])
  const table = decodeTable(encoded, 0, encoded.length)
  assert.equal(Object.getPrototypeOf(table), null)
  assert.deepEqual(Object.keys(table), ['__proto__', 'constructor'])
  assert.equal(({} as { polluted?: true }).polluted, undefined)
  assert.equal(hex(encodeTable(table)), hex(encoded))
})

test('nesting is bounded', () => {
  const nested = (depth: number): FieldTable => (depth === 0 ? {} : { k: nested(depth - 1) })
  const deepest = encodeTable(nested(TABLE_DEPTH_MAX))
  assert.deepEqual(encodeTable(decodeTable(deepest, 0, deepest.length)), deepest)
  const deeper = encodeTable(nested(TABLE_DEPTH_MAX + 1))
  assert.throws(() => decodeTable(deeper, 0, deeper.length), FrameSyntaxError)
})

const malformed: [what: string, octets: string][] = [
  ['a size beyond the end', '00000005 016b7401'],
  ['a key beyond its table', '00000002 056b'],
  ['a value beyond its table', '00000006 016b49000000 01'],
  ['an unknown tag', '00000003 016b7a'],
  ['a tag with high bit', '00000003 016bff'],
  ['a string size of 4 GiB', '00000007 016b53ffffffff'],
  ['an array size beyond the table', '00000007 016b4100000001'],
  ['a key that is not UTF-8', '00000003 01ff56'],
]
for (const [what, octets] of malformed) {
  test(`${what} is a syntax error with its place`, () => {
    const table = bytes(octets)
    assert.throws(
      () => decodeTable(table, 0, table.length),
      (error) => error instanceof FrameSyntaxError && error.position <= table.length,
    )
  })
}

test('every typed table comes back octet by octet, and cut anywhere it is a syntax error', () => {
  fc.assert(
    fc.property(arbitrary.typedTable, (table) => {
      const encoded = encodeTable(table)
      assert.deepEqual(decodeTableTyped(encoded, 0, encoded.length), table)
      for (let end = 0; end < encoded.length; end++) {
        assert.throws(() => decodeTableTyped(encoded, 0, end), FrameSyntaxError)
      }
    }),
  )
})

test('every plain table comes back equal', () => {
  fc.assert(
    fc.property(arbitrary.plainTable, (table) => {
      const encoded = encodeTable(table)
      assert.deepEqual(decodeTable(encoded, 0, encoded.length), table)
    }),
  )
})

test("amqplib reads our tables and we read amqplib's", () => {
  const table = {
    t: true,
    i: 5,
    s: -300,
    l: 2 ** 40,
    d: 0.25,
    text: 'žluť',
    none: null,
    list: [1, 'a'],
    in: { x: false },
  }
  const ours = Buffer.from(encodeTable(table))
  assert.deepEqual(tables.decodeFields(ours.subarray(4)), table)
  const theirs = Buffer.alloc(500)
  const size = tables.encodeTable(theirs, table, 0)
  assert.deepEqual(JSON.parse(JSON.stringify(decodeTable(theirs, 0, size))), table)
  const exotic = Buffer.alloc(100)
  const exoticSize = tables.encodeTable(
    exotic,
    {
      when: { '!': 'timestamp', value: 12 },
      price: { '!': 'decimal', value: { places: 2, digits: 995 } },
      half: { '!': 'float', value: 0.5 },
      raw: Buffer.from([1, 2]),
    },
    0,
  )
  assert.deepEqual(decodeTableTyped(exotic, 0, exoticSize), [
    ['when', typed('T', 12)],
    ['price', typed('D', { scale: 2, digits: 995 })],
    ['half', typed('f', 0.5)],
    ['raw', typed('x', bytes('0102'))],
  ])
})
