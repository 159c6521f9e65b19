/**
 * Record batch v2, the unit in memory, on disk and on the Kafka wire: its head, checked and patched in place. Offset and
 * leader epoch stand before the checksummed part, so that they can be assigned without summing anew.
 *
 *    0  base offset i64        | 8  length i32, of what follows it | 12 leader epoch i32   | 16 magic i8 = 2
 *   17  crc-32c u32 of 21…end  | 21 attributes i16                 | 23 last offset delta i32
 *   27  base timestamp i64     | 35 max timestamp i64              | 43 producer id i64    | 51 producer epoch i16
 *   53  base sequence i32      | 57 records count i32              | 61 records
 *  attributes: 0-2 codec, 3 timestamp is the append's, 4 transactional, 5 control, 6 base timestamp is a delete horizon
 */
import { readInt16, readInt32, readInt64, readUint32, writeInt32, writeInt64 } from '../base/bytes.ts'
import { crc32c } from '../base/crc32c.ts'

/** Bytes before the first record. */
export const BATCH_HEAD_BYTES = 61
export const BATCH_MAGIC = 2

/** Positions in the head. */
export const Field = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordsCount: 57,
} as const

/** Bits of the attributes. */
export const Attribute = { codec: 7, appendTime: 8, transactional: 16, control: 32, deleteHorizon: 64 } as const

/** By their number in the attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof CODECS)[number]

/** Bytes that say how long the batch is. */
export const BATCH_PREFIX_BYTES = Field.leaderEpoch

/** The bytes are no batch that can be read: cut, damaged, or of a kind not known. */
export class InvalidBatch extends Error {
  override readonly name = 'InvalidBatch'
}

/** `truncated`: it may continue beyond `end`. The others are damage, or no batch at all. */
export type BatchState = 'valid' | 'truncated' | 'bad length' | 'bad magic' | 'bad count' | 'bad checksum'

/** Checks a batch at a position within bytes[0, end): lengths, magic, counts, checksum; not its records. */
export function inspectBatch(bytes: Uint8Array, at: number, end: number): BatchState {
  if (end - at < BATCH_PREFIX_BYTES) return 'truncated'
  if (batchLength(bytes, at) < BATCH_HEAD_BYTES) return 'bad length'
  if (end - at > Field.magic && bytes[at + Field.magic] !== BATCH_MAGIC) return 'bad magic'
  const last = at + batchLength(bytes, at)
  if (last > end) return 'truncated'
  if (recordsCount(bytes, at) < 0 || readInt32(bytes, at + Field.lastOffsetDelta) < 0) return 'bad count'
  const sum = crc32c(bytes, at + Field.attributes, last)
  return sum === readUint32(bytes, at + Field.crc) ? 'valid' : 'bad checksum'
}

/** Length in bytes, head included. */
export function batchLength(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + Field.length) + BATCH_PREFIX_BYTES
}

export function baseOffset(bytes: Uint8Array, at: number): number {
  return readInt64(bytes, at + Field.baseOffset)
}

/** The offset behind the last one the batch stands for, which a later record may have had and lost. */
export function nextOffset(bytes: Uint8Array, at: number): number {
  return baseOffset(bytes, at) + readInt32(bytes, at + Field.lastOffsetDelta) + 1
}

export function leaderEpoch(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + Field.leaderEpoch)
}

export function recordsCount(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + Field.recordsCount)
}

export function attributes(bytes: Uint8Array, at: number): number {
  return readInt16(bytes, at + Field.attributes)
}

export function maxTimestamp(bytes: Uint8Array, at: number): number {
  return readInt64(bytes, at + Field.maxTimestamp)
}

export function batchCrc(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + Field.crc)
}

/** The name of the codec; undefined if the number means nothing. */
export function codecOf(bytes: Uint8Array, at: number): Codec | undefined {
  return CODECS[attributes(bytes, at) & Attribute.codec]
}

/** Gives the batch its place in a log. The checksum stays right. */
export function placeBatch(bytes: Uint8Array, at: number, offset: number, epoch: number): void {
  writeInt64(bytes, at + Field.baseOffset, offset)
  writeInt32(bytes, at + Field.leaderEpoch, epoch)
}
