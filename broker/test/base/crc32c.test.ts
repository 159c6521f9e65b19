import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32, crc32c, crc32cPortable } from '../../src/base/crc32c.ts'

/** RFC 3720, appendix B.4, and the usual check value. */
const VECTORS: [Uint8Array, number][] = [
  [Buffer.alloc(32), 0x8a9136aa],
  [Buffer.alloc(32, 0xff), 0x62a8ab43],
  [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  [Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
  [Buffer.from('123456789'), 0xe3069283],
  [Buffer.alloc(0), 0],
]

test('known checksums', () => {
  for (const [bytes, sum] of VECTORS) assert.equal(crc32c(bytes), sum)
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926)
})

test('native and portable agree on every range, in one piece or two', () => {
  const bytes = fc.uint8Array({ maxLength: 2000 })
  fc.assert(
    fc.property(bytes, fc.nat(2000), fc.nat(2000), (all, a, b) => {
      const start = Math.min(a, all.length)
      const end = Math.max(start, Math.min(b, all.length))
      const middle = start + ((end - start) >> 1)
      const sum = crc32c(all, start, end)
      assert.equal(crc32cPortable(all, start, end, 0), sum)
      assert.equal(crc32c(all, middle, end, crc32c(all, start, middle)), sum)
    }),
  )
})
