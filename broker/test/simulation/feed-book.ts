/**
 * What is known of the records of topics and of the queues bound to these: which copies a queue must have had in the
 * end, which it may have had, and in which order. Records are told apart by their numbers, so that another record that
 * gets the offset of a lost one is another.
 */
import assert from 'node:assert/strict'

export interface Sent {
  readonly line: Line
  readonly number: number
  readonly key: string
  readonly priority: number
  readonly offset: number
  readonly transaction: Sending | null
  /** Its log lost it, which who had a copy does not; or it was deleted, perhaps before it was copied. */
  lost: boolean
}

/** A transaction in one partition. */
export interface Sending {
  readonly producerId: number
  sequence: number
  /** Offset of the marker that committed it; -1: open or aborted. */
  committedAt: number
  /** There was such a marker: it may have been lost since. */
  wasCommitted: boolean
  isOpen: boolean
}

/** A partition. */
export class Line {
  readonly topic: string
  readonly index: number
  readonly durability: 'synced' | 'written'
  readonly records: Sent[] = []
  readonly transactions: Sending[] = []
  confirmedEnd = 0
  /** What stands below is in the queues, and durable there. */
  fedBelow = 0

  constructor(topic: string, index: number, durability: 'synced' | 'written') {
    this.topic = topic
    this.index = index
    this.durability = durability
  }

  /** After a start: the log ends there now. */
  found(end: number, mayHaveLost: boolean): void {
    if (!mayHaveLost) assert.ok(end >= this.confirmedEnd, `${this}: confirmed to ${this.confirmedEnd}, ends at ${end}`)
    this.confirmedEnd = Math.min(this.confirmedEnd, end)
    this.fedBelow = Math.min(this.fedBelow, end)
    for (const record of this.records) if (record.offset >= end) record.lost = true
    for (const one of this.transactions) {
      one.isOpen = false
      if (one.committedAt >= end) one.committedAt = -1
    }
  }

  toString(): string {
    return `${this.topic}-${this.index}`
  }
}

/** A binding, from the offset where it begins in each partition of its topic. */
interface Bound {
  readonly from: Map<Line, number>
  /** Records at or above need not, records at or above the second must not be in the queue. */
  until: Map<Line, [sure: number, last: number]> | null
}

export class FedQueue {
  readonly name: string
  readonly topic: string
  /** By key. */
  readonly takes: (key: string) => boolean
  readonly ranked: boolean
  /** Records may come again: it is behind another topic. */
  readonly repeats: boolean
  readonly bounds: Bound[] = []
  /** As the broker was told last, and as it was told when last that was durable. */
  isBound = false
  wasBound = false
  /** Of `bounds`: from here on they changed since that was last durable. */
  private firstChanged = 0
  /** Settled, and durably so. */
  private readonly done = new Set<Sent>()
  /** Taken out since that was last durable. */
  private taken: Sent[] = []
  private readonly seen = new Set<Sent>()

  constructor(name: string, topic: string, takes: (key: string) => boolean, how?: 'ranked' | 'repeats') {
    this.name = name
    this.topic = topic
    this.takes = takes
    this.ranked = how === 'ranked'
    this.repeats = how === 'repeats'
  }

  bound(ends: Map<Line, number>): void {
    this.bounds.push({ from: ends, until: null })
    this.isBound = true
  }

  unbound(ends: Map<Line, number>): void {
    const until = new Map<Line, [number, number]>()
    for (const [line, end] of ends) until.set(line, [line.fedBelow, end])
    this.bounds.at(-1)!.until = until
    this.firstChanged = Math.min(this.firstChanged, this.bounds.length - 1)
    this.isBound = false
  }

  /** All that was done is durable. */
  durable(): void {
    this.wasBound = this.isBound
    this.firstChanged = this.bounds.length
    for (const one of this.taken) this.done.add(one)
    this.taken = []
  }

  /** After a start: the broker says whether it is bound. */
  found(isBound: boolean, ends: Map<Line, number>): void {
    if (this.firstChanged === this.bounds.length) {
      assert.equal(isBound, this.isBound, `${this.name}: its binding is not as it was`)
    }
    // It may be any of those.
    for (const { until } of this.bounds.slice(this.firstChanged)) {
      for (const [line, [sure, last]] of until ?? []) until!.set(line, [sure, Math.max(last, ends.get(line)!)])
    }
    if (isBound && !this.isBound) this.bounds.at(-1)!.until = null
    if (!isBound && this.isBound) this.unbound(ends)
    // What was lost had offsets that others will get.
    for (const { from, until } of this.bounds) {
      for (const [line, end] of ends) {
        from.set(line, Math.min(from.get(line) ?? 0, end))
        const [sure, last] = until?.get(line) ?? [end, end]
        until?.set(line, [Math.min(sure, end), Math.min(last, end)])
      }
    }
    this.firstChanged = this.bounds.length
    this.isBound = this.wasBound = isBound
    this.taken = []
  }

  /** Everything that was in the queue, in its order. */
  drained(found: readonly Sent[]): void {
    const last = new Map<string, number>()
    for (const one of found) {
      const isAgain = this.repeats && this.seen.has(one)
      const what = `${this.name}: record ${one.number} at ${one.line} ${one.offset}`
      assert.ok(isAgain || (!this.done.has(one) && !this.taken.includes(one)), `${what} comes twice`)
      assert.notEqual(this.standing(one), 'foreign', `${what} has no business here`)
      const order = `${one.line} ${this.ranked ? one.priority : ''}`
      assert.ok(isAgain || one.number > (last.get(order) ?? -1), `${what} comes too late`)
      if (!isAgain) last.set(order, one.number)
      this.taken.push(one)
      this.seen.add(one)
    }
  }

  /** What must have come. */
  judge(records: Iterable<Sent>): void {
    for (const one of records) {
      if (this.standing(one) !== 'due' || this.seen.has(one)) continue
      assert.fail(`${this.name}: record ${one.number} at ${one.line} ${one.offset} never comes`)
    }
  }

  private standing({ line, key, offset, transaction, lost }: Sent): 'due' | 'possible' | 'foreign' {
    if (line.topic !== this.topic || !this.takes(key)) return 'foreign'
    if (transaction?.wasCommitted === false) return 'foreign'
    const isSure = !lost && transaction?.committedAt !== -1
    let standing: 'possible' | 'foreign' = 'foreign'
    for (const { from, until } of this.bounds) {
      const [sure, end] = until?.get(line) ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
      if (lost) standing = 'possible'
      if (offset < (from.get(line) ?? 0) || offset >= end) continue
      if (isSure && offset < sure) return 'due'
      standing = 'possible'
    }
    return standing
  }
}
