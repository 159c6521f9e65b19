/**
 * Batches with their records packed and open. An open one is a batch like any other, whose records a `RecordCursor`
 * walks; where only the head changes, the records stay packed.
 */
import { writeInt16, writeInt32, writeInt64 } from '../base/bytes.ts'
import { crc32c } from '../base/crc32c.ts'
import {
  Attribute,
  attributes,
  BATCH_HEAD_BYTES,
  BATCH_PREFIX_BYTES,
  batchLength,
  CODECS,
  type Codec,
  codecOf,
  Field,
} from './batch.ts'
import { CompressionError, compress, decompress } from './compression.ts'

/**
 * The batch with its records open: itself where they are, else a copy whose checksum is not made.
 * @throws CompressionError; `large` if it would be more than `bytesMax`
 */
export function openBatch(bytes: Uint8Array, at: number, bytesMax: number): Uint8Array {
  const end = at + batchLength(bytes, at)
  const codec = codecOf(bytes, at)
  if (codec === undefined) throw new CompressionError('missing', `codec ${attributes(bytes, at) & Attribute.codec}`)
  if (codec === 'none') return bytes.subarray(at, end)
  const records = decompress(codec, bytes.subarray(at + BATCH_HEAD_BYTES, end), bytesMax - BATCH_HEAD_BYTES)
  return withRecords(bytes, at, 'none', records)
}

/** An open batch, beginning at 0, with its records packed and a new checksum. @throws CompressionError `missing` */
export function packBatch(open: Uint8Array, codec: Codec): Uint8Array {
  const packed = codec === 'none' ? open : withRecords(open, 0, codec, compress(codec, open.subarray(BATCH_HEAD_BYTES)))
  sumBatch(packed, 0)
  return packed
}

/** The batch with its records packed by `codec`: itself if they are. @throws CompressionError */
export function repackBatch(bytes: Uint8Array, at: number, codec: Codec, openBytesMax: number): Uint8Array {
  if (codecOf(bytes, at) === codec) return bytes.subarray(at, at + batchLength(bytes, at))
  return packBatch(openBatch(bytes, at, openBytesMax), codec)
}

/** Gives all records of the batch the time of their append, in place; they may be packed. */
export function stampAppendTime(bytes: Uint8Array, at: number, now: number): void {
  writeInt16(bytes, at + Field.attributes, attributes(bytes, at) | Attribute.appendTime)
  writeInt64(bytes, at + Field.maxTimestamp, now)
  sumBatch(bytes, at)
}

/** Makes the checksum anew. */
export function sumBatch(bytes: Uint8Array, at: number): void {
  writeInt32(bytes, at + Field.crc, crc32c(bytes, at + Field.attributes, at + batchLength(bytes, at)))
}

function withRecords(bytes: Uint8Array, at: number, codec: Codec, records: Uint8Array): Uint8Array {
  const batch = Buffer.allocUnsafeSlow(BATCH_HEAD_BYTES + records.length)
  batch.set(bytes.subarray(at, at + BATCH_HEAD_BYTES))
  batch.set(records, BATCH_HEAD_BYTES)
  writeInt32(batch, Field.length, batch.length - BATCH_PREFIX_BYTES)
  writeInt16(batch, Field.attributes, (attributes(bytes, at) & ~Attribute.codec) | CODECS.indexOf(codec))
  return batch
}
