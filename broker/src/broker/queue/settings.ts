/**
 * What is set for a queue, from its arguments and from the policies that apply to it: resolved once, when either
 * changes, so that the paths of messages look at plain fields.
 */
export interface QueueSettings {
  readonly type: 'classic' | 'quorum'
  /** Time to live of each message from its arrival, ms; null: no end. */
  readonly messageTtlMs: number | null
  /** The queue is deleted when unused this long, ms; null: never. */
  readonly expiresMs: number | null
  /** Ready messages at most, and their body bytes at most; null: no limit. */
  readonly maxLength: number | null
  readonly maxLengthBytes: number | null
  readonly overflow: 'drop-head' | 'reject-publish' | 'reject-publish-dlx'
  readonly deadLetterExchange: string | null
  /** Null: the message keeps its own. */
  readonly deadLetterRoutingKey: string | null
  /** `at-least-once`: what cannot be dead-lettered now is held and tried again instead of dropped. */
  readonly deadLetterStrategy: 'at-most-once' | 'at-least-once'
  /** Priorities go from 0 to this; 0: there are none. */
  readonly maxPriority: number
  /** Of messages that have none. */
  readonly defaultPriority: number
  readonly singleActiveConsumer: boolean
  /** Returns after which a message is dead-lettered or dropped; null: no limit. */
  readonly deliveryLimit: number | null
  /** Returned messages are set aside for min(minMs × returns, maxMs). `failed`: returns by reject, or with the channel; `returned`: by nack. */
  readonly delayedRetry: {
    readonly type: 'all' | 'failed' | 'returned'
    readonly minMs: number
    readonly maxMs: number
  } | null
  /** A consumer that leaves a delivery unacknowledged this long is cancelled, ms; null: never. */
  readonly consumerTimeoutMs: number | null
  /** Messages with a header `x-deduplication-header` equal to that of one in the queue are dropped. */
  readonly deduplicate: boolean
}

export const PLAIN_QUEUE: QueueSettings = {
  type: 'classic',
  messageTtlMs: null,
  expiresMs: null,
  maxLength: null,
  maxLengthBytes: null,
  overflow: 'drop-head',
  deadLetterExchange: null,
  deadLetterRoutingKey: null,
  deadLetterStrategy: 'at-most-once',
  maxPriority: 0,
  defaultPriority: 0,
  singleActiveConsumer: false,
  deliveryLimit: null,
  delayedRetry: null,
  consumerTimeoutMs: null,
  deduplicate: false,
}
