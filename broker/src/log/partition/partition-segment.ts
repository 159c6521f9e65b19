/**
 * A segment of a partition's log: a file of record batches back to back, in Kafka's layout and with Kafka's indexes
 * beside it. Its size counts what was appended, of which the last part may still lie in memory only.
 *
 *   <base offset, 20 digits>.log            as appended
 *   <base offset, 20 digits>.<n>.log        rewritten n times by compaction
 *   the same with .index and .timeindex     once the segment is complete, and at checkpoints
 */
import type { BatchHead } from '../../record/batch-head.ts'
import type { SegmentInfo } from './partition-log.ts'
import { SegmentIndex } from './segment-index.ts'

/** What a checkpoint, or the section of a compaction, keeps of a segment. */
export interface PartitionSegmentState {
  base: number
  generation: number
  /** Bytes in the file that are known to be on disk. */
  length: number
  /** Behind the last offset of these. */
  end: number
  maxTimestamp: number
  offsetOfMaxTimestamp: number
  createdMs: number
}

export class PartitionSegment implements SegmentInfo {
  readonly baseOffset: number
  readonly generation: number
  readonly path: string
  endOffset: number
  /** Appended, in bytes. */
  bytes = 0
  /** Of these, written to the file, and on disk. */
  flushed = 0
  synced = 0
  /** The offsets behind the last batch written, and behind the last one on disk. */
  flushedEnd: number
  maxTimestamp = -1
  offsetOfMaxTimestamp = -1
  createdMs: number
  /** Null: it lies in the files, or is to be built. */
  index: SegmentIndex | null = new SegmentIndex()
  /** Entries already in the files. */
  indexedOffsets = 0
  indexedTimes = 0
  /** No batch is appended any more. */
  sealed = false
  removed = false
  private sinceEntry = 0
  /** Where the last reader ended: most read on from there. */
  hintOffset = -1
  hintPosition = 0

  constructor(folder: string, base: number, generation: number, createdMs: number) {
    this.baseOffset = base
    this.generation = generation
    this.createdMs = createdMs
    this.endOffset = this.flushedEnd = base
    const name = String(base).padStart(20, '0')
    this.path = `${folder}/${generation === 0 ? name : `${name}.${generation}`}`
  }

  static restored(folder: string, state: PartitionSegmentState): PartitionSegment {
    const segment = new PartitionSegment(folder, state.base, state.generation, state.createdMs)
    segment.bytes = segment.flushed = segment.synced = state.length
    segment.endOffset = segment.flushedEnd = state.end
    segment.maxTimestamp = state.maxTimestamp
    segment.offsetOfMaxTimestamp = state.offsetOfMaxTimestamp
    segment.index = null
    return segment
  }

  get logPath(): string {
    return `${this.path}.log`
  }

  get indexPath(): string {
    return `${this.path}.index`
  }

  get timeIndexPath(): string {
    return `${this.path}.timeindex`
  }

  /** Counts a batch that stands behind the others. @returns its position */
  note(head: BatchHead, indexIntervalBytes: number): number {
    const position = this.bytes
    const lastOffset = head.lastOffset
    // The time of a marker is no record's.
    if (!head.isControl && head.maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = head.maxTimestamp
      this.offsetOfMaxTimestamp = lastOffset
    }
    if (this.sinceEntry > indexIntervalBytes && this.index !== null) {
      this.index.add(lastOffset - this.baseOffset, position)
      this.index.addTime(this.maxTimestamp, this.offsetOfMaxTimestamp - this.baseOffset)
      this.sinceEntry = 0
    }
    this.sinceEntry += head.length
    this.bytes += head.length
    this.endOffset = lastOffset + 1
    return position
  }

  /** No batch follows; the last entry of the time index is made. */
  seal(): void {
    this.sealed = true
    if (this.offsetOfMaxTimestamp >= 0) {
      this.index?.addTime(this.maxTimestamp, this.offsetOfMaxTimestamp - this.baseOffset)
    }
  }

  /** All of it stands in its file. */
  get isComplete(): boolean {
    return this.flushed === this.bytes
  }

  /** What a checkpoint may say once the file is synced up to `length`. */
  state(length: number, end: number): PartitionSegmentState {
    const { baseOffset: base, generation, maxTimestamp, offsetOfMaxTimestamp, createdMs } = this
    return { base, generation, length, end, maxTimestamp, offsetOfMaxTimestamp, createdMs }
  }
}
