/**
 * What stays in memory for those who read partitions, all logs together: the last batches written, for readers at the
 * end; indexes of complete segments while they are in use; and pieces to read a file into.
 */
import { Lender, type Loan } from '../../base/loan.ts'
import { SLACK_BYTES } from './cold-read.ts'
import type { FilePartition } from './file-partition.ts'
import type { PartitionSegment } from './partition-segment.ts'
import type { SegmentIndex } from './segment-index.ts'

/** Written batches that readers at the end of a log find in memory. */
const RECENT_BYTES_MAX = 16 << 20
/** Complete segments with their index in memory. */
const INDEXES_MAX = 64
/** What readers of files ask for, one record by another or many, and what stands between an index entry and the batch wanted. */
const SMALL_PIECE_BYTES = (256 << 10) + SLACK_BYTES
const READ_PIECE_BYTES = (1 << 20) + SLACK_BYTES
/** Pieces that are kept while nobody reads. */
const SMALL_PIECES_MAX = 16
const READ_PIECES_MAX = 4

export class ReaderMemory {
  private readonly smallPieces = new Lender(SMALL_PIECE_BYTES, SMALL_PIECES_MAX)
  private readonly readPieces = new Lender(READ_PIECE_BYTES, READ_PIECES_MAX)
  /** Whose oldest batches are the next to be let go, one entry per written run. */
  private recent: { partition: FilePartition; bytes: number }[] = []
  private recentFrom = 0
  private recentBytes = 0
  /** Complete segments whose indexes were loaded, in the order of that. */
  private readonly indexed: PartitionSegment[] = []

  /** Memory for bytes on their way from a file to a reader, who may be slow: not much more than it asks for. */
  lend(bytes: number): Loan {
    return (bytes <= SMALL_PIECE_BYTES ? this.smallPieces : this.readPieces).lend(bytes)
  }

  /** A run of the partition was written: it stays while there is room. */
  keepRun(partition: FilePartition, bytes: number): void {
    this.recent.push({ partition, bytes })
    this.recentBytes += bytes
    while (this.recentBytes > RECENT_BYTES_MAX) {
      const oldest = this.recent[this.recentFrom++]
      oldest.partition.forgetOldestRun()
      this.recentBytes -= oldest.bytes
    }
    if (this.recentFrom > 4096) {
      this.recent = this.recent.slice(this.recentFrom)
      this.recentFrom = 0
    }
  }

  /** Keeps the index of a complete segment while it is in use. */
  keepIndex(segment: PartitionSegment, index: SegmentIndex): void {
    segment.index = index
    segment.indexedOffsets = index.count
    segment.indexedTimes = index.timeCount
    this.indexed.push(segment)
    if (this.indexed.length > INDEXES_MAX) this.indexed.shift()!.index = null
  }
}
