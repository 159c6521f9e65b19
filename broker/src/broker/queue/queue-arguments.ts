/**
 * The arguments of queue.declare: which types of queue have them, what their values must be, and what a redeclaration
 * compares. Texts are RabbitMQ's, Erlang terms included, since people search for them.
 *
 * Beyond RabbitMQ, classic queues have the delivery limit, delayed retry, the consumer timeout and the dead-letter
 * strategy too. Arguments that nobody knows are accepted, as RabbitMQ does.
 */
import { isInteger, refuseInequivalent, typeName, valueText } from '../argument-value.ts'
import { Refusal } from '../refusal.ts'
import { type Headers, type HeaderValue, sameValue } from '../routing/headers.ts'
import { parseStreamOffset } from '../stream/stream-offset.ts'
import {
  BACKOFFS,
  DISPATCHES,
  HOLD_RETENTION,
  ORDERED_BY_KEY,
  OVERFLOWS,
  ROUTING_KEY_BYTES_MAX,
  SOURCE_OFFSET,
  SOURCE_TOPIC,
  STRATEGIES,
} from './settings.ts'
import type { QueueOptions } from './surroundings.ts'

export type QueueType = 'classic' | 'quorum' | 'stream'

/** The reason against a value, as RabbitMQ prints it; null: none. */
type Check = (value: HeaderValue, args: Headers) => string | null

interface Argument {
  readonly types: readonly QueueType[]
  readonly check: Check
}

const PRIORITY_MAX = 255
/** Ten years. */
const TIME_MS_MAX = 315_360_000_000

const integer: Check = (value) => (isInteger(value) ? null : `"expected integer, got ${typeName(value)}"`)

const from =
  (min: 0 | 1): Check =>
  (value) => {
    if (!isInteger(value)) return `"expected integer, got ${typeName(value)}"`
    if (value < 0) return `{value_negative,${value}}`
    return value < min ? `{value_zero,${value}}` : null
  }

const upTo =
  (min: 0 | 1, max: number, error: string): Check =>
  (value, args) =>
    from(min)(value, args) ?? ((value as number) > max ? `{${error},${value}}` : null)

const text: Check = (value) => (typeof value === 'string' ? null : `{unacceptable_type,${typeName(value)}}`)
const flag: Check = (value) => (typeof value === 'boolean' ? null : `{unacceptable_type,${typeName(value)}}`)

const oneOf =
  (known: readonly string[], error: string): Check =>
  (value, args) =>
    text(value, args) ?? (known.includes(value as string) ? null : error)

const nonEmpty =
  (error: string): Check =>
  (value, args) =>
    text(value, args) ?? (value === '' ? error : null)

const routingKey: Check = (value, args) =>
  text(value, args) ??
  (args['x-dead-letter-exchange'] === undefined ? 'routing_key_but_no_dlx_defined' : null) ??
  upTo(0, ROUTING_KEY_BYTES_MAX, 'value_too_long')(Buffer.byteLength(value as string), args)

const queueMode: Check = (value, args) =>
  oneOf(['default', 'lazy'], `"unsupported queue mode '${valueText(value)}'"`)(value, args)

const queueVersion: Check = (value, args) =>
  from(0)(value, args) ?? (value === 1 || value === 2 ? null : `"unsupported queue version '${valueText(value)}'"`)

const maxAge: Check = (value, args) =>
  text(value, args) ?? (/^0*[1-9]\d*[YMDhms]$/.test(value as string) ? null : 'invalid_max_age')

const anything: Check = () => null

const overTopic =
  (check: Check): Check =>
  (value, args) =>
    check(value, args) ?? (args[SOURCE_TOPIC] === undefined ? 'no_source_topic_defined' : null)

const sourceOffset: Check = (value) => (parseStreamOffset(value, 0) === null ? 'invalid_stream_offset_arg' : null)

/** What comes to a topic, and how long it stays, is the topic's. */
const NOT_OVER_TOPICS = [
  'x-message-ttl',
  'x-max-length',
  'x-max-length-bytes',
  'x-overflow',
  'x-max-priority',
  'x-message-deduplication',
  ORDERED_BY_KEY,
]

const QUEUES: readonly QueueType[] = ['classic', 'quorum']
const CLASSIC: readonly QueueType[] = ['classic']
const QUORUM: readonly QueueType[] = ['quorum']
const STREAM: readonly QueueType[] = ['stream']
const ALL: readonly QueueType[] = ['classic', 'quorum', 'stream']

const LOCATORS = ['client-local', 'balanced', 'random', 'least-leaders', 'min-masters']

