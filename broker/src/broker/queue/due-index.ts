/**
 * Which place is due when: a heap of (due time, place) in typed arrays, four children to a parent.
 *
 *   chunk   due f64 × 256 | place f64 × 256 | order u32 × 256      20 bytes an entry, whatever the times are
 *
 * Trade: taking costs a few hundred nanoseconds at a million entries where sorted buckets would cost tens, and in
 * return nothing is ever sorted, copied or spread at once: no step takes longer than another, near times cost what far
 * ones do, and a lone entry pays for no bucket. There is no delete: whoever takes a place asks whether it still matters.
 */

const CHUNK_BITS = 8
const CHUNK = 1 << CHUNK_BITS
const INDEX = CHUNK - 1

class Chunk {
  readonly due = new Float64Array(CHUNK)
  readonly place = new Float64Array(CHUNK)
  /** Numbers of adding, round a circle of 2^32: ties are taken in their order. */
  readonly order = new Uint32Array(CHUNK)
}

export class DueIndex {
  private readonly chunks: Chunk[] = []
  private count = 0
  private added = 0
  /** Where `forgetSome` goes on. */
  private cursor = 0

  get size(): number {
    return this.count
  }

  /** `place` is an integer below 2^53; `dueMs`, ms since 1970, may lie in the past. */
  add(place: number, dueMs: number): void {
    if (this.count === this.chunks.length << CHUNK_BITS) this.chunks.push(new Chunk())
    this.up(this.count++, dueMs, place, this.added++ >>> 0)
  }

  /** When the earliest is due, in ms since 1970; Infinity if there is none. */
  next(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.chunks[0].due[0]
  }

  /**
   * Takes out up to `max` places that are due at `nowMs`, into `into[0, count)`: by time, then by order of adding.
   * @returns how many
   */
  take(nowMs: number, into: number[], max: number): number {
    let taken = 0
    while (taken < max && this.count > 0 && this.chunks[0].due[0] <= nowMs) {
      into[taken++] = this.chunks[0].place[0]
      this.dropAt(0)
    }
    return taken
  }

  /**
   * Looks at the next `count` entries, round and round, and drops the places for which `keep` answers false. Called with
   * two for each that is added, it holds what nobody waits for any more to about half.
   */
  forgetSome(keep: (place: number) => boolean, count: number): void {
    for (let left = count; left > 0 && this.count > 0; left--) {
      if (this.cursor >= this.count) this.cursor = 0
      if (keep(this.chunks[this.cursor >>> CHUNK_BITS].place[this.cursor & INDEX])) this.cursor++
      else this.dropAt(this.cursor)
    }
  }

  clear(): void {
    this.count = 0
    this.chunks.length = 0
  }

  private dropAt(index: number): void {
    const last = --this.count
    const { due, place, order } = this.chunks[last >>> CHUNK_BITS]
    const at = last & INDEX
    if (index < last) {
      const hole = this.down(index, due[at], order[at])
      this.up(hole, due[at], place[at], order[at])
    }
    if (at === 0) this.freeChunks()
  }

  /** One chunk more than needed stays, so that adding and taking at its edge make none. */
  private freeChunks(): void {
    const needed = ((this.count + INDEX) >>> CHUNK_BITS) + 1
    if (this.chunks.length > needed) this.chunks.length = needed
  }

  /** Puts an entry at `hole` or, while it is due before the parent, above. */
  private up(hole: number, due: number, place: number, order: number): void {
    while (hole > 0) {
      const parent = (hole - 1) >>> 2
      const chunk = this.chunks[parent >>> CHUNK_BITS]
      const at = parent & INDEX
      if (chunk.due[at] < due || (chunk.due[at] === due && ((chunk.order[at] - order) | 0) < 0)) break
      this.move(chunk, at, hole)
      hole = parent
    }
    this.set(hole, due, place, order)
  }

  /** Moves children up into the hole while they are due before an entry. @returns where the hole is then */
  private down(hole: number, due: number, order: number): number {
    for (let first = hole * 4 + 1; first < this.count; first = hole * 4 + 1) {
      const child = this.firstOf(first, Math.min(first + 4, this.count))
      const chunk = this.chunks[child >>> CHUNK_BITS]
      const at = child & INDEX
      if (chunk.due[at] > due || (chunk.due[at] === due && ((chunk.order[at] - order) | 0) > 0)) break
      this.move(chunk, at, hole)
      hole = child
    }
    return hole
  }

  private firstOf(from: number, to: number): number {
    let best = from
    let bestChunk = this.chunks[from >>> CHUNK_BITS]
    for (let i = from + 1; i < to; i++) {
      const chunk = this.chunks[i >>> CHUNK_BITS]
      const difference = chunk.due[i & INDEX] - bestChunk.due[best & INDEX]
      if (difference > 0 || (difference === 0 && ((chunk.order[i & INDEX] - bestChunk.order[best & INDEX]) | 0) > 0)) {
        continue
      }
      best = i
      bestChunk = chunk
    }
    return best
  }

  private move(from: Chunk, at: number, hole: number): void {
    this.set(hole, from.due[at], from.place[at], from.order[at])
  }

  private set(index: number, due: number, place: number, order: number): void {
    const chunk = this.chunks[index >>> CHUNK_BITS]
    const at = index & INDEX
    chunk.due[at] = due
    chunk.place[at] = place
    chunk.order[at] = order
  }
}
