import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { RouteTarget } from '../../src/broker/routing/target.ts'
import { TopicExchange } from '../../src/broker/routing/topic.ts'

const plain = { durable: true, autoDelete: false, internal: false, arguments: {} }
const queue = (name: string): RouteTarget => ({ kind: 'queue', name })

function matched(exchange: TopicExchange, key: string): string[] {
  const names: string[] = []
  exchange.match(key, null, (target) => names.push(target.name))
  return names.sort()
}

/** The rule as the specification says it, without a thought for speed. */
function naive(pattern: string, key: string): boolean {
  const split = (text: string) => (text === '' ? [] : text.split('.'))
  const fits = (p: string[], k: string[]): boolean => {
    if (p.length === 0) return k.length === 0
    if (p[0] === '#') return fits(p.slice(1), k) || (k.length > 0 && fits(p, k.slice(1)))
    return k.length > 0 && (p[0] === '*' || p[0] === k[0]) && fits(p.slice(1), k.slice(1))
  }
  return fits(split(pattern), split(key))
}

const rows: [pattern: string, key: string, expected: boolean][] = [
  ['stock.*.nyse', 'stock.ibm.nyse', true],
  ['stock.*.nyse', 'stock.nyse', false],
  ['stock.#', 'stock', true],
  ['stock.#', 'stock.a.b', true],
  ['stock.#', 'stocks', false],
  ['#', '', true],
  ['*', '', false],
  ['', '', true],
  ['', 'a', false],
  ['*', '.', false],
  ['*.*', '.', true],
  ['a.*', 'a.', true],
  ['#.b.#', 'a.b.c', true],
  ['#.#', '', true],
  ['#.*', '', false],
  ['*.#', 'a', true],
  ['a*', 'a1', false],
  ['a*', 'a*', true],
  ['a', '*', false],
  ['*', '#', true],
  ['#', '*.#', true],
]

suite('topic exchange', () => {
  for (const [pattern, key, expected] of rows) {
    test(`'${pattern}' ${expected ? 'takes' : 'leaves'} '${key}'`, () => {
      const exchange = new TopicExchange('x', plain)
      exchange.bind(queue('q'), pattern, {})
      assert.equal(matched(exchange, key).length, expected ? 1 : 0)
      assert.equal(naive(pattern, key), expected)
    })
  }

  test('agrees with the naive rule while bindings come and go', () => {
    const word = fc.constantFrom('a', 'b', '', '*', '#')
    const text = fc.array(word, { maxLength: 5 }).map((words) => words.join('.'))
    const step = fc.record({
      act: fc.constantFrom('bind', 'bind', 'unbind', 'unbindTarget', 'match'),
      text,
      queue: fc.nat(3),
    })
    const steps = fc.array(step, { maxLength: 40 })
    fc.assert(
      fc.property(steps, fc.array(text, { minLength: 1, maxLength: 5 }), (acts, keys) => {
        const exchange = new TopicExchange('x', { ...plain, cachedMax: 6 })
        const queues = ['q0', 'q1', 'q2', 'q3'].map(queue)
        const model = new Set<string>()
        const expected = (key: string) =>
          [...new Set([...model].filter((b) => naive(b.slice(3), key)).map((b) => b.slice(0, 2)))].sort()
        for (const { act, text, queue: q } of acts) {
          const name = `q${q}`
          const id = `${name} ${text}`
          if (act === 'bind') assert.equal(exchange.bind(queues[q], text, {}), model.size !== model.add(id).size)
          else if (act === 'unbind') assert.equal(exchange.unbind(queues[q], text, {}), model.delete(id))
          else if (act === 'match') assert.deepEqual(matched(exchange, text), expected(text))
          else {
            const own = [...model].filter((binding) => binding.startsWith(name))
            assert.equal(exchange.unbindTarget(queues[q]).length, own.length)
            for (const binding of own) model.delete(binding)
          }
        }
        assert.equal(exchange.bindingCount, model.size)
        for (const key of [...keys, ...keys]) assert.deepEqual(matched(exchange, key), expected(key))
      }),
      { numRuns: 500 },
    )
  })

  test('100,000 bindings: a match visits a handful of nodes, and all can be taken away', () => {
    const exchange = new TopicExchange('x', plain)
    const queues = Array.from({ length: 1000 }, (_, i) => queue(`q${i}`))
    for (let i = 0; i < 100_000; i++) exchange.bind(queues[i % 1000], `shop.${i}.order.*.#`, {})
    assert.equal(exchange.bindingCount, 100_000)
    assert.deepEqual(matched(exchange, 'shop.77123.order.paid'), ['q123'])
    assert.ok(exchange.nodesVisited <= 8, `${exchange.nodesVisited} nodes`)
    const before = exchange.nodesVisited
    matched(exchange, 'shop.77123.order.paid')
    assert.equal(exchange.nodesVisited, before, 'the second time comes from the cache')
    assert.equal(exchange.unbindTarget(queues[123]).length, 100)
    assert.deepEqual(matched(exchange, 'shop.77123.order.paid'), [], 'a change empties the cache')
    for (const q of queues) exchange.unbindTarget(q)
    assert.equal(exchange.bindingCount, 0)
    const empty = exchange.nodesVisited
    matched(exchange, 'shop.1.order.paid')
    assert.equal(exchange.nodesVisited - empty, 1, 'nothing is left of the trie but its root')
  })

  test('many # cost their number, not a power of it', () => {
    const exchange = new TopicExchange('x', plain)
    exchange.bind(queue('q'), '#.a.'.repeat(30) + 'b', {})
    assert.deepEqual(matched(exchange, 'a.'.repeat(100) + 'a'), [])
    assert.ok(exchange.nodesVisited <= 102 * 62, `${exchange.nodesVisited} nodes`)
  })

  test('the cache is bounded and results stay right beyond it', () => {
    const exchange = new TopicExchange('x', { ...plain, cachedMax: 10 })
    for (let i = 0; i < 20; i++) exchange.bind(queue(`q${i}`), 'many', {})
    exchange.bind(queue('one'), 'k.*', {})
    for (let i = 0; i < 50; i++) assert.deepEqual(matched(exchange, `k.${i}`), ['one'])
    assert.equal(matched(exchange, 'many').length, 20)
    const before = exchange.nodesVisited
    assert.equal(matched(exchange, 'many').length, 20)
    assert.ok(exchange.nodesVisited > before, 'a result larger than the cache is not kept')
  })
})
