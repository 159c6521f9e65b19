/**
 * Rates and short histories of the counters of many objects of one kind. Every object has its last two samples; a history
 * only those that were looked at or moved lately, a thousand of each kind, so that memory stays small however many there
 * are.
 *
 * An object costs a few numbers per interval, and nothing while its counters stand still.
 */

/** Samples kept of one object: ten minutes, five seconds apart. */
const HISTORY = 121
const HISTORIES_MAX = 1000

interface Sample {
  /** Of the newest values. */
  atMs: number
  /** Between the last two samples. */
  spanMs: number
  /** When a value last was another than at the sample before. */
  movedAtMs: number
  readonly now: Float64Array
  readonly before: Float64Array
}

interface History {
  readonly times: Float64Array
  /** Row after row. */
  readonly rows: Float64Array
  next: number
  count: number
}

export class Series<T extends object, F extends string> {
  readonly fields: readonly F[]
  private readonly read: (object: T, into: Float64Array) => void
  private readonly samples = new WeakMap<T, Sample>()
  /** By object, that looked at longest ago first. */
  private readonly histories = new Map<T, History>()
  private readonly scratch: Float64Array
  private readonly indexOf: ReadonlyMap<F, number>

  /** @param read fills in the counters and gauges of an object, in the order of `fields` */
  constructor(fields: readonly F[], read: (object: T, into: Float64Array) => void) {
    this.fields = fields
    this.read = read
    this.scratch = new Float64Array(fields.length)
    this.indexOf = new Map(fields.map((field, index) => [field, index]))
  }

  sample(object: T, nowMs: number): void {
    const { scratch } = this
    this.read(object, scratch)
    const sample = this.samples.get(object)
    if (sample === undefined) {
      this.samples.set(object, {
        atMs: nowMs,
        spanMs: 0,
        movedAtMs: nowMs,
        now: scratch.slice(),
        before: scratch.slice(),
      })
      if (this.histories.size < HISTORIES_MAX) this.keepHistory(object, nowMs)
      return
    }
    sample.spanMs = nowMs - sample.atMs
    sample.atMs = nowMs
    let moved = false
    for (let i = 0; i < scratch.length; i++) {
      if (sample.now[i] !== scratch[i]) moved = true
      sample.before[i] = sample.now[i]
      sample.now[i] = scratch[i]
    }
    if (moved) sample.movedAtMs = nowMs
    const history = this.histories.get(object)
    if (history !== undefined) append(history, scratch, nowMs)
    else if (moved && this.histories.size < HISTORIES_MAX) this.keepHistory(object, nowMs)
  }

  /** Per second, over the last interval; 0 as long as there is only one sample. */
  rate(object: T, field: F): number {
    const sample = this.samples.get(object)
    if (sample === undefined || sample.spanMs <= 0) return 0
    const i = this.indexOf.get(field)!
    return ((sample.now[i] - sample.before[i]) * 1000) / sample.spanMs
  }

  /** Since when nothing has moved, ms since 1970; null while something does, or as long as nothing is known. */
  idleSince(object: T): number | null {
    const sample = this.samples.get(object)
    return sample === undefined || sample.movedAtMs === sample.atMs ? null : sample.movedAtMs
  }

  /** As of now, read together: of sums over many objects that is what costs. */
  values(object: T, fields: readonly F[]): number[] {
    this.read(object, this.scratch)
    return fields.map((field) => this.scratch[this.indexOf.get(field)!])
  }

  /** As of now, not of the last sample. */
  value(object: T, field: F): number {
    this.read(object, this.scratch)
    return this.scratch[this.indexOf.get(field)!]
  }

  /** The values sampled, oldest first; from now on there is a history if there was none. */
  history(object: T, field: F, nowMs: number): { timestamp: number; sample: number }[] {
    const history = this.histories.get(object) ?? this.keepHistory(object, nowMs)
    // Looked at: the last to be forgotten.
    this.histories.delete(object)
    this.histories.set(object, history)
    return this.column(history, field)
  }

  /** As `history` where there is one, and nothing otherwise; looking changes nothing. */
  known(object: T, field: F): { timestamp: number; sample: number }[] {
    const history = this.histories.get(object)
    return history === undefined ? [] : this.column(history, field)
  }

  private column(history: History, field: F): { timestamp: number; sample: number }[] {
    const i = this.indexOf.get(field)!
    const width = this.fields.length
    return Array.from({ length: history.count }, (_, n) => {
      const row = (history.next - history.count + n + HISTORY) % HISTORY
      return { timestamp: history.times[row], sample: history.rows[row * width + i] }
    })
  }

  /** The object is gone. */
  forget(object: T): void {
    this.histories.delete(object)
    this.samples.delete(object)
  }

  /** Drops the histories of objects that are gone. */
  retain(isThere: (object: T) => boolean): void {
    for (const object of this.histories.keys()) if (!isThere(object)) this.forget(object)
  }

  private keepHistory(object: T, nowMs: number): History {
    if (this.histories.size >= HISTORIES_MAX) {
      const [oldest] = this.histories.keys()
      this.histories.delete(oldest)
    }
    const width = this.fields.length
    const history = { times: new Float64Array(HISTORY), rows: new Float64Array(HISTORY * width), next: 0, count: 0 }
    this.histories.set(object, history)
    this.read(object, this.scratch)
    append(history, this.scratch, nowMs)
    return history
  }
}

function append(history: History, values: Float64Array, nowMs: number): void {
  history.times[history.next] = nowMs
  history.rows.set(values, history.next * values.length)
  history.next = (history.next + 1) % HISTORY
  history.count = Math.min(history.count + 1, HISTORY)
}
