/**
 * How far the log of a partition was copied into queues. Their logs lie in several shards, which share no journal: so a
 * cursor has a part in each shard, and a part says what stands in the journal of its own. It looks like a log there: it
 * is named among the destinations of a message, whose offset is then the source's, so that the copy and the part that
 * moved behind it are one section. What is passed over is written as a section of its own, later.
 *
 * A cursor without a source (a schedule's, whose offsets are the times of its ticks) is the same, but that nothing clips it.
 *
 * The parts of a cursor have neighbouring ids: the one in shard S has the cursor's id + S.
 *
 *   created as   source u64 | next u64, behind what all logs have (see section.ts)
 *   checkpoint   id u64 | source u64 | first next u64 | next u64 | owner length u16 | owner
 */
import type { ByteReader, ByteWriter } from './checkpoint-format.ts'
import type { Cursor, Log } from './engine.ts'

/** In place of a partition's id: the owner numbers what is copied, and nothing else says how far that goes. */
export const NO_SOURCE = 0

/** What a part asks of its shard. */
export interface CursorStage {
  readonly number: number
  /** The part passed over records: to be told with the next seal. */
  markMoved(part: CursorPart): void
}

export interface CursorState {
  readonly id: number
  readonly owner: string
  /** Id of the partition's log, or NO_SOURCE. */
  readonly source: number
  readonly firstNext: number
  readonly next: number
}

export class CursorPart {
  readonly id: number
  readonly owner: string
  readonly source: number
  /** Where it was made. */
  firstNext: number
  /** The next offset of the source, as a log's end is the next one of its own. */
  endOffset: number
  /** A cursor alone is worth no sync: what it says after a crash is only less. */
  readonly synced = false
  readonly shard: CursorStage
  /** Set while the part stands in its shard's list. */
  dirty = false
  deleted = false
  /** What the journal says, or will with what is staged. */
  private journaled: number

  constructor(state: CursorState, shard: CursorStage) {
    this.id = state.id
    this.owner = state.owner
    this.source = state.source
    this.firstNext = state.firstNext
    this.endOffset = this.journaled = state.next
    this.shard = shard
  }

  /** The cursor's id. */
  get cursorId(): number {
    return this.id - this.shard.number
  }

  /** Stands at `offset`: to be named in the section of the copy. */
  standAt(offset: number): void {
    this.endOffset = offset
  }

  /** The journal says so, or will with what is staged. */
  restore(next: number): void {
    this.endOffset = this.journaled = next
  }

  /** All below `next` was passed over. */
  pass(next: number): void {
    if (next <= this.endOffset) return
    this.endOffset = next
    if (!this.dirty) this.shard.markMoved(this)
  }

  /** The source lost what lies at or above `end`. */
  clip(end: number): void {
    this.firstNext = Math.min(this.firstNext, end)
    this.restore(Math.min(this.endOffset, end))
  }

  /** True once, if the journal is to be told. */
  takeStaged(): boolean {
    const isNews = this.journaled !== this.endOffset
    this.journaled = this.endOffset
    return isNews
  }

  state(): CursorState {
    const { id, owner, source, firstNext, endOffset: next } = this
    return { id, owner, source, firstNext, next }
  }
}

export class FileCursor implements Cursor {
  readonly id: number
  readonly owner: string
  /** By shard. */
  readonly parts: readonly CursorPart[]

  constructor(parts: readonly CursorPart[]) {
    this.id = parts[0].cursorId
    this.owner = parts[0].owner
    this.parts = parts
  }

  get next(): number {
    let next = this.parts[0].endOffset
    for (let i = 1; i < this.parts.length; i++) next = Math.min(next, this.parts[i].endOffset)
    return next
  }

  get furthest(): number {
    let furthest = 0
    for (const part of this.parts) furthest = Math.max(furthest, part.endOffset)
    return furthest
  }

  has(offset: number, log: Log): boolean {
    return this.parts[log.id % this.parts.length].endOffset > offset
  }
}

export function encodeCursor(into: ByteWriter, cursor: CursorState): void {
  const owner = Buffer.from(cursor.owner)
  for (const value of [cursor.id, cursor.source, cursor.firstNext, cursor.next]) into.u64(value)
  into.u16(owner.length)
  into.raw(owner)
}

export function decodeCursor(from: ByteReader): CursorState {
  const [id, source, firstNext, next] = [from.u64(), from.u64(), from.u64(), from.u64()]
  return { id, source, firstNext, next, owner: from.text(from.u16()) }
}
