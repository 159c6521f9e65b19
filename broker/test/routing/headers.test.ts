import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../../src/broker/refusal.ts'
import { createExchange } from '../../src/broker/routing/create.ts'
import type { Headers, HeaderValue } from '../../src/broker/routing/exchange.ts'

function matches(args: Headers, headers: Headers | null): boolean {
  const exchange = createExchange('headers', 'x', {
    durable: true,
    autoDelete: false,
    internal: false,
    arguments: {},
  })
  exchange.bind({ kind: 'queue', name: 'q' }, '', args)
  let hit = false
  exchange.match('', headers, () => (hit = true), null)
  return hit
}

const rows: [name: string, args: Headers, headers: Headers | null, expected: boolean][] = [
  ['all is the default', { a: 1, b: 2 }, { a: 1, b: 2, c: 3 }, true],
  ['all lacks one', { a: 1, b: 2 }, { a: 1 }, false],
  ['all of nothing', {}, { a: 1 }, true],
  ['all of nothing, no headers', {}, null, true],
  ['any of nothing', { 'x-match': 'any' }, { a: 1 }, false],
  ['any has one', { 'x-match': 'any', a: 1, b: 2 }, { a: 0, b: 2 }, true],
  ['any has none', { 'x-match': 'any', a: 1, b: 2 }, { a: 2, b: 1 }, false],
  ['any, no headers', { 'x-match': 'any', a: 1 }, null, false],
  ['void asks for presence', { a: null }, { a: 'whatever' }, true],
  ['void and absent', { a: null }, { b: 1 }, false],
  ['a void header is no value', { a: 1 }, { a: null }, false],
  ['x- ignored by all', { 'x-a': 1, b: 1 }, { b: 1 }, true],
  ['x- ignored by any', { 'x-match': 'any', 'x-a': 1, b: 1 }, { 'x-a': 1 }, false],
  ['x- compared by all-with-x', { 'x-match': 'all-with-x', 'x-a': 1, b: 1 }, { b: 1 }, false],
  ['x- equal in all-with-x', { 'x-match': 'all-with-x', 'x-a': 1, b: 1 }, { b: 1, 'x-a': 1 }, true],
  ['x- equal in any-with-x', { 'x-match': 'any-with-x', 'x-a': 1, b: 1 }, { 'x-a': 1 }, true],
  ['x-match itself is never compared', { 'x-match': 'all-with-x' }, {}, true],
  ['numbers by value over widths', { a: 5n, b: 7 }, { a: 5, b: { type: 'l', value: 7n } }, true],
  ['large integers exactly', { a: 2n ** 62n }, { a: 2n ** 62n + 1n }, false],
  ['a number is not its digits', { a: 5 }, { a: '5' }, false],
  ['true is not 1', { a: true }, { a: 1 }, false],
  ['arrays', { a: [1, 'b'] }, { a: [1n, 'b'] }, true],
  ['arrays of other order', { a: [1, 2] }, { a: [2, 1] }, false],
  ['tables', { a: { x: 1, y: ['z'] } }, { a: { y: ['z'], x: 1 } }, true],
  ['bytes', { a: new Uint8Array([1, 2]) }, { a: new Uint8Array([1, 2]) }, true],
  ['inherited names are no headers', { toString: null }, {}, false],
]

suite('headers exchange', () => {
  for (const [name, args, headers, expected] of rows) {
    test(name, () => assert.equal(matches(args, headers), expected))
  }

  const refused: [bad: HeaderValue, text: string][] = [
    ['sometimes', 'value <<"sometimes">>; expected all, any, all-with-x, or any-with-x'],
    ['', 'value <<"">>; expected all, any, all-with-x, or any-with-x'],
    [5, 'type signedint (value 5); expected longstr'],
    [true, 'type bool (value true); expected longstr'],
    [null, 'type void (value null); expected longstr'],
    [Object.assign(Object.create(null), { a: 1 }), 'type table (value {"a":1,}); expected longstr'],
  ]
  for (const [bad, text] of refused) {
    test(`x-match ${JSON.stringify(bad)} is refused and leaves no binding`, () => {
      const exchange = createExchange('headers', 'x', {
        durable: true,
        autoDelete: false,
        internal: false,
        arguments: {},
      })
      assert.throws(
        () => exchange.bind({ kind: 'queue', name: 'q' }, '', { 'x-match': bad }),
        (error) => {
          assert.ok(error instanceof Refusal)
          assert.equal(error.code, 'precondition-failed')
          assert.equal(error.message, `Invalid x-match field ${text}`)
          return true
        },
      )
      assert.equal(exchange.bindingCount, 0)
    })
  }

  test('agrees with the rule written naively', () => {
    const value = fc.constantFrom<HeaderValue>(1, 2, 2n, 'red', true, null)
    const table = fc.dictionary(fc.constantFrom('a', 'b', 'x-a', 'x-b'), value, { noNullPrototype: true })
    const mode = fc.constantFrom('all', 'any', 'all-with-x', 'any-with-x')
    fc.assert(
      fc.property(mode, table, table, (xMatch, wanted, headers) => {
        const asked = Object.entries(wanted).filter(([key]) => xMatch.endsWith('x') || !key.startsWith('x-'))
        const hits = asked.map(([key, want]) => key in headers && (want === null || `${want}` === `${headers[key]}`))
        const expected = xMatch.startsWith('any') ? hits.includes(true) : !hits.includes(false)
        assert.equal(matches({ ...wanted, 'x-match': xMatch }, headers), expected)
      }),
      { numRuns: 2000 },
    )
  })
})
