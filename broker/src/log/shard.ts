/**
 * A shard: the logs that share one journal, and what they staged since the last seal. Message sections are staged as
 * they arrive; settles, returns and marks are collected per log and written at the seal, behind the records.
 */
import { assert } from '../base/assert.ts'
import { viewOf } from '../base/bytes.ts'
import { Arena, ENTRY_BYTES_MAX, type EntryDraft, fragmentLengths, JournalArena, type Sealed } from './arena.ts'
import type { BlockPool } from './block.ts'
import type { Changing } from './changing.ts'
import { ByteWriter } from './checkpoint-format.ts'
import { CursorPart, type CursorStage } from './cursor.ts'
import type { Faults } from './faults.ts'
import type { FileLog, LogStage } from './file-log.ts'
import type { Journal } from './journal.ts'
import {
  BODY_BY_REFERENCE_MIN,
  bodyLengthAt,
  isPersistentAt,
  lengthInBlock,
  MESSAGE_HEAD_BYTES,
} from './message-section.ts'
import type { FilePartition } from './partition/file-partition.ts'
import { encodePartition, encodeReplacement, type Replacement } from './partition/partition-state.ts'
import type { PartitionJournal, PartitionStore } from './partition/partition-store.ts'
import type { OpenTransaction } from './partition/producers.ts'
import { encodeReturns, RETURN_BYTES } from './returns.ts'
import type { Rounds } from './rounds.ts'
import {
  CREATE_CURSOR,
  CREATE_LEDGER,
  DURABILITY_CODE,
  FRAGMENT_FIRST,
  FRAGMENT_LAST,
  LOG_CLIP,
  LOG_CREATE,
  LOG_CREATE_PARTITION,
  LOG_DELETE,
  LOG_REPLACE,
  LOG_START,
  SECTION_HEAD_BYTES,
  SectionKind,
  writeSectionHead,
  writeU64,
} from './section.ts'
import type { SegmentStore } from './segment-store.ts'
import { FileSourceLedger } from './source-ledger.ts'
import { Spiller } from './spill.ts'

const MARK_SECTION_BYTES = SECTION_HEAD_BYTES + 8
/** What changes in one section: it stays far below an entry, and a block holds it. */
const RANGE_NUMBERS_MAX = 4096
const RETURNS_MAX = 1024

/** Larger batches are staged by reference. */
const BATCH_COPY_MAX = 2048

export class Shard implements LogStage, PartitionJournal, CursorStage {
  readonly number: number
  readonly pool: BlockPool
  readonly rounds: Rounds
  readonly journal: Journal
  readonly segments: SegmentStore
  readonly spiller: Spiller
  /** The logs of partitions. Set once, by who makes the shard. */
  partitions!: PartitionStore
  readonly journaled: JournalArena
  readonly scratch: Arena
  /** Parts of cursors, by id. */
  readonly cursors = new Map<number, CursorPart>()
  readonly ledgers = new Map<number, FileSourceLedger>()
  private dirtyLogs: Changing[] = []
  private movedCursors: CursorPart[] = []
  onSparse: (log: FileLog) => void = () => {}
  /** Called once at the next seal, when memory and journal say the same. */
  private sealVisits: ((lastEntry: number) => void)[] = []
  readonly faults: Faults
  private readonly onStaged: (urgent: boolean) => void

  /** @param onStaged something is to be sealed: with the turn if urgent, else soon. */
  constructor(
    number: number,
    pool: BlockPool,
    rounds: Rounds,
    journal: Journal,
    segments: SegmentStore,
    faults: Faults,
    onStaged: (urgent: boolean) => void,
  ) {
    this.number = number
    this.pool = pool
    this.rounds = rounds
    this.journal = journal
    this.segments = segments
    this.spiller = new Spiller(segments)
    this.faults = faults
    this.onStaged = onStaged
    this.journaled = new JournalArena(pool)
    this.scratch = new Arena(pool)
  }

  moveToFile(log: FileLog): void {
    this.onSparse(log)
  }

  markDirty(log: Changing, urgent: boolean): void {
    if (log.dirty) {
      if (urgent) this.onStaged(true)
      return
    }
    log.dirty = true
    this.dirtyLogs.push(log)
    this.onStaged(urgent)
  }

  markMoved(part: CursorPart): void {
    part.dirty = true
    this.movedCursors.push(part)
    this.onStaged(false)
  }

  stageCreate(log: FileLog): void {
    this.stageNew(log.id, DURABILITY_CODE[log.durability], log.owner, [])
  }

  stageCursor(id: number, owner: string, source: number, next: number): CursorPart {
    const part = new CursorPart({ id, owner, source, firstNext: next, next }, this)
    this.cursors.set(id, part)
    this.stageNew(id, CREATE_CURSOR, owner, [source, next])
    return part
  }

