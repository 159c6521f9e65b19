/**
 * The log of one partition, as the broker sees it: record batches v2 as producers sent them, kept by time and size
 * instead of by acknowledgement. Offsets, producers' sequences and transactions are known here, because they follow from
 * the bytes alone; who may write and why something is removed is decided above.
 */
import type { Loan } from '../../base/loan.ts'
import type { Producers } from './producers.ts'

export type PartitionDurability = 'synced' | 'written'

export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** A transaction that was aborted: its records lie from `firstOffset` to `lastOffset`, the marker's. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** Of the partition when the marker was written. */
  readonly lastStableOffset: number
}

/** A file of the log, oldest first in `segments`; the last one is being written. */
export interface SegmentInfo {
  readonly baseOffset: number
  /** Behind its last offset. */
  readonly endOffset: number
  readonly bytes: number
  /** The largest of its records, ms; -1 when it has none. */
  readonly maxTimestamp: number
  /** When its first batch was appended, ms. */
  readonly createdMs: number
}

export interface PartitionLogOptions {
  readonly durability: PartitionDurability
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly indexIntervalBytes: number
}

/** What compaction could take in now, oldest segments first. */
export interface Dirtiness {
  /** Compacted before. */
  readonly cleanBytes: number
  readonly dirtyBytes: number
  /** When the oldest dirty segment began, ms; Infinity without any. */
  readonly dirtySince: number
}

export interface CompactionOptions {
  readonly now: number
  /** Segments with a younger record stay as they are. */
  readonly minLagMs: number
  /** Segments that reach beyond this offset stay as they are, too. */
  readonly below?: number
  /** How long a tombstone stays from the round on that first came by. */
  readonly deleteRetentionMs: number
  /** Memory for the keys of one round. */
  readonly mapBytesMax: number
}

export interface CompactionResult {
  /** The log is compacted below this offset. */
  readonly cleanEnd: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** The answer of a lookup by time. */
export interface TimestampOffset {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

/** With `loan` the parts lie in memory that may be given back once they have left. */
export type ReadDone = (error: Error | null, parts: Uint8Array[], loan: Loan | null) => void

/** What could be read of a log at one moment stays readable here, whatever becomes of the log. Files are kept for it: to be closed soon. */
export interface PartitionSnapshot {
  /** As that of the log. */
  read(offset: number, limit: number, bytesMax: number, done: ReadDone): void
  close(): void
}

export interface PartitionLog {
  readonly id: number
  /** JSON that names whose log it is. */
  readonly owner: string
  readonly deleted: boolean
  /** The first offset that may be read. */
  readonly startOffset: number
  /** The next append gets this offset. */
  readonly endOffset: number
  /** All below is as durable as this log promises; nobody reads from here on. */
  readonly highWatermark: number
  /** The first offset of the oldest open transaction, or the high watermark. */
  readonly lastStableOffset: number
  /** Of this run of the broker: it grows with every start. */
  readonly leaderEpoch: number
  readonly epochs: readonly EpochStart[]
  /** Of the batches kept, in files and memory. */
  readonly bytes: number
  readonly segments: readonly SegmentInfo[]
  readonly producers: Producers
  /** Called after the start, the high watermark or the last stable offset moved. */
  onAdvance: () => void
  /** Called before records below an offset may be removed: the start is raised, the log is compacted or deleted. */
  onRemoving: (below: number) => void

  /** For what is appended from now on; a change of durability holds for later appends. */
  configure(options: PartitionLogOptions): void

  /**
   * Appends whole batches, back to back, that were checked: gives them offsets and epoch in place, notes their producers
   * and transactions. The bytes belong to the log from here on. Readers see them when the high watermark has passed.
   * @returns the base offset of the first
   */
  append(batches: Uint8Array, now: number): number

  /**
   * Whole batches from the one that holds `offset` on, below `limit`, up to `bytesMax` in all, but at least one. Calls
   * back at once if they lie in memory, with an error that names the place if they are damaged.
   */
  read(offset: number, limit: number, bytesMax: number, done: ReadDone): void

  /** The first record at or after `timestamp`, at or above `startOffset` and below `limit`. */
  offsetForTime(
    timestamp: number,
    limit: number,
    done: (error: Error | null, found: TimestampOffset | null) => void,
  ): void
  /** The record with the largest timestamp. */
  maxTimestamp(limit: number, done: (error: Error | null, found: TimestampOffset | null) => void): void
  snapshot(): PartitionSnapshot
  /** Of those whose records lie in part in [from, to). */
  abortedTransactions(from: number, to: number): AbortedTransaction[]
  /** The largest epoch at or below `epoch`, and where it ends; null when all epochs are later. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | null

  /** Raises the start: what is wholly below it is removed. @returns the round that makes it durable */
  startAt(offset: number): number
  /** @param below segments that reach beyond it are not looked at */
  dirtiness(now: number, minLagMs: number, below?: number): Dirtiness
  /**
   * Keeps the last record of each key, in the background, by Kafka's rules. One at a time. Null: there was nothing to do,
   * or the log lost segments meanwhile. Rejects if the disk fails or the log is damaged; the log is then as it was.
   */
  compact(options: CompactionOptions): Promise<CompactionResult | null>
  /** Begins a new file with the next append. */
  roll(): void
}
