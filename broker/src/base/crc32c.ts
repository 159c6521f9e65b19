/**
 * CRC-32C (Castagnoli), the checksum inside record batches. Short ranges are summed here, eight bytes a step, because a
 * call into native code costs more than it saves; longer ones by the prebuilt native module, or here where it is missing.
 */
import { createRequire } from 'node:module'

/** CRC-32 (IEEE) of zlib, the checksum of journal entries: chains through its second argument. */
export { crc32 } from 'node:zlib'

/** From this length on the native call is faster. */
const NATIVE_FROM_BYTES = 256
const POLYNOMIAL = 0x82f63b78

type NativeCrc32c = (bytes: Uint8Array, previous?: number) => number

const native = loadNative()
const tables = buildTables()

/** The checksum of bytes[start, end), or, given the checksum of what stands before them, of both together. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, previous = 0): number {
  if (native === undefined || end - start < NATIVE_FROM_BYTES) return crc32cPortable(bytes, start, end, previous)
  return native(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), previous)
}

/** The same without native code. */
export function crc32cPortable(bytes: Uint8Array, start: number, end: number, previous: number): number {
  const t = tables
  let crc = ~previous
  let i = start
  for (; i + 8 <= end; i += 8) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
    crc =
      t[1792 + (crc & 255)] ^
      t[1536 + ((crc >>> 8) & 255)] ^
      t[1280 + ((crc >>> 16) & 255)] ^
      t[1024 + (crc >>> 24)] ^
      t[768 + bytes[i + 4]] ^
      t[512 + bytes[i + 5]] ^
      t[256 + bytes[i + 6]] ^
      t[bytes[i + 7]]
  }
  for (; i < end; i++) crc = t[(crc ^ bytes[i]) & 255] ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Row k holds the effect of a byte that stands k bytes before the end of the step. */
function buildTables(): Int32Array {
  const built = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    built[byte] = crc
  }
  for (let i = 256; i < built.length; i++) built[i] = built[built[i - 256] & 255] ^ (built[i - 256] >>> 8)
  return built
}

function loadNative(): NativeCrc32c | undefined {
  try {
    return createRequire(import.meta.url)('@node-rs/crc32').crc32c
  } catch {
    return undefined
  }
}
