/**
 * docs/compatibility.md and docs/kafka-compatibility.md say *same* only where a test shows it, and the latter names the
 * very APIs and settings that are served.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TOPIC_CONFIGS } from '../../src/broker/topic/config-table.ts'
import { HANDLERS } from '../../src/kafka/handlers.ts'
import { root } from './sources.ts'

type Row = readonly string[]

/** The rows of all tables of a page that have this heading. */
function rowsUnder(page: string, heading: string): Row[] {
  const rows: Row[] = []
  let inside = false
  for (const line of readFileSync(join(root, 'docs', page), 'utf8').split('\n')) {
    if (line.startsWith(heading)) inside = true
    else if (!line.startsWith('|')) inside = false
    else if (inside && !line.startsWith('|--')) rows.push(cellsOf(line))
  }
  return rows
}

const cellsOf = (line: string): Row =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())

const testsIn = (cell: string) => [...cell.matchAll(/`([^`]+\.test\.ts|interop\/[^`]+)`/g)].map((match) => match[1]!)

for (const page of ['compatibility.md', 'kafka-compatibility.md']) {
  const rows = rowsUnder(page, '| feature |')

  describe(`the table of docs/${page}`, () => {
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
}

describe('docs/kafka-compatibility.md', () => {
  const page = 'kafka-compatibility.md'

  it('names every API that is served, with its key and the versions that are advertised', () => {
    const range = (from: number, to: number): string => (from === to ? `${from}` : `${from}-${to}`)
    const served = HANDLERS.map(({ api }) => [`${api.key}`, api.name, range(api.advertisedFrom, api.versionMax)])
    const written = rowsUnder(page, '| key | API |').map((row) => row.slice(0, 3))
    assert.deepEqual(
      written,
      served.sort(([a], [b]) => Number(a) - Number(b)),
    )
  })
  it('names no API as not served that is', () => {
    const served = new Set(HANDLERS.map(({ api }) => api.name))
    const rows = rowsUnder(page, '| what | APIs |')
    const named = rows.slice(0, -1).flatMap(([, apis]) => apis!.match(/[A-Z]\w+/g) ?? [])
    assert.ok(named.length > 15, `saw ${named.length}`)
    assert.deepEqual(
      named.filter((name) => served.has(name)),
      [],
    )
  })
  it('says of every setting of a topic whether it has an effect, as the broker describes it', () => {
    const rows = rowsUnder(page, '| setting of a topic |')
    const written = rows.flatMap(([names, effect]) =>
      [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => `${name} ${effect!.startsWith('no effect')}`),
    )
    const described = [...TOPIC_CONFIGS.values()]
      .filter(({ hidden }) => !hidden)
      .map(({ name, doc }) => `${name} ${/no effect|no tiered storage|Here it goes/.test(doc)}`)
    assert.deepEqual(written.sort(), described.sort())
  })
})
