// What dead letters say about their deaths, as transcripts expect it of their headers.

import type { Expected } from './hearing.ts'

interface Death {
  readonly queue: string
  readonly reason: 'rejected' | 'expired' | 'maxlen' | 'delivery_limit'
  /** The exchange it had come through. */
  readonly exchange?: string
  /** The keys it had come with; its queue's name unless given. */
  readonly keys?: readonly string[]
  readonly count?: number
  readonly expiration?: string
}

/** The headers of a message with these deaths, the last one first. */
export function deaths(...entries: readonly Death[]): Expected {
  const first = entries.at(-1)!
  return {
    'x-death': entries.map(entry),
    'x-first-death-exchange': first.exchange ?? '',
    'x-first-death-queue': first.queue,
    'x-first-death-reason': first.reason,
  }
}

function entry({ queue, reason, exchange = '', keys = [queue], count = 1, expiration }: Death): Expected {
  return {
    count: `l:${count}`,
    reason,
    queue,
    time: 'T:now',
    exchange,
    'routing-keys': keys,
    ...(expiration !== undefined && { 'original-expiration': expiration }),
  }
}
