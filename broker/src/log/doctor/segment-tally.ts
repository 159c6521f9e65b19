/** What is seen of a partition's segment on the way over its batches: whether its indexes are right, its largest timestamp. */
import { BatchHead } from '../../record/batch-head.ts'
import type { IndexCheck } from './index-check.ts'

export class SegmentTally {
  readonly indexes: IndexCheck
  maxTimestamp = -1
  offsetOfMaxTimestamp = -1
  private readonly head = new BatchHead()
  private readonly base: number

  constructor(base: number, indexes: IndexCheck) {
    this.base = base
    this.indexes = indexes
  }

  note(bytes: Buffer, at: number, position: number, base: number): void {
    const head = this.head.read(bytes, at)
    head.baseOffset = base
    this.indexes.note(head, position, this.base)
    this.takeTime(head)
  }

  /** Of a batch that comes from elsewhere. */
  time(batch: Uint8Array): void {
    this.takeTime(this.head.read(batch, 0))
  }

  private takeTime(head: BatchHead): void {
    if (head.isControl || head.maxTimestamp <= this.maxTimestamp) return
    this.maxTimestamp = head.maxTimestamp
    this.offsetOfMaxTimestamp = head.lastOffset
  }
}
