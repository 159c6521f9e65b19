/**
 * The cursors and ledgers of an engine: what is kept of partitions for queues. A cursor has a part in every shard, and a
 * crash may come between the shards. One that was being made is completed: a part that is missing has copied nothing.
 * One that is deleted leaves shard 0 first, with the definition that needed it, and the other shards when that is
 * durable: what a crash leaves of it comes back as a cursor that nobody needs.
 */
import { assert } from '../base/assert.ts'
import type { MessageDraft } from '../record/message.ts'
import { appendToMany } from './append.ts'
import { type CursorPart, FileCursor, NO_SOURCE } from './cursor.ts'
import type { FileLog } from './file-log.ts'
import type { PartitionLog } from './partition/partition-log.ts'
import type { Rounds } from './rounds.ts'
import type { Shard } from './shard.ts'
import type { FileSourceLedger } from './source-ledger.ts'

/** More destinations than this are appended in several sections, the cursor in the last one. */
const DESTINATIONS_MAX = 16383

/** Parts of a deleted cursor that go once the deletion is durable. */
interface Leaving {
  readonly round: number
  readonly parts: readonly CursorPart[]
}

export class Sources {
  readonly cursors = new Map<string, FileCursor>()
  readonly ledgers = new Map<string, FileSourceLedger>()
  private leaving: Leaving[] = []
  private readonly shards: readonly Shard[]
  private readonly rounds: Rounds

  constructor(shards: readonly Shard[], rounds: Rounds) {
    this.shards = shards
    this.rounds = rounds
  }

  /** @param id free, as are those behind it, as many as there are shards; a multiple of their number */
  createCursor(id: number, owner: string, source: PartitionLog | null, next: number): FileCursor {
    assert(!this.cursors.has(owner), 'an owner has one cursor')
    const from = source?.id ?? NO_SOURCE
    const parts = this.shards.map((shard) => shard.stageCursor(id + shard.number, owner, from, next))
    const cursor = new FileCursor(parts)
    this.cursors.set(owner, cursor)
    return cursor
  }

  deleteCursor(cursor: FileCursor): void {
    const [first, ...others] = cursor.parts
    if (first.deleted) return
    for (const part of cursor.parts) part.deleted = true
    this.cursors.delete(cursor.owner)
    this.shards[0].stageDeleteCursor(first)
    if (others.length > 0) this.leaving.push({ round: this.rounds.open, parts: others })
  }

  createLedger(id: number, owner: string, source: PartitionLog, startOffset: number): FileSourceLedger {
    assert(!this.ledgers.has(owner), 'an owner has one ledger')
    const ledger = this.shards[id % this.shards.length].stageLedger(id, owner, source.id, startOffset)
    this.ledgers.set(owner, ledger)
    return ledger
  }

  deleteLedger(ledger: FileSourceLedger): void {
    if (ledger.deleted) return
    ledger.deleted = true
    this.ledgers.delete(ledger.owner)
    const shard = this.shards[ledger.id % this.shards.length]
    shard.ledgers.delete(ledger.id)
    shard.stageDelete(ledger)
  }

  /** @returns true if something was staged that its round has to make durable */
  append(cursor: FileCursor, offset: number, draft: MessageDraft, logs: readonly FileLog[]): boolean {
    assert(draft.persistent || logs.length === 0, 'what has a cursor outlives a crash')
    let staged = false
    for (const part of cursor.parts) {
      if (part.endOffset > offset) continue
      const shard = this.shards[part.shard.number]
      const own = this.shards.length === 1 ? logs : logs.filter((log) => log.shard === shard)
      if (own.length === 0) part.pass(offset + 1)
      else if (appendBehind(part, offset, draft, own, shard)) staged = true
    }
    return staged
  }

  move(cursor: FileCursor, next: number): void {
    for (const part of cursor.parts) part.pass(next)
  }

  /** `rounds.durable` moved: what was decided in shard 0 is carried out in the others. */
  durable(): void {
    if (this.leaving.length === 0 || this.leaving[0].round > this.rounds.durable) return
    this.drop(this.leaving.shift()!.parts)
    this.durable()
  }

