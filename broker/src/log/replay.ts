/**
 * What the journal says, applied in memory: logs, definitions, what is settled, returned, marked. The bytes of messages
 * are not loaded here but once it is known which of them are still needed (see load-journaled.ts).
 */
import type { LogState } from './checkpoint-format.ts'
import { CursorPart, type CursorState } from './cursor.ts'
import { Damage } from './damage.ts'
import type { Durability } from './engine.ts'
import type { EntryHead } from './entry.ts'
import { FileLog } from './file-log.ts'
import { forEachDestination } from './message-section.ts'
import { FilePartition } from './partition/file-partition.ts'
import type { PartitionState, Replacement } from './partition/partition-state.ts'
import type { OpenTransaction } from './partition/producers.ts'
import { decodeReturns, Returns } from './returns.ts'
import { readU64, SECTION_HEAD_BYTES, SectionKind } from './section.ts'
import type { Shard } from './shard.ts'
import { FileSourceLedger, type LedgerState } from './source-ledger.ts'
import { forEachRange, StateReader } from './state-reader.ts'

const DURABILITY_OF: Record<number, Durability> = { 1: 'synced', 2: 'written' }

/** The state all shards recover into. */
export interface RecoveredState {
  readonly logs: Map<number, FileLog>
  readonly definitions: Map<string, Uint8Array>
  nextLogId: number
}

export class Replay extends StateReader {
  /** Records were carried forward in the journal. */
  hasCarries = false
  private readonly state: RecoveredState
  private readonly shard: Shard
  /** Logs that are mentioned but not known, with the place: legal if their tombstone follows. */
  private readonly unknown = new Map<number, string>()
  private readonly earlyMarks = new Map<number, number>()
  private file = ''
  private fileSeq = 0

  constructor(state: RecoveredState, shard: Shard) {
    super(state.definitions)
    this.state = state
    this.shard = shard
  }

  protected takeLog(state: LogState): void {
    const durability = this.durabilityOf(state.durability, state.id)
    const log = new FileLog(state.id, state.owner, durability, this.shard)
    log.restoreState(state, this.shard.segments)
    this.state.logs.set(state.id, log)
  }

  protected takeCursor(state: CursorState): void {
    this.shard.cursors.set(state.id, new CursorPart(state, this.shard))
    this.noteId(state.id)
  }

  protected takeLedger(state: LedgerState): void {
    const { id, owner, source, startOffset } = state
    const ledger = new FileSourceLedger(id, owner, source, startOffset, this.shard)
    ledger.restoreState(state)
    this.shard.ledgers.set(id, ledger)
  }

  protected takePartition(state: PartitionState): void {
    const { partitions } = this.shard
    const partition = new FilePartition(state.id, state.owner, state.label, state.options, partitions)
    partition.restoreState(state)
    partitions.partitions.set(state.id, partition)
    this.noteId(state.id)
  }

  /** Their bytes are looked at when it is known which of them stand in segments. */
  batches(logId: number): void {
    if (!this.shard.partitions.partitions.has(logId)) this.unknown.set(logId, this.file)
  }

  override entry(file: string, head: EntryHead, bytes: Buffer, view: DataView, from: number, to: number): void {
    this.file = file
    this.fileSeq = head.fileSeq
    super.entry(file, head, bytes, view, from, to)
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

  /** A cursor, by itself or with a copy. */
  protected moved(id: number, next: number): void {
    const part = this.shard.cursors.get(id)
    if (part === undefined) this.unknown.set(id, this.file)
    else if (this.isNews(id)) part.restore(next)
  }

  private carried(logId: number, offset: number): void {
    this.hasCarries = true
    this.state.logs.get(logId)?.noteInFile(this.fileSeq, offset + 1)
  }

  protected createdLog(id: number, owner: string, durability: number): void {
    const log = new FileLog(id, owner, this.durabilityOf(durability, id), this.shard)
    this.state.logs.set(id, log)
    log.mark.restore(this.earlyMarks.get(id) ?? 0)
    this.noteId(id)
  }

  protected createdLedger(id: number, owner: string, source: number, startOffset: number): void {
    const ledger = new FileSourceLedger(id, owner, source, startOffset, this.shard)
    this.shard.ledgers.set(id, ledger)
    ledger.mark.restore(this.earlyMarks.get(id) ?? 0)
    this.noteId(id)
  }

  protected deleted(id: number): void {
    this.state.logs.delete(id)
    this.shard.partitions.partitions.delete(id)
    this.shard.cursors.delete(id)
    this.shard.ledgers.delete(id)
    this.unknown.delete(id)
  }

  protected clipped(id: number, end: number): void {
    const clipped = this.shard.cursors.get(id) ?? this.shard.ledgers.get(id)
    if (clipped === undefined) this.unknown.set(id, this.file)
    else clipped.clip(end)
  }

  protected started(id: number, offset: number, over: readonly OpenTransaction[]): void {
    this.partitionOf(id)?.restoreStart(offset, over)
  }

  protected replaced(id: number, replacement: Replacement): void {
    this.partitionOf(id)?.applyReplacement(replacement)
  }

  private partitionOf(id: number): FilePartition | undefined {
    const partition = this.shard.partitions.partitions.get(id)
    if (partition === undefined) this.unknown.set(id, this.file)
    return partition
  }

  private durabilityOf(code: number, logId: number): Durability {
    const durability = DURABILITY_OF[code]
    return durability ?? this.objectTo(`names an unknown durability for log ${logId}`)
  }

  /** A mark may stand before its log is made: it is written in front of all else of its round. */
  protected marked(logId: number, below: number): void {
    if (this.state.logs.has(logId) || this.shard.ledgers.has(logId)) this.changed(logId)?.mark.restore(below)
    else this.earlyMarks.set(logId, below)
  }

  protected settled(logId: number, view: DataView, at: number, length: number): void {
    const log = this.changed(logId)
    if (log === null) return
    forEachRange(view, at, length, (from, to) => {
      if (log instanceof FileLog && to > log.journalEnd) {
        const whose = `log ${logId} (${log.owner})`
        this.objectTo(`settles offsets ${from} to ${to} of ${whose}, which ends at ${log.journalEnd}`)
      }
      log.ledger.settleRange(from, to)
    })
  }

  protected returned(logId: number, view: DataView, at: number, length: number): void {
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

  private noteId(id: number): void {
    this.state.nextLogId = Math.max(this.state.nextLogId, id + 1)
  }

  protected objectTo(what: string): never {
    throw new Damage(this.file, `entry ${this.entryNumber} ${what}`)
  }
}
