/**
 * The segments of a partition in order, of which the last one is appended to: when the next one begins, which go when the
 * start is raised, and which take the place of others. Files go once that is durable.
 */
import type { BatchHead } from '../../record/batch-head.ts'
import type { PartitionLogOptions } from './partition-log.ts'
import { PartitionSegment, type PartitionSegmentState } from './partition-segment.ts'
import type { Replacement } from './partition-state.ts'

/** Offsets in a segment are kept relative to its base, in 32 bits. */
const SEGMENT_OFFSETS_MAX = 0x7fffffff

export class PartitionSegments {
  all: PartitionSegment[] = []
  private rollAsked = false
  private readonly folder: string
  private readonly doom: (paths: string[]) => void

  /** @param doom removes files once everything staged now is durable */
  constructor(folder: string, doom: (paths: string[]) => void) {
    this.folder = folder
    this.doom = doom
  }

  get bytes(): number {
    let sum = 0
    for (const segment of this.all) sum += segment.bytes
    return sum
  }

  get last(): PartitionSegment | undefined {
    return this.all.at(-1)
  }

  /** Where the next batch goes. */
  forBatch(head: BatchHead, { segmentBytes, segmentMs }: PartitionLogOptions, now: number): PartitionSegment {
    const active = this.last
    if (
      active !== undefined &&
      !this.rollAsked &&
      active.generation === 0 &&
      (active.bytes === 0 ||
        (active.bytes + head.length <= segmentBytes &&
          now - active.createdMs < segmentMs &&
          head.lastOffset - active.baseOffset <= SEGMENT_OFFSETS_MAX))
    ) {
      return active
    }
    this.rollAsked = false
    if (active !== undefined) active.seal()
    const segment = new PartitionSegment(this.folder, head.baseOffset, 0, now)
    this.all.push(segment)
    return segment
  }

  /** The next batch begins a new one. */
  roll(): void {
    if ((this.last?.bytes ?? 0) > 0) this.rollAsked = true
  }

  /** Of what is below the offset, goes what is in its file; the rest once it is. */
  removeBelow(offset: number): void {
    const isOver = (one: PartitionSegment | undefined) => one?.isComplete && one.endOffset <= offset
    while (this.all.length > 1 && isOver(this.all[0])) this.remove(this.all.shift()!)
    if (!this.rollAsked || !isOver(this.all[0])) return
    this.rollAsked = false
    this.remove(this.all.shift()!)
  }

  /** Puts compacted ones, which are on disk, in the place of others. @param made what `replacement` tells of, if it is in memory */
  replace({ from, to, segments }: Replacement, made?: readonly PartitionSegment[]): void {
    const isOld = (one: PartitionSegment): boolean => one.baseOffset >= from && one.baseOffset < to
    const old = this.all.filter(isOld)
    const others = this.all.filter((one) => !isOld(one))
    this.all = [...others, ...(made ?? this.restored(segments))].sort((a, b) => a.baseOffset - b.baseOffset)
    for (const segment of old) this.remove(segment)
  }

  restore(states: readonly PartitionSegmentState[]): void {
    this.all = this.restored(states)
  }

  /** What a checkpoint keeps: what stands in files by then. */
  states(): PartitionSegmentState[] {
    return this.all
      .filter((segment) => segment.flushed > 0)
      .map((segment) => segment.state(segment.flushed, segment.flushedEnd))
  }

  /** Lets go of all of them; their folder is removed as a whole. */
  clear(): void {
    for (const segment of this.all) segment.removed = true
    this.all = []
  }

  private restored(states: readonly PartitionSegmentState[]): PartitionSegment[] {
    return states.map((state) => PartitionSegment.restored(this.folder, state))
  }

  private remove(segment: PartitionSegment): void {
    segment.removed = true
    this.doom([segment.logPath, segment.indexPath, segment.timeIndexPath])
  }
}
