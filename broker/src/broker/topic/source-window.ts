/**
 * A stretch of a partition's log in memory, for a queue that takes its records one by one: mostly in order, now and then
 * again. Trade: to go back means to open the batch again, which is cheaper than to keep it open for those who never do.
 */
import type { Loan } from '../../base/loan.ts'
import { AbortedBatches } from '../../log/partition/aborted-batches.ts'
import type { AbortedTransaction } from '../../log/partition/partition-log.ts'
import { BATCH_HEAD_BYTES } from '../../record/batch.ts'
import { BatchHead } from '../../record/batch-head.ts'
import type { MessageView } from '../../record/message.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { RecordReader } from './record-reader.ts'

/** What a read gave. */
export interface Stretch {
  readonly parts: readonly Uint8Array[]
  /** The first offset it answers for. */
  readonly from: number
  /** What readers may see ended here. */
  readonly limit: number
  readonly aborted: readonly AbortedTransaction[]
  readonly loan: Loan | null
}

const head = new BatchHead()

const NOTHING: Stretch = { parts: [], from: 0, limit: 0, aborted: [], loan: null }

export class SourceWindow {
  /** It answers for [from, end). */
  from = 0
  end = 0
  /** [from, to) pairs that never held anything for a queue: markers, and what was aborted. */
  private readonly voids: number[] = []
  private readonly topicName: string
  private readonly reader: RecordReader
  private stretch = NOTHING
  /** The reader stands at the record of `offset`, and none lies in [low, offset); at the end `offset` is the end. */
  private offset = 0
  private low = 0
  /** Of what was opened before the reader was. */
  private readonly holders: { lent: boolean }[] = []

  constructor(topicName: string, properties: PropertyBlocks) {
    this.topicName = topicName
    this.reader = new RecordReader(properties)
  }

  holds(offset: number): boolean {
    return offset >= this.from && offset < this.end
  }

  /** Nothing lies before the reader any more. */
  get isSpent(): boolean {
    return this.offset === this.end
  }

  open(stretch: Stretch): void {
    this.close()
    this.stretch = stretch
    this.from = stretch.from
    this.end = Math.max(stretch.from, this.survey(stretch))
    this.rewind(stretch.from)
  }

  /** The first record at or above an offset that it holds. @returns its offset, or the end if there is none */
  find(at: number): number {
    if (at < this.low) this.rewind(at)
    if (this.offset < at) {
      while (this.offset < at) this.step()
      this.low = at
    }
    return this.offset
  }

  /** What `find` found. */
  describe(view: MessageView): void {
    this.reader.describe(view)
  }

  /** How many offsets of [from, to), in which there is no record, held none in the first place. */
  voidIn(from: number, to: number, count: (from: number, to: number) => number): number {
    const { voids } = this
    let sum = 0
    for (let i = 0; i < voids.length; i += 2) {
      const [start, end] = [Math.max(from, voids[i]), Math.min(to, voids[i + 1])]
      if (start < end) sum += count(start, end)
    }
    return sum
  }

  /** Why a batch could not be read, if one was passed over on the way. */
  get fault(): Error | null {
    return this.reader.fault
  }

  /** Its memory goes back, unless somebody has a part of it. */
  close(): void {
    const { loan } = this.stretch
    this.holders.push(this.reader.holder)
    if (!this.holders.some(({ lent }) => lent)) loan?.giveBack()
    this.holders.length = 0
    this.stretch = NOTHING
    this.voids.length = 0
    this.from = this.end = this.offset = this.low = 0
    this.reader.open([], 0, [], this.topicName)
  }

  private rewind(at: number): void {
    const { parts, aborted } = this.stretch
    this.holders.push(this.reader.holder)
    this.reader.open(parts, at, aborted, this.topicName)
    this.low = at
    this.step()
  }

  private step(): void {
    const { reader } = this
    this.offset = reader.next() ? reader.offset : this.end
  }

  /** Looks at the heads of all batches. @returns where they end */
  private survey({ parts, limit, aborted }: Stretch): number {
    // Nothing is left of what was there.
    if (parts.length === 0) return limit
    const abortedBatches = new AbortedBatches(aborted)
    let end = 0
    for (const bytes of parts) {
      for (let at = 0; at + BATCH_HEAD_BYTES <= bytes.length; at += head.length) {
        head.read(bytes, at)
        end = head.lastOffset + 1
        if (head.isControl || abortedBatches.of(head) !== undefined) this.voids.push(head.baseOffset, end)
      }
    }
    return end
  }
}
