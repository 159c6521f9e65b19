/** The first field of a batch: its base offset, big-endian. */
import { writeInt64 } from '../../base/bytes.ts'

export function offsetBytes(offset: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  writeInt64(bytes, 0, offset)
  return bytes
}
