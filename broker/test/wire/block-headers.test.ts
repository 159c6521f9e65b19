import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BlockHeaders } from '../../src/wire/amqp/block-headers.ts'
import { type Typed, type TypedTable, typed } from '../../src/wire/amqp/field-table.ts'
import { encodeProperties, type PropertiesInput } from '../../src/wire/amqp/properties.ts'
import * as arbitrary from './arbitrary.ts'

const headers = new BlockHeaders()

function walked(properties: PropertiesInput): [name: string, value: string | null][] {
  const block = Buffer.concat([Buffer.from('?'), encodeProperties(properties), Buffer.from('?')])
  assert.ok(headers.open(block, 1, block.length - 2))
  const found: [string, string | null][] = []
  while (headers.next()) {
    headers.readValue()
    const { namePos, nameLen, value, valuePos, valueLen } = headers
    const text = valueLen < 0 ? null : Buffer.from(value.subarray(valuePos, valuePos + valueLen)).toString()
    found.push([Buffer.from(block.subarray(namePos, namePos + nameLen)).toString(), text])
  }
  assert.ok(headers.isWhole)
  return found
}

test('whole numbers and truth values read as JavaScript writes them', () => {
  const isWhole = ({ type }: Typed) => 'tbBsuIilLT'.includes(type)
  const whole = arbitrary.typedTable.map((table) => table.filter(([, value]) => isWhole(value)))
  const properties = arbitrary.properties(whole) as fc.Arbitrary<PropertiesInput & { headers?: TypedTable }>
  fc.assert(
    fc.property(properties, (given) => {
      const expected = (given.headers ?? []).map(([name, { value }]) => [name, String(value)])
      assert.deepEqual(walked(given), expected)
      assert.equal(headers.priority, given.priority ?? -1)
    }),
    { numRuns: 1000 },
  )
  const edges = [0, 1, 9, 10, 2 ** 32, Number.MAX_SAFE_INTEGER, 2n ** 53n, 2n ** 63n - 1n, -1, -(2n ** 63n)]
  for (const value of edges) assert.deepEqual(walked({ headers: [['n', typed('l', value)]] }), [['n', String(value)]])
})

test('a long text does not disturb what follows', () => {
  const table: TypedTable = [
    ['j', typed('A', [typed('S', 'é'.repeat(300))])],
    ['n', typed('b', -7)],
  ]
  assert.deepEqual(walked({ headers: table }), [
    ['j', `["${'é'.repeat(300)}"]`],
    ['n', '-7'],
  ])
})

test('the expiration counts where it is digits alone', () => {
  const rows: [string, number][] = [
    ['0', 0],
    ['60000', 60_000],
    ['', -1],
    ['-1', -1],
    ['1s', -1],
    ['9'.repeat(13), -1],
  ]
  for (const [expiration, ms] of rows) {
    walked({ expiration })
    assert.equal(headers.expirationMs, ms)
  }
})
