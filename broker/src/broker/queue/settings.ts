/**
 * What is set for a queue, from its arguments and from the policies that apply to it: resolved once, when either
 * changes, so that the paths of messages look at plain fields.
 *
 * Who wins: of numbers the lowest of argument, policy and operator policy (a negative one is none); of all else the
 * operator policy over the argument over the policy.
 */
import { lowerLimit, mergeDefinitions, type PolicyDefinition } from '../policy/definition.ts'
import type { Headers } from '../routing/headers.ts'

export interface DelayedRetry {
  /** `failed`: returns by reject, or with the channel; `returned`: by nack. */
  readonly type: 'all' | 'failed' | 'returned'
  /** After the n-th return min × n, min × 2^(n-1), or min; never more than max. */
  readonly backoff: (typeof BACKOFFS)[number]
  readonly minMs: number
  readonly maxMs: number
}

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
  /** Of messages with the same header `x-ordering-key` one at a time is out. */
  readonly orderedByKey: boolean
  /** Who of those with the highest priority gets a message. */
  readonly dispatch: (typeof DISPATCHES)[number]
  /** Returns after which a message is dead-lettered or dropped; null: no limit. */
  readonly deliveryLimit: number | null
  /** Returned messages are set aside for a while. */
  readonly delayedRetry: DelayedRetry | null
  /** A consumer that leaves a delivery unacknowledged this long is cancelled, ms; null: never. */
  readonly consumerTimeoutMs: number | null
  /** Messages with a header `x-deduplication-header` equal to that of one in the queue are dropped. */
  readonly deduplicate: boolean
  /** The queue stands over this topic and has no messages of its own; null: it has. */
  readonly sourceTopic: string | null
  /** The topic keeps what such a queue has not settled. */
  readonly holdRetention: boolean
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
  orderedByKey: false,
  dispatch: 'round-robin',
  deliveryLimit: null,
  delayedRetry: null,
  consumerTimeoutMs: null,
  deduplicate: false,
  sourceTopic: null,
  holdRetention: false,
}

export const ORDERED_BY_KEY = 'x-ordered-by-key'

/** Arguments of queues over topics. */
export const SOURCE_TOPIC = 'x-source-topic'
export const SOURCE_OFFSET = 'x-source-offset'
export const HOLD_RETENTION = 'x-hold-retention'

/** Of quorum queues, as RabbitMQ has them since 4.0 and 4.3. */
const QUORUM_DELIVERY_LIMIT = 20
const QUORUM_PRIORITY_MAX = 31
const QUORUM_PRIORITY = 4

export interface SettingsDefaults {
  /** Of consumers of quorum queues. */
  readonly consumerTimeoutMs: number
}

/** @param args of the queue, checked by `checkQueueArguments` */
export function resolveQueueSettings(
  args: Headers,
  policy: PolicyDefinition | null,
  operator: PolicyDefinition | null,
  defaults: SettingsDefaults,
): QueueSettings {
  const merged = mergeDefinitions(policy, operator)
  const limit = (key: string): number | null => {
    const asked = numberOf(args[`x-${key}`])
    const set = numberOf(merged?.[key])
    return asked === null || set === null ? (asked ?? set) : lowerLimit(asked, set)
  }
  const text = (key: string): string | null =>
    textOf(operator?.[key]) ?? textOf(args[`x-${key}`]) ?? textOf(policy?.[key])
  const quorum = args['x-queue-type'] === 'quorum'
  const sourceTopic = textOf(args[SOURCE_TOPIC])
  // What lies in a topic comes, waits and goes by the topic's rules.
  const own = sourceTopic === null
  const deliveryLimit = limit('delivery-limit') ?? (quorum ? QUORUM_DELIVERY_LIMIT : -1)
  return {
    type: quorum ? 'quorum' : 'classic',
    messageTtlMs: own ? limit('message-ttl') : null,
    expiresMs: limit('expires'),
    maxLength: own ? limit('max-length') : null,
    maxLengthBytes: own ? limit('max-length-bytes') : null,
    overflow: oneOf(OVERFLOWS, text('overflow')) ?? 'drop-head',
    deadLetterExchange: text('dead-letter-exchange'),
    deadLetterRoutingKey: text('dead-letter-routing-key'),
    deadLetterStrategy: oneOf(STRATEGIES, text('dead-letter-strategy')) ?? 'at-most-once',
    maxPriority: !own ? 0 : quorum ? QUORUM_PRIORITY_MAX : (numberOf(args['x-max-priority']) ?? 0),
    defaultPriority: own && quorum ? QUORUM_PRIORITY : 0,
    singleActiveConsumer: args['x-single-active-consumer'] === true,
    orderedByKey: args[ORDERED_BY_KEY] === true,
    dispatch: oneOf(DISPATCHES, text('dispatch')) ?? 'round-robin',
    deliveryLimit: deliveryLimit < 0 ? null : deliveryLimit,
    delayedRetry: delayedRetry(
      oneOf(RETRIES, text('delayed-retry-type')),
      oneOf(BACKOFFS, text('delayed-retry-backoff')) ?? 'linear',
      limit('delayed-retry-min'),
      limit('delayed-retry-max'),
    ),
    consumerTimeoutMs: limit('consumer-timeout') ?? (quorum ? defaults.consumerTimeoutMs : null),
    deduplicate: args['x-message-deduplication'] === true,
    sourceTopic,
    holdRetention: args[HOLD_RETENTION] === true,
  }
}

/** A routing key is a short string (AMQP 0-9-1 §4.2.5.3), though arguments and policies could hold a longer text. */
export const ROUTING_KEY_BYTES_MAX = 255

export const OVERFLOWS = ['drop-head', 'reject-publish', 'reject-publish-dlx'] as const
export const STRATEGIES = ['at-most-once', 'at-least-once'] as const
export const DISPATCHES = ['round-robin', 'random', 'least-loaded'] as const
export const BACKOFFS = ['linear', 'exponential', 'fixed'] as const
const RETRIES = ['all', 'failed', 'returned'] as const

/** Without a shortest time there is none, and without a longest one the time does not grow. */
function delayedRetry(
  type: (typeof RETRIES)[number] | null,
  backoff: DelayedRetry['backoff'],
  minMs: number | null,
  maxMs: number | null,
): DelayedRetry | null {
  if (type === null || minMs === null || minMs <= 0) return null
  return { type, backoff, minMs, maxMs: maxMs ?? minMs }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function oneOf<T extends string>(known: readonly T[], value: string | null): T | null {
  return known.find((one) => one === value) ?? null
}
