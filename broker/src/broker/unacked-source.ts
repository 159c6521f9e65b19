/** Who can say where the unacknowledged messages of a queue are: the protocols, which hand them out. */
import type { Queue } from './queue/queue.ts'

/** A message that was handed out and not settled. */
export interface UnackedMessage {
  /** Names the message to its queue. */
  readonly place: number
  /** By which its holder will settle it. */
  readonly deliveryTag: number
  /** Null: it was fetched by basic.get. */
  readonly consumerTag: string | null
  /** When it was handed out, ms since 1970, to a tenth of a second. */
  readonly sinceMs: number
  /** Both ends: `127.0.0.1:40000 -> 127.0.0.1:5672`. */
  readonly connection: string
  readonly channel: number
  readonly user: string
}

export interface UnackedSource {
  /** Those that it has handed out of the queue, by connection and channel, there the oldest first. */
  unacked(queue: Queue): Iterable<UnackedMessage>
  /** The queue is deleted: what was handed out of it is to be forgotten. */
  queueGone?(queue: Queue): void
}