  /**
   * After all shards came back: completes cursors, takes back what is said of offsets that their partitions lost, and
   * drops what is left of partitions that are gone. What it stages belongs into the opening entries.
   * @returns the next free id
   */
  recovered(partitions: ReadonlyMap<number, PartitionLog>, nextLogId: number): number {
    for (const parts of this.foundCursors()) {
      const [{ source }] = parts
      const end = source === NO_SOURCE ? Number.POSITIVE_INFINITY : partitions.get(source)?.endOffset
      if (end === undefined) {
        this.drop(parts)
        continue
      }
      const cursor = this.completed(parts)
      this.cursors.set(cursor.owner, cursor)
      nextLogId = Math.max(nextLogId, cursor.id + this.shards.length)
      for (const part of cursor.parts) {
        if (part.endOffset <= end) continue
        part.clip(end)
        this.shards[part.shard.number].stageClip(part.id, end)
      }
    }
    for (const shard of this.shards) {
      for (const ledger of shard.ledgers.values()) {
        this.ledgers.set(ledger.owner, ledger)
        const end = partitions.get(ledger.source)?.endOffset
        if (end === undefined) this.deleteLedger(ledger)
        if (end === undefined || !ledger.reaches(end)) continue
        ledger.clip(end)
        shard.stageClip(ledger.id, end)
      }
    }
    return nextLogId
  }

  /** The parts found of each cursor. Of two of one owner the one that shard 0 knows stays, else the later one. */
  private foundCursors(): CursorPart[][] {
    const byId = new Map<number, CursorPart[]>()
    for (const shard of this.shards) {
      for (const part of shard.cursors.values()) {
        const parts = byId.get(part.cursorId)
        if (parts === undefined) byId.set(part.cursorId, [part])
        else parts.push(part)
      }
    }
    const chosen = new Map<string, CursorPart[]>()
    const weightOf = (parts: readonly CursorPart[]): number =>
      parts[0].cursorId + (parts[0].shard.number === 0 ? Number.MAX_SAFE_INTEGER / 2 : 0)
    for (const parts of byId.values()) {
      const other = chosen.get(parts[0].owner)
      const isBetter = other === undefined || weightOf(parts) > weightOf(other)
      if (isBetter) chosen.set(parts[0].owner, parts)
      this.drop((isBetter ? other : parts) ?? [])
    }
    return [...chosen.values()]
  }

  private drop(parts: readonly CursorPart[]): void {
    for (const part of parts) this.shards[part.shard.number].stageDeleteCursor(part)
  }

  private completed(found: readonly CursorPart[]): FileCursor {
    const [{ cursorId, owner, source, firstNext }] = found
    const parts = this.shards.map(
      (shard) =>
        shard.cursors.get(cursorId + shard.number) ??
        shard.stageCursor(cursorId + shard.number, owner, source, firstNext),
    )
    return new FileCursor(parts)
  }
}

/** Appends the copies of one shard and moves its part of the cursor, together. @returns false if all are scratch */
function appendBehind(
  part: CursorPart,
  offset: number,
  draft: MessageDraft,
  logs: readonly FileLog[],
  shard: Shard,
): boolean {
  const { cursorAheadOfCopy, copyWithoutCursor } = shard.faults
  if (cursorAheadOfCopy) {
    part.pass(offset + 1)
    shard.stageMoved()
  } else part.standAt(offset)
  let from = 0
  let staged = false
  for (; logs.length - from > DESTINATIONS_MAX; from += DESTINATIONS_MAX) {
    staged = appendToMany(draft, logs.slice(from, from + DESTINATIONS_MAX), shard, null) || staged
  }
  const named = cursorAheadOfCopy || copyWithoutCursor ? null : part
  const isJournaled = appendToMany(draft, from === 0 ? logs : logs.slice(from), shard, named)
  for (let i = 0; i < logs.length; i++) logs[i].noteCopy()
  if (isJournaled && named !== null) part.restore(offset + 1)
  else part.pass(offset + 1)
  return isJournaled || staged
}
