/** Finds a record in a batch by its time. */
import { RecordCursor } from './record-cursor.ts'

const cursor = new RecordCursor()

/** The first record of a valid batch that is at or after `timestamp` and at or above `offsetMin`. @throws InvalidBatch */
export function findRecord(
  bytes: Uint8Array,
  at: number,
  timestamp: number,
  offsetMin: number,
): { timestamp: number; offset: number } | null {
  cursor.open(bytes, at)
  while (cursor.next()) {
    if (cursor.timestamp >= timestamp && cursor.offset >= offsetMin) {
      return { timestamp: cursor.timestamp, offset: cursor.offset }
    }
  }
  return null
}
