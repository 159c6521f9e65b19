/**
 * The objects of a list in one order, kept between requests. What comes and goes is put in and taken out: keys are read
 * once per object where they cannot change, and else once per sample interval. Trade: a list sorted by numbers is as old
 * as its numbers, at most that interval.
 */
import { SAMPLE_INTERVAL_MS } from '../stats/stats.ts'
import type { NameFilter } from './list-query.ts'
import type { ListSource, SortKey } from './list-source.ts'
import { eachInSlices, mergeInSlices, sortInSlices } from './slices.ts'

interface Entry<T> {
  readonly object: T
  readonly key: SortKey
  readonly place: string
}

export class Order<T extends object> {
  /** Sorted. */
  rows: readonly Entry<T>[] = []
  /** All there are, whether the filter lets them pass or not. */
  private there: ReadonlySet<T> = new Set()
  private readonly sort: string | null
  private readonly filter: NameFilter | null
  private version: number | string | null = null
  private readAtMs = 0
  private updating: Promise<void> | null = null

  constructor(sort: string | null, filter: NameFilter | null) {
    this.sort = sort
    this.filter = filter
  }

  get total(): number {
    return this.there.size
  }

  /** Whatever was there when this was called is in `rows` when it resolves. */
  async bringUpToDate(source: ListSource<T>, nowMs: number): Promise<void> {
    while (this.updating !== null) await this.updating
    const keysAreOld = this.readsAgain && nowMs - this.readAtMs >= SAMPLE_INTERVAL_MS
    const version = source.setVersion()
    if (version === this.version && !keysAreOld) return
    if (keysAreOld) this.readAtMs = nowMs
    this.updating = this.update(source, keysAreOld)
    try {
      await this.updating
      this.version = version
    } finally {
      this.updating = null
    }
  }

  private get readsAgain(): boolean {
    return this.sort !== null && this.sort !== 'name' && this.sort !== 'vhost'
  }

  private async update(source: ListSource<T>, anew: boolean): Promise<void> {
    const known = anew ? new Set<T>() : this.there
    const there = new Set<T>()
    const fresh: Entry<T>[] = []
    let stayed = 0
    await eachInSlices(source.all(), (object) => {
      there.add(object)
      if (known.has(object)) stayed++
      else this.enter(source, object, fresh)
    })
    const old = anew ? [] : this.rows
    const left = stayed === known.size ? old : await entriesOf(old, there)
    this.rows = await mergeInSlices(left, await sortInSlices(fresh, inOrder), inOrder)
    this.there = there
  }

  private enter(source: ListSource<T>, object: T, into: Entry<T>[]): void {
    const name = source.name(object)
    if (this.filter !== null && !isMeant(this.filter, source, object, name)) return
    const key = this.sort === null ? null : (source.columns[this.sort]?.(object) ?? null)
    into.push({ object, key, place: `${source.columns.vhost?.(object) ?? ''}\0${name}` })
  }
}

function isMeant<T extends object>(filter: NameFilter, source: ListSource<T>, object: T, name: string): boolean {
  if (filter.passes(name)) return true
  return filter.byAnyName && (source.otherNames?.(object) ?? []).some((other) => filter.passes(other))
}

async function entriesOf<T>(entries: readonly Entry<T>[], there: ReadonlySet<T>): Promise<Entry<T>[]> {
  const left: Entry<T>[] = []
  await eachInSlices(entries, (entry) => {
    if (there.has(entry.object)) left.push(entry)
  })
  return left
}

function inOrder(a: Entry<unknown>, b: Entry<unknown>): number {
  return compareKeys(a.key, b.key) || (a.place < b.place ? -1 : a.place > b.place ? 1 : 0)
}

/** Numbers before words that are none (null, true) before texts. */
function compareKeys(a: SortKey, b: SortKey): number {
  if (a === b) return 0
  const rankA = rank(a)
  const rankB = rank(b)
  if (rankA !== rankB) return rankA - rankB
  return (a as string | number) < (b as string | number) ? -1 : 1
}

function rank(key: SortKey): number {
  if (typeof key === 'number') return 0
  return key === null ? 1 : typeof key === 'boolean' ? 2 : 3
}
