/**
 * The framing that the Java library puts around Snappy. Snappy itself has none, so that a large input need not be held
 * twice; producers send either, told apart by the first bytes.
 *
 *   head   82 'SNAPPY' 00 | version i32 = 1 | compatible with i32 = 1
 *   chunk  length i32 | Snappy data: content length, seven bits a byte, lowest first, then the compressed content
 */
import { readUint32, writeInt32 } from '../base/bytes.ts'

const HEAD_BYTES = 16
const HEAD = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]
const MAGIC_BYTES = 8
/** Content of a chunk; what the Java library takes. */
const CHUNK_BYTES = 32_768

/** Compresses chunk by chunk. */
export function frameSnappy(bytes: Uint8Array, compress: (chunk: Uint8Array) => Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.from(HEAD)]
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = compress(bytes.subarray(at, at + CHUNK_BYTES))
    const length = new Uint8Array(4)
    writeInt32(length, 0, chunk.length)
    parts.push(length, chunk)
  }
  return Buffer.concat(parts)
}

/** The stretches of Snappy data, framed or not; null if the framing is cut. */
export function snappyChunks(bytes: Uint8Array): Uint8Array[] | null {
  for (let i = 0; i < MAGIC_BYTES; i++) if (bytes[i] !== HEAD[i]) return [bytes]
  if (bytes.length < HEAD_BYTES) return null
  const chunks: Uint8Array[] = []
  for (let at = HEAD_BYTES; at < bytes.length; ) {
    const end = at + 4 + (at + 4 > bytes.length ? 0 : readUint32(bytes, at))
    if (end === at + 4 || end > bytes.length) return null
    chunks.push(bytes.subarray(at + 4, end))
    at = end
  }
  return chunks
}

/** What the data says its content comes to; Infinity if it does not say it properly. */
export function snappyContentLength(chunk: Uint8Array): number {
  let length = 0
  for (let i = 0; i < 5 && i < chunk.length; i++) {
    length += (chunk[i] & 127) * 2 ** (7 * i)
    if (chunk[i] < 128) return length
  }
  return Number.POSITIVE_INFINITY
}
