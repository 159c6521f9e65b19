/**
 * Reads what checkpoint and journal say of the state of a shard, one after the other: decodes the sections, and passes
 * over what the checkpoint counted in already. What to make of it, and of what does not fit, is for those who extend it:
 * a start refuses, the doctor takes note.
 */
import { ByteReader, type CheckpointVisitor, type LogState } from './checkpoint-format.ts'
import type { CursorState } from './cursor.ts'
import type { EntryHead } from './entry.ts'
import {
  decodePartition,
  decodeReplacement,
  decodeStart,
  type PartitionState,
  type Replacement,
} from './partition/partition-state.ts'
import type { OpenTransaction } from './partition/producers.ts'
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
} from './section.ts'
import { type SectionVisitor, SectionWalk } from './section-walk.ts'
import type { LedgerState } from './source-ledger.ts'

export abstract class StateReader implements SectionVisitor, CheckpointVisitor {
  protected readonly sections = new SectionWalk(this)
  protected entryNumber = 0
  protected entryVersion = 0
  /** The last entry already held in a log's state when the walk began. */
  private readonly appliedThrough = new Map<number, number>()
  private definitionsAppliedThrough = 0
  private readonly definitionsRead: Map<string, Uint8Array>

  constructor(definitions: Map<string, Uint8Array>) {
    this.definitionsRead = definitions
  }

  /** @throws Damage if the sections do not fill the entry */
  entry(file: string, head: EntryHead, bytes: Buffer, view: DataView, from: number, to: number): void {
    this.entryNumber = head.number
    this.entryVersion = head.version
    this.sections.walk(file, head.number, bytes, view, from, to)
  }

  /** The entry being read is not counted in yet. */
  protected isNews(id: number): boolean {
    return this.entryNumber > (this.appliedThrough.get(id) ?? 0)
  }

  // ---- from a checkpoint

  log(state: LogState, appliedThrough: number): void {
    this.appliedThrough.set(state.id, appliedThrough)
    this.takeLog(state)
  }

  definition(id: string, value: Uint8Array, appliedThrough: number): void {
    this.definitionsRead.set(id, value)
    this.definitionsAppliedThrough = appliedThrough
  }

  partition(state: PartitionState | null, appliedThrough: number): void {
    if (state !== null) {
      this.appliedThrough.set(state.id, appliedThrough)
      this.takePartition(state)
    } else this.objectTo('names an unknown durability for the log of a partition')
  }

  cursor(state: CursorState, appliedThrough: number): void {
    this.appliedThrough.set(state.id, appliedThrough)
    this.takeCursor(state)
  }

  ledger(state: LedgerState, appliedThrough: number): void {
    this.appliedThrough.set(state.id, appliedThrough)
    this.takeLedger(state)
  }

  protected abstract takeLog(state: LogState): void
  /** From a checkpoint, or just made. */
  protected abstract takePartition(state: PartitionState): void
  protected abstract takeCursor(state: CursorState): void
  protected abstract takeLedger(state: LedgerState): void

  // ---- from the journal

  abstract message(bytes: Buffer, view: DataView, at: number): void
  abstract batches(logId: number, parts: readonly Uint8Array[]): void

  other(kind: number, logId: number, bytes: Buffer, view: DataView, at: number, length: number): void {
    const from = at + SECTION_HEAD_BYTES
    if (kind === SectionKind.log) this.logChange(logId, bytes, view, from)
    else if (kind === SectionKind.definition) this.define(bytes, view, from, length)
    else if (kind === SectionKind.settle) this.settled(logId, view, from, length)
    else if (kind === SectionKind.return) this.returned(logId, view, from, length)
    else if (kind === SectionKind.mark) this.marked(logId, readU64(view, from))
    else if (kind === SectionKind.cursor) this.moved(logId, readU64(view, from))
    else if (kind !== SectionKind.open) this.objectTo(`holds a section of the unknown kind ${kind}`)
  }

  private define(bytes: Buffer, view: DataView, at: number, length: number): void {
    if (this.entryNumber <= this.definitionsAppliedThrough) return
    const nameEnd = at + 2 + view.getUint16(at)
    const id = bytes.toString('utf8', at + 2, nameEnd)
    if (bytes[nameEnd] === 0) this.definitionsRead.delete(id)
    else this.definitionsRead.set(id, Buffer.from(bytes.subarray(nameEnd + 1, at + length)))
  }

  private logChange(id: number, bytes: Buffer, view: DataView, at: number): void {
    if (!this.isNews(id)) return
    const what = bytes[at]
    const from = new ByteReader(bytes, view, at + 1)
    if (what === LOG_CREATE) this.create(id, from)
    else if (what === LOG_DELETE) this.deleted(id)
    else if (what === LOG_CLIP) this.clipped(id, from.u64())
    else if (what === LOG_CREATE_PARTITION) {
      const state = decodePartition(from)
      if (state !== null) this.takePartition(state)
      else this.objectTo(`names an unknown durability for the log ${id} of a partition`)
    } else if (what === LOG_START) this.started(id, ...decodeStart(from))
    else if (what === LOG_REPLACE) this.replaced(id, decodeReplacement(from))
    else this.objectTo(`says ${what} of log ${id}, which means nothing`)
  }

  private create(id: number, from: ByteReader): void {
    const code = from.u8()
    from.u8()
    const owner = from.text(from.u16())
    if (code === CREATE_CURSOR) {
      const [source, next] = [from.u64(), from.u64()]
      this.takeCursor({ id, owner, source, firstNext: next, next })
    } else if (code === CREATE_LEDGER) this.createdLedger(id, owner, from.u64(), from.u64())
    else this.createdLog(id, owner, code)
  }

  protected abstract createdLog(id: number, owner: string, durability: number): void
  protected abstract createdLedger(id: number, owner: string, source: number, startOffset: number): void
  protected abstract deleted(id: number): void
  /** What a cursor or a ledger says ends there. */
  protected abstract clipped(id: number, end: number): void
  /** The start of a partition was raised; with the transactions that reach over it. */
  protected abstract started(id: number, offset: number, over: readonly OpenTransaction[]): void
  /** A partition was compacted. */
  protected abstract replaced(id: number, replacement: Replacement): void
  /** Ranges, see `forEachRange`. */
  protected abstract settled(id: number, view: DataView, at: number, length: number): void
  /** See `decodeReturns`. */
  protected abstract returned(id: number, view: DataView, at: number, length: number): void
  protected abstract marked(id: number, below: number): void
  protected abstract moved(id: number, next: number): void
  /** The entry, or the checkpoint, says something that means nothing. */
  protected abstract objectTo(what: string): void
}

/** Calls back for each range [from, to) of a settle section's body. */
export function forEachRange(
  view: DataView,
  at: number,
  length: number,
  visit: (from: number, to: number) => void,
): void {
  for (let p = at; p < at + length; p += 16) visit(readU64(view, p), readU64(view, p + 8))
}
