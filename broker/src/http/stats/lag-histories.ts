/**
 * How far groups were behind in the last ten minutes, partition by partition, from the sample behind the first commit on.
 * A sample costs 8 bytes, since the partitions of all groups share their times:
 *
 *   times     t0     t1     t2    …     one for each sample, in a ring
 *   columns   [ … ]  [ … ]  [ … ] …     the lag of every partition then, at its place; NaN for none
 *
 * Trade: there are so many places and no more. When they are taken, who looks at a group gets it those of the groups that
 * came, or were looked at, longest ago.
 */
import type { Group } from '../../broker/group/group.ts'

/** Five seconds apart. */
const SAMPLES = 121
/** Each costs about 1 kB. */
const PLACES_MAX = 10_000
const PLACES_MIN = 64

/** @returns the lag of a partition that the group has committed in */
export type LagOf = (group: Group, topic: string, partition: number) => number

type Places = Map<string, Map<number, number>>

export class LagHistories {
  private readonly lagOf: LagOf
  private readonly placesMax: number
  private readonly times = new Float64Array(SAMPLES)
  private readonly columns: Float64Array[] = []
  private newest = -1
  private count = 0
  /** The newest column is being filled. */
  private filling = false
  /** By group, topic and partition; the group that came or was looked at longest ago first. */
  private readonly byGroup = new Map<Group, Places>()
  private readonly free: number[] = []
  /** Places from here on were never taken. */
  private fresh = 0

  constructor(lagOf: LagOf, placesMax = PLACES_MAX) {
    this.lagOf = lagOf
    this.placesMax = placesMax
  }

  sample(group: Group, nowMs: number): void {
    if (!this.filling) this.beginColumn(nowMs)
    this.settle(group)
    for (const [topic, partitions] of this.byGroup.get(group) ?? []) {
      for (const [partition, place] of partitions) this.write(place, this.lagOf(group, topic, partition))
    }
  }

  /** All groups were sampled; those that are gone are forgotten. */
  retain(isThere: (group: Group) => boolean): void {
    this.filling = false
    for (const group of this.byGroup.keys()) if (!isThere(group)) this.forget(group)
  }

  /** Somebody looks at the group: its partitions have a history from now on if they had none. */
  look(group: Group): void {
    const places = this.byGroup.get(group)
    if (places !== undefined) {
      this.byGroup.delete(group)
      this.byGroup.set(group, places)
    }
    for (const oldest of this.byGroup.keys()) {
      if (oldest === group || this.missing(group) <= this.left) break
      this.forget(oldest)
    }
    this.settle(group)
  }

  /** What was sampled, newest first; what is now where nothing was. */
  of(group: Group, topic: string, partition: number, nowMs: number): { timestamp: number; sample: number }[] {
    const place = this.byGroup.get(group)?.get(topic)?.get(partition)
    const samples: { timestamp: number; sample: number }[] = []
    for (let n = 0; n < this.count && place !== undefined; n++) {
      const at = (this.newest - n + SAMPLES) % SAMPLES
      const sample = this.columns[at][place] ?? Number.NaN
      if (!Number.isNaN(sample)) samples.push({ timestamp: this.times[at], sample })
    }
    return samples.length > 0 ? samples : [{ timestamp: nowMs, sample: this.lagOf(group, topic, partition) }]
  }

  private beginColumn(nowMs: number): void {
    this.filling = true
    this.newest = (this.newest + 1) % SAMPLES
    this.count = Math.min(this.count + 1, SAMPLES)
    this.times[this.newest] = nowMs
    const old = this.columns[this.newest]
    this.columns[this.newest] =
      old !== undefined && old.length >= this.fresh ? old.fill(Number.NaN) : column(this.fresh)
  }

  private write(place: number, lag: number): void {
    const { columns, newest } = this
    if (place >= columns[newest].length) {
      const wider = column(this.fresh)
      wider.set(columns[newest])
      columns[newest] = wider
    }
    columns[newest][place] = lag
  }

  /** Every partition that it has committed in has a place, as far as there are any, and no other has. */
  private settle(group: Group): void {
    const { topics } = group.offsets
    const places = this.byGroup.get(group) ?? new Map<string, Map<number, number>>()
    for (const [topic, partitions] of places) {
      const committed = topics.get(topic)
      for (const [partition, place] of partitions) {
        if (committed?.has(partition)) continue
        partitions.delete(partition)
        this.giveBack(place)
      }
      if (partitions.size === 0) places.delete(topic)
    }
    for (const [topic, committed] of topics) {
      const known = places.get(topic) ?? new Map<number, number>()
      if (known.size === committed.size) continue
      for (const partition of committed.keys()) {
        if (known.has(partition)) continue
        if (this.left === 0) break
        known.set(partition, this.free.pop() ?? this.fresh++)
      }
      if (known.size > 0) places.set(topic, known)
    }
    if (places.size > 0) this.byGroup.set(group, places)
    else this.byGroup.delete(group)
  }

  /** Places that nobody has. */
  private get left(): number {
    return this.free.length + this.placesMax - this.fresh
  }

  /** Partitions without a place. */
  private missing(group: Group): number {
    let count = 0
    for (const committed of group.offsets.topics.values()) count += committed.size
    for (const known of this.byGroup.get(group)?.values() ?? []) count -= known.size
    return count
  }

  private forget(group: Group): void {
    for (const partitions of this.byGroup.get(group)?.values() ?? []) {
      for (const place of partitions.values()) this.giveBack(place)
    }
    this.byGroup.delete(group)
  }

  private giveBack(place: number): void {
    for (const lags of this.columns) if (place < lags.length) lags[place] = Number.NaN
    this.free.push(place)
  }
}

/** With room for some more places. */
function column(places: number): Float64Array {
  return new Float64Array(Math.max(PLACES_MIN, Math.ceil(places * 1.25))).fill(Number.NaN)
}
