/** Tables on terminals: as wide as there is room, with what matters most. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fitted, tableLines } from '../../src/cli/table.ts'

const titles = ['name', 'type', 'durable', 'messages']
const isRight = [false, false, false, true]
const shown = (rows: string[][], room: number, spare: string[]): string[] => {
  const table = fitted({ rows: [titles, ...rows], isRight }, room, spare)
  return tableLines(table.rows, table.isRight, (title) => title)
}

describe('a table', () => {
  const rows = [
    ['orders', 'classic', 'true', '12'],
    ['a-name-that-is-as-long-as-this-one-and-more', 'quorum', 'true', '3'],
  ]

  it('is whole where nothing bounds it, and where it fits', () => {
    const whole = tableLines([titles, ...rows], isRight, (title) => title)
    assert.deepEqual(shown(rows, Number.POSITIVE_INFINITY, ['type']), whole)
    assert.deepEqual(shown(rows, whole[1]!.length, ['type']), whole)
  })

  it('goes without spare columns, the first one first, once names would be short', () => {
    assert.equal(shown(rows, 64, ['durable', 'type'])[0], `name${' '.repeat(34)}type     durable  messages`)
    assert.equal(shown(rows, 63, ['durable', 'type'])[0], `name${' '.repeat(41)}type     messages`)
    assert.equal(shown(rows, 50, ['durable', 'type'])[0], `name${' '.repeat(38)}messages`)
  })

  it('cuts text then, and never numbers', () => {
    const [, first, second] = shown(rows, 40, ['durable', 'type'])
    assert.equal(first, `orders${' '.repeat(32)}12`)
    assert.equal(second, `a-name-that-is-as-long-as-thi…${' '.repeat(9)}3`)
    for (const line of shown(rows, 40, ['durable', 'type'])) assert.ok(line.length <= 40, line)
  })

  it('counts wide letters as the terminal does', () => {
    const wide = [['名前の長い名前の長い名前の長い', 'classic', 'true', '1']]
    const [, line] = shown(wide, 30, ['durable', 'type'])
    assert.equal(line, `名前の長い名前の長…${' '.repeat(9)}1`)
  })

  it('is as narrow as it gets on a terminal that is no wider than that', () => {
    assert.equal(shown(rows, 1, ['durable', 'type'])[2], 'a-name-that…         3')
  })
})
