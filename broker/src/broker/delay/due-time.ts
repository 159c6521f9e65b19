/**
 * When a message asks to be delivered: `x-delay`, ms from now, which exchanges of type x-delayed-message obey, and
 * `x-deliver-at`, ms since 1970 or a timestamp, which all do.
 */
import type { Headers, HeaderValue } from '../routing/headers.ts'
import { isTyped } from '../routing/headers.ts'

export const DELAY_HEADER = 'x-delay'
export const DELIVER_AT_HEADER = 'x-deliver-at'

const DELAY_MS_MAX = 2 ** 32 - 1

/** In ms; 0 when the message is to be routed at once. Text and fractions are read as the plugin reads them. */
export function delayOf(headers: Headers): number {
  const value = headers[DELAY_HEADER]
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : wholeNumber(value)
  return number >= 1 && number <= DELAY_MS_MAX ? number : 0
}

/** ms since 1970; 0 when the message is to be routed at once. */
export function deliverAt(headers: Headers, nowMs: number): number {
  const value = headers[DELIVER_AT_HEADER]
  const number =
    value !== undefined && isTyped(value) && value.type === 'T' ? Number(value.value) * 1000 : wholeNumber(value)
  return number > nowMs && Number.isSafeInteger(number) ? number : 0
}

function wholeNumber(value: HeaderValue | undefined): number {
  if (value === undefined) return 0
  if (typeof value === 'number' || typeof value === 'bigint') return Math.trunc(Number(value))
  return isTyped(value) ? wholeNumber(value.value as HeaderValue) : 0
}