  stageLedger(id: number, owner: string, source: number, startOffset: number): FileSourceLedger {
    const ledger = new FileSourceLedger(id, owner, source, startOffset, this)
    this.ledgers.set(id, ledger)
    this.stageNew(id, CREATE_LEDGER, owner, [source, startOffset])
    return ledger
  }

  stageDeleteCursor(part: CursorPart): void {
    part.deleted = true
    this.cursors.delete(part.id)
    this.stageDelete(part)
  }

  /** What a cursor or ledger says ends at `end`, where its source does. */
  stageClip(id: number, end: number): void {
    const bytes = Buffer.alloc(8)
    writeU64(viewOf(bytes), 0, end)
    this.stageLog(id, LOG_CLIP, bytes)
  }

  private stageNew(id: number, code: number, ownerText: string, numbers: readonly number[]): void {
    const owner = Buffer.from(ownerText)
    const view = this.stage(SectionKind.log, id, 5 + owner.length + 8 * numbers.length)
    const at = this.at
    view.setUint8(at, LOG_CREATE)
    view.setUint8(at + 1, code)
    view.setUint8(at + 2, 0)
    view.setUint16(at + 3, owner.length)
    this.journaled.block.bytes.set(owner, at + 5)
    for (const [i, number] of numbers.entries()) writeU64(view, at + 5 + owner.length + 8 * i, number)
    this.onStaged(true)
  }

  stageDelete(log: Pick<Changing, 'id'>): void {
    this.stage(SectionKind.log, log.id, 1).setUint8(this.at, LOG_DELETE)
    this.onStaged(true)
  }

  get epoch(): number {
    return this.journal.epoch
  }

  stageCreatePartition(partition: FilePartition): void {
    const writer = new ByteWriter()
    encodePartition(writer, partition.state())
    this.stageLog(partition.id, LOG_CREATE_PARTITION, writer.done())
  }

  stageStart(logId: number, offset: number, over: readonly OpenTransaction[]): void {
    const bytes = Buffer.alloc(12 + 16 * over.length)
    const view = viewOf(bytes)
    writeU64(view, 0, offset)
    view.setUint32(8, over.length)
    for (const [i, { producerId, firstOffset }] of over.entries()) {
      writeU64(view, 12 + 16 * i, producerId)
      writeU64(view, 20 + 16 * i, firstOffset)
    }
    this.stageLog(logId, LOG_START, bytes)
  }

  stageReplace(logId: number, replacement: Replacement): void {
    const writer = new ByteWriter()
    encodeReplacement(writer, replacement)
    this.stageLog(logId, LOG_REPLACE, writer.done())
  }

  private stageLog(logId: number, what: number, body: Uint8Array): void {
    this.stage(SectionKind.log, logId, 1 + body.length).setUint8(this.at, what)
    this.journaled.block.bytes.set(body, this.at + 1)
    this.onStaged(true)
  }

  stageBatches(logId: number, bytes: Uint8Array): void {
    this.onStaged(true)
    if (bytes.length <= BATCH_COPY_MAX) {
      this.stage(SectionKind.batch, logId, bytes.length)
      this.journaled.block.bytes.set(bytes, this.at)
      return
    }
    this.journaled.mustSync = true
    const lengths = fragmentLengths(SECTION_HEAD_BYTES, bytes.length, ENTRY_BYTES_MAX)
    let from = 0
    for (let i = 0; i < lengths.length; i++) {
      const at = this.journaled.stage(SECTION_HEAD_BYTES, lengths[i])
      const flags = (i === 0 ? FRAGMENT_FIRST : 0) | (i === lengths.length - 1 ? FRAGMENT_LAST : 0)
      writeSectionHead(this.journaled.block.view, at, SectionKind.batch, lengths[i], logId, flags)
      this.journaled.stageBeside([bytes.subarray(from, from + lengths[i])], lengths[i])
      from += lengths[i]
    }
  }

  stageDefinition(id: string, value: Uint8Array | null): void {
    const name = Buffer.from(id)
    const view = this.stage(SectionKind.definition, 0, 3 + name.length + (value?.length ?? 0))
    const at = this.at
    view.setUint16(at, name.length)
    this.journaled.block.bytes.set(name, at + 2)
    view.setUint8(at + 2 + name.length, value === null ? 0 : 1)
    if (value !== null) this.journaled.block.bytes.set(value, at + 3 + name.length)
    this.onStaged(true)
  }

