/**
 * The five codecs of record batches, synchronous: a batch is small, and a hop to another thread costs more than most.
 * What it opens to is bounded before it is opened or while, because a few bytes of a client can stand for gigabytes.
 * gzip and zstd are Node's own; snappy and lz4 are native modules that are loaded on first use and may be missing.
 * Decided in docs/decisions/0008-compression-codecs.md.
 */
import { createRequire } from 'node:module'
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Codec } from './batch.ts'
import { measureLz4Frame } from './lz4-frame.ts'
import { frameSnappy, snappyChunks, snappyContentLength } from './snappy-framing.ts'

/** `missing`: its module is not installed here, or the number names no codec. `large`: above the bound. */
export type CompressionFault = 'missing' | 'damaged' | 'large'

export class CompressionError extends Error {
  override readonly name = 'CompressionError'
  readonly fault: CompressionFault

  constructor(fault: CompressionFault, message: string) {
    super(message)
    this.fault = fault
  }
}

/** A piece of output of Node's codecs: one allocation for most batches. */
const CHUNK_BYTES = 65_536

const requireFrom = createRequire(import.meta.url)
let snappy: typeof import('snappy') | undefined
let lz4: typeof import('lz4-napi') | undefined

/** @throws CompressionError `missing` */
export function compress(codec: Codec, bytes: Uint8Array): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes, { chunkSize: CHUNK_BYTES })
    case 'snappy': {
      const { compressSync } = loadSnappy()
      return frameSnappy(bytes, (chunk) => compressSync(chunk))
    }
    case 'lz4':
      return loadLz4().compressFrameSync(bufferOf(bytes))
    case 'zstd':
      return zstdCompressSync(bytes, { chunkSize: CHUNK_BYTES })
  }
}

/** @throws CompressionError of any fault; `large` if it opens to more than `bytesMax` */
export function decompress(codec: Codec, bytes: Uint8Array, bytesMax: number): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
    case 'zstd':
      return inflate(codec, bytes, bytesMax)
    case 'snappy':
      return openSnappy(bytes, bytesMax)
    case 'lz4':
      return openLz4(bytes, bytesMax)
  }
}

function inflate(codec: 'gzip' | 'zstd', bytes: Uint8Array, bytesMax: number): Uint8Array {
  const options = { maxOutputLength: Math.max(1, bytesMax), chunkSize: CHUNK_BYTES }
  try {
    return codec === 'gzip' ? gunzipSync(bytes, options) : zstdDecompressSync(bytes, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw large(codec, bytesMax)
    throw damaged(codec, error)
  }
}

function openSnappy(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const { uncompressSync } = loadSnappy()
  const chunks = snappyChunks(bytes)
  if (chunks === null) throw damaged('snappy', 'its framing is cut')
  let total = 0
  for (const chunk of chunks) total += snappyContentLength(chunk)
  if (total === Number.POSITIVE_INFINITY) throw damaged('snappy', 'it has no length')
  if (total > bytesMax) throw large('snappy', bytesMax)
  try {
    const parts = chunks.map((chunk) => uncompressSync(chunk) as Buffer)
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  } catch (error) {
    throw damaged('snappy', error)
  }
}

function openLz4(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const { decompressFrameSync } = loadLz4()
  const frame = measureLz4Frame(bytes, bytesMax)
  if (frame === null || frame.end !== bytes.length) throw damaged('lz4', 'it is not one whole frame')
  if (frame.contentMax > bytesMax) throw large('lz4', bytesMax)
  try {
    return decompressFrameSync(bufferOf(bytes))
  } catch (error) {
    throw damaged('lz4', error)
  }
}

function loadSnappy(): typeof import('snappy') {
  snappy ??= load('snappy') as typeof import('snappy')
  return snappy
}

function loadLz4(): typeof import('lz4-napi') {
  lz4 ??= load('lz4-napi') as typeof import('lz4-napi')
  return lz4
}

function load(module: string): unknown {
  try {
    return requireFrom(module)
  } catch {
    throw new CompressionError('missing', `the module ${module} is not installed, or does not run on this machine`)
  }
}

function large(codec: Codec, bytesMax: number): CompressionError {
  return new CompressionError('large', `the ${codec} data opens to more than ${bytesMax} bytes`)
}

function damaged(codec: Codec, cause: unknown): CompressionError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new CompressionError('damaged', `the ${codec} data does not open: ${detail}`)
}

/** The same bytes, as the module wants them. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
}
