/**
 * What the checkpoint and the journal of a shard say, taken in as a start takes it in, but without an objection: what
 * does not fit is noted. Where entries are lost, it follows which offsets may have had their records there.
 */
import { BATCH_HEAD_BYTES, baseOffset, batchLength, nextOffset } from '../../record/batch.ts'
import { ByteReader, type CheckpointVisitor, type LogState } from '../checkpoint-format.ts'
import type { CursorState } from '../cursor.ts'
import type { EntryHead } from '../entry.ts'
import { Ledger } from '../ledger.ts'
import { forEachDestination } from '../message-section.ts'
import { OffsetSet } from '../offset-set.ts'
import { decodePartition, decodeReplacement, type PartitionState } from '../partition/partition-state.ts'
import { decodeReturns, Returns } from '../returns.ts'
import {
  CREATE_CURSOR,
  CREATE_LEDGER,
  LOG_CLIP,
  LOG_CREATE,
  LOG_CREATE_PARTITION,
  LOG_DELETE,
  LOG_REPLACE,
  LOG_START,
  readU64,
  SECTION_HEAD_BYTES,
  SectionKind,
} from '../section.ts'
import { type SectionVisitor, SectionWalk } from '../section-walk.ts'
import type { SegmentState } from '../segment.ts'
import type { LedgerState } from '../source-ledger.ts'

/** Offsets [from, to) of a log that had their records in lost entries, at most. */
export interface LostRange {
  readonly logId: number
  readonly from: number
  readonly to: number
}

/** Lost entries, and what they took along. */
export class Hole {
  readonly lost: LostRange[] = []
  /** Ends of logs that only the lost entries told: behind the offset each. */
  readonly ends = new Map<number, number>()
}

export class LogCase {
  readonly id: number
  readonly owner: string | null
  readonly ledger = new Ledger()
  /** Offsets of which the journal has the record. */
  readonly journaled = new OffsetSet()
  readonly segments: SegmentState[] = []
  end = 0
  /** Unsettled records below lie in segments. */
  coldEnd = 0
  /** Where it ended before a hole, if nothing came since; else -1. */
  endAtHole = -1
  hole: Hole | null = null

  constructor(id: number, owner: string | null) {
    this.id = id
    this.owner = owner
  }
}

export class PartitionCase {
  state: PartitionState
  /** Offsets [from, to) that the journal holds batches of, in the order in which they stand there. */
  readonly journaled: { from: number; to: number }[] = []

  constructor(state: PartitionState) {
    this.state = state
  }
}

export class ShardState implements SectionVisitor, CheckpointVisitor {
  readonly logs = new Map<number, LogCase>()
  readonly partitions = new Map<number, PartitionCase>()
  /** Cursors and ledgers, with their owners. */
  readonly others = new Map<number, string>()
  /** Mentioned, but never made as far as can be told; with what the journal holds of it. */
  readonly unknown = new Map<number, LogCase>()
  readonly definitions = new Map<string, Uint8Array>()
  readonly holes: Hole[] = []
  /** What cannot be followed. */
  readonly puzzles: string[] = []
  epoch = 0
  nextLogId = 1
  private readonly appliedThrough = new Map<number, number>()
  private definitionsAppliedThrough = 0
  private readonly sections = new SectionWalk(this)
  private entryNumber = 0
  private entryVersion = 0

  entry(file: string, head: EntryHead, bytes: Buffer, view: DataView, from: number, to: number): void {
    this.entryNumber = head.number
    this.entryVersion = head.version
    this.epoch = Math.max(this.epoch, head.epoch)
    try {
      this.sections.walk(file, head.number, bytes, view, from, to)
    } catch (error) {
      this.puzzles.push(`entry ${head.number}: ${(error as Error).message}`)
    }
  }

  /** Entries are lost here. */
  beginHole(): Hole {
    const hole = new Hole()
    this.holes.push(hole)
    this.sections.begin()
    for (const log of this.logs.values()) {
      if (log.endAtHole >= 0) continue
      log.endAtHole = log.end
      log.hole = hole
    }
    return hole
  }

