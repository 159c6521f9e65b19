/**
 * What policies may set: the keys, their values, and the types of queue that a definition with such a key is not for.
 * RabbitMQ's names and texts. Keys that only say where replicas live, or how old versions kept messages, are accepted and
 * change nothing.
 */

import { BACKOFFS, DISPATCHES, OVERFLOWS, ROUTING_KEY_BYTES_MAX, STRATEGIES } from '../queue/settings.ts'
import { Refusal } from '../refusal.ts'
import type { PolicyDefinition } from './definition.ts'
import { erlangTerm } from './erlang-term.ts'

interface Key {
  readonly allows: (value: unknown) => boolean
  /** As in "5 is not a valid …". */
  readonly what: string
  /** Whether operator policies have it. */
  readonly operator: boolean
  /** RabbitMQ does not apply a definition with this key to queues of these types. */
  readonly notFor: readonly string[]
}

const atLeast =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max

const oneOf =
  (...known: readonly unknown[]) =>
  (value: unknown): boolean =>
    known.includes(value)

const text = (value: unknown): boolean => typeof value === 'string'
const routingKey = (value: unknown): boolean =>
  text(value) && Buffer.byteLength(value as string) <= ROUTING_KEY_BYTES_MAX
const nonEmpty = (value: unknown): boolean => text(value) && value !== ''
const anything = (): boolean => true

const key = (
  allows: (value: unknown) => boolean,
  what: string,
  notFor: readonly string[] = [],
  operator = false,
): Key => ({ allows, what, notFor, operator })

const forOperators = (...args: Parameters<typeof key>): Key => ({ ...key(...args), operator: true })

const QUEUES: readonly string[] = ['classic', 'quorum']
const SIZE_MAX = 3_000_000_000
const RETRY_TYPES = ['all', 'failed', 'returned', 'disabled']
const retryTime = (which: string): string => `delayed retry ${which} delay. Must be a positive integer`

export const POLICY_KEYS: Readonly<Record<string, Key>> = {
  'alternate-exchange': key(text, 'alternate exchange name'),
  'dead-letter-exchange': key(text, 'dead letter exchange name', ['stream']),
  'dead-letter-routing-key': key(routingKey, 'dead letter routing key', ['stream']),
  'dead-letter-strategy': key(oneOf(...STRATEGIES), 'dead letter strategy', ['stream']),
  'message-ttl': forOperators(atLeast(0), 'message TTL', ['stream']),
  expires: forOperators(atLeast(1), 'queue expiry', ['stream']),
  'max-length': forOperators(atLeast(0), 'maximum length', ['stream']),
  'max-length-bytes': forOperators(atLeast(0), 'maximum length in bytes'),
  overflow: forOperators(oneOf(...OVERFLOWS), 'overflow value', ['stream']),
  dispatch: key(oneOf(...DISPATCHES), `dispatch. Must be one of: ${DISPATCHES.join(', ')}`, ['stream']),
  'delivery-limit': forOperators(Number.isSafeInteger, 'delivery limit', ['stream']),
  'delayed-retry-type': forOperators(
    oneOf(...RETRY_TYPES),
    `delayed retry type. Must be one of: ${RETRY_TYPES.join(', ')}`,
    ['stream'],
  ),
  'delayed-retry-min': forOperators(atLeast(1), retryTime('minimum'), ['stream']),
  'delayed-retry-max': forOperators(atLeast(1), retryTime('maximum'), ['stream']),
  'delayed-retry-backoff': forOperators(
    oneOf(...BACKOFFS),
    `delayed retry backoff. Must be one of: ${BACKOFFS.join(', ')}`,
    ['stream'],
  ),
  'consumer-timeout': key(atLeast(0), 'consumer timeout'),
  'max-age': key((value) => text(value) && /^0*[1-9]\d*[YMDhms]$/.test(value as string), 'max age', QUEUES),
  'stream-max-segment-size-bytes': key(atLeast(0, SIZE_MAX), 'segment size', QUEUES),
  'stream-filter-size-bytes': key(atLeast(16, 255), 'filter size. Valid range is 16-255'),
  // Accepted, without effect.
  'consumer-disconnected-timeout': key(atLeast(0), 'consumer disconnected timeout'),
  'max-in-memory-length': forOperators(atLeast(0), 'maximum memory in bytes', ['classic', 'stream']),
  'max-in-memory-bytes': forOperators(atLeast(0), 'maximum memory in bytes', ['classic', 'stream']),
  'queue-mode': key(oneOf('default', 'lazy'), 'queue-mode value', ['quorum', 'stream']),
  'queue-version': forOperators(oneOf(1, 2), 'queue-version value'),
  'queue-leader-locator': key(
    oneOf('client-local', 'balanced', 'random', 'least-leaders'),
    'queue leader locator value',
  ),
  'initial-cluster-size': key(atLeast(0), 'cluster size', QUEUES),
  'target-group-size': forOperators(atLeast(1), 'qq target count value', ['classic', 'stream']),
  'member-placement-tag': forOperators(nonEmpty, 'member-placement-tag value. Must be a non-empty string'),
  // Of the mirrored queues that RabbitMQ had until 3.13.
  'ha-mode': key(anything, '', ['quorum', 'stream']),
  'ha-params': key(anything, '', ['quorum', 'stream']),
  'ha-sync-mode': key(anything, '', ['quorum', 'stream']),
  'ha-sync-batch-size': key(anything, ''),
  'ha-promote-on-shutdown': key(anything, '', ['quorum', 'stream']),
  'ha-promote-on-failure': key(anything, '', ['quorum', 'stream']),
  'queue-master-locator': key(anything, '', ['quorum', 'stream']),
}

/** @throws Refusal precondition-failed in RabbitMQ's words. */
export function checkDefinition(given: unknown, operator: boolean): PolicyDefinition {
  const refuse = (problem: string): never => {
    throw new Refusal('precondition-failed', problem)
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    refuse(`definition must be a dictionary: ${erlangTerm(given)}`)
  }
  const entries = Object.entries(given as Record<string, unknown>)
  if (entries.length === 0) refuse('no policy provided')
  const unknown: string[] = []
  for (const [name, value] of entries) {
    const known = Object.hasOwn(POLICY_KEYS, name) ? POLICY_KEYS[name] : undefined
    if (known === undefined || (operator && !known.operator)) {
      unknown.push(`{${erlangTerm(name)},${erlangTerm(value)}}`)
    } else if (!known.allows(value)) refuse(`${erlangTerm(value)} is not a valid ${known.what}`)
  }
  if (unknown.length > 0) refuse(`[${unknown.join()}] are not recognised policy settings`)
  const definition = given as PolicyDefinition
  checkDelayedRetry(definition, refuse)
  return definition
}

function checkDelayedRetry(definition: PolicyDefinition, refuse: (problem: string) => never): void {
  const [type, min, max] = ['type', 'min', 'max'].map((part) => definition[`delayed-retry-${part}`])
  if (type !== undefined && type !== 'disabled' && min === undefined) {
    refuse(`delayed-retry-min is required when delayed-retry-type is ${type}`)
  }
  if (min !== undefined && max !== undefined && max < min) {
    refuse(`delayed-retry-max (${max}) must not be smaller than delayed-retry-min (${min})`)
  }
}

/** Whether RabbitMQ applies such a definition to queues of the type. */
export function isFor(definition: PolicyDefinition, type = 'classic'): boolean {
  return Object.keys(definition).every((name) => !POLICY_KEYS[name]?.notFor.includes(type))
}
