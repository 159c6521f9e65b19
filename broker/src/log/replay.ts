/**
 * What the journal says, applied in memory: logs, definitions, what is settled, returned, marked. The bytes of messages
 * are not loaded here but once it is known which of them are still needed (see load-journaled.ts).
 */
import { ByteReader, type CheckpointVisitor, type LogState } from './checkpoint-format.ts'
import { CursorPart, type CursorState } from './cursor.ts'
import { Damage } from './damage.ts'
import type { Durability } from './engine.ts'
import type { EntryHead } from './entry.ts'
import { FileLog } from './file-log.ts'
import { forEachDestination } from './message-section.ts'
import { FilePartition } from './partition/file-partition.ts'
import { decodePartition, decodeReplacement, type PartitionState } from './partition/partition-state.ts'
import type { OpenTransaction } from './partition/producers.ts'
import { decodeReturns, Returns } from './returns.ts'
import {
  CREATE_CURSOR,
  CREATE_LEDGER,
  LOG_CLIP,
  LOG_CREATE_PARTITION,
  LOG_DELETE,
  LOG_REPLACE,
  LOG_START,
  readU64,
  SECTION_HEAD_BYTES,
  SectionKind,
} from './section.ts'
import { type SectionVisitor, SectionWalk } from './section-walk.ts'
import type { Shard } from './shard.ts'
import { FileSourceLedger, type LedgerState } from './source-ledger.ts'

const DURABILITY_OF: Record<number, Durability> = { 1: 'synced', 2: 'written' }

/** The state all shards recover into. */
export interface RecoveredState {
  readonly logs: Map<number, FileLog>
  readonly definitions: Map<string, Uint8Array>
  nextLogId: number
}

export class Replay implements SectionVisitor, CheckpointVisitor {
  /** The last entry already held in a log's state when the walk began. */
  private readonly appliedThrough = new Map<number, number>()
  private definitionsAppliedThrough = 0
  /** Records were carried forward in the journal. */
  hasCarries = false
  private readonly state: RecoveredState
  private readonly shard: Shard
  private readonly sections = new SectionWalk(this)
  /** Logs that are mentioned but not known, with the place: legal if their tombstone follows. */
  private readonly unknown = new Map<number, string>()
  private readonly earlyMarks = new Map<number, number>()
  private file = ''
  private fileSeq = 0
  private entryNumber = 0
  private entryVersion = 0

  constructor(state: RecoveredState, shard: Shard) {
    this.state = state
    this.shard = shard
  }

  /** Takes over a log from a checkpoint. */
  log(state: LogState, appliedThrough: number): void {
    const durability = this.durabilityOf(state.durability, state.id)
    const log = new FileLog(state.id, state.owner, durability, this.shard)
    log.restoreState(state, this.shard.segments)
    this.state.logs.set(state.id, log)
    this.appliedThrough.set(state.id, appliedThrough)
  }

  /** Takes over a definition from a checkpoint. */
  definition(id: string, value: Uint8Array, appliedThrough: number): void {
    this.state.definitions.set(id, value)
    this.definitionsAppliedThrough = appliedThrough
  }

  /** Takes over the log of a partition from a checkpoint. */
  partition(state: PartitionState | null, appliedThrough: number): void {
    if (state === null) throw this.damage('names an unknown durability for the log of a partition')
    this.takePartition(state)
    this.appliedThrough.set(state.id, appliedThrough)
  }

  /** Takes over a part of a cursor from a checkpoint. */
  cursor(state: CursorState, appliedThrough: number): void {
    this.shard.cursors.set(state.id, new CursorPart(state, this.shard))
    this.appliedThrough.set(state.id, appliedThrough)
  }

  /** Takes over a ledger from a checkpoint. */
  ledger(state: LedgerState, appliedThrough: number): void {
    const { id, owner, source, startOffset } = state
    const ledger = new FileSourceLedger(id, owner, source, startOffset, this.shard)
    ledger.restoreState(state)
    this.shard.ledgers.set(id, ledger)
    this.appliedThrough.set(id, appliedThrough)
  }