  log(state: LogState, appliedThrough: number): void {
    const log = new LogCase(state.id, state.owner)
    log.end = state.journalEnd
    log.coldEnd = state.coldEnd
    log.segments.push(...state.segments)
    restoreLedger(log.ledger, state)
    this.logs.set(state.id, log)
    this.appliedThrough.set(state.id, appliedThrough)
    this.noteId(state.id)
  }

  definition(id: string, value: Uint8Array, appliedThrough: number): void {
    this.definitions.set(id, value)
    this.definitionsAppliedThrough = appliedThrough
  }

  partition(state: PartitionState | null, appliedThrough: number): void {
    if (state === null) return void this.puzzles.push('a partition of a durability that is not known')
    this.partitions.set(state.id, new PartitionCase(state))
    this.appliedThrough.set(state.id, appliedThrough)
    this.noteId(state.id)
  }

  cursor(state: CursorState, appliedThrough: number): void {
    this.others.set(state.id, state.owner)
    this.appliedThrough.set(state.id, appliedThrough)
    this.noteId(state.id)
  }

  ledger(state: LedgerState, appliedThrough: number): void {
    this.others.set(state.id, state.owner)
    this.appliedThrough.set(state.id, appliedThrough)
    this.noteId(state.id)
  }

  message(bytes: Buffer, view: DataView, at: number): void {
    const isCarry = bytes[at] === SectionKind.carry
    forEachDestination(bytes, view, at, (logId, offset) => {
      if (this.others.has(logId)) return
      const log = this.logs.get(logId) ?? this.unknownLog(logId)
      log.journaled.add(offset)
      if (!this.isNews(logId)) return
      if (!isCarry) this.closeHole(log, offset)
      log.end = Math.max(log.end, offset + 1)
    })
  }

  batches(logId: number, parts: readonly Uint8Array[]): void {
    const partition = this.partitions.get(logId)
    if (partition === undefined) return void this.unknownLog(logId)
    const bytes = Buffer.concat(parts)
    for (let at = 0; at + BATCH_HEAD_BYTES <= bytes.length; at += batchLength(bytes, at)) {
      partition.journaled.push({ from: baseOffset(bytes, at), to: nextOffset(bytes, at) })
    }
  }

  other(kind: number, logId: number, bytes: Buffer, view: DataView, at: number, length: number): void {
    const from = at + SECTION_HEAD_BYTES
    if (kind === SectionKind.log) this.logChange(logId, bytes, view, from)
    else if (kind === SectionKind.definition) this.defined(bytes, view, from, length)
    else if (kind === SectionKind.settle) this.settle(logId, view, from, length)
    else if (kind === SectionKind.return) this.returned(logId, view, from, length)
    else if (kind === SectionKind.cursor) this.mention(logId)
    else if (kind !== SectionKind.mark && kind !== SectionKind.open) {
      this.puzzles.push(`entry ${this.entryNumber} holds a section of the unknown kind ${kind}`)
    }
  }

  private settle(logId: number, view: DataView, at: number, length: number): void {
    this.mention(logId)
    const log = this.logs.get(logId) ?? this.unknown.get(logId)
    if (log === undefined || !this.isNews(logId)) return
    for (let p = at; p < at + length; p += 16) {
      const to = readU64(view, p + 8)
      if (to > log.end) this.raise(log, to)
      log.ledger.settleRange(readU64(view, p), to)
    }
  }

  private returned(logId: number, view: DataView, at: number, length: number): void {
    this.mention(logId)
    const log = this.logs.get(logId)
    if (log === undefined || !this.isNews(logId)) return
    const returns = new Returns()
    decodeReturns(view, at, length, this.entryVersion === 1, returns)
    returns.forEach((offset) => {
      if (offset >= log.end) this.raise(log, offset + 1)
    })
  }

