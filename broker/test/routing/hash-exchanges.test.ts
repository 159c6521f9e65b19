import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../src/broker/refusal.ts'
import { createExchange } from '../../src/broker/routing/create.ts'
import type { Exchange, Headers, PropertyOf } from '../../src/broker/routing/exchange.ts'
import { hashOf } from '../../src/broker/routing/hash.ts'
import type { RouteTarget } from '../../src/broker/routing/target.ts'

const KEYS = Array.from({ length: 10_000 }, (_, index) => `key-${index}`)

const queue = (name: string): RouteTarget => ({ kind: 'queue', name })

function exchangeOf(type: string, args: Headers = {}): Exchange {
  return createExchange(type, 'x', { durable: true, autoDelete: false, internal: false, arguments: args })
}

/** The one destination of a message; '' if there is none. */
function chosen(exchange: Exchange, key: string, headers: Headers | null = null, properties: PropertyOf | null = null) {
  const names: string[] = []
  exchange.match(key, headers, (target) => names.push(target.name), properties)
  assert.ok(names.length <= 1, `more than one: ${names}`)
  return names[0] ?? ''
}

function shares(exchange: Exchange, keys: readonly string[] = KEYS): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) {
    const name = chosen(exchange, key)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

/** Whether a count is what chance gives to `share` of `total`, with five standard deviations to spare. */
function assertShare(count: number, total: number, share: number, what: string): void {
  const slack = 5 * Math.sqrt(total * share * (1 - share))
  assert.ok(Math.abs(count - total * share) <= slack, `${what}: ${count} of ${total} instead of ${total * share}`)
}

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 })

