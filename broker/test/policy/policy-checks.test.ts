// Which policies are accepted, and the words in which the others are refused: RabbitMQ's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { POLICY_KEYS } from '../../src/broker/policy/keys.ts'
import { makePolicy, type PolicyKind, suits } from '../../src/broker/policy/policy.ts'

const accepted: Readonly<Record<string, readonly unknown[]>> = {
  'alternate-exchange': ['ae', ''],
  'dead-letter-exchange': ['', 'dlx'],
  'dead-letter-routing-key': ['k'],
  'dead-letter-strategy': ['at-most-once', 'at-least-once'],
  'message-ttl': [0, 60_000],
  expires: [1],
  'max-length': [0],
  'max-length-bytes': [0, 2 ** 40],
  overflow: ['drop-head', 'reject-publish', 'reject-publish-dlx'],
  dispatch: ['round-robin', 'random', 'least-loaded'],
  'delivery-limit': [-1, 0, 20],
  'delayed-retry-type': ['disabled'],
  'delayed-retry-min': [1],
  'delayed-retry-max': [1],
  'delayed-retry-backoff': ['linear', 'exponential', 'fixed'],
  'consumer-timeout': [0],
  'max-age': ['1D', '7Y'],
  'stream-max-segment-size-bytes': [0],
  'stream-filter-size-bytes': [16, 255],
  'consumer-disconnected-timeout': [0],
  'max-in-memory-length': [0],
  'max-in-memory-bytes': [0],
  'queue-mode': ['lazy', 'default'],
  'queue-version': [1, 2],
  'queue-leader-locator': ['balanced', 'client-local'],
  'initial-cluster-size': [3],
  'target-group-size': [3],
  'member-placement-tag': ['a'],
  'ha-mode': ['all'],
  'ha-params': [2, ['a']],
  'ha-sync-mode': ['automatic'],
  'ha-sync-batch-size': [1],
  'ha-promote-on-shutdown': ['always'],
  'ha-promote-on-failure': ['always'],
  'queue-master-locator': ['min-masters'],
}

const refused: readonly (readonly [key: string, value: unknown, text: string])[] = [
  ['alternate-exchange', 5, '5 is not a valid alternate exchange name'],
  ['dead-letter-exchange', true, 'true is not a valid dead letter exchange name'],
  ['dead-letter-routing-key', 'ö'.repeat(128), `<<"${'ö'.repeat(128)}">> is not a valid dead letter routing key`],
  ['dead-letter-routing-key', null, 'null is not a valid dead letter routing key'],
  ['dead-letter-strategy', 'twice', '<<"twice">> is not a valid dead letter strategy'],
  ['message-ttl', -1, '-1 is not a valid message TTL'],
  ['message-ttl', '60000', '<<"60000">> is not a valid message TTL'],
  ['message-ttl', 1.5, '1.5 is not a valid message TTL'],
  ['expires', 0, '0 is not a valid queue expiry'],
  ['max-length', -1, '-1 is not a valid maximum length'],
  ['max-length-bytes', [], '[] is not a valid maximum length in bytes'],
  ['overflow', 'drop-tail', '<<"drop-tail">> is not a valid overflow value'],
  ['dispatch', 'any', '<<"any">> is not a valid dispatch. Must be one of: round-robin, random, least-loaded'],
  ['delivery-limit', 'few', '<<"few">> is not a valid delivery limit'],
  [
    'delayed-retry-type',
    'never',
    '<<"never">> is not a valid delayed retry type. Must be one of: all, failed, returned, disabled',
  ],
  ['delayed-retry-min', 0, '0 is not a valid delayed retry minimum delay. Must be a positive integer'],
  ['delayed-retry-max', 0, '0 is not a valid delayed retry maximum delay. Must be a positive integer'],
  [
    'delayed-retry-backoff',
    'cubic',
    '<<"cubic">> is not a valid delayed retry backoff. Must be one of: linear, exponential, fixed',
  ],
  ['delayed-retry-type', 'all', 'delayed-retry-min is required when delayed-retry-type is all'],
  ['consumer-timeout', -1, '-1 is not a valid consumer timeout'],
  ['max-age', '0D', '<<"0D">> is not a valid max age'],
  ['stream-filter-size-bytes', 8, '8 is not a valid filter size. Valid range is 16-255'],
  ['queue-mode', 'busy', '<<"busy">> is not a valid queue-mode value'],
  ['queue-version', 3, '3 is not a valid queue-version value'],
  ['max-priority', 5, '[{<<"max-priority">>,5}] are not recognised policy settings'],
  ['toString', 'x', '[{<<"toString">>,<<"x">>}] are not recognised policy settings'],
  ['x-message-ttl', { a: 1 }, '[{<<"x-message-ttl">>,#{<<"a">> => 1}}] are not recognised policy settings'],
]

