/**
 * A partition's log as it was at one moment, for who must still read what is about to be removed. Files that are taken
 * out of use stay on the disk until it is closed; batches in memory are shared.
 */
import { readBatches } from './cold-read.ts'
import type { FilePartition } from './file-partition.ts'
import type { PartitionSnapshot, ReadDone } from './partition-log.ts'
import type { PartitionSegment } from './partition-segment.ts'
import type { PartitionStore } from './partition-store.ts'
import type { Tail } from './tail.ts'

export class Snapshot implements PartitionSnapshot {
  readonly store: PartitionStore
  readonly segments: readonly PartitionSegment[]
  readonly tail: Tail
  readonly endOffset: number
  private isOpen = true

  constructor({ store, segments, tail, endOffset }: FilePartition) {
    this.store = store
    this.segments = [...segments]
    this.tail = tail.copy()
    this.endOffset = endOffset
    store.snapshots++
  }

  read(offset: number, limit: number, bytesMax: number, done: ReadDone): void {
    readBatches(this, offset, limit, bytesMax, done)
  }

  close(): void {
    if (this.isOpen) this.store.snapshots--
    this.isOpen = false
  }
}
