/**
 * What follows from a partition's batches, taken in order: where epochs began, and what is known of producers and their
 * transactions. A checkpoint keeps it up to an offset, and a start takes in only what comes behind that, unless something
 * that was counted in is lost: then it forgets, and takes in all there is.
 */
import type { BatchHead } from '../../record/batch-head.ts'
import { markerOf } from '../../record/control-batch.ts'
import type { EpochStart } from './partition-log.ts'
import type { PartitionState } from './partition-state.ts'
import { type OpenTransaction, Producers } from './producers.ts'

export class BatchHistory {
  readonly epochs: EpochStart[] = []
  producers = new Producers()
  /** A checkpoint counts in what is below. */
  countedEnd = 0
  /** What it counts in from here on was lost, and others stand in its place. */
  private keptBelow = Number.POSITIVE_INFINITY
  /** Batches were lost before others that the journal gave back. */
  hasGap = false
  /** As the journal said when the start was raised last. */
  private overStart: readonly OpenTransaction[] | null = null

  /** Takes in the next batch. */
  note(head: BatchHead, bytes: Uint8Array, at: number): void {
    if (head.leaderEpoch > this.lastEpoch) {
      this.epochs.push({ epoch: head.leaderEpoch, startOffset: head.baseOffset })
    }
    if (!head.isControl) this.producers.noteBatch(head)
    else {
      const marker = markerOf(bytes, at)
      if (marker !== null) this.producers.noteMarker(head, marker.commit, marker.coordinatorEpoch)
    }
  }

  /** The same unless the checkpoint counted it in. */
  noteOnce(head: BatchHead, bytes: Uint8Array, at: number): void {
    if (head.baseOffset >= this.countedEnd) this.note(head, bytes, at)
    // It counted in another one, which was lost: this one has its place since a later start.
    else if (head.leaderEpoch > this.lastEpoch) this.keptBelow = Math.min(this.keptBelow, head.baseOffset)
  }

  /** -1 before the first batch. */
  get lastEpoch(): number {
    return this.epochs.at(-1)?.epoch ?? -1
  }

  /** Drops what lies wholly below the start of the log. */
  startAt(offset: number): void {
    this.producers.startAt(offset)
    const first = this.epochs.findLastIndex((one) => one.startOffset <= offset)
    if (first > 0) this.epochs.splice(0, first)
  }

  /** The largest epoch at or below `epoch`, and where it ends in a log from `start` to `end`. */
  endOfEpoch(epoch: number, start: number, end: number): { epoch: number; endOffset: number } | null {
    const at = this.epochs.findLastIndex((one) => one.epoch <= epoch)
    const next = this.epochs[at + 1]
    // Of earlier ones nothing is left: they ended where the log begins now, or before.
    if (at < 0) return next === undefined ? null : { epoch, endOffset: Math.max(next.startOffset, start) }
    return { epoch: this.epochs[at].epoch, endOffset: next === undefined ? end : next.startOffset }
  }

  restore({ epochs, producers, aborted, end }: PartitionState): void {
    this.epochs.push(...epochs)
    this.producers.restore(producers, aborted)
    this.countedEnd = end
  }

  /** The start was raised. Markers may be removed with what lies below it, so that the journal tells which transactions reach over it. */
  restoreOver(transactions: readonly OpenTransaction[]): void {
    this.overStart = transactions
  }

  /** Before what the files hold is noted: of transactions that began below the start those are open that reach over it. */
  restoreTransactions(startOffset: number): void {
    if (this.overStart !== null) this.producers.restoreOver(startOffset, this.overStart)
    this.overStart = null
  }

  /** Of a log that ends there: the checkpoint counts in batches that were lost. */
  countsLost(end: number): boolean {
    return this.hasGap || Math.min(end, this.keptBelow) < this.countedEnd
  }

  /** What the checkpoint says of producers does not hold, nor of epochs beyond the end. */
  forgetCounted(end: number): void {
    const kept = Math.min(end, this.keptBelow)
    this.countedEnd = 0
    this.epochs.splice(0, this.epochs.length, ...this.epochs.filter((one) => one.startOffset < kept))
    this.producers = new Producers()
  }
}
