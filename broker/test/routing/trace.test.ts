// The ways of a message: told as it is routed, for any topology.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { createExchange } from '../../src/broker/routing/create.ts'
import type { Exchange, Headers } from '../../src/broker/routing/exchange.ts'
import { routeKeys } from '../../src/broker/routing/route.ts'
import type { RouteTarget } from '../../src/broker/routing/target.ts'
import { patternFits, type Trace, traceKeys } from '../../src/broker/routing/trace.ts'

const EXCHANGES = ['e0', 'e1', 'e2', 'e3', 'e4']
const QUEUES = ['q0', 'q1', 'q2', 'q3'].map((name): RouteTarget => ({ kind: 'queue', name }))
const DECIDED = [
  'direct',
  'fanout',
  'topic',
  'headers',
  'x-consistent-hash',
  'x-modulus-hash',
  'x-recent-history',
  'x-delayed-message',
]
const BY_CHANCE = ['x-random', 'x-local-random']

const word = fc.constantFrom('a', 'b', '')
const key = fc.array(word, { maxLength: 3 }).map((words) => words.join('.'))
const pattern = fc.array(fc.constantFrom('a', 'b', '*', '#', ''), { maxLength: 4 }).map((words) => words.join('.'))
const headers = fc.dictionary(fc.constantFrom('x', 'y', 'x-z'), fc.constantFrom('1', '2'), { maxKeys: 2 })
const args = fc.record(
  {
    'x-match': fc.constantFrom('all', 'any', 'all-with-x', 'any-with-x'),
    x: fc.constantFrom('1', '2'),
    y: fc.constant('1'),
  },
  { requiredKeys: [] },
)

const topology = (types: readonly string[]) =>
  fc.record({
    exchanges: fc.array(
      fc.record({
        type: fc.constantFrom(...types),
        inner: fc.constantFrom('direct', 'topic', 'headers', 'fanout'),
        alternate: fc.option(fc.constantFrom(...EXCHANGES), { nil: null }),
      }),
      { minLength: EXCHANGES.length, maxLength: EXCHANGES.length },
    ),
    bindings: fc.array(
      fc.record({
        source: fc.nat(4),
        to: fc.nat(8),
        key: fc.oneof(key, pattern),
        weight: fc.integer({ min: 1, max: 3 }),
        args,
      }),
      { maxLength: 20 },
    ),
    keys: fc.array(key, { minLength: 1, maxLength: 3 }),
    headers: fc.option(headers, { nil: null }),
  })

interface Given {
  exchanges: { type: string; inner: string; alternate: string | null }[]
  bindings: { source: number; to: number; key: string; weight: number; args: Headers }[]
  keys: string[]
  headers: Headers | null
}

function build({ exchanges, bindings }: Given): Map<string, Exchange> {
  const made = new Map<string, Exchange>()
  for (const [index, { type, inner, alternate }] of exchanges.entries()) {
    const given: Headers = {
      ...(alternate !== null && { 'alternate-exchange': alternate }),
      ...(type === 'x-delayed-message' && { 'x-delayed-type': inner }),
    }
    const name = EXCHANGES[index]
    made.set(name, createExchange(type, name, { durable: true, autoDelete: false, internal: false, arguments: given }))
  }
  for (const binding of bindings) {
    const source = made.get(EXCHANGES[binding.source])!
    const destination = binding.to < 4 ? QUEUES[binding.to] : made.get(EXCHANGES[binding.to - 4])!
    if (source.type === 'x-local-random' && destination.kind === 'exchange') continue
    const hashed = source.type === 'x-consistent-hash'
    const bound = source.type === 'x-local-random' ? '' : hashed ? String(binding.weight) : binding.key
    source.bind(destination, bound, binding.args)
  }
  return made
}

const namesOf = (targets: Iterable<RouteTarget>): string[] => [...new Set([...targets].map(({ name }) => name))].sort()

/** What the bindings and alternates told lead to, followed by hand. */
function followed(trace: Trace, exchanges: Map<string, Exchange>): { queues: string[]; exchanges: Set<Exchange> } {
  const reached = new Set<Exchange>([trace.steps[0].exchange])
  const queues = new Set<string>()
  for (const { bindings, alternate } of trace.steps) {
    for (const { destination } of bindings) {
      if (destination.kind === 'exchange') reached.add(exchanges.get(destination.name)!)
      else queues.add(destination.name)
    }
    if (alternate !== null) reached.add(alternate)
  }
  return { queues: [...queues].sort(), exchanges: reached }
}

suite('trace', () => {
  test('reaches what is routed, by bindings that lead there', () => {
    fc.assert(
      fc.property(topology(DECIDED), (given) => {
        const exchanges = build(given)
        const first = exchanges.get('e0')!
        const lookup = (name: string): Exchange | undefined => exchanges.get(name)
        const into: RouteTarget[] = []
        routeKeys(first, given.keys, given.headers, lookup, into)
        const trace = traceKeys(first, given.keys, given.headers, lookup)
        assert.deepEqual(namesOf(trace.targets), namesOf(into))
        const ways = followed(trace, exchanges)
        assert.deepEqual(ways.queues, namesOf(into))
        assert.deepEqual(new Set(trace.steps.map(({ exchange }) => exchange)), ways.exchanges)
        for (const { bindings, exchange, oneOf } of trace.steps) {
          assert.ok(!oneOf)
          assert.ok(bindings.every(({ source }) => source === exchange.name))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('where chance decides, names all that may be reached', () => {
    fc.assert(
      fc.property(topology([...DECIDED, ...BY_CHANCE]), (given) => {
        const exchanges = build(given)
        const first = exchanges.get('e0')!
        const lookup = (name: string): Exchange | undefined => exchanges.get(name)
        const may = new Set(traceKeys(first, given.keys, given.headers, lookup).targets)
        for (let n = 0; n < 5; n++) {
          const into: RouteTarget[] = []
          routeKeys(first, given.keys, given.headers, lookup, into)
          for (const target of into) assert.ok(may.has(target))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a binding is told only if its own pattern fits', () => {
    fc.assert(
      fc.property(pattern, key, (wanted, given) => {
        const exchange = createExchange('topic', 't', {
          durable: true,
          autoDelete: false,
          internal: false,
          arguments: {},
        })
        exchange.bind(QUEUES[0], wanted, {})
        const into: RouteTarget[] = []
        routeKeys(exchange, [given], null, () => undefined, into)
        assert.equal(patternFits(wanted, given), into.length === 1)
      }),
      { numRuns: 2000 },
    )
  })

  test('does not make a duplicate of what it asks about', () => {
    const options = { durable: true, autoDelete: false, internal: false, arguments: { 'x-cache-size': 10 } }
    const exchange = createExchange('x-message-deduplication', 'd', options)
    exchange.bind(QUEUES[0], '', {})
    let asked = 0
    Object.assign(exchange, { seen: { kind: 'seen', name: 'd', admit: () => ++asked > 0 } })
    const { targets } = traceKeys(exchange, ['k'], { 'x-deduplication-header': 'once' }, () => undefined)
    assert.deepEqual([namesOf(targets), asked], [['q0'], 0])
  })
})
