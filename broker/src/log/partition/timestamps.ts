/** Looks records up by time: through the time index to a stretch of the log, then batch by batch, then record by record. */
import { BatchHead } from '../../record/batch-head.ts'
import { findRecord } from '../../record/find-record.ts'
import { loadIndex, readSegments } from './cold-read.ts'
import type { FilePartition } from './file-partition.ts'
import type { TimestampOffset } from './partition-log.ts'
import type { PartitionSegment } from './partition-segment.ts'

const READ_BYTES = 256 << 10

/** The first record at or after `timestamp`, from the start of the log on and below `limit`. */
export async function findTimestamp(
  partition: FilePartition,
  timestamp: number,
  limit: number,
): Promise<TimestampOffset | null> {
  for (const segment of [...partition.segments]) {
    if (segment.maxTimestamp < timestamp || segment.endOffset <= partition.startOffset || segment.removed) continue
    const index = segment.index ?? (await loadIndex(partition.store, segment).catch((error) => gone(segment, error)))
    if (index === null) continue
    const from = Math.max(segment.baseOffset + index.offsetBefore(timestamp), partition.startOffset)
    const found = await find(partition, from, Math.min(limit, segment.endOffset), timestamp)
    if (found !== null) return found
  }
  return null
}

/** Null for a segment that was removed meanwhile. */
function gone(segment: PartitionSegment, error: unknown): null {
  if (segment.removed) return null
  throw error
}

/** The first of the records with the largest timestamp below `limit`. */
export async function findLargestTimestamp(partition: FilePartition, limit: number): Promise<TimestampOffset | null> {
  const kept = partition.segments.filter((one) => one.endOffset > partition.startOffset && one.maxTimestamp >= 0)
  if (kept.length === 0) return null
  const largest = kept.reduce((most, one) => (one.maxTimestamp > most.maxTimestamp ? one : most))
  const from = Math.max(largest.offsetOfMaxTimestamp, partition.startOffset)
  return find(partition, from, limit, largest.maxTimestamp)
}

async function find(
  partition: FilePartition,
  from: number,
  limit: number,
  timestamp: number,
): Promise<TimestampOffset | null> {
  const head = new BatchHead()
  for (let offset = from; offset < limit; ) {
    const { parts, loan } = await readSegments(partition, offset, limit, READ_BYTES)
    if (parts.length === 0) return null
    for (const part of parts) {
      for (let at = 0; at < part.length; at += head.length) {
        head.read(part, at)
        offset = head.lastOffset + 1
        if (head.isControl || head.maxTimestamp < timestamp) continue
        const found = findRecord(part, at, timestamp, partition.startOffset)
        if (found === null) continue
        loan?.giveBack()
        return { ...found, leaderEpoch: head.leaderEpoch }
      }
    }
    loan?.giveBack()
  }
  return null
}
