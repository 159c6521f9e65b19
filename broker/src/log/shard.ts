/**
 * A shard: the logs that share one journal, and what they staged since the last seal. Message sections are staged as
 * they arrive; settles, returns and marks are collected per log and written at the seal, behind the records.
 */
import { Arena, type EntryDraft, JournalArena } from './arena.ts'
import type { Block, BlockPool } from './block.ts'
import type { FileLog, LogStage } from './file-log.ts'
import type { Journal } from './journal.ts'
import type { Rounds } from './rounds.ts'
import { LOG_CREATE, LOG_DELETE, SECTION_HEAD_BYTES, SectionKind, writeSectionHead, writeU64 } from './section.ts'
import type { SegmentStore } from './segment-store.ts'

const DURABILITY_CODE = { synced: 1, written: 2, scratch: 3 } as const

export class Shard implements LogStage {
  readonly number: number
  readonly pool: BlockPool
  readonly rounds: Rounds
  readonly journal: Journal
  readonly segments: SegmentStore
  readonly journaled: JournalArena
  readonly scratch: Arena
  private dirtyLogs: FileLog[] = []
  private readonly onStaged: (urgent: boolean) => void

  /** @param onStaged something is to be sealed: with the turn if urgent, else soon. */
  constructor(
    number: number,
    pool: BlockPool,
    rounds: Rounds,
    journal: Journal,
    segments: SegmentStore,
    onStaged: (urgent: boolean) => void,
  ) {
    this.number = number
    this.pool = pool
    this.rounds = rounds
    this.journal = journal
    this.segments = segments
    this.onStaged = onStaged
    this.journaled = new JournalArena(pool)
    this.scratch = new Arena(pool)
  }

  markDirty(log: FileLog, urgent: boolean): void {
    if (log.dirty) {
      if (urgent) this.onStaged(true)
      return
    }
    log.dirty = true
    this.dirtyLogs.push(log)
    this.onStaged(urgent)
  }

  stageCreate(log: FileLog): void {
    const owner = Buffer.from(log.owner)
    const view = this.stage(SectionKind.log, log.id, 5 + owner.length)
    const at = this.at
    view.setUint8(at, LOG_CREATE)
    view.setUint8(at + 1, DURABILITY_CODE[log.durability])
    view.setUint16(at + 3, owner.length)
    this.journaled.block.bytes.set(owner, at + 5)
    this.onStaged(true)
  }

  stageDelete(log: FileLog): void {
    this.stage(SectionKind.log, log.id, 1).setUint8(this.at, LOG_DELETE)
    this.onStaged(true)
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

  /** The first entry of an epoch, or the last one before a clean stop. */
  stageOpen(clean: boolean): void {
    this.stage(SectionKind.open, 0, 1).setUint8(this.at, clean ? 1 : 0)
    this.onStaged(true)
  }

  /** Everything staged, as journal entries; the blocks are to be released when they are written. */
  seal(): { entries: EntryDraft[]; blocks: Block[] } {
    for (const log of this.dirtyLogs) {
      log.dirty = false
      if (!log.deleted) this.stageChanges(log)
    }
    this.dirtyLogs = []
    return this.journaled.seal()
  }

  private stageChanges(log: FileLog): void {
    if (log.ledger.hasStaged) {
      const ranges = log.ledger.takeStaged()
      const view = this.stage(SectionKind.settle, log.id, ranges.length * 8)
      for (let i = 0; i < ranges.length; i++) writeU64(view, this.at + i * 8, ranges[i])
    }
    if (log.returnsStaged.length > 0) {
      const pairs = log.returnsStaged
      const view = this.stage(SectionKind.return, log.id, pairs.length * 6)
      for (let i = 0, at = this.at; i < pairs.length; i += 2, at += 12) {
        writeU64(view, at, pairs[i])
        view.setUint32(at + 8, pairs[i + 1])
      }
      log.returnsStaged = []
    }
    if (log.markStaged) {
      writeU64(this.stage(SectionKind.mark, log.id, 8), this.at, log.mark.below)
      log.markStaged = false
    }
  }

  /** Where the body of the section just staged begins. */
  private at = 0

  private stage(kind: number, logId: number, length: number): DataView {
    const at = this.journaled.stage(SECTION_HEAD_BYTES + length, 0)
    const view = this.journaled.block.view
    writeSectionHead(view, at, kind, length, logId)
    this.at = at + SECTION_HEAD_BYTES
    return view
  }
}
