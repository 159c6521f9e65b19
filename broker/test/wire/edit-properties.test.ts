import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { editProperties } from '../../src/wire/amqp/edit-properties.ts'
import {
  decodeTable,
  decodeTableTyped,
  encodeTable,
  type FieldTable,
  type TypedTable,
  typed,
} from '../../src/wire/amqp/field-table.ts'
import { decodeProperties, encodeProperties, type PropertiesInput } from '../../src/wire/amqp/properties.ts'
import { FrameSyntaxError } from '../../src/wire/amqp/syntax-error.ts'
import * as arbitrary from './arbitrary.ts'
import { bytes, hex } from './hex.ts'

// Few names, so that changes meet what is there.
const key = fc.oneof(fc.constantFrom('', 'a', 'b', 'é', 'x-death'), arbitrary.shortText)
const table = arbitrary.typedTable.chain((values) =>
  fc.tuple(...values.map(([, value]) => key.map((name) => [name, value] as const))),
) as fc.Arbitrary<TypedTable>
const properties = arbitrary.properties(table) as fc.Arbitrary<PropertiesInput & { headers?: TypedTable }>
const changes = fc.record({
  set: table.map((entries) => [...new Map(entries)]),
  remove: fc.uniqueArray(key, { maxLength: 3 }),
  expiration: fc.oneof(fc.constantFrom(undefined, null), arbitrary.shortText),
})

/** The same by taking the headers apart: in the place of the first of its name, or last. */
function changed(headers: TypedTable, set: TypedTable, remove: readonly string[]): TypedTable {
  const values = new Map(set)
  const left = headers.filter(([name], at) => {
    if (values.has(name)) return headers.findIndex((entry) => entry[0] === name) === at
    return !remove.includes(name)
  })
  const replaced = left.map(([name, value]) => [name, values.get(name) ?? value] as const)
  return [...replaced, ...set.filter(([name]) => !headers.some((entry) => entry[0] === name))]
}

test('an edit equals decoding, changing and encoding, byte for byte', () => {
  fc.assert(
    fc.property(properties, changes, fc.nat(5), (props, edit, before) => {
      const block = encodeProperties(props)
      const buf = new Uint8Array(before + block.length + 3).fill(0xee)
      buf.set(block, before)
      const edited = editProperties(buf, before, before + block.length, edit)

      const expected = { ...props }
      if (props.headers !== undefined || edit.set.length > 0) {
        expected.headers = changed(props.headers ?? [], edit.set, edit.remove)
      }
      if (edit.expiration === null) delete expected.expiration
      else if (edit.expiration !== undefined) expected.expiration = edit.expiration
      assert.equal(hex(edited), hex(encodeProperties(expected)))
    }),
    { numRuns: 300 },
  )
})

test('what is not named keeps its bytes, also where encoding would write others', () => {
  // Three flag words; a boolean that is 2; a key and a text that are not UTF-8; "b" given twice.
  const flags = '2101 0001 0000'
  const odd = '01 61 74 02' + '01 ff 53 00000001 fe'
  const twice = '01 62 49 00000001' + '01 62 73 0002'
  const block = bytes(`${flags} 00000018 ${odd} ${twice} 02 3939`)
  const edit = { set: [['b', typed('s', 7)]] as const, remove: ['none'], expiration: undefined }
  assert.equal(
    hex(editProperties(block, 0, block.length, edit)),
    hex(bytes(`${flags} 00000011 ${odd} 01 62 73 0007 02 3939`)),
  )
})

test('headers are made where there were none, between the properties before and behind', () => {
  const block = encodeProperties({ contentType: 'text', deliveryMode: 2, expiration: '9', messageId: 'm' })
  const edited = editProperties(block, 0, block.length, { set: [['n', typed('l', 1)]], remove: [], expiration: null })
  assert.deepEqual(decodeProperties(edited, 0, edited.length), {
    contentType: 'text',
    headers: Object.assign(Object.create(null), { n: 1 }) as FieldTable,
    deliveryMode: 2,
    messageId: 'm',
  })
})

test('removing the last header leaves an empty table, removing from none makes none', () => {
  const edit = { set: [], remove: ['a'], expiration: undefined }
  const one = encodeProperties({ headers: { a: 1 } })
  assert.equal(hex(editProperties(one, 0, one.length, edit)), hex(bytes('2000 00000000')))
  const none = encodeProperties({ deliveryMode: 1 })
  assert.equal(hex(editProperties(none, 0, none.length, edit)), hex(none))
})

const added = [['n', typed('t', true)]] as const
for (const [what, entries] of [
  ['an unknown tag', '01 62 00'],
  ['a value cut short', '01 62 6c 0000'],
  ['a size beyond the table', '01 62 53 ffffffff'],
  ['a key without value', '01 62'],
  ['a key beyond the table', 'ff 62'],
] as const) {
  test(`headers are kept up to ${what}`, () => {
    const good = encodeTable({ a: 1 }).subarray(4)
    const bad = bytes(entries)
    const headers = new Uint8Array([0, 0, 0, good.length + bad.length, ...good, ...bad])
    const block = new Uint8Array([0x20, 0x80, ...headers, 1, 0x6d])
    const edited = editProperties(block, 0, block.length, { set: added, remove: [], expiration: undefined })
    const props = decodeProperties(edited, 0, edited.length)
    assert.deepEqual(props, { headers: Object.assign(Object.create(null), { a: 1, n: true }), messageId: 'm' })
    assert.throws(() => decodeTable(headers, 0, headers.length), FrameSyntaxError)
  })
}

test('every value can be stepped over, and none that is cut', () => {
  fc.assert(
    fc.property(arbitrary.typedTable, (headers) => {
      const block = encodeProperties({ headers })
      const edited = editProperties(block, 0, block.length, { set: added, remove: ['n'], expiration: undefined })
      const kept = decodeTableTyped(edited, 2, edited.length)
      assert.deepEqual(kept, changed(headers, added, []))
    }),
  )
})

for (const octets of ['', '80', '0002', '0001', '2000 00000001', '0100', '1000', '1100 00', '1900', '1d00 00']) {
  test(`property block "${octets}" is a syntax error`, () => {
    const block = bytes(octets)
    const edit = { set: added, remove: [], expiration: '1' }
    assert.throws(
      () => editProperties(block, 0, block.length, edit),
      (error) => error instanceof FrameSyntaxError && error.position <= block.length,
    )
  })
}
