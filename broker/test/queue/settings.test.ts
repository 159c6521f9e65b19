// What a queue's settings are for its arguments, its policy and its operator policy: one row for each rule.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyDefinition } from '../../src/broker/policy/definition.ts'
import { PLAIN_QUEUE, type QueueSettings, resolveQueueSettings } from '../../src/broker/queue/settings.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'

const QUORUM: Partial<QueueSettings> = {
  type: 'quorum',
  maxPriority: 31,
  defaultPriority: 4,
  deliveryLimit: 20,
  consumerTimeoutMs: 1_800_000,
}
const quorum = { 'x-queue-type': 'quorum' }

type Row = readonly [
  what: string,
  args: Headers,
  policy: PolicyDefinition | null,
  operator: PolicyDefinition | null,
  expected: Partial<QueueSettings>,
]

const rows: readonly Row[] = [
  ['nothing set', {}, null, null, {}],
  ['the type named', { 'x-queue-type': 'classic' }, null, null, {}],
  ['a quorum queue', quorum, null, null, QUORUM],

  ['an argument', { 'x-message-ttl': 5 }, null, null, { messageTtlMs: 5 }],
  ['a zero', { 'x-message-ttl': 0, 'x-max-length': 0 }, null, null, { messageTtlMs: 0, maxLength: 0 }],
  ['64 bits', { 'x-message-ttl': 5n }, null, null, { messageTtlMs: 5 }],
  ['a policy', {}, { 'message-ttl': 5 }, null, { messageTtlMs: 5 }],
  ['an operator policy', {}, null, { 'message-ttl': 5 }, { messageTtlMs: 5 }],
  ['argument below policy', { 'x-message-ttl': 4 }, { 'message-ttl': 5 }, null, { messageTtlMs: 4 }],
  ['policy below argument', { 'x-message-ttl': 6 }, { 'message-ttl': 5 }, null, { messageTtlMs: 5 }],
  ['operator lowest', { 'x-max-length': 9 }, { 'max-length': 8 }, { 'max-length': 7 }, { maxLength: 7 }],
  ['operator highest', { 'x-max-length': 7 }, { 'max-length': 8 }, { 'max-length': 9 }, { maxLength: 7 }],
  ['bytes', { 'x-max-length-bytes': 9 }, { 'max-length-bytes': 8 }, null, { maxLengthBytes: 8 }],
  ['expiry', { 'x-expires': 9 }, null, { expires: 8 }, { expiresMs: 8 }],

  [
    'text: argument over policy',
    { 'x-dead-letter-exchange': 'a' },
    { 'dead-letter-exchange': 'b' },
    null,
    { deadLetterExchange: 'a' },
  ],
  [
    'text: policy',
    {},
    { 'dead-letter-exchange': '', 'dead-letter-routing-key': 'k' },
    null,
    { deadLetterExchange: '', deadLetterRoutingKey: 'k' },
  ],
  [
    'overflow: argument over policy',
    { 'x-overflow': 'reject-publish' },
    { overflow: 'drop-head' },
    null,
    { overflow: 'reject-publish' },
  ],
  [
    'overflow: operator over argument',
    { 'x-overflow': 'reject-publish' },
    { overflow: 'reject-publish-dlx' },
    { overflow: 'drop-head' },
    { overflow: 'drop-head' },
  ],
  ['strategy', {}, { 'dead-letter-strategy': 'at-least-once' }, null, { deadLetterStrategy: 'at-least-once' }],
  ['keys of two policies together', {}, { 'max-length': 5 }, { 'message-ttl': 6 }, { maxLength: 5, messageTtlMs: 6 }],

  ['delivery limit asked of a classic queue', { 'x-delivery-limit': 3 }, null, null, { deliveryLimit: 3 }],
  ['no delivery limit', { ...quorum, 'x-delivery-limit': -1 }, null, null, { ...QUORUM, deliveryLimit: null }],
  [
    'a limit beats none',
    { ...quorum, 'x-delivery-limit': -1 },
    { 'delivery-limit': 50 },
    null,
    { ...QUORUM, deliveryLimit: 50 },
  ],
  [
    'a limit beats none, of policies',
    quorum,
    { 'delivery-limit': -1 },
    { 'delivery-limit': 50 },
    { ...QUORUM, deliveryLimit: 50 },
  ],
  ['the lower limit', quorum, { 'delivery-limit': 9 }, { 'delivery-limit': 50 }, { ...QUORUM, deliveryLimit: 9 }],
  ['a limit of zero', { ...quorum, 'x-delivery-limit': 0 }, null, null, { ...QUORUM, deliveryLimit: 0 }],

  ['priorities', { 'x-max-priority': 10 }, null, null, { maxPriority: 10 }],
  ['priorities are no policy', {}, { 'max-priority': 10 }, null, {}],

  [
    'time-out of a quorum queue',
    { ...quorum, 'x-consumer-timeout': 9 },
    null,
    null,
    { ...QUORUM, consumerTimeoutMs: 9 },
  ],
  [
    'a time-out above the default',
    { ...quorum, 'x-consumer-timeout': 9_000_000 },
    null,
    null,
    { ...QUORUM, consumerTimeoutMs: 9_000_000 },
  ],
  ['time-out of a classic queue', {}, { 'consumer-timeout': 9 }, null, { consumerTimeoutMs: 9 }],

  ['retry off', { 'x-delayed-retry-type': 'disabled', 'x-delayed-retry-min': 5 }, null, null, {}],
  ['retry without a time', { 'x-delayed-retry-type': 'all' }, null, null, {}],
  [
    'retry without a longest time',
    { 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 5 },
    null,
    null,
    { delayedRetry: { type: 'all', backoff: 'linear', minMs: 5, maxMs: 5 } },
  ],
  [
    'retry',
    { 'x-delayed-retry-type': 'failed', 'x-delayed-retry-min': 5, 'x-delayed-retry-max': 9 },
    null,
    null,
    { delayedRetry: { type: 'failed', backoff: 'linear', minMs: 5, maxMs: 9 } },
  ],
  [
    'retry by policy',
    {},
    { 'delayed-retry-type': 'returned', 'delayed-retry-min': 5 },
    { 'delayed-retry-min': 7, 'delayed-retry-max': 8 },
    { delayedRetry: { type: 'returned', backoff: 'linear', minMs: 7, maxMs: 8 } },
  ],
  [
    'retry backoff: argument over policy',
    { 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 5, 'x-delayed-retry-backoff': 'exponential' },
    { 'delayed-retry-backoff': 'fixed' },
    null,
    { delayedRetry: { type: 'all', backoff: 'exponential', minMs: 5, maxMs: 5 } },
  ],
  [
    'retry backoff by policy',
    {},
    { 'delayed-retry-type': 'all', 'delayed-retry-min': 5, 'delayed-retry-backoff': 'fixed' },
    null,
    { delayedRetry: { type: 'all', backoff: 'fixed', minMs: 5, maxMs: 5 } },
  ],

  [
    'flags',
    { 'x-single-active-consumer': true, 'x-message-deduplication': true },
    null,
    null,
    { singleActiveConsumer: true, deduplicate: true },
  ],
]

for (const [what, args, policy, operator, expected] of rows) {
  test(what, () => {
    const settings = resolveQueueSettings(args, policy, operator, { consumerTimeoutMs: 1_800_000 })
    assert.deepEqual(settings, { ...PLAIN_QUEUE, ...expected })
  })
}
