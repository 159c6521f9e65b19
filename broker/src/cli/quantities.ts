/**
 * Durations, moments, sizes and counts as people write them, the same in every command, and as they are shown.
 * Readers throw what commander reports as wrong usage.
 */
import { InvalidArgumentError } from 'commander'
import { bytesOf } from '../config/information-units.ts'

const MS_IN: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}

/** `250ms`, `30s`, `1h30m`, `2d`: milliseconds. */
export function durationMs(text: string): number {
  let total = 0
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) {
    throw new InvalidArgumentError('A duration is written as 250ms, 30s, 5m, 1h30m, 2d or 1w.')
  }
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) total += Number(number) * MS_IN[unit!]!
  return Math.round(total)
}

/** `now`, `-1h`, `+30s`, `2026-11-23T07:00:00Z` or milliseconds since 1970: the last. */
export function momentMs(text: string, nowMs: number): number {
  if (text === 'now') return nowMs
  if (text.startsWith('-')) return nowMs - durationMs(text.slice(1))
  if (text.startsWith('+')) return nowMs + durationMs(text.slice(1))
  const moment = /^\d{11,}$/.test(text) ? Number(text) : /^\d{4}-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(moment)) {
    throw new InvalidArgumentError(
      'A moment is written as now, -1h, +30s, 2026-11-23T07:00:00Z or milliseconds since 1970.',
    )
  }
  return moment
}

/** A place in a topic, of each partition; below 0 an offset counts from the end. */
export type Start = 'earliest' | 'latest' | { readonly offset: number } | { readonly timeMs: number }

/** `earliest`, `latest`, an offset, or a moment. */
export function startFrom(text: string, nowMs: number): Start {
  if (text === 'earliest' || text === 'latest') return text
  if (/^-?\d{1,10}$/.test(text)) return { offset: Number(text) }
  return { timeMs: momentMs(text, nowMs) }
}

/** `512`, `10MB`, `64MiB`: bytes. */
export function sizeBytes(text: string): number {
  const bytes = bytesOf(text)
  if (bytes === undefined) throw new InvalidArgumentError('A size is written as 512, 10kB, 10MB, 64MiB or 1GB.')
  return bytes
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A whole number is needed.')
  return Number(text)
}

/** `x-max-length=10`, once for each: a value that is JSON is taken as such, every other is text. */
export function argumentsFrom(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const [key, value] = keyAndValue(text)
  return { ...before, [key]: jsonOrText(value) }
}

/** `retention.ms=1000`, once for each: text throughout. */
export function textsFrom(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [key, value] = keyAndValue(text)
  return { ...before, [key]: value }
}

/** A whole number with more digits than JavaScript holds stays the text that it is. */
function jsonOrText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? text : value
  } catch {
    return text
  }
}

function keyAndValue(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('key=value is needed.')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** `1.4 GB` */
export function shownBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let at = 0
  let value = bytes
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000
  return `${at === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[at]}`
}

/** `3d 4h`, `12m 5s`, `850ms`: the two largest units. */
export function shownDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  let rest = Math.round(ms / 1000)
  const parts: string[] = []
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds)
    rest -= count * seconds
    if (count > 0) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
  }
  return parts.slice(0, 2).join(' ')
}

/** `12,345`, and below 100 with one decimal where there is one. By hand, because Node's tables of languages take 15 ms. */
export function shownNumber(value: number): string {
  const [whole, decimal = '0'] = value.toFixed(Math.abs(value) < 100 ? 1 : 0).split('.')
  return whole!.replace(/\B(?=(\d{3})+$)/g, ',') + (decimal === '0' ? '' : `.${decimal}`)
}
