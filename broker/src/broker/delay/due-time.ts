/**
 * When a message asks to be delivered: `x-delay`, ms from now, which exchanges of type x-delayed-message obey, and
 * `x-deliver-at`, ms since 1970 or a timestamp, which all do.
 */
import { Refusal } from '../refusal.ts'
import type { Headers, HeaderValue } from '../routing/headers.ts'
import { isTyped } from '../routing/headers.ts'

export const DELAY_HEADER = 'x-delay'
export const DELIVER_AT_HEADER = 'x-deliver-at'

const INT32_MIN = -(2 ** 31)
const DELAY_MS_MAX = 2 ** 32 - 1
/** Ten years: what is farther off is microseconds taken for milliseconds, or would make logs without end. */
const AHEAD_MS_MAX = 315_360_000_000

/** In ms; 0 when the message is to be routed at once. Text and fractions are read as the plugin reads them. */
export function delayOf(headers: Headers): number {
  const value = headers[DELAY_HEADER]
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : wholeNumber(value)
  return number >= 1 && number <= DELAY_MS_MAX ? number : 0
}

/** The value of `x-delay` of a message that is kept back for it: negative, as the plugin delivers it, so it waits once. */
export function waitedFor(delay: number): HeaderValue {
  return -delay >= INT32_MIN ? { type: 'I', value: -delay } : -delay
}

/** ms since 1970; 0 when the message is to be routed at once. @throws Refusal precondition-failed beyond ten years */
export function deliverAt(headers: Headers, nowMs: number): number {
  const value = headers[DELIVER_AT_HEADER]
  const number =
    value !== undefined && isTyped(value) && value.type === 'T' ? Number(value.value) * 1000 : wholeNumber(value)
  if (number - nowMs > AHEAD_MS_MAX) {
    throw new Refusal('precondition-failed', `invalid ${DELIVER_AT_HEADER} ${number}: more than ten years ahead`)
  }
  return number > nowMs ? number : 0
}

function wholeNumber(value: HeaderValue | undefined): number {
  if (value === undefined) return 0
  if (typeof value === 'number' || typeof value === 'bigint') return Math.trunc(Number(value))
  return isTyped(value) ? wholeNumber(value.value as HeaderValue) : 0
}
