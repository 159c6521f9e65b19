import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { compilePattern, literally, patternCharsMax } from '../../src/broker/access/pattern.ts'
import { Refusal } from '../../src/broker/refusal.ts'

const rows: [pattern: string, name: string, expected: boolean][] = [
  ['', 'anything', false],
  ['.*', 'anything', true],
  ['^$', 'q', false],
  ['log', 'catalogue', true],
  ['^log', 'catalogue', false],
  ['^(orders|amq\\.default)$', 'amq.default', true],
  ['^(orders|amq\\.default)$', 'amqxdefault', false],
  ['^my\\-queue\\_1$', 'my-queue_1', true],
  ['\\Aq\\z', 'q', true],
  ['\\Aq\\z', 'aq', false],
  ['(?m)\\Ab\\Z', 'a\nb', false],
  ['\\Aq\\Z', 'q\n', true],
  ['(?i)^ORDERS$', 'orders', true],
  ['(?s)^a.b$', 'a\nb', true],
  ['^[]a]+$', ']a', true],
  ['^[^]a]+$', ']', false],
  ['^[^]a]+$', 'b', true],
  ['^[\\w.-]+$', 'a.b-c', true],
  ['^x{2}$', 'xx', true],
  ['^(?!amq\\.).+$', 'amq.topic', false],
  ['^(?!amq\\.).+$', 'mine', true],
  ['^\\x41$', 'A', true],
]

const bad = [
  '(',
  '[a',
  'a++',
  '(?>a)',
  '\\Qa.b\\E',
  '[[:alpha:]]',
  'a\\',
  '\\pL',
  '\\h',
  'a(?i)b',
  '*',
  'a'.repeat(2000),
]

suite('permission pattern', () => {
  for (const [pattern, name, expected] of rows) {
    test(`'${pattern}' ${expected ? 'permits' : 'refuses'} ${JSON.stringify(name)}`, () => {
      assert.equal(compilePattern(pattern).test(name), expected)
    })
  }

  for (const pattern of bad) {
    test(`'${pattern.slice(0, 20)}' is no pattern here`, () => {
      assert.throws(
        () => compilePattern(pattern),
        (error) =>
          error instanceof Refusal &&
          error.code === 'precondition-failed' &&
          error.message.startsWith(`invalid regular expression '${pattern.slice(0, 80)}`),
      )
    })
  }

  test('as long as it may be', () => {
    assert.equal(compilePattern('a'.repeat(patternCharsMax)).test('a'.repeat(patternCharsMax)), true)
  })

  test('any text taken literally matches itself, in a class too', () => {
    const text = '\\^$.|?*+()[]{}-a9/ '
    assert.equal(compilePattern(`^${literally(text)}$`).test(text), true)
    assert.equal(compilePattern(`^[${literally('a-c]')}]$`).test('b'), false)
  })
})
