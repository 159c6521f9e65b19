/**
 * Makes a batch that holds some of another's records. Offsets, epochs and sequences stay those of the whole, so that what
 * is missing cannot be taken for lost, and the codec stays the same.
 */
import { writeInt16, writeInt32, writeInt64 } from '../base/bytes.ts'
import { Attribute, attributes, BATCH_HEAD_BYTES, BATCH_PREFIX_BYTES, codecOf, Field, recordsCount } from './batch.ts'
import { packBatch, sumBatch } from './compressed-batch.ts'
import { RecordCursor } from './record-cursor.ts'
import { varintBytes, writeVarint } from './varint.ts'

/** Of any record: its lengths, deltas and attributes, one byte each. */
const RECORD_BYTES_MIN = 7
/** What a record can grow by when its time is counted from elsewhere. */
const REBASED_BYTES_MAX = 8
const NO_TIMESTAMP = -1

const cursor = new RecordCursor()

/**
 * The records of an open batch that `kept` names by their index.
 * @param horizon if not null, put in the place of the base timestamp: when, in ms, tombstones in it may go
 * @throws InvalidBatch
 */
export function filterBatch(
  bytes: Uint8Array,
  at: number,
  open: Uint8Array,
  kept: readonly boolean[],
  horizon: number | null,
): Uint8Array {
  const roomMax = Math.min(recordsCount(open, 0), Math.floor(open.length / RECORD_BYTES_MIN)) * REBASED_BYTES_MAX
  const made = Buffer.allocUnsafeSlow(open.length + (horizon === null ? 0 : roomMax))
  made.set(open.subarray(0, BATCH_HEAD_BYTES))
  cursor.open(open, 0)
  let end = BATCH_HEAD_BYTES
  let count = 0
  let latest = NO_TIMESTAMP
  for (let index = 0; cursor.next(); index++) {
    if (!kept[index]) continue
    end = horizon === null ? copyRecord(open, made, end) : rebaseRecord(open, made, end, horizon)
    count++
    if (cursor.timestamp > latest) latest = cursor.timestamp
  }
  writeInt32(made, Field.length, end - BATCH_PREFIX_BYTES)
  writeInt32(made, Field.recordsCount, count)
  if ((attributes(made, 0) & Attribute.appendTime) === 0) writeInt64(made, Field.maxTimestamp, latest)
  if (horizon !== null) {
    writeInt16(made, Field.attributes, attributes(made, 0) | Attribute.deleteHorizon)
    writeInt64(made, Field.baseTimestamp, horizon)
  }
  return packBatch(made.subarray(0, end), codecOf(bytes, at) ?? 'none')
}

/** The batch without any record: it still tells offsets, epochs and the last sequence. */
export function emptyBatch(bytes: Uint8Array, at: number): Uint8Array {
  const made = Buffer.from(bytes.subarray(at, at + BATCH_HEAD_BYTES))
  const flags = Attribute.appendTime | Attribute.transactional | Attribute.control
  writeInt16(made, Field.attributes, attributes(bytes, at) & flags)
  writeInt32(made, Field.length, BATCH_HEAD_BYTES - BATCH_PREFIX_BYTES)
  writeInt64(made, Field.baseTimestamp, NO_TIMESTAMP)
  writeInt32(made, Field.recordsCount, 0)
  sumBatch(made, 0)
  return made
}

function copyRecord(from: Uint8Array, to: Uint8Array, at: number): number {
  to.set(from.subarray(cursor.position, cursor.end), at)
  return at + cursor.end - cursor.position
}

/** The same record with its time counted from `base`. */
function rebaseRecord(from: Uint8Array, to: Uint8Array, at: number, base: number): number {
  const timestampDelta = cursor.timestamp - base
  const content = from.subarray(cursor.contentPosition, cursor.end)
  let end = writeVarint(to, at, 1 + varintBytes(timestampDelta) + varintBytes(cursor.offsetDelta) + content.length)
  to[end++] = 0
  end = writeVarint(to, end, timestampDelta)
  end = writeVarint(to, end, cursor.offsetDelta)
  to.set(content, end)
  return end + content.length
}
