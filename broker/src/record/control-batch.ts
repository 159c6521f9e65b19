/**
 * Control batches: one record that ends a producer's transaction in a partition. Source: KIP-98.
 *
 *   key    version i16 = 0 | type i16: 0 abort, 1 commit
 *   value  version i16 = 0 | coordinator epoch i32
 */
import { readInt16, readInt32, writeInt16, writeInt32, writeInt64 } from '../base/bytes.ts'
import { crc32c } from '../base/crc32c.ts'
import { Attribute, BATCH_HEAD_BYTES, BATCH_MAGIC, batchLength, Field } from './batch.ts'

const ABORT = 0
const COMMIT = 1
/** length 16, attributes, two deltas, key length 4, key, value length 6, value, no headers: all varints of one byte. */
const RECORD = [32, 0, 0, 0, 8, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0]
const KEY_AT = BATCH_HEAD_BYTES + 5
const VALUE_AT = KEY_AT + 5

export interface Marker {
  readonly commit: boolean
  readonly coordinatorEpoch: number
}

export interface MarkerOptions extends Marker {
  readonly producerId: number
  readonly producerEpoch: number
  /** ms since 1970 */
  readonly now: number
}

/** A whole batch; its offset and leader epoch are given by the log. */
export function encodeMarker(options: MarkerOptions): Uint8Array {
  const bytes = Buffer.alloc(BATCH_HEAD_BYTES + RECORD.length)
  bytes.set(RECORD, BATCH_HEAD_BYTES)
  writeInt16(bytes, KEY_AT + 2, options.commit ? COMMIT : ABORT)
  writeInt32(bytes, VALUE_AT + 2, options.coordinatorEpoch)
  writeInt32(bytes, Field.length, bytes.length - Field.leaderEpoch)
  bytes[Field.magic] = BATCH_MAGIC
  writeInt16(bytes, Field.attributes, Attribute.transactional | Attribute.control)
  writeInt64(bytes, Field.baseTimestamp, options.now)
  writeInt64(bytes, Field.maxTimestamp, options.now)
  writeInt64(bytes, Field.producerId, options.producerId)
  writeInt16(bytes, Field.producerEpoch, options.producerEpoch)
  writeInt32(bytes, Field.baseSequence, -1)
  writeInt32(bytes, Field.recordsCount, 1)
  writeInt32(bytes, Field.crc, crc32c(bytes, Field.attributes))
  return bytes
}

/** What a control batch says; null if it is no transaction marker that is known. */
export function markerOf(bytes: Uint8Array, at: number): Marker | null {
  if (batchLength(bytes, at) < BATCH_HEAD_BYTES + RECORD.length) return null
  const type = readInt16(bytes, at + KEY_AT + 2)
  if (type !== ABORT && type !== COMMIT) return null
  return { commit: type === COMMIT, coordinatorEpoch: readInt32(bytes, at + VALUE_AT + 2) }
}