const OPERATOR_KEYS = [
  'message-ttl',
  'expires',
  'max-length',
  'max-length-bytes',
  'overflow',
  'delivery-limit',
  'delayed-retry-type',
  'delayed-retry-min',
  'delayed-retry-max',
  'delayed-retry-backoff',
  'max-in-memory-length',
  'max-in-memory-bytes',
  'queue-version',
  'target-group-size',
  'member-placement-tag',
]

const make = (definition: unknown, kind: PolicyKind = 'policy', rest: object = {}) =>
  makePolicy(kind, '/', 'p', { pattern: '^q', definition, ...rest })

const refusal = (text: string) => ({ code: 'precondition-failed', message: text })

test('every key is in the table', () => {
  assert.deepEqual(Object.keys(accepted).sort(), Object.keys(POLICY_KEYS).sort())
})

for (const [key, values] of Object.entries(accepted)) {
  test(`${key} is accepted`, () => {
    for (const value of values) assert.deepEqual(make({ [key]: value }).definition, { [key]: value })
  })
  test(`${key} in an operator policy`, () => {
    const definition = { [key]: values[0] }
    if (OPERATOR_KEYS.includes(key)) assert.deepEqual(make(definition, 'operator-policy').definition, definition)
    else assert.throws(() => make(definition, 'operator-policy'), /are not recognised policy settings/)
  })
}

for (const [key, value, text] of refused) {
  test(text, () => assert.throws(() => make({ [key]: value }), refusal(text)))
}

test('what is around the definition', () => {
  const rows: readonly (readonly [given: object, text: string | RegExp])[] = [
    [{ definition: {} }, 'no policy provided'],
    [{ definition: [1] }, 'definition must be a dictionary: [1]'],
    [{ definition: undefined }, /^definition must be a dictionary/],
    [{ priority: 'high' }, 'priority should be a number, actually was <<"high">>'],
    [{ pattern: 5 }, 'pattern should be a binary but was 5'],
    [{ pattern: '(' }, /^pattern should be regular expression but is invalid/],
    [
      { applyTo: 'topics' },
      "apply-to 'topics' unrecognised; should be one of: 'queues', 'classic_queues', 'quorum_queues', 'streams', 'exchanges', or 'all'",
    ],
    [
      { definition: { 'delayed-retry-min': 5, 'delayed-retry-max': 4 } },
      'delayed-retry-max (4) must not be smaller than delayed-retry-min (5)',
    ],
  ]
  for (const [given, message] of rows) {
    assert.throws(() => make({ expires: 1 }, 'policy', given), { code: 'precondition-failed', message })
  }
})

test('what is left out has a default', () => {
  assert.deepEqual(make({ expires: 1 }), {
    vhost: '/',
    name: 'p',
    pattern: '^q',
    applyTo: 'all',
    priority: 0,
    definition: { expires: 1 },
  })
})

test('what a policy is for', () => {
  const things = ['classic', 'quorum', 'stream', 'exchange']
  const rows: readonly (readonly [applyTo: string, definition: object, suited: string])[] = [
    ['all', { 'max-length-bytes': 5 }, 'classic quorum stream exchange'],
    ['queues', { 'max-length-bytes': 5 }, 'classic quorum stream'],
    ['classic_queues', { 'max-length-bytes': 5 }, 'classic'],
    ['quorum_queues', { 'max-length-bytes': 5 }, 'quorum'],
    ['streams', { 'max-length-bytes': 5 }, 'stream'],
    ['exchanges', { 'alternate-exchange': 'x' }, 'exchange'],
    ['all', { 'message-ttl': 5, 'alternate-exchange': 'x' }, 'classic quorum exchange'],
    ['all', { 'delivery-limit': 5 }, 'classic quorum exchange'],
    ['queues', { 'max-age': '1D', 'max-length-bytes': 5 }, 'stream'],
    ['queues', { 'queue-mode': 'lazy', 'max-length': 5 }, 'classic'],
    ['queues', { 'ha-mode': 'all', 'max-length': 5 }, 'classic'],
  ]
  for (const [applyTo, definition, suited] of rows) {
    const policy = make(definition, 'policy', { applyTo })
    const found = things.filter((type) =>
      suits(policy, type === 'exchange' ? { kind: 'exchange', name: 'q' } : { kind: 'queue', name: 'q', type }),
    )
    assert.equal(found.join(' '), suited, `${applyTo} ${JSON.stringify(definition)}`)
  }
})
