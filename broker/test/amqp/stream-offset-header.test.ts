import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withStreamOffset } from '../../src/amqp/stream-offset-header.ts'
import { viewOf } from '../../src/base/bytes.ts'
import { MessageView } from '../../src/record/message.ts'
import { type TypedTable, typed } from '../../src/wire/amqp/field-table.ts'
import { encodeProperties, type PropertiesInput } from '../../src/wire/amqp/properties.ts'
import * as arbitrary from '../wire/arbitrary.ts'

const name = fc.oneof(fc.constantFrom('a', 'x-stream-offset'), arbitrary.shortText)
const headers = arbitrary.typedTable.chain((table) =>
  fc.tuple(...table.map(([, value]) => name.map((key) => [key, value] as const))),
) as fc.Arbitrary<TypedTable>

function viewOfParts(parts: { exchange: Uint8Array; key: Uint8Array; properties: Uint8Array; body: Uint8Array }) {
  const view = new MessageView()
  view.buffer = Buffer.concat([Buffer.from('?'), parts.exchange, parts.key, parts.properties, parts.body])
  view.data = viewOf(view.buffer)
  view.exchangePos = 1
  view.exchangeLen = parts.exchange.length
  view.keyPos = view.exchangePos + view.exchangeLen
  view.keyLen = parts.key.length
  view.propertiesPos = view.keyPos + view.keyLen
  view.propertiesLen = parts.properties.length
  view.bodyPos = view.propertiesPos + view.propertiesLen
  view.bodyLen = parts.body.length
  return view
}

const part = (view: MessageView, pos: number, length: number) =>
  Buffer.from(view.buffer.subarray(pos, pos + length)).toString('hex')

test('the header comes last, in the place of any of its name, and all else stays byte for byte', () => {
  const octets = fc.uint8Array({ maxLength: 300 })
  const props = arbitrary.properties(headers) as fc.Arbitrary<PropertiesInput & { headers?: TypedTable }>
  fc.assert(
    fc.property(props, octets, octets, octets, fc.maxSafeNat(), (properties, exchange, key, body, offset) => {
      const message = viewOfParts({ exchange, key, properties: encodeProperties(properties), body })
      const told = withStreamOffset(message, offset)
      const others = (properties.headers ?? []).filter(([key]) => key !== 'x-stream-offset')
      const expected = { ...properties, headers: [...others, ['x-stream-offset', typed('l', offset)] as const] }
      const block = Buffer.from(encodeProperties(expected)).toString('hex')
      assert.equal(part(told, told.propertiesPos, told.propertiesLen), block)
      assert.equal(part(told, told.exchangePos, told.exchangeLen), Buffer.from(exchange).toString('hex'))
      assert.equal(part(told, told.keyPos, told.keyLen), Buffer.from(key).toString('hex'))
      assert.equal(part(told, told.bodyPos, told.bodyLen), Buffer.from(body).toString('hex'))
    }),
    { numRuns: 1000 },
  )
})

test('a large body stays where it is', () => {
  const empty = new Uint8Array(0)
  const message = viewOfParts({ exchange: empty, key: empty, properties: encodeProperties({}), body: empty })
  message.bodyParts = [new Uint8Array(100_000)]
  message.bodyLen = 100_000
  const told = withStreamOffset(message, 7)
  assert.equal(told.bodyParts, message.bodyParts)
  assert.equal(told.bodyLen, 100_000)
})
