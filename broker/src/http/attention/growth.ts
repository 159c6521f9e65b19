/** Whether a gauge has grown over its last minutes: each third of the time higher than the one before. */
import type { Series } from '../stats/series.ts'

export interface Growth {
  /** ms since 1970 */
  readonly since: number
  readonly perSecond: number
}

const WINDOW_MS = 5 * 60_000
const SAMPLES_MIN = 6
/** Of the value it began with. */
const SHARE_MIN = 0.1

/** Null: it has not, or too little is known yet. */
export function growthOf<T extends object, F extends string>(
  series: Series<T, F>,
  object: T,
  field: F,
  least: number,
  nowMs: number,
): Growth | null {
  const samples = series.known(object, field).filter(({ timestamp }) => timestamp >= nowMs - WINDOW_MS)
  if (samples.length < SAMPLES_MIN) return null
  const third = Math.floor(samples.length / 3)
  const first = mean(samples.slice(0, third))
  const middle = mean(samples.slice(third, -third))
  const last = mean(samples.slice(-third))
  if (middle <= first || last <= middle || last - first < Math.max(least, first * SHARE_MIN)) return null
  const [{ timestamp: since, sample: from }] = samples
  const { timestamp: until, sample: to } = samples[samples.length - 1]
  return { since, perSecond: ((to - from) * 1000) / (until - since) }
}

function mean(samples: readonly { readonly sample: number }[]): number {
  return samples.reduce((sum, { sample }) => sum + sample, 0) / samples.length
}
