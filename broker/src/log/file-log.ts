/**
 * One log of the file engine: an index of the records in memory, a ledger of what is settled, and the counters a queue
 * shows. Nothing here waits: what must reach the disk is staged with the log's shard and leaves with a round.
 */

import type { MessageView } from '../record/message.ts'
import type { Arena } from './arena.ts'
import type { Block, BlockPool } from './block.ts'
import { type ChangeStage, Changing } from './changing.ts'
import type { LogState } from './checkpoint-format.ts'
import { ColdPart } from './cold-part.ts'
import { type Durability, type Log, Seek, type SeekResult } from './engine.ts'
import { HotIndex } from './hot-index.ts'
import { BODY_BY_REFERENCE_MIN, bodyLengthAt, describeMessage, isPersistentAt } from './message-section.ts'
import { OffsetSet } from './offset-set.ts'
import { type Return, Returns } from './returns.ts'
import { DURABILITY_CODE } from './section.ts'
import type { SegmentStore } from './segment-store.ts'

/** What a log asks of its shard: to write its changes into the next entry. */
export interface LogStage extends ChangeStage {
  readonly pool: BlockPool
  /** Where records go that are copied within memory. */
  readonly scratch: Arena
  /** Moves the oldest records of the log to a segment, later. */
  moveToFile(log: FileLog): void
}

const SPARSE_INDEX_MIN = 65536
const SPARSE_SHARE = 1 / 16

export class FileLog extends Changing implements Log {
  readonly durability: Durability
  /** Its persistent records go through the journal. */
  readonly journaled: boolean
  readonly shard: LogStage
  readonly hot = new HotIndex()
  endOffset = 0
  unsettled = 0
  /** Body bytes of the unsettled records in memory. */
  hotBodyBytes = 0
  /** Unsettled records in files. */
  coldCount = 0
  cold: ColdPart | null = null
  /** Records are on their way to a segment. */
  spilling = false
  /** Unsettled records below this offset lie in files, all others in memory. */
  coldEnd = 0
  /** Offsets below were staged for the journal at some time. */
  journalEnd = 0
  /** In recovery, what lies at or above was not loaded yet. */
  loadedEnd = Number.MAX_SAFE_INTEGER
  /** Which offsets may stand in which journal files. */
  private fileMarks: { seq: number; end: number }[] = []
  /** The round of the last journaled append, and what was journaled in rounds before it and before that. */
  private round = 0
  private endBefore = 0
  private roundBefore = 0
  private endLongBefore = 0
  /** Of the last copy from a partition. */
  private copiedEnd = 0

  constructor(id: number, owner: string, durability: Durability, shard: LogStage) {
    super(id, owner, durability === 'synced', shard.rounds)
    this.durability = durability
    this.journaled = durability !== 'scratch'
    this.shard = shard
  }

  get unsettledBytes(): number {
    return this.hotBodyBytes + (this.cold?.unsettledBytes ?? 0)
  }

  get hotCount(): number {
    return this.unsettled - this.coldCount
  }

  /** Records from here on lie in memory. */
  get hotBase(): number {
    const settledBelow = this.ledger.settledBelow
    return Math.max(settledBelow, this.coldEnd)
  }

  /** Takes the record at `position` of `block` as the next one. */
  push(block: Block, position: number, bodyLength: number, journaled: boolean): void {
    const offset = this.endOffset
    const base = this.hotBase
    if (offset - base >= this.hot.capacity) this.grow(base)
    this.hot.set(offset, block.id, position)
    block.live++
    block.placed++
    this.endOffset = offset + 1
    this.unsettled++
    this.hotBodyBytes += bodyLength
    if (journaled) {
      if (this.round !== this.shard.rounds.open) this.turnRound()
      this.journalEnd = offset + 1
    }
  }

  seek(offset: number, view: MessageView): SeekResult {
    const base = this.hotBase
    let at = offset
    if (at < base) {
      if (at < this.coldEnd && this.coldCount > 0) {
        const result = this.cold!.seek(at, this.coldEnd, view)
        if (result !== Seek.end) return result
      }
      at = base
    }
    for (const end = this.endOffset; at < end; at++) {
      const slot = this.hot.get(at)
      if (slot === 0) continue
      view.offset = at
      describeMessage(this.shard.pool.blocks[slot >>> 16], slot & 0xffff, view)
      return Seek.found
    }
    return Seek.end
  }

  load(offset: number, ready: (error: Error | null) => void): void {
    const loaded = this.cold?.load(offset, this.coldEnd) ?? Promise.resolve()
    loaded.then(() => ready(null), ready)
  }

  settle(offset: number): void {
    if (offset >= this.endOffset || !this.ledger.settle(offset)) return
    this.forget(offset)
  }

  settleRange(from: number, to: number): void {
    const end = Math.min(to, this.endOffset)
    let at = Math.max(from, this.ledger.settledBelow)
    if (at < this.coldEnd && at < end && this.coldCount > 0) {
      this.settleCold(at, Math.min(end, this.coldEnd))
      at = Math.min(end, this.coldEnd)
    }
    for (; at < end; at++) this.settle(at)
  }

