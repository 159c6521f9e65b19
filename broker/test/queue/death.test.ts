import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { type Death, deathEdit, deathKeys, isCycle } from '../../src/broker/queue/death.ts'
import type { Headers, HeaderValue } from '../../src/broker/routing/headers.ts'
import { decodeTableTyped, typed } from '../../src/wire/amqp/field-table.ts'
import { encodeProperties } from '../../src/wire/amqp/properties.ts'

const NOW = 1_700_000_000_999
const TIME = { type: 'T', value: 1_700_000_000 }

function death(change: Partial<Death> = {}): Death {
  return {
    headers: null,
    expiration: null,
    queue: 'q',
    reason: 'rejected',
    exchange: 'x',
    routingKey: 'k',
    nowMs: NOW,
    routingKeyOverridden: false,
    ...change,
  }
}

const entry = (queue: string, reason: string, count = 1, rest: Headers = {}): Headers => ({
  count,
  reason,
  queue,
  time: TIME,
  exchange: 'x',
  'routing-keys': ['k'],
  ...rest,
})
const first = { 'x-first-death-exchange': 'x', 'x-first-death-queue': 'q', 'x-first-death-reason': 'rejected' }
const last = { 'x-last-death-exchange': 'x', 'x-last-death-queue': 'q', 'x-last-death-reason': 'rejected' }

const older = { type: 'T', value: 1_600_000_000 }
const rows: [what: string, change: Partial<Death>, set: Headers][] = [
  ['the first death', {}, { 'x-death': [entry('q', 'rejected')], ...first, ...last }],
  [
    'an expiration is remembered',
    { expiration: '5000' },
    { 'x-death': [entry('q', 'rejected', 1, { 'original-expiration': '5000' })], ...first, ...last },
  ],
  [
    'an expiration of 0 too',
    { expiration: '0' },
    { 'x-death': [entry('q', 'rejected', 1, { 'original-expiration': '0' })], ...first, ...last },
  ],
  [
    'CC is remembered, BCC is not, nor what is no text',
    { headers: { CC: ['c1', 5, 'c2'], BCC: ['b'] } },
    { 'x-death': [entry('q', 'rejected', 1, { 'routing-keys': ['k', 'c1', 'c2'] })], ...first, ...last },
  ],
  [
    'a second queue comes first, the first death stays',
    { headers: { 'x-death': [entry('p', 'expired')] } },
    { 'x-death': [entry('q', 'rejected'), entry('p', 'expired')], ...last },
  ],
  [
    'another reason is another entry',
    { headers: { 'x-death': [entry('q', 'expired')] } },
    { 'x-death': [entry('q', 'rejected'), entry('q', 'expired')], ...last },
  ],
  [
    'the same queue and reason are counted and come first; time, exchange and keys are those of the first',
    {
      headers: { 'x-death': [entry('p', 'expired'), entry('q', 'rejected', 7, { time: older, exchange: 'old' })] },
      expiration: '1',
    },
    { 'x-death': [entry('q', 'rejected', 8, { time: older, exchange: 'old' }), entry('p', 'expired')], ...last },
  ],
  [
    'a count that a client spoilt begins again',
    { headers: { 'x-death': [entry('q', 'rejected', 'many' as never)] } },
    { 'x-death': [entry('q', 'rejected', 1)], ...last },
  ],
  [
    'a past that is no list is forgotten',
    { headers: { 'x-death': 'rejected' } },
    { 'x-death': [entry('q', 'rejected')], ...first, ...last },
  ],
  [
    'what is no table in it stays',
    { headers: { 'x-death': ['?', 5] } },
    { 'x-death': [entry('q', 'rejected'), '?', 5], ...last },
  ],
]
for (const [what, change, set] of rows) {
  test(`x-death: ${what}`, () => {
    const edit = deathEdit(death(change))
    assert.deepEqual(edit.set, set)
    assert.deepEqual(Object.keys(edit.set!), Object.keys(set))
    assert.equal(edit.expiration, null)
    assert.deepEqual(edit.remove, ['BCC'])
  })
}

test('CC goes if the routing key is overridden', () => {
  assert.deepEqual(deathEdit(death({ routingKeyOverridden: true })).remove, ['CC', 'BCC'])
})

test('fields come in the order and the types that clients of RabbitMQ see', () => {
  const block = encodeProperties({ headers: { a: 1, BCC: ['b'] }, expiration: '9' })
  const headers = propertyBlocks.headers(block, 0, block.length)
  const once = propertyBlocks.edit(block, 0, block.length, deathEdit(death({ headers, expiration: '9' })))
  const again = propertyBlocks.headers(once, 0, once.length)
  const twice = propertyBlocks.edit(once, 0, once.length, deathEdit(death({ headers: again })))
  for (const [copy, count] of [
    [once, 1],
    [twice, 2],
  ] as const) {
    assert.deepEqual(decodeTableTyped(copy, 2, copy.length), [
      ['a', typed('I', 1)],
      [
        'x-death',
        typed('A', [
          typed('F', [
            ['count', typed('l', count)],
            ['reason', typed('S', 'rejected')],
            ['queue', typed('S', 'q')],
            ['time', typed('T', 1_700_000_000)],
            ['exchange', typed('S', 'x')],
            ['routing-keys', typed('A', [typed('S', 'k')])],
            ['original-expiration', typed('S', '9')],
          ]),
        ]),
      ],
      ['x-first-death-exchange', typed('S', 'x')],
      ['x-first-death-queue', typed('S', 'q')],
      ['x-first-death-reason', typed('S', 'rejected')],
      ['x-last-death-exchange', typed('S', 'x')],
      ['x-last-death-queue', typed('S', 'q')],
      ['x-last-death-reason', typed('S', 'rejected')],
    ])
    assert.equal(propertyBlocks.expiration(copy, 0, copy.length), null)
  }
})

test('the keys that a copy is routed by', () => {
  const headers = { CC: ['c', 1], BCC: ['b'] }
  assert.deepEqual(deathKeys(headers, 'k', null), ['k', 'c', 'b'])
  assert.deepEqual(deathKeys(headers, 'k', 'o'), ['o'])
  assert.deepEqual(deathKeys(headers, 'k', ''), [''])
  assert.deepEqual(deathKeys(null, 'k', null), ['k'])
  assert.deepEqual(deathKeys({ CC: 'text' }, 'k', null), ['k'])
})

const e = (queue: string, reason = 'expired') => entry(queue, reason)
const cycles: [what: string, deaths: HeaderValue | undefined, cycle: boolean][] = [
  ['no past', undefined, false],
  ['a past that is no list', 'q', false],
  ['it was never there', [e('a'), e('b')], false],
  ['it comes back at once', [e('q')], true],
  ['it comes back by way of others', [e('a'), e('b', 'maxlen'), e('q', 'delivery_limit'), e('c')], true],
  ['it was rejected there', [e('a'), e('q', 'rejected')], false],
  ['it was rejected on the way', [e('a', 'rejected'), e('q')], false],
  ['it was rejected just now', [e('q', 'rejected'), e('q')], false],
  ['it was rejected before it was there', [e('a'), e('q'), e('a', 'rejected')], true],
  ['a client put something in', [e('a'), 'odd', e('q')], false],
  ['a client put something behind', [e('a'), e('q'), 'odd'], true],
]
for (const [what, deaths, cycle] of cycles) {
  test(`a cycle: ${what}: ${cycle}`, () => {
    assert.equal(isCycle(deaths === undefined ? {} : { 'x-death': deaths }, 'q'), cycle)
  })
}
