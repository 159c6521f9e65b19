/**
 * Copies records of a topic into a queue, as the messages that they are to AMQP's clients: as if they were published now.
 * Whoever asks is told how many copies are durable, and where to go on.
 */
import { MessageDraft } from '../../record/message.ts'
import type { Broker } from '../broker.ts'
import { checkTakesMessages } from '../queue/over-topic.ts'
import type { Queue } from '../queue/queue.ts'
import { Route } from '../queue/route.ts'
import { keepPace } from './pace.ts'
import { type RecordFilter, type Stretch, scanTopic } from './scan-topic.ts'

export interface ReplayOptions {
  readonly filter: RecordFilter
  /** Copies at most. */
  readonly limit: number
  readonly scanBytes: number
}

export interface ReplayResult {
  /** Durable where the queue is. */
  readonly copied: number
  /** Not taken: the queue is full and refuses. */
  readonly refused: number
  /** By partition, where to go on; null at the end. */
  readonly next: Readonly<Record<string, number>> | null
}

/** Copies between two looks at whether the logs keep up. */
const CHUNK = 1024

/** @throws Refusal precondition-failed for a queue over a topic, StreamRefusal for records that cannot be read */
export async function replay(
  broker: Broker,
  stretches: readonly Stretch[],
  queue: Queue,
  { filter, limit, scanBytes }: ReplayOptions,
): Promise<ReplayResult> {
  checkTakesMessages(queue)
  const draft = new MessageDraft()
  const route = new Route()
  let copied = 0
  let refused = 0
  let round = 0
  let bytesLeft = scanBytes
  let rest: readonly Stretch[] = stretches
  let next: ReplayResult['next'] = null
  for (;;) {
    await keepPace(broker, () => queue.gone)
    let left = Math.min(CHUNK, limit - copied)
    const options = { filter, scanBytes: bytesLeft, isGone: () => queue.gone || broker.engine.lagging }
    const found = await scanTopic(broker.properties, rest, options, (reader) => {
      // Gone, or no room left, since the scan began.
      if (left === 0 || queue.gone) return false
      const now = broker.clock.now()
      reader.draft(draft)
      if (draft.expiry > 0) draft.expiry += now - draft.arrival
      draft.arrival = now
      route.leadTo(queue)
      round = Math.max(round, route.append(broker.engine, draft))
      if (route.rejected) refused++
      else {
        copied++
        left--
      }
      return true
    })
    next = found.next
    bytesLeft -= found.scanned.bytes
    if (next === null || copied >= limit || bytesLeft <= 0 || queue.gone) break
    rest = rest.map((stretch) => ({ ...stretch, from: found.next![stretch.partition.index] }))
  }
  await new Promise<void>((resolve) => broker.durability.after(round, resolve))
  return { copied, refused, next }
}