  bodyLength(offset: number): number {
    if (offset >= this.endOffset || this.ledger.isSettled(offset)) return 0
    if (offset < this.coldEnd) return this.cold?.bodyLength(offset) ?? 0
    const slot = this.hot.get(offset)
    return slot === 0 ? 0 : bodyLengthAt(this.shard.pool.blocks[slot >>> 16], slot & 0xffff)
  }

  setReturns(offset: number, count: number, notBefore = 0): void {
    if (this.ledger.isSettled(offset)) return
    this.returned ??= new Returns()
    this.returned.set(offset, count, notBefore)
    if (!this.isJournaled(offset)) return
    this.returned.stage(offset)
    this.shard.markDirty(this, false)
  }

  mayDeliver(offset: number): boolean {
    const mark = this.mark
    if (offset < mark.durableBelow && !mark.wantsStep(offset) && !this.isHeld(offset)) return true
    if (!this.isJournaled(offset)) return true
    this.reserve(offset)
    if (this.isHeld(offset)) return false
    return offset < mark.durableBelow || (offset >= this.durableEnd && mark.holdsFor(this.roundOf(offset)))
  }

  /** What was appended last is a copy from a partition. */
  noteCopy(): void {
    this.copiedEnd = this.endOffset
  }

  /** A publisher's message that a crash takes is gone; a copy comes again, and nobody would know that it left before. */
  private isHeld(offset: number): boolean {
    return offset < this.copiedEnd && offset >= this.durableEnd
  }

  /** Gives up the bytes of a record at `position` of `block`: they lie in a file, or nobody needs them. */
  release(offset: number, block: Block, position: number): void {
    const { pool } = this.shard
    const bodyLength = bodyLengthAt(block, position)
    this.hot.clear(offset)
    this.hotBodyBytes -= bodyLength
    if (bodyLength >= BODY_BY_REFERENCE_MIN) pool.releaseBody(block, position, bodyLength)
    pool.release(block)
  }

  /** The journal goes on in the file after `seq`: what was sealed so far may stand in files up to that one. */
  noteFile(seq: number): void {
    this.noteInFile(seq, this.round === this.shard.rounds.open ? this.endBefore : this.journalEnd)
  }

  /** Records below `end` may stand in journal files from `seq` on, and not before. */
  noteInFile(seq: number, end: number): void {
    const last = this.fileMarks[this.fileMarks.length - 1]
    if (last === undefined || last.end !== end || last.seq > seq) this.fileMarks.push({ seq, end })
  }

  /** No record at or above this offset stands in journal files up to `seq`. */
  endInFiles(seq: number): number {
    let end = 0
    for (const mark of this.fileMarks) if (mark.seq <= seq && mark.end > end) end = mark.end
    return end
  }

  /** Nothing of the log is needed any more in journal files up to `seq`. */
  forgetFiles(seq: number): void {
    if (this.fileMarks.length > 0) this.fileMarks = this.fileMarks.filter((mark) => mark.seq > seq)
  }

  /** Bytes of records in memory that stand in journal files up to `seq`. */
  bytesInFiles(seq: number): number {
    const end = Math.min(this.endInFiles(seq), this.endOffset)
    let bytes = 0
    for (let at = this.hotBase; at < end; at++) {
      const slot = this.hot.get(at)
      if (slot === 0) continue
      const block = this.shard.pool.blocks[slot >>> 16]
      if (isPersistentAt(block, slot & 0xffff)) bytes += 128 + bodyLengthAt(block, slot & 0xffff)
    }
    return bytes
  }

  /** What a checkpoint keeps. Offsets of transient messages count as settled: no start will find them again. */
  state(): LogState {
    const { ledger, journalEnd, cold } = this
    let settled = ledger.settledAbove
    if (cold !== null && cold.transient.size > 0) {
      settled = new OffsetSet()
      for (const set of [ledger.settledAbove, cold.transient])
        set.forEachRange((from, to) => settled.addRange(from, to))
    }
    const settledBelow = Math.min(journalEnd, settled.nextAbsent(ledger.settledBelow))
    const settledAbove: number[] = []
    settled.forEachRange((from, to) => {
      if (to > settledBelow && from < journalEnd)
        settledAbove.push(Math.max(from, settledBelow), Math.min(to, journalEnd))
    })
    return {
      id: this.id,
      durability: DURABILITY_CODE[this.durability],
      owner: this.owner,
      journalEnd,
      coldEnd: Math.min(this.coldEnd, journalEnd),
      settledBelow,
      maybeDeliveredBelow: this.mark.below,
      segments: (cold?.durable.segments ?? []).flatMap(({ state }) => state ?? []),
      settledAbove,
      returns: this.journaledReturns(),
    }
  }

