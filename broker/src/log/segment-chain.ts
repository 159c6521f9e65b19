/**
 * The segments of one log, one behind the other, and the few chunks of them that are in memory because somebody reads
 * there. To a reader that goes forward the next chunks are fetched while it is busy with the present ones; for one that
 * jumps about no more is read than the batch it wants.
 */
import { assert } from '../base/assert.ts'
import type { ColdChunk } from './cold-chunk.ts'
import { Damage } from './damage.ts'
import type { Ledger } from './ledger.ts'
import type { Reader } from './read-cache.ts'
import { ReadWindow } from './read-window.ts'
import type { Segment } from './segment.ts'
import type { SegmentStore } from './segment-store.ts'

export const Peek = { found: 0, missing: 1, none: 2 } as const

export class SegmentChain implements Reader {
  readonly segments: Segment[] = []
  /** What `peek` found: the record's offset, or the one that is missing; its chunk and index. */
  at = 0
  chunk: ColdChunk | null = null
  index = 0
  private readonly window = new ReadWindow()
  private loading: Promise<void> | null = null
  private damage: Error | null = null
  private appending: Segment | null = null
  private readonly store: SegmentStore
  private readonly logId: number
  private readonly durable: boolean
  private readonly ledger: Ledger

  constructor(store: SegmentStore, logId: number, durable: boolean, ledger: Ledger) {
    this.store = store
    this.logId = logId
    this.durable = durable
    this.ledger = ledger
  }

  /**
   * Writes batches to the last segment, or to a new one that begins at `base`. The caller counts what is unsettled and
   * calls `counted`; until then the segment is not dropped.
   */
  async append(batches: readonly Uint8Array[], base: number): Promise<Segment> {
    assert(this.appending === null, 'two appends to one chain')
    let segment = this.segments[this.segments.length - 1]
    if (segment === undefined || segment.length >= this.store.segmentBytesMax) {
      const empty = { base, end: base, length: 0, unsettled: 0, unsettledBytes: 0 }
      segment = this.store.segment(this.logId, !this.durable, empty)
      this.segments.push(segment)
    }
    this.appending = segment
    try {
      await this.store.append(segment, batches, this.durable)
    } catch (error) {
      this.appending = null
      throw error
    }
    return segment
  }

  counted(segment: Segment): void {
    this.appending = null
    segment.count()
    this.dropIfEmpty(segment)
  }

  /** The log could not take notice of the append: it is as if it had not been. */
  abandon(segment: Segment): void {
    this.appending = null
    segment.forgetUncounted()
    this.window.drop(segment.end, Number.POSITIVE_INFINITY)
    this.chunk = null
    this.hold()
    this.dropIfEmpty(segment)
  }

  /** Takes over a segment from a checkpoint. */
  restore(segment: Segment): void {
    this.segments.push(segment)
  }

  get unsettled(): number {
    return this.segments.reduce((sum, segment) => sum + segment.unsettled, 0)
  }

  get unsettledBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.unsettledBytes, 0)
  }

  /** One record less to keep. */
  settle(offset: number): void {
    const segment = this.segmentAt(offset)!
    if (!segment.drop(this.bodyLength(offset))) this.store.noteInexact(segment, this.ledger)
    this.dropIfEmpty(segment)
  }

  /** -1 where no reader was near. */
  bodyLength(offset: number): number {
    return this.window.bodyLength(offset)
  }

  /** Settles all records of the segments that lie wholly in [from, to); returns how many those were. */
  settleWhole(from: number, to: number): number {
    let count = 0
    for (const segment of this.segments.filter((one) => one.base >= from && one.end <= to)) {
      count += segment.unsettled
      segment.recount(0)
      this.dropIfEmpty(segment)
    }
    return count
  }

  dropIfEmpty(segment: Segment): void {
    if (segment.unsettled > 0 || segment === this.appending) return
    const at = this.segments.indexOf(segment)
    if (at < 0) return
    this.segments.splice(at, 1)
    this.window.drop(segment.base, segment.end)
    this.chunk = null
    this.hold()
    this.store.doom(segment, this.durable)
  }

  dropAll(): void {
    for (const segment of this.segments) this.store.doom(segment, this.durable)
    this.appending = null
    this.segments.length = 0
    this.forget()
  }

  forget(): void {
    this.chunk = null
    this.window.forget()
    this.hold()
  }

  private hold(): void {
    this.store.cache.hold(this, this.window.weight)
  }

  /** Looks for the first record at or after `offset`, settled or not. */
  peek(offset: number): number {
    let at = offset
    for (;;) {
      const chunk = this.chunkAt(at)
      if (chunk === null) {
        const segment = this.segmentAt(at)
        if (segment !== null && segment.base > at) {
          at = segment.base
          continue
        }
        this.at = segment === null ? Number.POSITIVE_INFINITY : at
        return segment === null ? Peek.none : Peek.missing
      }
      const index = chunk.find(at)
      if (index >= 0) {
        this.index = index
        this.at = chunk.offsetAt(index)
        return Peek.found
      }
      at = chunk.to
    }
  }

  /** Brings the chunks from `offset` on into memory. @throws Damage, once per place; what is behind can be read then */
  async load(offset: number): Promise<void> {
    while (this.loading !== null) await this.loading
    if (this.chunkAt(offset) === null) await this.startFetch(offset)
    const damage = this.damage
    this.damage = null
    if (damage !== null) throw damage
  }

  private chunkAt(offset: number): ColdChunk | null {
    const current = this.chunk
    if (current !== null && offset >= current.from && offset < current.to) return current
    const found = this.window.find(offset)
    if (found === null) return null
    this.chunk = found
    const next = this.window.wantedNext
    if (next >= 0 && this.loading === null) this.readAhead(next)
    return found
  }

  private readAhead(offset: number): void {
    const segment = this.segmentAt(offset)
    if (segment !== null) void this.startFetch(Math.max(offset, segment.base))
    this.window.noteAhead()
  }

  private startFetch(offset: number): Promise<void> {
    this.loading = this.fetch(offset).finally(() => {
      this.loading = null
    })
    return this.loading
  }

  private async fetch(offset: number): Promise<void> {
    const segment = this.segmentAt(offset)
    if (segment === null || segment.length === 0) return
    try {
      const isForward = this.window.continues(offset)
      const bytes = isForward ? this.store.cache.readBytes : 0
      const { chunks, damage } = await segment.read(Math.max(offset, segment.base), bytes)
      if (!this.segments.includes(segment)) return
      const news = damage.filter(({ from }) => !this.window.isDamaged(from)).map(({ what }) => what)
      this.window.add(chunks, isForward, 2 * this.store.cache.readBytes)
      this.hold()
      if (news.length > 0) this.damage ??= new Damage(segment.path, news.join('; '))
    } catch (error) {
      if (this.segments.includes(segment)) this.damage ??= error as Error
    }
  }

  /** The first segment that ends behind `offset`. */
  private segmentAt(offset: number): Segment | null {
    const segments = this.segments
    let low = 0
    let high = segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (segments[middle].end <= offset) low = middle + 1
      else high = middle
    }
    return low < segments.length ? segments[low] : null
  }
}
