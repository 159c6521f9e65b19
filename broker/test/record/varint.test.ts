import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { VarintReader, varintBytes, writeVarint } from '../../src/record/varint.ts'

/** Encoded by kafkajs 2.2.4. */
const VECTORS: [number, string][] = [
  [0, '00'],
  [-1, '01'],
  [1, '02'],
  [63, '7e'],
  [64, '8001'],
  [-64, '7f'],
  [-65, '8101'],
  [8191, 'fe7f'],
  [8192, '808001'],
  [2_147_483_647, 'feffffff0f'],
  [-2_147_483_648, 'ffffffff0f'],
  [2_147_483_648, '8080808010'],
  [-2_147_483_649, '8180808010'],
  [1_099_511_627_775, 'feffffffff3f'],
  [4_503_599_627_370_495, 'feffffffffffff0f'],
]

test('vectors, both ways, and cut at every byte', () => {
  for (const [value, hex] of VECTORS) {
    const bytes = Buffer.alloc(10)
    const end = writeVarint(bytes, 0, value)
    assert.equal(bytes.subarray(0, end).toString('hex'), hex)
    assert.equal(varintBytes(value), end)
    const reader = new VarintReader()
    assert.equal(reader.read(bytes, end), value)
    assert.equal(reader.position, end)
    for (let cut = 0; cut < end; cut++) {
      reader.position = 0
      assert.throws(() => reader.read(bytes, cut), RangeError)
    }
  }
})

test('any safe number comes back', () => {
  const bytes = Buffer.alloc(10)
  const reader = new VarintReader()
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }), (value) => {
      const end = writeVarint(bytes, 0, value)
      reader.position = 0
      assert.equal(reader.read(bytes, end), value)
      assert.equal(varintBytes(value), end)
    }),
  )
})

test('what is beyond the safe numbers is refused', () => {
  assert.throws(() => new VarintReader().read(Buffer.from('ffffffffffffffffff01', 'hex'), 10), RangeError)
})
