/**
 * What a dead-lettered message carries of its past: `x-death`, one entry for each queue and reason, newest first; the
 * first and the last of its deaths as headers of their own; and what follows from them: which keys it is routed by,
 * and which queues it must not reach again.
 *
 *   x-death = [{count, reason, queue, time, exchange, routing-keys, original-expiration?}, …]
 *
 * All is in the message itself, so nothing about the past is kept here. A client may so continue, or make up, a past.
 */
import type { PropertyEdit } from '../property-blocks.ts'
import type { Headers, HeaderValue } from '../routing/headers.ts'

export const DEATH_REASONS = ['rejected', 'expired', 'maxlen', 'delivery_limit'] as const
export type DeathReason = (typeof DEATH_REASONS)[number]

export interface Death {
  /** Of the message as it died; null if it had none. */
  readonly headers: Headers | null
  /** Its `expiration` property, null if it had none. */
  readonly expiration: string | null
  readonly queue: string
  readonly reason: DeathReason
  /** Where it was published to, and with which key. */
  readonly exchange: string
  readonly routingKey: string
  readonly nowMs: number
  /** The queue sets `x-dead-letter-routing-key`. */
  readonly routingKeyOverridden: boolean
}

/** All headers that tell of deaths. */
export const DEATH_HEADERS = [
  'x-death',
  'x-first-death-exchange',
  'x-first-death-queue',
  'x-first-death-reason',
  'x-last-death-exchange',
  'x-last-death-queue',
  'x-last-death-reason',
] as const

/** How the copy differs from the message that died. */
export function deathEdit(death: Death): PropertyEdit {
  const { headers, queue, reason, exchange } = death
  const past = headers?.['x-death']
  const deaths = Array.isArray(past) ? past : []
  const same = deaths.find((entry) => isTable(entry) && entry.queue === queue && entry.reason === reason)
  const newest = same === undefined ? firstOf(death) : countedUp(same as Headers)
  const set: Record<string, HeaderValue> = { 'x-death': [newest, ...deaths.filter((entry) => entry !== same)] }
  if (!Array.isArray(past)) {
    set['x-first-death-exchange'] = exchange
    set['x-first-death-queue'] = queue
    set['x-first-death-reason'] = reason
  }
  set['x-last-death-exchange'] = exchange
  set['x-last-death-queue'] = queue
  set['x-last-death-reason'] = reason
  return { set, remove: death.routingKeyOverridden ? ['CC', 'BCC'] : ['BCC'], expiration: null }
}

function firstOf({ headers, expiration, queue, reason, exchange, routingKey, nowMs }: Death): Headers {
  return {
    count: 1,
    reason,
    queue,
    time: { type: 'T', value: Math.floor(nowMs / 1000) },
    exchange,
    'routing-keys': [routingKey, ...texts(headers?.CC)],
    ...(expiration !== null && { 'original-expiration': expiration }),
  }
}

function countedUp(entry: Headers): Headers {
  const { count } = entry
  return { ...entry, count: typeof count === 'number' ? count + 1 : 1 }
}

/** The keys by which the copy is routed: `override` alone, or those that the message was published with. */
export function deathKeys(headers: Headers | null, routingKey: string, override: string | null): string[] {
  return override !== null ? [override] : [routingKey, ...texts(headers?.CC), ...texts(headers?.BCC)]
}

/**
 * Whether the copy, whose headers (at least its `x-death`) are given, comes back to `queue` without anybody having
 * rejected it since it was last there: it would go round for ever, and is dropped instead.
 */
export function isCycle(headers: Headers, queue: string): boolean {
  const deaths = headers['x-death']
  if (!Array.isArray(deaths)) return false
  for (const entry of deaths) {
    // What is no table was put there by a client, so the cycle is not ours alone.
    if (!isTable(entry) || entry.reason === 'rejected') return false
    if (entry.queue === queue) return true
  }
  return false
}

function isTable(value: HeaderValue): value is Headers {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

function texts(value: HeaderValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
