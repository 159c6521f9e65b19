/** Histories as the management API gives them, made ready for charts. */

export interface Details {
  readonly rate: number
  /** Newest first: the counter, or the length, at that time. */
  readonly samples?: readonly { readonly sample: number; readonly timestamp: number }[]
}

export interface Point {
  readonly timestamp: number
  readonly value: number
}

/** What to ask for, so that `_details` come with samples: ten minutes, one each five seconds. */
export const HISTORY = { msg_rates_age: 600, msg_rates_incr: 5, lengths_age: 600, lengths_incr: 5 } as const

/** A gauge, oldest first. */
export function levelOf(details: Details | undefined): Point[] {
  return (details?.samples ?? []).map(({ timestamp, sample }) => ({ timestamp, value: sample })).reverse()
}

/** A counter's rate per second between neighbouring samples, oldest first. */
export function ratesOf(details: Details | undefined): Point[] {
  const level = levelOf(details)
  return level.slice(1).map(({ timestamp, value }, i) => {
    const before = level[i]
    const seconds = (timestamp - before.timestamp) / 1000
    return { timestamp, value: seconds > 0 ? Math.max(0, (value - before.value) / seconds) : 0 }
  })
}

export const valuesOf = (points: readonly Point[]): number[] => points.map(({ value }) => value)
