import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { topicMatcher } from '../../src/broker/group/subscription-regex.ts'

suite('topics by pattern', () => {
  const rows: [pattern: string, fits: string[], others: string[]][] = [
    ['orders', ['orders'], ['orders2', 'my-orders', '']],
    ['orders\\..*', ['orders.', 'orders.eu'], ['ordersXeu']],
    ['^a.b$', ['axb', 'a-b'], ['ab', 'axxb']],
    ['(a|bc)+', ['a', 'bc', 'abca'], ['', 'b', 'ac c']],
    ['a{2,3}', ['aa', 'aaa'], ['a', 'aaaa']],
    ['a{2}', ['aa'], ['a', 'aaa']],
    ['a{2,}', ['aa', 'aaaaaa'], ['a']],
    ['a{,2}', ['a{,2}'], ['aa']],
    ['[a-c_]+x?', ['abc_', 'ax'], ['d', 'x']],
    ['[^a-c]+', ['xyz'], ['xbz']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a-]', ['a', '-'], ['b']],
    ['[[:alpha:]\\d]+', ['ab1'], ['a-b']],
    ['[[:^digit:]]', ['a'], ['1']],
    ['\\w+-\\d*', ['a_b-', 'x-12'], ['-', 'x-a']],
    ['(?i)orders', ['ORDERS', 'Orders'], ['order']],
    ['(?i:o)rders', ['Orders'], ['oRders']],
    ['(?P<name>a)(?<other>b)(?:c)', ['abc'], ['ab']],
    ['a*?b+?', ['b', 'aab'], ['a']],
    ['\\Qa.b\\Ec', ['a.bc'], ['axbc']],
    ['\\x41\\x{42}', ['AB'], ['ab']],
    ['a\\b.*', ['a', 'a.b'], ['ab']],
    ['a\\B.*', ['ab'], ['a', 'a.b']],
    ['', [''], ['a']],
    ['|a', ['', 'a'], ['b']],
    ['()*a', ['a'], ['b']],
    ['(a*)*', ['', 'aaa'], ['b']],
    ['a^b', [], ['ab']],
  ]
  for (const [pattern, fits, others] of rows) {
    test(`/${pattern}/`, () => {
      const matches = topicMatcher(pattern)
      for (const name of fits) assert.equal(matches(name), true, name)
      for (const name of others) assert.equal(matches(name), false, name)
    })
  }

  for (const pattern of [
    '(a)\\1',
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '(?<!a)',
    '(?>a)',
    'a++',
    'a**',
    '*a',
    '(',
    ')',
    'a)',
    '[a',
    '[b-a]',
    'a{1001}',
    'a{3,2}',
    '((a{1000}){1000})',
    '((((){1000}){1000}){1000}){1000}',
    '((((){0,1000}){1000}){1000}){1000}',
    'a\\',
    '\\p',
    '[[:nonsense:]]',
    '(?x)a',
    '('.repeat(1000),
    'a'.repeat(5000),
  ]) {
    test(`refuses /${pattern.slice(0, 30)}/`, () => {
      assert.throws(() => topicMatcher(pattern), { code: 'invalid-regular-expression' })
    })
  }

  test('what makes others try for ages is done in one pass', () => {
    assert.equal(topicMatcher('(a+)+(a|a)*(a*)*b')('a'.repeat(249)), false)
  })

  test('thousands of states and of characters in brackets hold nothing up', () => {
    const matches = topicMatcher(`([^${'xyz'.repeat(1000)}]?){1000}`.concat('(.?){600}'))
    for (const length of [0, 100, 249]) assert.equal(matches('a'.repeat(length)), true)
    assert.equal(topicMatcher(`[${'xyz'.repeat(1000)}]{249}`)('x'.repeat(249)), true)
  })

  const piece = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '1', '(a|b1)', '(?:ab)?', 'a{1,2}')
  const pattern = fc
    .array(fc.tuple(piece, fc.constantFrom('', '*', '+', '?')), { maxLength: 6 })
    .map((parts) => parts.map(([one, many]) => (one.endsWith('}') || one.endsWith('?') ? one : one + many)).join(''))

  test('fits what JavaScript fits, where both read alike', () => {
    const name = fc.array(fc.constantFrom('a', 'b', '1', '-'), { maxLength: 8 }).map((chars) => chars.join(''))
    fc.assert(
      fc.property(pattern, name, (source, text) => {
        assert.equal(topicMatcher(source)(text), new RegExp(`^(?:${source})$`).test(text), `/${source}/ on ${text}`)
      }),
      { numRuns: 2000 },
    )
  })
})
