// Exchange type x-message-deduplication: every destination, whatever the key, as fanout; but a message whose header
// `x-deduplication-header` was seen lately goes nowhere. What was seen is the window's business (dedup/).

import { Refusal } from '../refusal.ts'
import { type AddTarget, Exchange, type ExchangeOptions, type PropertyOf } from './exchange.ts'
import { describeValue, type Headers, type HeaderValue } from './headers.ts'
import type { HistoryTarget } from './target.ts'

const DEDUPLICATION_TYPE = 'x-message-deduplication'
export const DEDUPLICATION_HEADER = 'x-deduplication-header'

/** Which keys were seen lately. What it admitted it hears of again when the message was appended. */
export interface SeenKeys extends HistoryTarget {
  /** Remembers the key, for `ttlMs` if that is not null. @returns false if it is remembered already. */
  admit(key: string, ttlMs: number | null): boolean
}

export class DeduplicationExchange extends Exchange {
  readonly type = DEDUPLICATION_TYPE
  override readonly knownArguments = ['alternate-exchange', 'x-cache-size', 'x-cache-ttl', 'x-cache-persistence']
  override readonly keyDecides = false
  /** Given by the vhost; without it nothing is a duplicate. */
  seen: SeenKeys | null = null
  /** Keys that are remembered at most. */
  readonly cacheSize: number
  /** Of keys whose message names no other time; null: until others need the room. */
  readonly cacheTtlMs: number | null
  /** What was seen is still known after a start. */
  readonly persistent: boolean

  /** @throws Refusal precondition-failed for arguments that RabbitMQ's plugin refuses. */
  constructor(name: string, options: ExchangeOptions) {
    super(name, options)
    const { 'x-cache-size': size, 'x-cache-ttl': ttl, 'x-cache-persistence': persistence } = options.arguments
    this.cacheSize =
      positive(size) ?? refuse("Missing or invalid argument, 'x-cache-size' must be an integer greater than 0")
    this.cacheTtlMs =
      ttl === undefined
        ? null
        : (positive(ttl) ?? refuse("Invalid argument, 'x-cache-ttl' must be an integer greater than 0"))
    if (persistence !== undefined && persistence !== 'disk' && persistence !== 'memory') {
      refuse("Invalid argument, 'x-cache-persistence' must be either 'disk' or 'memory'")
    }
    this.persistent = options.durable && persistence !== 'memory'
  }

  match(_key: string, headers: Headers | null, add: AddTarget, _properties: PropertyOf | null): void {
    if (this.seen !== null) {
      const key = deduplicationKey(headers)
      if (key !== null && !this.seen.admit(key, positive(headers?.['x-cache-ttl']) ?? null)) return
      if (key !== null) add(this.seen)
    }
    for (const destination of this.byDestination.keys()) add(destination)
  }

  protected insert(): void {}

  protected remove(): void {}
}

/** The same text for values that are the same; null if the message has no such header. */
export function deduplicationKey(headers: Headers | null): string | null {
  const value = headers?.[DEDUPLICATION_HEADER]
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? `=${value}` : describeValue(value)
}

function positive(value: HeaderValue | undefined): number | null {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'bigint') return number > 0n ? Number(number) : null
  return typeof number === 'number' && Number.isInteger(number) && number > 0 ? number : null
}

function refuse(text: string): never {
  throw new Refusal('precondition-failed', text)
}
