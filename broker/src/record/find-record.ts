/** Finds a record in a batch by its time. */
import { openBatch } from './compressed-batch.ts'
import { RecordCursor } from './record-cursor.ts'

/** What a batch may open to: more than any that was let in. */
const OPEN_BYTES_MAX = 1 << 30

const cursor = new RecordCursor()

/** The first record of a valid batch that is at or after `timestamp` and at or above `offsetMin`. @throws InvalidBatch, CompressionError */
export function findRecord(
  bytes: Uint8Array,
  at: number,
  timestamp: number,
  offsetMin: number,
): { timestamp: number; offset: number } | null {
  cursor.open(openBatch(bytes, at, OPEN_BYTES_MAX), 0)
  while (cursor.next()) {
    if (cursor.timestamp >= timestamp && cursor.offset >= offsetMin) {
      return { timestamp: cursor.timestamp, offset: cursor.offset }
    }
  }
  return null
}
