/** What a queue is made of and what it needs of its surroundings, which its vhost gives it. */
import type { Random } from '../../base/random.ts'
import type { Log } from '../../log/engine.ts'
import type { MessageDraft } from '../../record/message.ts'
import type { ClientConnection } from '../connections.ts'
import type { DeduplicationKey } from '../dedup/queue-window.ts'
import type { BlockHeaders } from '../property-blocks.ts'
import type { Headers } from '../routing/exchange.ts'
import type { DeparturesContext } from './departures.ts'
import type { Queue } from './queue.ts'

/** The connection that exclusive queues belong to; they are deleted when it ends. */
export interface QueueOwner {
  readonly exclusiveQueues: Set<Queue>
  /** As it is known to all. */
  readonly connection?: ClientConnection | null
}

export interface QueueOptions {
  readonly vhost: string
  readonly name: string
  readonly durable: boolean
  readonly autoDelete: boolean
  /** Null when the queue is shared. */
  readonly exclusiveTo: QueueOwner | null
  readonly arguments: Headers
}

/** What a queue needs of its surroundings. */
export interface QueueContext extends DeparturesContext {
  readonly random: Random
  /** Walks the headers of any message; free between calls. */
  readonly headers: BlockHeaders
  /** The log of one lane: the one that was recovered, or a new one. */
  laneLog(queue: Queue, level: number): Log
  /** Calls back once, after the next round became durable. */
  afterDurable(task: () => void): void
  /** The log could not give a record: damage in a file, or no file to be had. Calls `again` a little later. */
  damaged(queue: Queue, error: Error, again: () => void): void
  /** The last consumer of an auto-delete queue has left, or the queue's own time is over. */
  unused(queue: Queue): void
  /** The queue holds messages that bring a time of their own: a start has to look for them. */
  holdsExpirations(queue: Queue): void
  readonly deduplicationKey: DeduplicationKey
  /** Clients are served only after this is done. */
  beforeOpening(task: Promise<void>): void
  /** A message for a full queue that dead-letters what it refuses. @returns as `deadLetter` */
  deadLetterRefused(queue: Queue, draft: MessageDraft): number
}
