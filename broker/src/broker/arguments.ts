/**
 * Arguments to which RabbitMQ gives a meaning. What Signalbox does not have yet is refused by name: ignoring one
 * silently would lose somebody's messages. Arguments that RabbitMQ does not know are accepted, as it does.
 */
import { Refusal } from './refusal.ts'
import { exchangeTypes } from './routing/create.ts'
import type { Headers } from './routing/headers.ts'

/** Arguments of queue.declare that are not implemented. */
export const QUEUE_ARGUMENTS_MISSING: readonly string[] = [
  'x-expires',
  'x-message-ttl',
  'x-dead-letter-exchange',
  'x-dead-letter-routing-key',
  'x-dead-letter-strategy',
  'x-max-length',
  'x-max-length-bytes',
  'x-overflow',
  'x-max-priority',
  'x-single-active-consumer',
  'x-delivery-limit',
  'x-delayed-retry-type',
  'x-delayed-retry-min',
  'x-delayed-retry-max',
  'x-consumer-timeout',
  'x-consumer-disconnected-timeout',
  'x-quorum-initial-group-size',
  'x-max-age',
  'x-stream-max-segment-size-bytes',
  'x-stream-filter-size-bytes',
  'x-initial-cluster-size',
  'x-message-deduplication',
]

/** Arguments of basic.consume that are not implemented. */
export const CONSUME_ARGUMENTS_MISSING: readonly string[] = [
  'x-priority',
  'x-stream-offset',
  'x-stream-filter',
  'x-stream-match-unfiltered',
  'x-consumer-timeout',
]

/** Exchange types of RabbitMQ and its plugins that are not implemented. */
export const EXCHANGE_TYPES_MISSING: readonly string[] = [
  'x-delayed-message',
  'x-consistent-hash',
  'x-modulus-hash',
  'x-random',
  'x-local-random',
  'x-recent-history',
  'x-message-deduplication',
]

/** @throws Refusal not-implemented, or precondition-failed for a value that makes no sense. */
export function checkQueueArguments(queue: string, vhost: string, args: Headers): void {
  refuseMissing(args, QUEUE_ARGUMENTS_MISSING, `queue '${queue}' in vhost '${vhost}'`)
  const type = args['x-queue-type']
  if (type === undefined || type === 'classic') return
  if (type === 'quorum' || type === 'stream') {
    throw new Refusal(
      'not-implemented',
      `argument 'x-queue-type' = '${type}' of queue '${queue}' in vhost '${vhost}' is not implemented; classic is`,
    )
  }
  throw new Refusal(
    'precondition-failed',
    `invalid arg 'x-queue-type' for queue '${queue}' in vhost '${vhost}': unknown queue type '${String(type)}'`,
  )
}

/** @throws Refusal not-implemented */
export function checkConsumeArguments(queue: string, vhost: string, args: Headers): void {
  refuseMissing(args, CONSUME_ARGUMENTS_MISSING, `consumer of queue '${queue}' in vhost '${vhost}'`)
}

/** @throws Refusal not-implemented for a type that RabbitMQ or a plugin of it has, precondition-failed for any other unknown one. */
export function checkExchangeType(type: string): void {
  if ((exchangeTypes as readonly string[]).includes(type)) return
  if (EXCHANGE_TYPES_MISSING.includes(type))
    throw new Refusal('not-implemented', `exchange type '${type}' is not implemented`)
  throw new Refusal('precondition-failed', `unknown exchange type '${type}'`)
}

function refuseMissing(args: Headers, missing: readonly string[], object: string): void {
  for (const name of missing) {
    if (args[name] !== undefined)
      throw new Refusal('not-implemented', `argument '${name}' of ${object} is not implemented`)
  }
}
