import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Refusal } from '../../src/broker/refusal.ts'
import { createExchange } from '../../src/broker/routing/create.ts'
import { DefaultExchange } from '../../src/broker/routing/default.ts'
import type { Exchange, Headers } from '../../src/broker/routing/exchange.ts'
import type { RouteTarget } from '../../src/broker/routing/target.ts'

const plain = { durable: true, autoDelete: false, internal: false, arguments: {} }
const queue = (name: string): RouteTarget => ({ kind: 'queue', name })

function matched(exchange: Exchange, key: string, headers: Headers | null = null): string[] {
  const names = new Set<string>()
  exchange.match(key, headers, (target) => names.add(target.name), null)
  return [...names].sort()
}

function refused(code: string, text: RegExp, action: () => unknown): void {
  assert.throws(action, (error) => error instanceof Refusal && error.code === code && text.test(error.message))
}

suite('exchange', () => {
  for (const type of ['direct', 'fanout', 'topic', 'headers', 'x-modulus-hash', 'x-random']) {
    test(`${type}: duplicates collapse, other keys and arguments do not`, () => {
      const exchange = createExchange(type, 'x', plain)
      const q = queue('q')
      assert.equal(exchange.bind(q, 'k', {}), true)
      assert.equal(exchange.bind(q, 'k', {}), false)
      assert.equal(exchange.bind(q, 'k', { a: 1, b: 2 }), true)
      assert.equal(
        exchange.bind(q, 'k', { b: 2n, a: 1 }),
        false,
        'order of keys and width of numbers are no difference',
      )
      assert.equal(exchange.bind(q, 'l', {}), true)
      assert.equal(exchange.bindingCount, 3)
      assert.equal(new Set([...exchange.bindings()].map((b) => b.propertiesKey)).size, 3)
      assert.equal(exchange.unbind(q, 'k', { a: 1 }), false)
      assert.equal(exchange.unbind(queue('q'), 'k', {}), false, 'another object is another queue')
      assert.equal(exchange.unbind(q, 'k', {}), true)
      assert.equal(exchange.bindingCount, 2)
      assert.equal(exchange.unbindTarget(q).length, 2)
      assert.deepEqual([exchange.bindingCount, [...exchange.bindings()], matched(exchange, 'k')], [0, [], []])
    })
  }

  test('a removed binding stops matching while its sibling goes on', () => {
    for (const type of ['direct', 'topic', 'fanout']) {
      const exchange = createExchange(type, 'x', plain)
      const [a, b] = [queue('a'), queue('b')]
      exchange.bind(a, 'k', {})
      exchange.bind(a, 'k', { n: 1 })
      exchange.bind(b, 'k', {})
      assert.deepEqual(matched(exchange, 'k'), ['a', 'b'])
      exchange.unbind(a, 'k', {})
      assert.deepEqual(matched(exchange, 'k'), ['a', 'b'], type)
      exchange.unbind(a, 'k', { n: 1 })
      assert.deepEqual(matched(exchange, 'k'), ['b'], type)
    }
  })

  test('properties key as the management API writes it', () => {
    const exchange = createExchange('direct', 'x', plain)
    const q = queue('q')
    exchange.bind(q, '', {})
    exchange.bind(q, 'a.b', {})
    exchange.bind(q, 'a ~/*.#é', {})
    exchange.bind(q, 'a', { x: 1 })
    const keys = [...exchange.bindings()].map((binding) => binding.propertiesKey)
    assert.deepEqual(keys.slice(0, 3), ['~', 'a.b', 'a+%7E%2F%2A.%23%C3%A9'])
    assert.match(keys[3], /^a~[A-Za-z0-9_-]{22}$/)
  })

  test('unknown type and bad alternate exchange are refused', () => {
    refused('precondition-failed', /^unknown exchange type 'x-nope'$/, () => createExchange('x-nope', 'x', plain))
    refused('precondition-failed', /unknown exchange type 'toString'/, () => createExchange('toString', 'x', plain))
    refused('precondition-failed', /'alternate-exchange'/, () =>
      createExchange('direct', 'x', { ...plain, arguments: { 'alternate-exchange': 5 } }),
    )
  })

  test('a policy names the alternate exchange unless the arguments do', () => {
    const plainOne = createExchange('direct', 'x', plain)
    const own = createExchange('direct', 'x', { ...plain, arguments: { 'alternate-exchange': 'mine' } })
    const alternates = () => [plainOne.alternate, own.alternate]
    assert.deepEqual(alternates(), [null, 'mine'])
    for (const [policy, expected] of [
      [{ 'alternate-exchange': 'theirs' }, 'theirs'],
      [{ 'max-length': 5 }, null],
      [{ 'alternate-exchange': 'others' }, 'others'],
      [null, null],
    ] as const) {
      plainOne.applyPolicy(policy)
      own.applyPolicy(policy)
      assert.deepEqual(alternates(), [expected, 'mine'])
    }
  })

  test('the default exchange routes by queue name and takes no binding', () => {
    const q = queue('jobs')
    const exchange = new DefaultExchange((name) => (name === 'jobs' ? q : undefined))
    assert.deepEqual(matched(exchange, 'jobs'), ['jobs'])
    assert.deepEqual(matched(exchange, 'other'), [])
    refused('access-refused', /^operation not permitted on the default exchange$/, () => exchange.bind())
    refused('access-refused', /^operation not permitted on the default exchange$/, () => exchange.unbind())
  })
})
