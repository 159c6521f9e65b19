/** How RabbitMQ writes counters down: `publish: 5, publish_details: {rate, …}`, with samples of the past if asked for. */
import type { Past } from '../lists/row-options.ts'
import type { Series } from './series.ts'

export interface Details {
  readonly rate: number
  /** Newest first. */
  readonly samples?: readonly { readonly sample: number; readonly timestamp: number }[]
  readonly avg_rate?: number
  readonly avg?: number
}

export type Detailed = Record<string, number | Details>

/** Of one counter or gauge of an object. */
export function detailsOf<T extends object, F extends string>(
  series: Series<T, F>,
  object: T,
  field: F,
  past: Past | null,
  nowMs: number,
): Details {
  const rate = series.rate(object, field)
  if (past === null) return { rate }
  const samples = spaced(series.history(object, field, nowMs), past, nowMs)
  if (samples.length === 0) return { rate, samples, avg_rate: 0, avg: 0 }
  const [newest] = samples
  const oldest = samples[samples.length - 1]
  const spanMs = newest.timestamp - oldest.timestamp
  const sum = samples.reduce((total, { sample }) => total + sample, 0)
  const avg_rate = spanMs === 0 ? 0 : ((newest.sample - oldest.sample) * 1000) / spanMs
  return { rate, samples, avg_rate, avg: sum / samples.length }
}

/** Several of them; a counter that was never used is absent. */
export function detailed<T extends object, F extends string>(
  series: Series<T, F>,
  object: T,
  fields: readonly F[],
  past: Past | null,
  nowMs: number,
  keepZeros = false,
): Detailed {
  const row: Detailed = {}
  series.values(object, fields).forEach((value, i) => {
    const field = fields[i]
    if (value === 0 && !keepZeros) return
    row[field] = value
    row[`${field}_details`] = detailsOf(series, object, field, past, nowMs)
  })
  return row
}

/** Counters of one group are there together once any of them was used, as in RabbitMQ. */
export function detailedGroups<T extends object, F extends string>(
  series: Series<T, F>,
  object: T,
  groups: readonly (readonly F[])[],
  past: Past | null,
  nowMs: number,
): Detailed {
  const row: Detailed = {}
  for (const fields of groups) {
    const group = detailed(series, object, fields, past, nowMs, true)
    if (fields.some((field) => group[field] !== 0)) Object.assign(row, group)
  }
  return row
}

/** One sample per step, back to the age: of those within a step the newest. */
function spaced(
  history: readonly { timestamp: number; sample: number }[],
  { ageMs, stepMs }: Past,
  nowMs: number,
): { sample: number; timestamp: number }[] {
  const kept: { sample: number; timestamp: number }[] = []
  let at = history.length - 1
  for (let step = nowMs; step >= nowMs - ageMs && at >= 0; step -= stepMs) {
    while (at >= 0 && history[at].timestamp > step) at--
    if (at >= 0) kept.push({ sample: history[at].sample, timestamp: step })
  }
  return kept
}
