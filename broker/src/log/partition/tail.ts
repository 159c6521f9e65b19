/**
 * The batches of a partition that lie in memory, oldest first: written ones that are kept for readers, then those that
 * passed to readers and wait to be written, then those that wait for their round. Indexes count from the first batch
 * ever, so that they need no moving when old ones go.
 */
import type { PartitionSegment } from './partition-segment.ts'

export interface TailBatch {
  readonly bytes: Uint8Array
  readonly base: number
  /** Behind its last offset. */
  readonly end: number
  /** Of the journal; 0: it is durable, as far as promised, once it is written. */
  readonly round: number
  readonly segment: PartitionSegment
  readonly position: number
}

const COMPACT_FROM = 1024
const RUN_BYTES_MAX = 1 << 20
const RUN_PARTS_MAX = 512

/** Batches that are written to a segment together. */
export interface Run {
  readonly segment: PartitionSegment
  readonly position: number
  readonly parts: Uint8Array[]
  readonly bytes: number
  /** Of these, such as were in the journal before. */
  readonly gathered: number
  readonly end: number
}

export class Tail {
  private batches: TailBatch[] = []
  /** Number of the first in `batches`; `gone` of these are forgotten. */
  private first = 0
  private gone = 0
  private writtenTo = 0
  private passedTo = 0
  /** The number behind the last batch of each written run, oldest first. */
  private runs: number[] = []
  unwrittenBytes = 0
  /** Passed to readers and not written. */
  passedUnwrittenBytes = 0
  /** In the journal and not written. */
  gatheredBytes = 0

  get firstBase(): number | undefined {
    return this.batches[this.gone]?.base
  }

  /** The batches there are now. */
  copy(): Tail {
    const copy = new Tail()
    copy.batches = this.batches.slice(this.gone)
    return copy
  }

  get nextUnwritten(): TailBatch | undefined {
    return this.batches[this.writtenTo - this.first]
  }

  push(batch: TailBatch): void {
    this.batches.push(batch)
    this.unwrittenBytes += batch.bytes.length
    if (batch.round > 0) this.gatheredBytes += batch.bytes.length
  }

  /** Passes what may be read now. @returns the end of the last batch passed in this call, -1 if none was */
  pass(durableRound: number): number {
    let end = -1
    for (let i = this.passedTo - this.first; i < this.batches.length; i++) {
      const batch = this.batches[i]
      const isWritten = this.passedTo < this.writtenTo
      if (!isWritten && (batch.round === 0 || batch.round > durableRound)) break
      this.passedTo++
      if (!isWritten) this.passedUnwrittenBytes += batch.bytes.length
      end = batch.end
    }
    return end
  }

  eachUnwritten(take: (batch: TailBatch) => boolean): void {
    for (let i = this.writtenTo - this.first; i < this.batches.length; i++) if (!take(this.batches[i])) return
  }

  /** What may be written when that round is durable ends here; 0: nothing may. */
  writableEnd(durableRound: number): number {
    let end = 0
    this.eachUnwritten((batch) => {
      if (batch.round > durableRound) return false
      end = batch.end
      return true
    })
    return end
  }

  /** What may be written next, of one segment. */
  nextRun(durableRound: number): Run | null {
    const first = this.nextUnwritten
    if (first === undefined) return null
    const { segment, position } = first
    const parts: Uint8Array[] = []
    let bytes = 0
    let gathered = 0
    let end = first.base
    this.eachUnwritten((batch) => {
      const fits = bytes === 0 || (bytes + batch.bytes.length <= RUN_BYTES_MAX && parts.length < RUN_PARTS_MAX)
      if (!fits || batch.segment !== segment || batch.round > durableRound) return false
      parts.push(batch.bytes)
      bytes += batch.bytes.length
      if (batch.round > 0) gathered += batch.bytes.length
      end = batch.end
      return true
    })
    return parts.length === 0 ? null : { segment, position, parts, bytes, gathered, end }
  }

  /** So many of the unwritten stand in their file. */
  wrote(count: number): void {
    let bytes = 0
    for (let i = 0; i < count; i++) {
      const batch = this.batches[this.writtenTo - this.first]
      bytes += batch.bytes.length
      if (this.writtenTo < this.passedTo) this.passedUnwrittenBytes -= batch.bytes.length
      if (batch.round > 0) this.gatheredBytes -= batch.bytes.length
      this.writtenTo++
    }
    this.unwrittenBytes -= bytes
    this.runs.push(this.writtenTo)
  }

  /** Lets go of the oldest written run. */
  forgetRun(): void {
    const end = this.runs.shift()
    if (end !== undefined) this.forget((number) => number < end)
  }

  /** Lets go of written batches below an offset: their segment holds others in their place. */
  forgetBelow(offset: number): void {
    this.forget((number, batch) => number < this.writtenTo && batch.end <= offset)
  }

  private forget(goes: (number: number, batch: TailBatch) => boolean): void {
    while (this.gone < this.batches.length && goes(this.first + this.gone, this.batches[this.gone])) {
      this.batches[this.gone++] = FORGOTTEN
    }
    if (this.gone === this.batches.length || this.gone > COMPACT_FROM) {
      this.batches = this.batches.slice(this.gone)
      this.first += this.gone
      this.gone = 0
    }
  }

  /** Whole batches below `limit` from the one that holds `offset`, or the next one, on. */
  read(offset: number, limit: number, bytesMax: number): Uint8Array[] {
    let low = this.gone
    let high = this.batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.batches[middle].end <= offset) low = middle + 1
      else high = middle
    }
    const parts: Uint8Array[] = []
    let bytes = 0
    for (let i = low; i < this.batches.length; i++) {
      const batch = this.batches[i]
      if (batch.end > limit || (bytes > 0 && bytes + batch.bytes.length > bytesMax)) break
      parts.push(batch.bytes)
      bytes += batch.bytes.length
    }
    return parts
  }

  clear(): void {
    this.batches = []
    this.runs = []
    this.first = this.writtenTo = this.passedTo
    this.gone = this.unwrittenBytes = this.passedUnwrittenBytes = this.gatheredBytes = 0
  }
}

/** Stands where a batch was, so that its bytes can go. */
const FORGOTTEN = { bytes: new Uint8Array(0), base: 0, end: 0, round: 0, position: 0 } as unknown as TailBatch
