/**
 * What a channel has handed out and not heard of: delivery tag → (holder, offset), in typed rings, oldest first.
 * Tags rise without end; those of deliveries that need no answer never enter, so tags may have gaps, and a tag is
 * found by guessing its place and else by bisection. Trade: a settled entry keeps its place until all older are gone.
 */

const SETTLED = 0
const OUTSTANDING = 1
/** Acknowledged within a transaction that is not committed yet. */
const PENDING = 2

export type Visit = (holder: number, offset: number, tag: number) => void

export class Unacked {
  /** Entries outstanding, those pending in a transaction included. */
  count = 0
  private capacity = 16
  private tags = new Float64Array(16)
  private offsets = new Float64Array(16)
  private holders = new Uint32Array(16)
  private states = new Uint8Array(16)
  /** Positions count up without end; a position's place is `position % capacity`. */
  private first = 0
  private end = 0

  /** `tag` is above all before it. */
  push(tag: number, holder: number, offset: number): void {
    if (this.end - this.first === this.capacity) this.grow()
    const at = this.end++ & (this.capacity - 1)
    this.tags[at] = tag
    this.offsets[at] = offset
    this.holders[at] = holder
    this.states[at] = OUTSTANDING
    this.count++
  }

  /** Removes one. @returns false if the tag is not outstanding. */
  take(tag: number, visit: Visit): boolean {
    const at = this.find(tag, OUTSTANDING)
    if (at < 0) return false
    this.settle(at, visit)
    this.trim()
    return true
  }

  /** Removes all up to `tag`, 0 meaning all, oldest first. @returns false, removing none, if `tag` is not outstanding. */
  takeUpTo(tag: number, visit: Visit): boolean {
    if (tag !== 0 && this.find(tag, OUTSTANDING) < 0) return false
    const mask = this.capacity - 1
    for (let position = this.first; position < this.end; position++) {
      const at = position & mask
      if (tag !== 0 && this.tags[at] > tag) break
      if (this.states[at] === OUTSTANDING) this.settle(at, visit)
    }
    this.trim()
    return true
  }

  /** Marks one, or all up to `tag` (0: all), as pending in a transaction. @returns false, marking none, as `takeUpTo`. */
  markPending(tag: number, multiple: boolean, visit: (tag: number) => void): boolean {
    const last = multiple && tag === 0 ? 0 : this.find(tag, OUTSTANDING)
    if (last < 0) return false
    if (!multiple) {
      this.states[last] = PENDING
      visit(tag)
      return true
    }
    for (let position = this.first; position < this.end; position++) {
      const at = position & (this.capacity - 1)
      if (tag !== 0 && this.tags[at] > tag) break
      if (this.states[at] !== OUTSTANDING) continue
      this.states[at] = PENDING
      visit(this.tags[at])
    }
    return true
  }

  /** The transaction is committed: removes a pending one. */
  takePending(tag: number, visit: Visit): void {
    const at = this.find(tag, PENDING)
    if (at < 0) return
    this.settle(at, visit)
    this.trim()
  }

  /** The transaction is rolled back: it is outstanding again. */
  restorePending(tag: number): void {
    const at = this.find(tag, PENDING)
    if (at >= 0) this.states[at] = OUTSTANDING
  }

  /** Removes everything, oldest first, pending ones too. */
  drain(visit: Visit): void {
    for (let position = this.first; position < this.end; position++) {
      const at = position & (this.capacity - 1)
      if (this.states[at] !== SETTLED) this.settle(at, visit)
    }
    this.first = this.end
  }

  private settle(at: number, visit: Visit): void {
    this.states[at] = SETTLED
    this.count--
    visit(this.holders[at], this.offsets[at], this.tags[at])
  }

  private trim(): void {
    const mask = this.capacity - 1
    while (this.first < this.end && this.states[this.first & mask] === SETTLED) this.first++
  }

  private find(tag: number, state: number): number {
    if (this.first === this.end) return -1
    const mask = this.capacity - 1
    const guess = this.first + (tag - this.tags[this.first & mask])
    if (guess >= this.first && guess < this.end && this.tags[guess & mask] === tag) {
      return this.states[guess & mask] === state ? guess & mask : -1
    }
    let low = this.first
    let high = this.end
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.tags[middle & mask] < tag) low = middle + 1
      else high = middle
    }
    const at = low & mask
    return low < this.end && this.tags[at] === tag && this.states[at] === state ? at : -1
  }

  private grow(): void {
    const { capacity, tags, offsets, holders, states, first, end } = this
    this.capacity = capacity * 2
    this.tags = new Float64Array(this.capacity)
    this.offsets = new Float64Array(this.capacity)
    this.holders = new Uint32Array(this.capacity)
    this.states = new Uint8Array(this.capacity)
    for (let position = first; position < end; position++) {
      const from = position & (capacity - 1)
      const to = position & (this.capacity - 1)
      this.tags[to] = tags[from]
      this.offsets[to] = offsets[from]
      this.holders[to] = holders[from]
      this.states[to] = states[from]
    }
  }
}