  /** The records up to there stood in lost entries. */
  private raise(log: LogCase, end: number): void {
    this.closeHole(log, end)
    log.end = end
    const hole = this.holes.at(-1)
    if (this.unknown.has(log.id)) return
    if (hole === undefined) this.puzzles.push(`entry ${this.entryNumber} settles what log ${log.id} never had`)
    else hole.ends.set(log.id, end)
  }

  private closeHole(log: LogCase, offset: number): void {
    if (log.endAtHole < 0) return
    if (offset > log.endAtHole) log.hole?.lost.push({ logId: log.id, from: log.endAtHole, to: offset })
    log.endAtHole = -1
  }

  private logChange(id: number, bytes: Buffer, view: DataView, at: number): void {
    if (!this.isNews(id)) return
    const what = bytes[at]
    if (what === LOG_CREATE) this.created(id, bytes, view, at)
    else if (what === LOG_DELETE) this.forget(id)
    else if (what === LOG_CLIP) this.mention(id)
    else this.partitionChange(id, what, new ByteReader(bytes, view, at + 1))
  }

  private created(id: number, bytes: Buffer, view: DataView, at: number): void {
    const owner = bytes.toString('utf8', at + 5, at + 5 + view.getUint16(at + 3))
    const code = bytes[at + 1]
    this.noteId(id)
    if (code === CREATE_CURSOR || code === CREATE_LEDGER) this.others.set(id, owner)
    else this.logs.set(id, new LogCase(id, owner))
  }

  private forget(id: number): void {
    this.logs.delete(id)
    this.partitions.delete(id)
    this.others.delete(id)
    this.unknown.delete(id)
  }

  private partitionChange(id: number, what: number, from: ByteReader): void {
    if (what === LOG_CREATE_PARTITION) {
      const state = decodePartition(from)
      if (state !== null) this.partitions.set(id, new PartitionCase(state))
      this.noteId(id)
      return
    }
    const partition = this.partitions.get(id)
    if (partition === undefined) return void this.unknownLog(id)
    const { state } = partition
    if (what === LOG_START) partition.state = { ...state, start: Math.max(state.start, from.u64()) }
    else if (what === LOG_REPLACE) {
      const { from: begin, to, cleanEnd, segments } = decodeReplacement(from)
      const kept = state.segments.filter(({ base }) => base < begin || base >= to)
      const all = [...kept, ...segments].sort((a, b) => a.base - b.base)
      partition.state = { ...state, cleanEnd, segments: all }
    } else this.puzzles.push(`entry ${this.entryNumber} says ${what} of log ${id}, which means nothing`)
  }

  private defined(bytes: Buffer, view: DataView, at: number, length: number): void {
    if (this.entryNumber <= this.definitionsAppliedThrough) return
    const nameEnd = at + 2 + view.getUint16(at)
    const id = bytes.toString('utf8', at + 2, nameEnd)
    if (bytes[nameEnd] === 0) this.definitions.delete(id)
    else this.definitions.set(id, Buffer.from(bytes.subarray(nameEnd + 1, at + length)))
  }

  /** Something is said of it: it has to be known, or to be deleted later. */
  private mention(id: number): void {
    if (!this.logs.has(id) && !this.partitions.has(id) && !this.others.has(id)) this.unknownLog(id)
  }

  private unknownLog(id: number): LogCase {
    let log = this.unknown.get(id)
    if (log === undefined) this.unknown.set(id, (log = new LogCase(id, null)))
    return log
  }

  private isNews(id: number): boolean {
    return this.entryNumber > (this.appliedThrough.get(id) ?? 0)
  }

  private noteId(id: number): void {
    this.nextLogId = Math.max(this.nextLogId, id + 1)
  }
}

function restoreLedger(ledger: Ledger, { settledBelow, settledAbove }: LogState): void {
  ledger.settledBelow = settledBelow
  for (let i = 0; i < settledAbove.length; i += 2) ledger.settledAbove.addRange(settledAbove[i], settledAbove[i + 1])
}
