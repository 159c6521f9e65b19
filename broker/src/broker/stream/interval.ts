/** Lengths of time as RabbitMQ writes them for streams: a number and a unit, `7D`. */

const SECOND_MS = 1000
const DAY_MS = 86_400 * SECOND_MS

/** The longest first; a month has 30 days, a year 365. */
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['Y', 365 * DAY_MS],
  ['M', 30 * DAY_MS],
  ['D', DAY_MS],
  ['h', 3600 * SECOND_MS],
  ['m', 60 * SECOND_MS],
  ['s', SECOND_MS],
]

/** @returns ms; null for what is no length of time, or none at all */
export function intervalMs(text: string): number | null {
  const [, count, unit] = /^0*([1-9]\d*)([YMDhms])$/.exec(text) ?? []
  if (count === undefined) return null
  const ms = Number(count) * UNITS.find(([one]) => one === unit)![1]
  return Number.isSafeInteger(ms) ? ms : null
}

/** In the largest unit that says it exactly; what is finer than seconds is rounded up. */
export function intervalText(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / SECOND_MS)) * SECOND_MS
  const [unit, unitMs] = UNITS.find(([, one]) => seconds % one === 0)!
  return `${seconds / unitMs}${unit}`
}
