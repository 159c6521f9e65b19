/** The scanner itself: a wall that sees nothing would stand forever. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { codeOf, importsOf, target } from './sources.ts'

const source = {
  path: 'broker/src/amqp/channel.ts',
  text: `/** Head. */
import type { A, B as C } from '../log/engine.ts'
import {
  type D,
  e,
} from './f.ts'
import * as all from 'node:fs'
import one from 'yaml'
import './effect.ts'
export { g } from '../broker/g.ts'
export const h = await import('../net/h.ts')
// import { no } from '../comment.ts'
`,
}

it('sees every form of import', () => {
  assert.deepEqual(
    importsOf(source).map(({ specifier, names, line }) => [line, specifier, ...names]),
    [
      [2, '../log/engine.ts', 'A', 'B'],
      [3, './f.ts', 'D', 'e'],
      [7, 'node:fs', '*'],
      [8, 'yaml', 'default'],
      [9, './effect.ts', '*'],
      [10, '../broker/g.ts', 'g'],
      [11, '../net/h.ts', '*'],
    ],
  )
})

it('knows where a relative import leads', () => {
  assert.equal(target(source, '../log/engine.ts'), 'broker/src/log/engine.ts')
  assert.equal(target(source, './f.ts'), 'broker/src/amqp/f.ts')
  assert.equal(target(source, 'node:fs'), undefined)
})

it('blanks comments and strings, and keeps lines', () => {
  const code = codeOf("a('Date.now()') // Date.now()\n/* Date.now()\n */ b(\"it's\")\nDate.now()")
  assert.equal(code.split('\n').length, 4)
  assert.equal(code.match(/Date\.now/g)?.length, 1)
  assert.match(code, /a\(\s+\)\s+\n\s+\n\s+b\(\s+\)\nDate\.now\(\)/)
})
