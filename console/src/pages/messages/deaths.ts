/** The history of a dead letter, from its `x-death` header: where it died, why, how often, newest first. */

export interface Death {
  readonly queue: string
  readonly reason: string
  readonly count: number
  readonly exchange: string
  readonly routingKeys: readonly string[]
  /** Of the first of these deaths; ms since 1970. */
  readonly at: number | null
  readonly originalExpiration: string | null
}

export function deathsOf(headers: Readonly<Record<string, unknown>>): Death[] {
  const entries = headers['x-death']
  if (!Array.isArray(entries)) return []
  return entries.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return []
    const { queue, reason, count, exchange, time, 'routing-keys': keys } = entry as Record<string, unknown>
    const expiration = (entry as Record<string, unknown>)['original-expiration']
    return {
      queue: String(queue ?? ''),
      reason: String(reason ?? ''),
      count: Number(count ?? 1),
      exchange: String(exchange ?? ''),
      routingKeys: Array.isArray(keys) ? keys.map(String) : [],
      // Seconds, as AMQP counts time.
      at: typeof time === 'number' ? time * 1000 : null,
      originalExpiration: expiration === undefined ? null : String(expiration),
    }
  })
}

const REASONS: Readonly<Record<string, string>> = {
  rejected: 'rejected by a consumer',
  expired: 'its time to live ran out',
  maxlen: 'the queue was full',
  delivery_limit: 'delivered too often without being acknowledged',
}

export const reasonText = (reason: string): string => REASONS[reason] ?? reason