suite('consistent hash exchange', () => {
  const bound = (weights: { readonly [queue: string]: number }, args: Headers = {}): Exchange => {
    const exchange = exchangeOf('x-consistent-hash', args)
    for (const [name, weight] of Object.entries(weights)) exchange.bind(queue(name), `${weight}`, {})
    return exchange
  }

  test('shares follow the weights', () => {
    const table: readonly { readonly [queue: string]: number }[] = [
      { a: 1 },
      { a: 1, b: 1 },
      { q1: 10, q2: 10, q3: 10, q4: 10, q5: 10, q6: 10, q7: 10, q8: 10, q9: 10, q10: 10 },
      { a: 1, b: 2, c: 3, d: 4 },
      { small: 1, big: 99 },
    ]
    for (const weights of table) {
      const counts = shares(bound(weights))
      const sum = Object.values(weights).reduce((a, b) => a + b)
      for (const [name, weight] of Object.entries(weights)) {
        assertShare(counts.get(name) ?? 0, KEYS.length, weight / sum, `${name} of ${JSON.stringify(weights)}`)
      }
    }
  })

  test('any names and keys are spread evenly', () => {
    fc.assert(
      fc.property(names, fc.string({ maxLength: 8 }), (queues, prefix) => {
        const exchange = bound(Object.fromEntries(queues.map((name) => [`_${name}`, 1])))
        const keys = Array.from({ length: 600 }, (_, index) => `${prefix}${index}`)
        for (const [name, count] of shares(exchange, keys)) {
          assertShare(count, keys.length, 1 / queues.length, `${name} of ${queues.length}`)
        }
      }),
      { numRuns: 60, seed: 7 },
    )
  })

  test('a queue that comes takes only what is its own, and gives only that back', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 20 }), (queues, weight) => {
        const exchange = bound(Object.fromEntries(queues.map((name, index) => [`_${name}`, 1 + (index % 3)])))
        const keys = KEYS.slice(0, 300)
        const before = keys.map((key) => chosen(exchange, key))
        const late = queue('late')
        exchange.bind(late, `${weight}`, {})
        const during = keys.map((key) => chosen(exchange, key))
        for (const [index, name] of during.entries()) assert.ok(name === 'late' || name === before[index])
        exchange.unbind(late, `${weight}`, {})
        assert.deepEqual(
          keys.map((key) => chosen(exchange, key)),
          before,
        )
      }),
      { numRuns: 60 },
    )
  })

  test('the order of bindings makes no difference', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f'], { minLength: 1 }), (order) => {
        const exchange = bound(Object.fromEntries(order.map((name) => [name, 1])))
        const sorted = bound(Object.fromEntries([...order].sort().map((name) => [name, 1])))
        for (const key of KEYS.slice(0, 200)) assert.equal(chosen(exchange, key), chosen(sorted, key))
      }),
    )
  })

  test('the choice never changes between versions', () => {
    const exchange = bound({ a: 1, b: 2, c: 3 })
    assert.equal(
      Array.from({ length: 32 }, (_, index) => chosen(exchange, `order.${index}`)).join(''),
      PINNED.consistent,
    )
  })

  test('a queue with another weight beside its own has the heavier one', () => {
    const exchange = bound({ a: 1, b: 1 })
    const a = [...exchange.bindings()].find((binding) => binding.destination.name === 'a')!.destination
    const before = KEYS.filter((key) => chosen(exchange, key) === 'a')
    exchange.bind(a, '3', {})
    assertShare(shares(exchange).get('a')!, KEYS.length, 3 / 4, 'a')
    for (const key of before) assert.equal(chosen(exchange, key), 'a')
    exchange.unbind(a, '1', {})
    assertShare(shares(exchange).get('a')!, KEYS.length, 3 / 4, 'a')
  })

  test('without bindings nothing is chosen', () => {
    assert.equal(chosen(bound({}), 'k'), '')
  })

  test('a header decides, whatever the key; those without it stay together', () => {
    const exchange = bound({ a: 1, b: 1, c: 1, d: 1 }, { 'hash-header': 'customer' })
    const of = (customer: Headers[string], key: string) => chosen(exchange, key, { customer })
    const counts = new Map<string, number>()
    for (const key of KEYS) counts.set(of(key, key), (counts.get(of(key, key)) ?? 0) + 1)
    for (const [name, count] of counts) assertShare(count, KEYS.length, 1 / 4, name)
    assert.equal(of('me', 'k1'), of('me', 'k2'))
    assert.equal(of(5, 'k1'), of(5n, 'k2'), 'a number is the same in all widths')
    assert.equal(new Set(KEYS.map((key) => chosen(exchange, key, { other: key }))).size, 1)
    assert.equal(chosen(exchange, 'k', null), chosen(exchange, 'l', {}))
    assert.equal(exchange.keyDecides, false)
    assert.equal(exchangeOf('x-consistent-hash').keyDecides, true)
  })

  for (const property of ['message_id', 'correlation_id', 'timestamp'] as const) {
    test(`the property ${property} decides`, () => {
      const exchange = bound({ a: 1, b: 1, c: 1 }, { 'hash-property': property })
      const of = (value: string | null, key: string) =>
        chosen(exchange, key, null, (name) => (name === property ? value : `not this ${key}`))
      assert.equal(new Set(KEYS.slice(0, 100).map((key) => of(key, 'k'))).size, 3)
      assert.equal(of('one', 'k1'), of('one', 'k2'))
      assert.equal(of(null, 'k1'), of(null, 'k2'))
      assert.equal(exchange.keyDecides, false)
    })
  }

  const refusals: readonly (readonly [what: string, act: () => unknown, text: string])[] = [
    [
      'header and property',
      () => exchangeOf('x-consistent-hash', { 'hash-header': 'h', 'hash-property': 'message_id' }),
      'hash-header and hash-property are mutually exclusive',
    ],
    [
      'another property',
      () => exchangeOf('x-consistent-hash', { 'hash-property': 'app_id' }),
      'Unsupported property: app_id',
    ],
    [
      'a header without a name',
      () => exchangeOf('x-consistent-hash', { 'hash-header': 5 }),
      "invalid arg 'hash-header' of exchange 'x': not the name of a header",
    ],
    ['weight 0', () => bound({ a: 0 }), 'The binding key must be greater than 0'],
    ['weight -1', () => bound({ a: -1 }), 'The binding key must be greater than 0'],
    ['weight 1.5', () => bound({ a: 1.5 }), 'The binding key must be an integer: <<"1.5">>'],
    [
      'no weight',
      () => exchangeOf('x-consistent-hash').bind(queue('q'), '', {}),
      'The binding key must be an integer: <<>>',
    ],
    [
      'text',
      () => exchangeOf('x-consistent-hash').bind(queue('q'), 'abc', {}),
      'The binding key must be an integer: <<"abc">>',
    ],
  ]
  for (const [what, act, text] of refusals) {
    test(`${what} is refused, and nothing is bound`, () => {
      assert.throws(act, (error) => {
        assert.ok(error instanceof Refusal)
        assert.deepEqual([error.code, error.message], ['precondition-failed', text])
        return true
      })
    })
  }

  test('a refused binding leaves nothing behind', () => {
    const exchange = bound({ a: 1 })
    assert.throws(() => exchange.bind(queue('b'), 'heavy', {}))
    assert.equal(exchange.bindingCount, 1)
    assert.deepEqual([...shares(exchange)], [['a', KEYS.length]])
  })
})

