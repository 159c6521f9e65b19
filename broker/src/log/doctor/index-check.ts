/**
 * Whether the indexes beside a partition's segment tell the truth: each entry is held against the batch it names while
 * the batches go by. An index is only a help, which a reader makes again where it is not there.
 */
import { readInt64, readUint32 } from '../../base/bytes.ts'
import type { BatchHead } from '../../record/batch-head.ts'
import { OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES } from '../partition/segment-index.ts'

export class IndexCheck {
  isRight = true
  private readonly offsets: Uint8Array
  private readonly times: Uint8Array
  private offsetAt = 0
  private timeAt = 0
  /** The largest so far, of records, and of markers too. */
  private largest = -1
  private largestOfAll = -1

  constructor(offsets: Uint8Array, times: Uint8Array) {
    this.offsets = offsets
    this.times = times
  }

  /** The next batch of the segment. */
  note(head: BatchHead, position: number, segmentBase: number): void {
    const offset = head.lastOffset - segmentBase
    this.largestOfAll = Math.max(this.largestOfAll, head.maxTimestamp)
    if (!head.isControl) this.largest = Math.max(this.largest, head.maxTimestamp)
    while (this.offsetAt + OFFSET_ENTRY_BYTES <= this.offsets.length) {
      const at = readUint32(this.offsets, this.offsetAt + 4)
      if (at > position) break
      if (at < position || readUint32(this.offsets, this.offsetAt) !== offset) this.isRight = false
      this.offsetAt += OFFSET_ENTRY_BYTES
    }
    while (this.timeAt + TIME_ENTRY_BYTES <= this.times.length) {
      const at = readUint32(this.times, this.timeAt + 8)
      if (at > offset) break
      if (at < offset || !this.isLargest(this.timeAt)) this.isRight = false
      this.timeAt += TIME_ENTRY_BYTES
    }
  }

  private isLargest(at: number): boolean {
    try {
      const timestamp = readInt64(this.times, at)
      return timestamp === this.largest || timestamp === this.largestOfAll
    } catch {
      return false
    }
  }
}
