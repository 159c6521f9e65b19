/**
 * What the checkpoint and the journal of a shard say, taken in as a start takes it in, but without an objection: what
 * does not fit is noted. Where entries are lost, it follows which offsets may have had their records there.
 */
import { BATCH_HEAD_BYTES, baseOffset, batchLength, nextOffset } from '../../record/batch.ts'
import type { LogState } from '../checkpoint-format.ts'
import type { CursorState } from '../cursor.ts'
import type { EntryHead } from '../entry.ts'
import { Ledger } from '../ledger.ts'
import { forEachDestination } from '../message-section.ts'
import { OffsetSet } from '../offset-set.ts'
import type { PartitionState, Replacement } from '../partition/partition-state.ts'
import { decodeReturns, Returns } from '../returns.ts'
import { SectionKind } from '../section.ts'
import type { SegmentState } from '../segment.ts'
import type { LedgerState } from '../source-ledger.ts'
import { forEachRange, StateReader } from '../state-reader.ts'

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

export class ShardState extends StateReader {
  readonly logs = new Map<number, LogCase>()
  readonly partitions = new Map<number, PartitionCase>()
  /** Cursors and ledgers, with their owners. */
  readonly others = new Map<number, string>()
  /** Mentioned, but never made as far as can be told; with what the journal holds of it. */
  readonly unknown = new Map<number, LogCase>()
  readonly definitions: ReadonlyMap<string, Uint8Array>
  readonly holes: Hole[] = []
  /** What cannot be followed. */
  readonly puzzles: string[] = []
  epoch = 0
  nextLogId = 1

  constructor() {
    const definitions = new Map<string, Uint8Array>()
    super(definitions)
    this.definitions = definitions
  }

  override entry(file: string, head: EntryHead, bytes: Buffer, view: DataView, from: number, to: number): void {
    this.epoch = Math.max(this.epoch, head.epoch)
    try {
      super.entry(file, head, bytes, view, from, to)
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

  protected takeLog(state: LogState): void {
    const log = new LogCase(state.id, state.owner)
    log.end = state.journalEnd
    log.coldEnd = state.coldEnd
    log.segments.push(...state.segments)
    restoreLedger(log.ledger, state)
    this.logs.set(state.id, log)
    this.noteId(state.id)
  }

  protected takePartition(state: PartitionState): void {
    this.partitions.set(state.id, new PartitionCase(state))
    this.noteId(state.id)
  }

  protected takeCursor({ id, owner }: CursorState): void {
    this.others.set(id, owner)
    this.noteId(id)
  }

  protected takeLedger({ id, owner }: LedgerState): void {
    this.others.set(id, owner)
    this.noteId(id)
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

  protected settled(logId: number, view: DataView, at: number, length: number): void {
    this.mention(logId)
    const log = this.logs.get(logId) ?? this.unknown.get(logId)
    if (log === undefined || !this.isNews(logId)) return
    forEachRange(view, at, length, (from, to) => {
      if (to > log.end) this.raise(log, to)
      log.ledger.settleRange(from, to)
    })
  }

  protected returned(logId: number, view: DataView, at: number, length: number): void {
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

  protected createdLog(id: number, owner: string): void {
    this.logs.set(id, new LogCase(id, owner))
    this.noteId(id)
  }

  protected createdLedger(id: number, owner: string): void {
    this.others.set(id, owner)
    this.noteId(id)
  }

  protected deleted(id: number): void {
    this.logs.delete(id)
    this.partitions.delete(id)
    this.others.delete(id)
    this.unknown.delete(id)
  }

  protected clipped(id: number): void {
    this.mention(id)
  }

  protected moved(id: number): void {
    this.mention(id)
  }

  /** May stand before its log is made. */
  protected marked(): void {}

  protected started(id: number, offset: number): void {
    const partition = this.partitionOf(id)
    if (partition === undefined) return
    const { state } = partition
    partition.state = { ...state, start: Math.max(state.start, offset) }
  }

  protected replaced(id: number, { from, to, cleanEnd, segments }: Replacement): void {
    const partition = this.partitionOf(id)
    if (partition === undefined) return
    const { state } = partition
    const kept = state.segments.filter(({ base }) => base < from || base >= to)
    const all = [...kept, ...segments].sort((a, b) => a.base - b.base)
    partition.state = { ...state, cleanEnd, segments: all }
  }

  private partitionOf(id: number): PartitionCase | undefined {
    const partition = this.partitions.get(id)
    if (partition === undefined) this.unknownLog(id)
    return partition
  }

  protected objectTo(what: string): void {
    this.puzzles.push(`entry ${this.entryNumber} ${what}`)
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

  private noteId(id: number): void {
    this.nextLogId = Math.max(this.nextLogId, id + 1)
  }
}

function restoreLedger(ledger: Ledger, { settledBelow, settledAbove }: LogState): void {
  ledger.settledBelow = settledBelow
  for (let i = 0; i < settledAbove.length; i += 2) ledger.settledAbove.addRange(settledAbove[i], settledAbove[i + 1])
}
