/** Properties go through a JSON column and come out as they were. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeProperties, encodeProperties } from '../../src/postgres/properties.ts'

const name = fc
  .oneof(fc.string(), fc.constant('$'), fc.constant('!'), fc.constant('value'))
  .filter((text) => text !== '__proto__')
const scalar = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0 || 0),
  fc.bigInt(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
)
const { value } = fc.letrec((again) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(again('value'), { maxLength: 4 }),
    fc.dictionary(name, again('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

test('whatever headers hold', () => {
  fc.assert(
    fc.property(value, (header) => {
      const properties = { contentType: 'text/plain', headers: { header } }
      assert.deepEqual(decodeProperties(encodeProperties(properties)), properties)
    }),
    { numRuns: 500 },
  )
})

test('tables that look like the code itself', () => {
  const headers = { $: 'bytes', value: 'AA==', inner: { $: { $: 'table', value: [] } } }
  assert.deepEqual(decodeProperties(encodeProperties({ headers })).headers, headers)
})

test('what is not given is not there', () => {
  assert.equal(encodeProperties({ type: 'job', headers: { nothing: undefined } }), '{"type":"job","headers":{}}')
})
