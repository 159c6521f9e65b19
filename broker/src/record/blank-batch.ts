/** A batch without records that stands for offsets of which nothing is left. Readers pass over it. */
import { writeInt16, writeInt32, writeInt64 } from '../base/bytes.ts'
import { BATCH_HEAD_BYTES, BATCH_MAGIC, BATCH_PREFIX_BYTES, Field, placeBatch } from './batch.ts'
import { sumBatch } from './compressed-batch.ts'

/** For the offsets [from, to), of which there are less than 2^31. */
export function blankBatch(from: number, to: number, epoch: number): Uint8Array {
  const bytes = Buffer.alloc(BATCH_HEAD_BYTES)
  placeBatch(bytes, 0, from, epoch)
  writeInt32(bytes, Field.length, BATCH_HEAD_BYTES - BATCH_PREFIX_BYTES)
  bytes[Field.magic] = BATCH_MAGIC
  writeInt32(bytes, Field.lastOffsetDelta, to - from - 1)
  writeInt64(bytes, Field.baseTimestamp, -1)
  writeInt64(bytes, Field.maxTimestamp, -1)
  writeInt64(bytes, Field.producerId, -1)
  writeInt16(bytes, Field.producerEpoch, -1)
  writeInt32(bytes, Field.baseSequence, -1)
  sumBatch(bytes, 0)
  return bytes
}