  /** Stages a record's bytes once more, so that they stand in a newer journal file; returns how many they are. */
  stageCarry(log: FileLog, offset: number): number {
    const slot = log.hot.get(offset)
    if (slot === 0) return 0
    const from = this.pool.blocks[slot >>> 16]
    const position = slot & 0xffff
    if (!isPersistentAt(from, position)) return 0
    assert(bodyLengthAt(from, position) < BODY_BY_REFERENCE_MIN, 'large bodies are not carried')
    const names = MESSAGE_HEAD_BYTES + from.view.getUint16(position + 48)
    const others = from.view.getUint32(position + 52)
    const length = lengthInBlock(from, position) - others
    const at = this.journaled.stage(length, 0)
    const to = this.journaled.block
    from.bytes.copy(to.bytes, at, position, position + names)
    from.bytes.copy(to.bytes, at + names, position + names + others, position + length + others)
    writeSectionHead(to.view, at, SectionKind.carry, length - SECTION_HEAD_BYTES, log.id)
    writeU64(to.view, at + SECTION_HEAD_BYTES, offset)
    to.view.setUint32(at + 52, 0)
    to.live++
    to.placed++
    log.hot.set(offset, to.id, at)
    this.pool.release(from)
    this.onStaged(true)
    return length
  }

  /** The first entry of an epoch, or the last one before a clean stop. */
  stageOpen(clean: boolean): void {
    this.stage(SectionKind.open, 0, 1).setUint8(this.at, clean ? 1 : 0)
    this.onStaged(true)
  }

  /** Everything staged, as journal entries; the blocks are to be released when they are written. */
  seal(): Sealed {
    const ahead = this.faults.settleAheadOfRecord ? this.journaled.seal() : null
    const marked = this.dirtyLogs.filter((log) => log.markStaged && !log.deleted)
    const apart = this.journaled.hasRoom(marked.length * MARK_SECTION_BYTES, marked.length)
      ? null
      : this.marksApart(marked)
    if (apart === null) for (const log of marked) this.stageMark(log)
    for (const log of this.dirtyLogs) {
      log.dirty = false
      if (!log.deleted) this.stageChanges(log)
    }
    this.dirtyLogs = []
    if (this.movedCursors.length > 0) this.stageMoved()
    const sealed = this.journaled.seal()
    if (apart !== null) sealed.entries.unshift(apart)
    if (ahead !== null) {
      sealed.entries.push(...ahead.entries)
      sealed.blocks.push(...ahead.blocks)
      sealed.mustSync ||= ahead.mustSync
    }
    const visits = this.sealVisits
    this.sealVisits = []
    for (const visit of visits) visit(this.journal.entryNumber + sealed.entries.length)
    return sealed
  }

  /** Calls back at the next seal with the number of the last entry sealed then. */
  atSeal(visit: (lastEntry: number) => void): void {
    this.sealVisits.push(visit)
    this.onStaged(true)
  }

  /** What cursors passed over. */
  stageMoved(): void {
    for (const part of this.movedCursors) {
      part.dirty = false
      if (part.deleted || !part.takeStaged()) continue
      writeU64(this.stage(SectionKind.cursor, part.id, 8, false), this.at, part.endOffset)
    }
    this.movedCursors = []
  }

  private stageChanges(log: Changing): void {
    const ranges = log.ledger.hasStaged ? log.ledger.takeStaged() : []
    for (let i = 0; i < ranges.length; i += RANGE_NUMBERS_MAX) {
      const end = Math.min(ranges.length, i + RANGE_NUMBERS_MAX)
      const view = this.stage(SectionKind.settle, log.id, (end - i) * 8, log.synced)
      for (let k = i; k < end; k++) writeU64(view, this.at + (k - i) * 8, ranges[k])
    }
    const returns = log.returned?.hasStaged ? log.returned.takeStaged() : []
    for (let i = 0; i < returns.length; i += RETURNS_MAX) {
      const some = returns.slice(i, i + RETURNS_MAX)
      const view = this.stage(SectionKind.return, log.id, some.length * RETURN_BYTES, log.synced)
      encodeReturns(some, view, this.at)
    }
  }

  private stageMark(log: Changing): void {
    writeU64(this.stage(SectionKind.mark, log.id, 8, log.synced), this.at, log.mark.below)
    log.markStaged = false
  }

  /**
   * Marks as an entry in front of all others: a record that was handed out on the word of a mark of its own round must
   * not be found again without it, wherever a crash cuts the round.
   */
  private marksApart(logs: readonly Changing[]): EntryDraft {
    const bytes = Buffer.alloc(logs.length * MARK_SECTION_BYTES)
    const view = viewOf(bytes)
    for (const [i, log] of logs.entries()) {
      writeSectionHead(view, i * MARK_SECTION_BYTES, SectionKind.mark, 8, log.id)
      writeU64(view, i * MARK_SECTION_BYTES + SECTION_HEAD_BYTES, log.mark.below)
      log.markStaged = false
      if (log.synced) this.journaled.mustSync = true
    }
    return { parts: [bytes], sections: logs.length, bytes: bytes.length }
  }

  /** Where the body of the section just staged begins. */
  private at = 0

  private stage(kind: number, logId: number, length: number, mustSync = true): DataView {
    if (mustSync) this.journaled.mustSync = true
    const at = this.journaled.stage(SECTION_HEAD_BYTES + length, 0)
    const view = this.journaled.block.view
    writeSectionHead(view, at, kind, length, logId)
    this.at = at + SECTION_HEAD_BYTES
    return view
  }
}
