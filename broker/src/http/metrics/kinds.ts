/**
 * Kinds of objects and what is measured of them, one table each. A per-object answer has a line for each object; the
 * aggregated one adds up, and where something is counted, what objects that are gone had counted stays in the sum, so
 * that no counter ever falls.
 */
import type { Broker } from '../../broker/broker.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { Exposition, Family } from './exposition.ts'

export interface Measure<T> extends Family {
  /** Null: does not apply to this one. */
  readonly of: (object: T) => number | null
  /** What those that are gone had counted. */
  readonly gone?: (broker: Broker) => number
}

export interface Kind<T> {
  all(broker: Broker, vhosts: Iterable<Vhost>): Iterable<T>
  labels(object: T): string
  /** By the names that `?family=` takes. */
  readonly families: Readonly<Record<string, readonly Measure<T>[]>>
}

/** The families asked for, a value for each object. `rename`: what a name becomes. */
export async function writeEach<T>(
  kind: Kind<T>,
  objects: Iterable<T>,
  families: ReadonlySet<string> | null,
  rename: (name: string) => string,
  out: Exposition,
): Promise<void> {
  const measures = wantedOf(kind, families)
  if (measures.length === 0) return
  const rows: { object: T; labels: string }[] = []
  for (const object of [...objects]) {
    rows.push({ object, labels: kind.labels(object) })
    if (out.isDue()) await out.turn()
  }
  for (const measure of measures) {
    const name = rename(measure.name)
    out.family({ ...measure, name })
    for (const { object, labels } of rows) {
      const value = measure.of(object)
      if (value !== null) out.sample(name, labels, value)
      if (out.isDue()) await out.turn()
    }
  }
}

/** All families of the kind, added up. */
export async function writeSums<T>(
  kind: Kind<T>,
  objects: Iterable<T>,
  broker: Broker,
  out: Exposition,
): Promise<void> {
  const measures = wantedOf(kind, null)
  // Taken together, before others have their turn: one that goes meanwhile would count twice.
  const all = [...objects]
  const sums = measures.map(({ gone }) => gone?.(broker) ?? 0)
  for (const object of all) {
    for (let i = 0; i < measures.length; i++) sums[i] += measures[i].of(object) ?? 0
    if (out.isDue()) await out.turn()
  }
  for (let i = 0; i < measures.length; i++) out.one(measures[i], sums[i])
}

/** Each once, though several families may have it. */
function wantedOf<T>(kind: Kind<T>, families: ReadonlySet<string> | null): Measure<T>[] {
  const wanted = new Map<string, Measure<T>>()
  for (const [family, measures] of Object.entries(kind.families)) {
    if (families !== null && !families.has(family)) continue
    for (const measure of measures) wanted.set(measure.name, measure)
  }
  return [...wanted.values()]
}
