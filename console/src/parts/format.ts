/** Numbers and times as people read them. */

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 20 })

/** 1,234 as it is, 12,345 as 12.3K. */
export function humanNumber(value: number): string {
  return Math.abs(value) < 10_000 ? exact.format(Math.round(value * 100) / 100) : compact.format(value)
}

export const exactNumber = (value: number): string => exact.format(value)

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Decimal units. */
export function humanBytes(value: number): string {
  let unit = 0
  while (Math.abs(value) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** Per second. */
export function humanRate(value: number): string {
  if (value === 0) return '0/s'
  if (Math.abs(value) < 0.05) return '<0.1/s'
  return `${Math.abs(value) < 100 ? value.toFixed(1).replace(/\.0$/, '') : humanNumber(Math.round(value))}/s`
}

const SPANS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
]

/** Two units at most: 3 h 20 min. */
export function humanSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const first = SPANS.findIndex(([, size]) => ms >= size)
  const [unit, size] = SPANS[first]
  const whole = Math.floor(ms / size)
  const next = SPANS[first + 1]
  const rest = next === undefined || whole >= 10 ? 0 : Math.floor((ms - whole * size) / next[1])
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${next![0]}`
}

/** Milliseconds since 1970 of what the API gives: a number, RabbitMQ's `2026-11-23 10:00:00`, or ISO. NaN if none. */
export function timeOf(value: number | string | Date): number {
  if (typeof value === 'number') return value
  if (value instanceof Date) return value.getTime()
  return Date.parse(/^\d{4}-\d\d-\d\d \d+:\d+:\d+$/.test(value) ? `${value.replace(' ', 'T')}Z` : value)
}

const oneUnit = (ms: number): string => (ms < 60_000 ? humanSpan(ms) : `${Math.floor(ms / 60_000)} min`)

export function relativeTime(at: number, now = Date.now()): string {
  const ago = now - at
  if (Math.abs(ago) < 2000) return 'just now'
  const span = Math.abs(ago) < 3_600_000 ? oneUnit(Math.abs(ago)) : humanSpan(Math.abs(ago))
  return ago > 0 ? `${span} ago` : `in ${span}`
}

export const absoluteTime = (at: number): string =>
  new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${exact.format(count)} ${count === 1 ? one : many}`
