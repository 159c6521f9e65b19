import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import partitioners from 'kafkajs'
import { murmur2, partitionOf } from '../../src/broker/topic/murmur2.ts'

// Of Kafka's own test of its hash.
const KNOWN: readonly (readonly [key: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

test("keys hash as with Kafka's clients", () => {
  for (const [key, hash] of KNOWN) assert.equal(murmur2(Buffer.from(key)), hash, key)
})

test('a key goes to the partition that another client would choose', () => {
  const choose = partitioners.Partitioners.DefaultPartitioner() as (of: object) => number
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 100 }), (key, count) => {
      const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1 }))
      const chosen = choose({ topic: 't', partitionMetadata, message: { key: Buffer.from(key), value: null } })
      assert.equal(partitionOf(key, count), chosen)
    }),
  )
})
