/**
 * A batch that fills the place of a damaged one to the byte, so that those behind it stay where they are: one record
 * without key and headers, whose value is zeros, at the first of the lost offsets. That one is settled, so that nobody
 * ever gets it.
 */
import { writeInt16, writeInt32, writeInt64 } from '../../base/bytes.ts'
import { BATCH_HEAD_BYTES, BATCH_MAGIC, BATCH_PREFIX_BYTES, Field, placeBatch } from '../../record/batch.ts'
import { sumBatch } from '../../record/compressed-batch.ts'

/** Of the record: attributes, deltas of time and offset, no key, no headers. */
const FIELD_BYTES = 5
/** -1, as a zigzag varint. */
const NO_KEY = 1
/** Lengths are written in as many bytes, whatever they are, so that any total comes about. */
const LENGTH_BYTES = 5
export const FILLER_BYTES_MIN = BATCH_HEAD_BYTES + FIELD_BYTES + 2 * LENGTH_BYTES

/** For offsets [from, to), `length` bytes long, which are at least FILLER_BYTES_MIN. */
export function fillerBatch(from: number, to: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  placeBatch(bytes, 0, from, 0)
  writeInt32(bytes, Field.length, length - BATCH_PREFIX_BYTES)
  bytes[Field.magic] = BATCH_MAGIC
  writeInt32(bytes, Field.lastOffsetDelta, to - from - 1)
  writeInt64(bytes, Field.producerId, -1)
  writeInt16(bytes, Field.producerEpoch, -1)
  writeInt32(bytes, Field.baseSequence, -1)
  writeInt32(bytes, Field.recordsCount, 1)
  const record = length - BATCH_HEAD_BYTES - LENGTH_BYTES
  const fieldsAt = BATCH_HEAD_BYTES + LENGTH_BYTES
  writeLength(bytes, BATCH_HEAD_BYTES, record)
  bytes[fieldsAt + 3] = NO_KEY
  writeLength(bytes, fieldsAt + 4, record - FIELD_BYTES - LENGTH_BYTES)
  sumBatch(bytes, 0)
  return bytes
}

/** A zigzag varint, not of its shortest form. */
function writeLength(into: Buffer, at: number, value: number): void {
  let left = value * 2
  for (let i = 0; i < LENGTH_BYTES; i++) {
    into[at + i] = (left % 128) | (i < LENGTH_BYTES - 1 ? 128 : 0)
    left = Math.floor(left / 128)
  }
}
