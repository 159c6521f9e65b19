/**
 * docs/compatibility.md says *same* only where a test shows it.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { root } from './sources.ts'

const rows = readFileSync(join(root, 'docs/compatibility.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| feature'))
  .map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )

const testsIn = (cell: string) => [...cell.matchAll(/`([^`]+\.test\.ts|interop\/[^`]+)`/g)].map((match) => match[1]!)

describe('the table of compatibility', () => {
  it('has four columns and a known word in the second', () => {
    assert.ok(rows.length > 20, `saw ${rows.length} rows`)
    for (const row of rows) {
      assert.equal(row.length, 4, row.join(' | '))
      assert.match(row[1]!, /^(same|different|not yet)$/, row[0])
    }
  })
  it('names a test in each row that says same', () => {
    const bare = rows.filter(([, state, , test]) => state === 'same' && testsIn(test!).length === 0)
    assert.deepEqual(
      bare.map(([feature]) => feature),
      [],
    )
  })
  it('names tests that exist', () => {
    for (const [feature, , , test] of rows) {
      for (const file of testsIn(test!)) {
        const path = /^(interop|broker)\//.test(file) ? file : `broker/test/${file}`
        assert.ok(existsSync(join(root, path)), `${feature}: ${path}`)
      }
    }
  })
  it('says how where it differs', () => {
    const bare = rows.filter(([, state, how]) => state === 'different' && how === '')
    assert.deepEqual(
      bare.map(([feature]) => feature),
      [],
    )
  })
})
