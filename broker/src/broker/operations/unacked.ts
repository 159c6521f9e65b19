/** The unacknowledged messages of a queue and who holds them, the one held longest first. */
import type { Broker } from '../broker.ts'
import type { Queue } from '../queue/queue.ts'
import type { UnackedMessage } from '../unacked-source.ts'
import { checkLimit, PAGE_LIMIT } from './page-limit.ts'

export interface UnackedOptions {
  /** Passed over; 0 by default. */
  readonly skip?: number
  /** Messages at most; 100 by default. */
  readonly limit?: number
}

export interface UnackedPage {
  readonly messages: UnackedMessage[]
  /** All there are. */
  readonly total: number
}

/** @throws Refusal precondition-failed for a limit out of range */
export function listUnacked(
  broker: Broker,
  queue: Queue,
  { skip = 0, limit = PAGE_LIMIT }: UnackedOptions = {},
): UnackedPage {
  checkLimit(limit)
  const all = [...broker.unackedSources].flatMap((source) => [...source.unacked(queue)])
  all.sort((a, b) => a.sinceMs - b.sinceMs)
  return { messages: all.slice(skip, skip + limit), total: all.length }
}
