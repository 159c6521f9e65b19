import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SeededRandom } from '../../src/base/random.ts'
import { Refusal } from '../../src/broker/refusal.ts'
import { createExchange } from '../../src/broker/routing/create.ts'
import type { Exchange } from '../../src/broker/routing/exchange.ts'
import { RandomExchange } from '../../src/broker/routing/random.ts'
import type { RouteTarget } from '../../src/broker/routing/target.ts'

const ROUNDS = 6000
const options = { durable: true, autoDelete: false, internal: false, arguments: {} }
const queue = (name: string): RouteTarget => ({ kind: 'queue', name })

function counts(exchange: Exchange): { [name: string]: number } {
  const found: { [name: string]: number } = {}
  for (let i = 0; i < ROUNDS; i++) {
    let hits = 0
    exchange.match(
      'k',
      null,
      ({ name }) => {
        hits++
        found[name] = (found[name] ?? 0) + 1
      },
      null,
    )
    assert.ok(hits <= 1)
  }
  return found
}

function assertShares(exchange: Exchange, shares: { readonly [name: string]: number }): void {
  const found = counts(exchange)
  assert.deepEqual(Object.keys(found).sort(), Object.keys(shares).sort())
  const sum = Object.values(shares).reduce((a, b) => a + b)
  for (const [name, share] of Object.entries(shares)) {
    const expected = (ROUNDS * share) / sum
    assert.ok(Math.abs(found[name] - expected) < 5 * Math.sqrt(expected), `${name}: ${found[name]} for ${expected}`)
  }
}

suite('random exchange', () => {
  test('each binding has the same chance; a queue bound twice has two; what is unbound has none', () => {
    const exchange = new RandomExchange('x', options, new SeededRandom(1))
    const [a, b, c] = ['a', 'b', 'c'].map(queue)
    assert.deepEqual(counts(exchange), {})
    exchange.bind(a, '', {})
    assertShares(exchange, { a: 1 })
    exchange.bind(b, '', {})
    exchange.bind(b, 'more', {})
    exchange.bind(c, 'other', {})
    assertShares(exchange, { a: 1, b: 2, c: 1 })
    exchange.unbind(b, '', {})
    assertShares(exchange, { a: 1, b: 1, c: 1 })
    exchange.unbindTarget(a)
    assertShares(exchange, { b: 1, c: 1 })
    exchange.unbindTarget(c)
    exchange.unbindTarget(b)
    assert.deepEqual(counts(exchange), {})
  })

  test('the same seed gives the same choices', () => {
    const choices = (seed: number) => {
      const exchange = new RandomExchange('x', options, new SeededRandom(seed))
      for (const name of ['a', 'b', 'c']) exchange.bind(queue(name), '', {})
      let text = ''
      for (let i = 0; i < 50; i++) exchange.match('', null, (target) => (text += target.name))
      return text
    }
    assert.equal(choices(5), choices(5))
    assert.notEqual(choices(5), choices(6))
  })

  test('no result may be kept', () => {
    for (const type of ['x-random', 'x-local-random'])
      assert.equal(createExchange(type, 'x', options).keyDecides, false)
  })
})

suite('local random exchange', () => {
  const refused = (text: string, act: () => unknown) =>
    assert.throws(
      act,
      (error) => error instanceof Refusal && error.code === 'precondition-failed' && error.message === text,
    )

  test('one of its queues, by chance', () => {
    const exchange = createExchange('x-local-random', 'x', options)
    exchange.bind(queue('a'), '', {})
    exchange.bind(queue('b'), '', {})
    assertShares(exchange, { a: 1, b: 1 })
  })

  test('binding keys and exchanges are refused, and leave nothing behind', () => {
    const exchange = createExchange('x-local-random', 'x', options)
    refused('Non-empty binding (routing) key not permitted', () => exchange.bind(queue('a'), 'k', {}))
    refused('Destination not found', () => exchange.bind(createExchange('fanout', 'f', options), '', {}))
    assert.deepEqual([exchange.bindingCount, counts(exchange)], [0, {}])
  })
})