const QUEUE_ARGUMENTS: Readonly<Record<string, Argument>> = {
  'x-queue-type': { types: ALL, check: anything },
  'x-expires': { types: QUEUES, check: upTo(1, TIME_MS_MAX, 'value_too_large') },
  'x-message-ttl': { types: QUEUES, check: upTo(0, TIME_MS_MAX, 'value_too_large') },
  'x-dead-letter-exchange': { types: QUEUES, check: anything },
  'x-dead-letter-routing-key': { types: QUEUES, check: routingKey },
  'x-dead-letter-strategy': { types: QUEUES, check: oneOf(STRATEGIES, 'invalid_dlx_strategy') },
  'x-max-length': { types: QUEUES, check: from(0) },
  'x-max-length-bytes': { types: ALL, check: from(0) },
  'x-overflow': { types: QUEUES, check: oneOf(OVERFLOWS, 'invalid_overflow') },
  'x-max-priority': { types: CLASSIC, check: upTo(0, PRIORITY_MAX, 'max_value_exceeded') },
  'x-single-active-consumer': { types: QUEUES, check: flag },
  [ORDERED_BY_KEY]: { types: QUEUES, check: flag },
  'x-dispatch': { types: QUEUES, check: oneOf(DISPATCHES, 'invalid_dispatch') },
  'x-delivery-limit': { types: QUEUES, check: integer },
  'x-delayed-retry-type': {
    types: QUEUES,
    check: oneOf(['disabled', 'all', 'failed', 'returned'], 'invalid_delayed_retry_type'),
  },
  'x-delayed-retry-min': { types: QUEUES, check: upTo(1, TIME_MS_MAX, 'value_too_large') },
  'x-delayed-retry-max': { types: QUEUES, check: upTo(1, TIME_MS_MAX, 'value_too_large') },
  'x-delayed-retry-backoff': { types: QUEUES, check: oneOf(BACKOFFS, 'invalid_delayed_retry_backoff') },
  'x-consumer-timeout': { types: QUEUES, check: from(0) },
  'x-message-deduplication': { types: QUEUES, check: flag },
  [SOURCE_TOPIC]: { types: QUEUES, check: nonEmpty('no_topic_name') },
  [SOURCE_OFFSET]: { types: QUEUES, check: overTopic(sourceOffset) },
  [HOLD_RETENTION]: { types: QUEUES, check: overTopic(flag) },
  'x-queue-mode': { types: CLASSIC, check: queueMode },
  'x-queue-version': { types: CLASSIC, check: queueVersion },
  'x-queue-master-locator': { types: CLASSIC, check: text },
  'x-queue-leader-locator': { types: ALL, check: oneOf(LOCATORS, 'invalid_queue_locator_arg') },
  'x-quorum-initial-group-size': { types: QUORUM, check: from(1) },
  'x-quorum-target-group-size': { types: QUORUM, check: from(1) },
  'x-member-placement-tag': { types: QUORUM, check: nonEmpty('invalid_member_placement_tag_arg') },
  'x-consumer-disconnected-timeout': { types: QUORUM, check: from(0) },
  'x-max-in-memory-length': { types: QUORUM, check: from(0) },
  'x-max-in-memory-bytes': { types: QUORUM, check: from(0) },
  'x-max-age': { types: STREAM, check: maxAge },
  'x-stream-max-segment-size-bytes': { types: STREAM, check: from(0) },
  'x-stream-filter-size-bytes': { types: STREAM, check: from(0) },
  'x-initial-cluster-size': { types: STREAM, check: from(1) },
}

/** Those of basic.consume. RabbitMQ has the timeout for quorum queues only. */
const CONSUMER_ARGUMENTS: Readonly<Record<string, Argument>> = {
  'x-priority': { types: QUEUES, check: integer },
  'x-consumer-timeout': { types: QUEUES, check: from(0) },
  'x-stream-offset': { types: STREAM, check: anything },
  'x-stream-filter': { types: STREAM, check: anything },
  'x-stream-match-unfiltered': { types: STREAM, check: anything },
  'x-stream-consumer': { types: STREAM, check: anything },
}

const object = (queue: string, vhost: string): string => `queue '${queue}' in vhost '${vhost}'`

const refuse = (text: string): never => {
  throw new Refusal('precondition-failed', text)
}

/** The queue type that arguments ask for. @throws Refusal precondition-failed for one that nobody has */
export function queueTypeOf(queue: string, vhost: string, args: Headers): QueueType {
  const type = args['x-queue-type']
  if (type === undefined) return 'classic'
  if (type === 'classic' || type === 'quorum' || type === 'stream') return type
  const reason = text(type, args) ?? `"unsupported queue type '${valueText(type)}'"`
  return refuse(`invalid arg 'x-queue-type' for ${object(queue, vhost)}: ${reason}`)
}