  /** The reverse of `state`, for a new log. What is unsettled is counted later. */
  restoreState(state: LogState, segments: SegmentStore): void {
    this.endOffset = this.journalEnd = state.journalEnd
    this.coldEnd = state.coldEnd
    this.restoreProgress(state, state.maybeDeliveredBelow)
    if (state.segments.length === 0) return
    this.cold = new ColdPart(segments, this.id, this.journaled, this.ledger)
    for (const one of state.segments) this.cold.durable.restore(segments.segment(this.id, false, one))
  }

  /** Recovery: the record is needed and its bytes were not found yet. */
  wantsBytes(offset: number): boolean {
    return offset >= this.hotBase && !this.ledger.isSettled(offset) && this.hot.get(offset) === 0
  }

  /** Recovery: the record's bytes lie at `position` of `block`. */
  restore(offset: number, block: Block, position: number, bodyLength: number): void {
    this.hot.set(offset, block.id, position)
    block.live++
    block.placed++
    if (bodyLength >= BODY_BY_REFERENCE_MIN) this.shard.pool.retainBody(block, position)
    this.unsettled++
    this.hotBodyBytes += bodyLength
  }

  /** Recovery: offsets in memory that have no bytes are settled, and the mark reaches no further than the records. */
  settleGaps(): void {
    this.mark.restore(Math.min(this.mark.below, this.endOffset))
    for (let at = this.hotBase; at < this.endOffset; at++) {
      if (this.hot.get(at) === 0 && !this.ledger.isSettled(at)) this.ledger.settle(at)
    }
    this.returned?.filter((offset) => !this.ledger.isSettled(offset))
  }

  private journaledReturns(): Return[] {
    const found: Return[] = []
    this.returned?.forEach((offset, count, notBefore) => {
      if (this.isJournaled(offset)) found.push({ offset, count, notBefore })
    })
    return found
  }

  /** Offsets below are in the journal and synced. */
  get durableEnd(): number {
    const durable = this.shard.rounds.durable
    if (durable >= this.round) return this.journalEnd
    return durable >= this.roundBefore ? this.endBefore : this.endLongBefore
  }

  /** The round of a journaled record that is not durable yet. */
  private roundOf(offset: number): number {
    return offset >= this.endBefore ? this.round : this.roundBefore
  }

  /** A few records that stay while many come and go would hold a large index: they are moved to a file. */
  private grow(base: number): void {
    const { capacity } = this.hot
    if (capacity >= SPARSE_INDEX_MIN && this.hotCount < capacity * SPARSE_SHARE) this.shard.moveToFile(this)
    this.hot.reserve(base, this.endOffset + 1)
  }

  private turnRound(): void {
    this.endLongBefore = this.endBefore
    this.roundBefore = this.round
    this.endBefore = this.journalEnd
    this.round = this.shard.rounds.open
  }

  /** The journal knows of the record: it is to be told of what becomes of it. */
  private isJournaled(offset: number): boolean {
    if (!this.journaled || offset >= this.journalEnd) return false
    if (offset < this.coldEnd) return this.cold === null || this.cold.isJournaled(offset)
    const slot = this.hot.get(offset)
    return slot !== 0 && isPersistentAt(this.shard.pool.blocks[slot >>> 16], slot & 0xffff)
  }

  /** Drops the bytes of a record just settled, and stages the settle. */
  private forget(offset: number): void {
    if (offset < this.coldEnd) {
      this.forgetCold(offset)
      return
    }
    const slot = this.hot.get(offset)
    const block = this.shard.pool.blocks[slot >>> 16]
    const position = slot & 0xffff
    this.unsettled--
    if (this.returned !== null) this.returned.delete(offset)
    if (this.journaled && isPersistentAt(block, position)) {
      this.ledger.stage(offset, offset + 1)
      if (!this.dirty) this.shard.markDirty(this, false)
    }
    this.release(offset, block, position)
  }

  private forgetCold(offset: number): void {
    this.unsettled--
    this.coldCount--
    this.returned?.delete(offset)
    if (this.cold!.isJournaled(offset)) {
      this.ledger.stage(offset, offset + 1)
      if (!this.dirty) this.shard.markDirty(this, false)
    }
    this.cold!.settle(offset)
  }

  /** Settles [from, to) of what lies in files: record by record at the edges, whole segments between. */
  private settleCold(from: number, to: number): void {
    const cold = this.cold!
    for (const segment of [...cold.durable.segments, ...cold.scratch.segments]) {
      if (segment.base >= from && segment.end <= to) continue
      const end = Math.min(to, segment.end)
      for (let at = Math.max(from, segment.base); at < end; at++) this.settle(at)
    }
    const count = cold.settleWhole(from, to)
    this.unsettled -= count
    this.coldCount -= count
    this.returned?.filter((offset) => offset < from || offset >= to)
    this.ledger.settleRange(from, to)
    const journaledTo = Math.min(to, this.journalEnd)
    if (!this.journaled || from >= journaledTo) return
    this.ledger.stage(from, journaledTo)
    this.shard.markDirty(this, false)
  }
}