  private takePartition(state: PartitionState): void {
    const { partitions } = this.shard
    const partition = new FilePartition(state.id, state.owner, state.label, state.options, partitions)
    partition.restoreState(state)
    partitions.partitions.set(state.id, partition)
    this.state.nextLogId = Math.max(this.state.nextLogId, state.id + 1)
  }

  /** Their bytes are looked at when it is known which of them stand in segments. */
  batches(logId: number): void {
    if (!this.shard.partitions.partitions.has(logId)) this.unknown.set(logId, this.file)
  }

  entry(file: string, head: EntryHead, bytes: Buffer, view: DataView, from: number, to: number): void {
    this.file = file
    this.fileSeq = head.fileSeq
    this.entryNumber = head.number
    this.entryVersion = head.version
    this.sections.walk(file, head.number, bytes, view, from, to)
  }

  /** @throws Damage if something stands for a log that was never made. */
  finish(): void {
    for (const [logId, place] of this.unknown) throw new Damage(place, `log ${logId} is not known and was not deleted`)
  }

  message(bytes: Buffer, view: DataView, at: number): void {
    if (bytes[at] === SectionKind.carry) this.carried(readU64(view, at + 8), readU64(view, at + SECTION_HEAD_BYTES))
    forEachDestination(bytes, view, at, (logId, offset) => {
      const log = this.state.logs.get(logId)
      if (log === undefined) this.moved(logId, offset + 1)
      if (log === undefined || !this.isNews(logId)) return
      log.journalEnd = Math.max(log.journalEnd, offset + 1)
      log.endOffset = Math.max(log.endOffset, offset + 1)
    })
  }

  other(kind: number, logId: number, bytes: Buffer, view: DataView, at: number, length: number): void {
    const from = at + SECTION_HEAD_BYTES
    if (kind === SectionKind.log) this.logChange(logId, bytes, view, from)
    else if (kind === SectionKind.definition) this.defined(bytes, view, from, length)
    else if (kind === SectionKind.settle) this.settle(logId, view, from, length)
    else if (kind === SectionKind.return) this.returned(logId, view, from, length)
    else if (kind === SectionKind.mark) this.marked(logId, readU64(view, from))
    else if (kind === SectionKind.cursor) this.moved(logId, readU64(view, from))
    else if (kind !== SectionKind.open) throw this.damage(`holds a section of the unknown kind ${kind}`)
  }

  /** A cursor, by itself or with a copy. */
  private moved(id: number, next: number): void {
    const part = this.shard.cursors.get(id)
    if (part === undefined) this.unknown.set(id, this.file)
    else if (this.isNews(id)) part.restore(next)
  }

  private carried(logId: number, offset: number): void {
    this.hasCarries = true
    this.state.logs.get(logId)?.noteInFile(this.fileSeq, offset + 1)
  }

  private logChange(id: number, bytes: Buffer, view: DataView, at: number): void {
    if (!this.isNews(id)) return
    const what = bytes[at]
    if (what === LOG_CLIP) {
      this.clipped(id, readU64(view, at + 1))
      return
    }
    if (what >= LOG_CREATE_PARTITION) {
      this.partitionChange(id, what, new ByteReader(bytes, view, at + 1))
      return
    }
    if (what === LOG_DELETE) {
      this.state.logs.delete(id)
      this.shard.partitions.partitions.delete(id)
      this.shard.cursors.delete(id)
      this.shard.ledgers.delete(id)
      this.unknown.delete(id)
      return
    }
    const ownerEnd = at + 5 + view.getUint16(at + 3)
    const owner = bytes.toString('utf8', at + 5, ownerEnd)
    this.state.nextLogId = Math.max(this.state.nextLogId, id + 1)
    if (bytes[at + 1] === CREATE_CURSOR || bytes[at + 1] === CREATE_LEDGER) {
      this.createdForSource(bytes[at + 1], id, owner, readU64(view, ownerEnd), readU64(view, ownerEnd + 8))
      return
    }
    const log = new FileLog(id, owner, this.durabilityOf(bytes[at + 1], id), this.shard)
    this.state.logs.set(id, log)
    log.mark.restore(this.earlyMarks.get(id) ?? 0)
  }

