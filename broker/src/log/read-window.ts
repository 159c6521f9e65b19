/**
 * What is in memory of one chain of segments because somebody reads there: the chunks fetched last, the places that
 * cannot be read, and for a while the body lengths of chunks that were given up, because what was handed out is settled
 * later. A reader that goes forward is told from one that jumps about, for whom nothing is read ahead.
 */
import type { BodyLengths, ColdChunk } from './cold-chunk.ts'

const LENGTHS_MAX = 256

export class ReadWindow {
  /** The chunk found last. */
  private current: ColdChunk | null = null
  private chunks: ColdChunk[] = []
  /** Kept until their segment goes: whoever passes over them wants all of them at once. */
  private damaged: ColdChunk[] = []
  private lengths: BodyLengths[] = []
  private lastLengths: BodyLengths | null = null
  /** Of the last fetch: entering its second half, a reader will soon want what is at its end. */
  private halfOfLast = Number.POSITIVE_INFINITY
  private endOfLast = -1

  get weight(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.weight, 0)
  }

  /** The chunk that answers for `offset`, if it is here. */
  find(offset: number): ColdChunk | null {
    const current = this.current
    if (current !== null && offset >= current.from && offset < current.to) return current
    const answers = (chunk: ColdChunk): boolean => offset >= chunk.from && offset < chunk.to
    const found = this.chunks.find(answers) ?? this.damaged.find(answers) ?? null
    if (found !== null) this.current = found
    return found
  }

  /** Where to read ahead from, now that a reader is in `current`; -1 if not yet. */
  get wantedNext(): number {
    const { current, endOfLast } = this
    if (current === null || current.from < this.halfOfLast || current.to > endOfLast) return -1
    return endOfLast
  }

  /** True if a reader that misses `offset` came there from what lies before it. */
  continues(offset: number): boolean {
    return offset === this.endOfLast || this.chunks.some((chunk) => chunk.to === offset)
  }

  /** Takes chunks just fetched; older ones go, those of this fetch stay. */
  add(fetched: readonly ColdChunk[], isForward: boolean, bytesMax: number): void {
    this.halfOfLast = isForward ? fetched[fetched.length >> 1].from : Number.POSITIVE_INFINITY
    this.endOfLast = fetched[fetched.length - 1].to
    for (const chunk of fetched) if (chunk.isDamaged && !this.isDamaged(chunk.from)) this.damaged.push(chunk)
    const kept = this.chunks
    let weight = this.weight
    let gone = 0
    for (const chunk of fetched) weight += chunk.weight
    while (gone < kept.length && weight > bytesMax) {
      weight -= kept[gone].weight
      this.keepLengths(kept[gone++])
    }
    this.chunks = [...kept.slice(gone), ...fetched.filter((chunk) => !chunk.isDamaged)]
    if (this.current !== null && !this.chunks.includes(this.current)) this.current = null
  }

  /** The batch from that offset on is known not to be readable. */
  isDamaged(from: number): boolean {
    return this.damaged.some((chunk) => chunk.from === from)
  }

  /** The read ahead was started, or there is nothing ahead. */
  noteAhead(): void {
    this.halfOfLast = Number.POSITIVE_INFINITY
  }

  /** -1 where no reader was near lately. */
  bodyLength(offset: number): number {
    const current = this.current
    if (current !== null && offset >= current.from && offset < current.to) return current.bodyLength(offset)
    const chunk = this.chunks.find((one) => offset >= one.from && offset < one.to)
    if (chunk !== undefined) return chunk.bodyLength(offset)
    let known = this.lastLengths
    if (known === null || offset < known.from || offset >= known.to) {
      known = this.lengths.find((one) => offset >= one.from && offset < one.to) ?? null
      if (known === null) return -1
      this.lastLengths = known
    }
    return known.lengths[offset - known.from]
  }

  /** Gives up the bytes. */
  forget(): void {
    for (const chunk of this.chunks) this.keepLengths(chunk)
    this.chunks = []
    this.current = null
    this.endOfLast = -1
    this.noteAhead()
  }

  /** Gives up all in [from, to): it is no more, or will be something else. */
  drop(from: number, to: number): void {
    const isElsewhere = (one: { from: number; to: number }): boolean => one.to <= from || one.from >= to
    this.chunks = this.chunks.filter(isElsewhere)
    this.damaged = this.damaged.filter(isElsewhere)
    this.lengths = this.lengths.filter(isElsewhere)
    this.current = this.lastLengths = null
    this.endOfLast = -1
    this.noteAhead()
  }

  private keepLengths(chunk: ColdChunk): void {
    const lengths = chunk.bodyLengths()
    if (lengths === null) return
    this.lengths.push(lengths)
    if (this.lengths.length > LENGTHS_MAX) this.lengths.shift()
  }
}