suite('modulus hash exchange', () => {
  const bound = (...bindings: readonly (readonly [queue: string, key: string])[]): Exchange => {
    const exchange = exchangeOf('x-modulus-hash')
    const queues = new Map(bindings.map(([name]) => [name, queue(name)]))
    for (const [name, key] of bindings) exchange.bind(queues.get(name)!, key, {})
    return exchange
  }

  test('each binding has its share, one bound twice has two', () => {
    const counts = shares(bound(['a', ''], ['b', ''], ['b', 'again'], ['c', 'whatever']))
    for (const [name, share] of [
      ['a', 1 / 4],
      ['b', 2 / 4],
      ['c', 1 / 4],
    ] as const) {
      assertShare(counts.get(name)!, KEYS.length, share, name)
    }
  })

  test('the order of bindings makes no difference', () => {
    const all = ['a', 'b', 'c', 'd'].flatMap((name) => [[name, ''] as const, [name, 'k'] as const])
    const sorted = bound(...all)
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        const exchange = bound(...order)
        for (const key of KEYS.slice(0, 100)) assert.equal(chosen(exchange, key), chosen(sorted, key))
      }),
    )
  })

  test('what is unbound gets nothing, and the rest has all', () => {
    const exchange = bound(['a', ''], ['b', ''], ['c', ''])
    shares(exchange)
    const [{ destination }] = exchange.bindings()
    exchange.unbindTarget(destination)
    const counts = shares(exchange)
    assert.deepEqual([...counts.keys()].sort(), ['b', 'c'])
    assertShare(counts.get('b')!, KEYS.length, 1 / 2, 'b')
    exchange.unbindTarget([...exchange.bindings()][0].destination)
    exchange.unbindTarget([...exchange.bindings()][0].destination)
    assert.equal(chosen(exchange, 'k'), '')
  })

  test('the choice never changes between versions', () => {
    const exchange = bound(['a', ''], ['b', ''], ['c', ''])
    assert.equal(Array.from({ length: 32 }, (_, index) => chosen(exchange, `order.${index}`)).join(''), PINNED.modulus)
  })
})

suite('hash', () => {
  test('known values', () => {
    assert.deepEqual(['', 'a', 'b', 'order.1', 'ž', '🚂'].map(hashOf), PINNED.hashes)
  })
})

/** Where stored messages were sent; a change here sends those of one customer to two places. */
const PINNED = {
  consistent: 'bcaabbbabcbbbaccaabbcccbccabbcbb',
  modulus: 'caacccabbaaccccaccbabaacbbaaabbc',
  hashes: [2872998923, 444641715, 2193908274, 1095855390, 624808118, 3745408360],
}