  private createdForSource(what: number, id: number, owner: string, source: number, start: number): void {
    if (what === CREATE_CURSOR) {
      const part = new CursorPart({ id, owner, source, firstNext: start, next: start }, this.shard)
      this.shard.cursors.set(id, part)
      return
    }
    const ledger = new FileSourceLedger(id, owner, source, start, this.shard)
    this.shard.ledgers.set(id, ledger)
    ledger.mark.restore(this.earlyMarks.get(id) ?? 0)
  }

  private clipped(id: number, end: number): void {
    const clipped = this.shard.cursors.get(id) ?? this.shard.ledgers.get(id)
    if (clipped === undefined) this.unknown.set(id, this.file)
    else clipped.clip(end)
  }

  private partitionChange(id: number, what: number, from: ByteReader): void {
    if (what === LOG_CREATE_PARTITION) {
      const state = decodePartition(from)
      if (state === null) throw this.damage(`names an unknown durability for the log ${id} of a partition`)
      this.takePartition(state)
      return
    }
    const partition = this.shard.partitions.partitions.get(id)
    if (partition === undefined) this.unknown.set(id, this.file)
    else if (what === LOG_START) partition.restoreStart(from.u64(), transactions(from))
    else if (what === LOG_REPLACE) partition.applyReplacement(decodeReplacement(from))
    else throw this.damage(`says ${what} of log ${id}, which is not known`)
  }

  private durabilityOf(code: number, logId: number): Durability {
    const durability = DURABILITY_OF[code]
    if (durability === undefined) throw this.damage(`names an unknown durability for log ${logId}`)
    return durability
  }

  private defined(bytes: Buffer, view: DataView, at: number, length: number): void {
    if (this.entryNumber <= this.definitionsAppliedThrough) return
    const nameEnd = at + 2 + view.getUint16(at)
    const id = bytes.toString('utf8', at + 2, nameEnd)
    if (bytes[nameEnd] === 0) this.state.definitions.delete(id)
    else this.state.definitions.set(id, Buffer.from(bytes.subarray(nameEnd + 1, at + length)))
  }

  /** A mark may stand before its log is made: it is written in front of all else of its round. */
  private marked(logId: number, below: number): void {
    if (this.state.logs.has(logId) || this.shard.ledgers.has(logId)) this.changed(logId)?.mark.restore(below)
    else this.earlyMarks.set(logId, below)
  }

  private settle(logId: number, view: DataView, at: number, length: number): void {
    const log = this.changed(logId)
    if (log === null) return
    for (let p = at; p < at + length; p += 16) {
      const from = readU64(view, p)
      const to = readU64(view, p + 8)
      if (log instanceof FileLog && to > log.journalEnd) {
        throw this.damage(
          `settles offsets ${from} to ${to} of log ${logId} (${log.owner}), which ends at ${log.journalEnd}`,
        )
      }
      log.ledger.settleRange(from, to)
    }
  }

  private returned(logId: number, view: DataView, at: number, length: number): void {
    const log = this.changed(logId)
    if (log === null) return
    log.returned ??= new Returns()
    decodeReturns(view, at, length, this.entryVersion === 1, log.returned)
  }

  /** The log or ledger, if this entry is news to it. */
  private changed(id: number): FileLog | FileSourceLedger | null {
    const log = this.state.logs.get(id) ?? this.shard.ledgers.get(id)
    if (log === undefined) {
      this.unknown.set(id, this.file)
      return null
    }
    return this.isNews(id) ? log : null
  }

  private isNews(id: number): boolean {
    return this.entryNumber > (this.appliedThrough.get(id) ?? 0)
  }

  private damage(what: string): Damage {
    return new Damage(this.file, `entry ${this.entryNumber} ${what}`)
  }
}

function transactions(from: ByteReader): OpenTransaction[] {
  const found: OpenTransaction[] = []
  for (let left = from.u32(); left > 0; left--) found.push({ producerId: from.u64(), firstOffset: from.u64() })
  return found
}