/** @throws Refusal precondition-failed for an argument of another type of queue, or a value that makes no sense. */
export function checkArgumentValues(queue: string, vhost: string, type: QueueType, args: Headers): void {
  const dlx = args['x-dead-letter-exchange']
  if (dlx !== undefined && typeof dlx !== 'string') {
    refuse(`invalid type '${typeName(dlx)}' for arg 'x-dead-letter-exchange' in ${object(queue, vhost)}`)
  }
  checkEach(QUEUE_ARGUMENTS, queue, vhost, type, args)
  const misplaced = args[SOURCE_TOPIC] === undefined ? undefined : NOT_OVER_TOPICS.find((name) => name in args)
  if (misplaced !== undefined) {
    refuse(`invalid arg '${misplaced}' for ${object(queue, vhost)}: a queue over a topic has what the topic keeps`)
  }
}

/** As `checkArgumentValues` for the arguments of a consumer. @throws Refusal precondition-failed */
export function checkConsumerValues(queue: string, vhost: string, type: QueueType, args: Headers): void {
  checkEach(CONSUMER_ARGUMENTS, queue, vhost, type, args)
}

function checkEach(
  known: Readonly<Record<string, Argument>>,
  queue: string,
  vhost: string,
  type: QueueType,
  args: Headers,
): void {
  for (const [name, value] of Object.entries(args)) {
    if (!Object.hasOwn(known, name)) continue
    const argument = known[name]!
    const bad = `invalid arg '${name}' for ${object(queue, vhost)}`
    if (!argument.types.includes(type)) refuse(`${bad} of queue type rabbit_${type}_queue`)
    const reason = argument.check(value, args)
    if (reason !== null) refuse(`${bad}: ${reason}`)
  }
}

export interface QueueProperties {
  readonly durable: boolean
  readonly exclusive: boolean
  readonly autoDelete: boolean
}

/** Quorum queues, streams and queues over topics are durable and shared. @throws Refusal precondition-failed */
export function checkTypeProperties(
  queue: string,
  vhost: string,
  type: QueueType,
  { durable, exclusive, autoDelete }: QueueProperties,
  overTopic = false,
): void {
  if (type === 'classic' && !overTopic) return
  const refuseProperty = (property: string): never =>
    refuse(`invalid property '${property}' for ${object(queue, vhost)}`)
  if (autoDelete) refuseProperty('auto-delete')
  if (exclusive) refuseProperty('exclusive-owner')
  if (!durable) refuseProperty('non-durable')
}

/** A queue that names no type and could be of the vhost's default type gets it as an argument. */
export function withDefaultType<O extends Omit<QueueOptions, 'vhost' | 'name'>>(options: O, type: string | null): O {
  if (type === null || type === 'classic' || 'x-queue-type' in options.arguments) return options
  if (!options.durable || options.autoDelete || options.exclusiveTo !== null) return options
  return { ...options, arguments: { ...options.arguments, 'x-queue-type': type } }
}

/** @throws Refusal access-refused */
export function checkNotReserved(queue: string): void {
  if (!queue.startsWith('amq.')) return
  throw new Refusal('access-refused', `queue name '${queue}' contains reserved prefix 'amq.*'`)
}

const NAME_PREFIX_BYTES_MAX = 64

/** How a name that the broker makes begins. @throws Refusal precondition-failed for a type that needs a name, or too long a prefix */
export function unnamedQueuePrefix(vhost: string, args: Headers): string {
  const type = queueTypeOf('', vhost, args)
  if (type !== 'classic') refuse(`Cannot declare a server-named queue for type rabbit_${type}_queue`)
  const asked = args['x-name-prefix']
  if (typeof asked !== 'string' || asked === '') return 'amq.gen'
  const prefix = asked.replace(/[\r\n]/g, '')
  if (Buffer.byteLength(asked) > NAME_PREFIX_BYTES_MAX) {
    refuse(`Queue name prefix '${prefix}' exceeds the ${NAME_PREFIX_BYTES_MAX}-byte limit`)
  }
  return prefix
}

/** Compares what the existing queue's type has a meaning for. @throws Refusal precondition-failed naming the first that differs */
export function checkSameArguments(queue: string, vhost: string, current: Headers, received: Headers): void {
  const typed = (args: Headers): Headers => ({ ...args, 'x-queue-type': args['x-queue-type'] ?? 'classic' })
  const [there, asked] = [typed(current), typed(received)]
  for (const [name, { types }] of Object.entries(QUEUE_ARGUMENTS)) {
    const [a, b] = [there[name], asked[name]]
    if (!types.includes(there['x-queue-type'] as QueueType) || a === b) continue
    if (a === undefined || b === undefined || !sameValue(a, b)) refuseInequivalent(name, object(queue, vhost), b, a)
  }
}
