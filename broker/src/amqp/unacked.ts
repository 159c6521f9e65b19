/**
 * What a channel has handed out and not heard of: delivery tag → (holder, place in its queue, time), in typed rings,
 * oldest first. Tags rise without end; those of deliveries that need no answer never enter, so tags may have gaps, and a
 * tag is found by guessing its position and else by bisection. Trade: a settled entry stays until all older are gone.
 */

const SETTLED = 0
/** Acknowledged within a transaction that is not committed yet. */
const PENDING = 1
/** From here on a client may settle it. */
const OUTSTANDING = 2
/** Taken back from the client, whose answer, if one comes, means nothing. */
const ABANDONED = 3

export type Visit = (holder: number, place: number, tag: number) => void
/** `since`: as it was pushed. */
export type Look = (holder: number, place: number, tag: number, since: number) => void

export class Unacked {
  /** Entries outstanding, those pending in a transaction included. */
  count = 0
  private capacity = 16
  private tags = new Float64Array(16)
  private places = new Float64Array(16)
  private holders = new Uint32Array(16)
  private times = new Uint32Array(16)
  private states = new Uint8Array(16)
  /** Positions count up without end; a position's place is `position % capacity`. */
  private first = 0
  private end = 0

  /** How many ever entered. */
  get entered(): number {
    return this.end
  }

  /** When the oldest entered that is still in; -1 when there is none. */
  get oldest(): number {
    return this.count === 0 ? -1 : this.times[this.first & (this.capacity - 1)]
  }

  /** `tag` is above all before it; `since` never falls. */
  push(tag: number, holder: number, place: number, since: number): void {
    if (this.end - this.first === this.capacity) this.grow()
    const at = this.end++ & (this.capacity - 1)
    this.tags[at] = tag
    this.places[at] = place
    this.holders[at] = holder
    this.times[at] = since
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
      if (this.states[at] >= OUTSTANDING) this.settle(at, visit)
    }
    this.trim()
    return true
  }

  /** Marks one, or all up to `tag` (0: all), as pending in a transaction. @returns false, marking none, as `takeUpTo`. */
  markPending(tag: number, multiple: boolean, visit: (tag: number) => void): boolean {
    const last = multiple && tag === 0 ? 0 : this.find(tag, OUTSTANDING)
    if (last < 0) return false
    if (!multiple) {
      this.mark(last, visit)
      return true
    }
    for (let position = this.first; position < this.end; position++) {
      const at = position & (this.capacity - 1)
      if (tag !== 0 && this.tags[at] > tag) break
      if (this.states[at] >= OUTSTANDING) this.mark(at, visit)
    }
    this.trim()
    return true
  }

  private mark(at: number, visit: (tag: number) => void): void {
    if (this.states[at] === ABANDONED) {
      this.states[at] = SETTLED
    } else {
      this.states[at] = PENDING
      visit(this.tags[at])
    }
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

  /** Takes all of one holder back, oldest first, save pending ones. Whoever settles them later is not wrong. */
  abandon(holder: number, visit: Visit): void {
    for (let position = this.first; position < this.end; position++) {
      const at = position & (this.capacity - 1)
      if (this.holders[at] !== holder || this.states[at] !== OUTSTANDING) continue
      this.states[at] = ABANDONED
      this.count--
      visit(holder, this.places[at], this.tags[at])
    }
  }

  /** Removes everything, oldest first, pending ones too. */
  drain(visit: Visit): void {
    for (let position = this.first; position < this.end; position++) {
      const at = position & (this.capacity - 1)
      if (this.states[at] !== SETTLED) this.settle(at, visit)
    }
    this.first = this.end
  }

  /** Shows all that entered up to the time `until`, oldest first, pending ones too. */
  look(until: number, look: Look): void {
    for (let position = this.first; position < this.end; position++) {
      const at = position & (this.capacity - 1)
      const since = this.times[at]
      if (since > until) return
      const state = this.states[at]
      if (state === OUTSTANDING || state === PENDING) look(this.holders[at], this.places[at], this.tags[at], since)
    }
  }

  private settle(at: number, visit: Visit): void {
    const state = this.states[at]
    this.states[at] = SETTLED
    if (state === ABANDONED) return
    this.count--
    visit(this.holders[at], this.places[at], this.tags[at])
  }

  private trim(): void {
    const mask = this.capacity - 1
    while (this.first < this.end && this.states[this.first & mask] === SETTLED) this.first++
  }

  private find(tag: number, state: typeof OUTSTANDING | typeof PENDING): number {
    if (this.first === this.end) return -1
    const mask = this.capacity - 1
    const guess = this.first + (tag - this.tags[this.first & mask])
    if (guess >= this.first && guess < this.end && this.tags[guess & mask] === tag) {
      return this.isIn(guess & mask, state) ? guess & mask : -1
    }
    let low = this.first
    let high = this.end
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.tags[middle & mask] < tag) low = middle + 1
      else high = middle
    }
    const at = low & mask
    return low < this.end && this.tags[at] === tag && this.isIn(at, state) ? at : -1
  }

  private isIn(at: number, state: typeof OUTSTANDING | typeof PENDING): boolean {
    return state === PENDING ? this.states[at] === PENDING : this.states[at] >= OUTSTANDING
  }

  private grow(): void {
    const { capacity, tags, places, holders, times, states, first, end } = this
    this.capacity = capacity * 2
    this.tags = new Float64Array(this.capacity)
    this.places = new Float64Array(this.capacity)
    this.holders = new Uint32Array(this.capacity)
    this.times = new Uint32Array(this.capacity)
    this.states = new Uint8Array(this.capacity)
    for (let position = first; position < end; position++) {
      const from = position & (capacity - 1)
      const to = position & (this.capacity - 1)
      this.tags[to] = tags[from]
      this.places[to] = places[from]
      this.holders[to] = holders[from]
      this.times[to] = times[from]
      this.states[to] = states[from]
    }
  }
}
