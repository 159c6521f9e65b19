import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { CODECS, type Codec } from '../../src/record/batch.ts'
import { CompressionError, type CompressionFault, compress, decompress } from '../../src/record/compression.ts'
import vectors from './compressed.json' with { type: 'json' }

const MIB = 1 << 20
const { compressFrameSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')
/** What all streams of compressed.json hold: made by the LZ4, Snappy, zstd and gzip of Python, and by kafka-python 3. */
const content = Buffer.from(Array.from({ length: 6000 }, (_, i) => `line ${i % 3} of a text;`).join(''))

function fault(expected: CompressionFault) {
  return (error: unknown) => error instanceof CompressionError && error.fault === expected
}

for (const { name, codec, data } of vectors.streams) {
  test(`opens what others packed: ${name}`, () => {
    const packed = Buffer.from(data, 'base64')
    assert.deepEqual(Buffer.from(decompress(codec as Codec, packed, content.length)), content)
    assert.throws(() => decompress(codec as Codec, packed, content.length - 1), fault('large'))
  })

  test(`refuses it cut: ${name}`, () => {
    const packed = Buffer.from(data, 'base64')
    for (const length of [0, 1, 5, packed.length >> 1, packed.length - 1]) {
      assert.throws(() => decompress(codec as Codec, packed.subarray(0, length), MIB), fault('damaged'), `${length}`)
    }
  })
}

test('any bytes come back, whatever the codec', () => {
  const codec = fc.constantFrom(...CODECS)
  const repeated = fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.nat(3000))
  fc.assert(
    fc.property(codec, repeated, fc.uint8Array({ maxLength: 300 }), (name, [unit, times], tail) => {
      const bytes = Buffer.concat([...Array(times).fill(unit), tail])
      assert.deepEqual(Buffer.from(decompress(name, compress(name, bytes), bytes.length)), bytes)
    }),
    { numRuns: 200 },
  )
})

test('no bytes are opened into anything but what they were, or an error', () => {
  const codec = fc.constantFrom<Codec>('gzip', 'snappy', 'lz4', 'zstd')
  fc.assert(
    fc.property(codec, fc.nat(1000), fc.nat(255), (name, place, byte) => {
      const packed = Buffer.from(compress(name, content.subarray(0, 4000)))
      packed[place % packed.length] = byte
      try {
        assert.ok(decompress(name, packed, 5000).length <= 5000)
      } catch (error) {
        assert.ok(error instanceof CompressionError)
      }
    }),
    { numRuns: 2000 },
  )
})

test('a few bytes that stand for many are not opened', () => {
  const zeros = Buffer.alloc(64 * MIB)
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const bomb = compress(codec, zeros)
    assert.throws(() => decompress(codec, bomb, MIB), fault('large'), codec)
  }
})

test('neither is a second frame behind the first, nor a frame that lies about its size', () => {
  const small = compressFrameSync(Buffer.alloc(10))
  assert.throws(() => decompress('lz4', Buffer.concat([small, small]), MIB), fault('damaged'))
  const lie = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), Buffer.alloc(20)])
  assert.throws(() => decompress('snappy', lie, MIB), fault('large'))
})

test('a module that is not installed is a fault of its own, and only of its codec', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-codecs-'))
  try {
    for (const room of ['base', 'record']) {
      cpSync(join(import.meta.dirname, '../../src', room), join(folder, room), { recursive: true })
    }
    const script = `
      import { compress, decompress } from '${folder}/record/compression.ts'
      const faults = ['gzip', 'snappy', 'lz4', 'zstd'].map((codec) => {
        try { return Buffer.from(decompress(codec, compress(codec, Buffer.from('a')), 10)).toString() }
        catch (error) { return error.fault }
      })
      console.log(faults.join())`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    assert.equal(output.trim(), 'a,missing,missing,a')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
