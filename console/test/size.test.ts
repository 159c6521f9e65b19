// What a browser has to load before it shows the first page, and that nothing of it needs a looser content policy.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { BothWorlds } from '../../broker/test/http/both-worlds.ts'

const root = join(import.meta.dirname, '../..')
const built = join(root, 'broker/console')
/** Of scripts and styles, gzipped. */
const FIRST_LOAD_BYTES_MAX = 250_000

interface Chunk {
  readonly file: string
  readonly css?: readonly string[]
  readonly imports?: readonly string[]
  readonly dynamicImports?: readonly string[]
}

let chunks: Readonly<Record<string, Chunk>>

before(() => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/console-build.mjs')], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  chunks = JSON.parse(readFileSync(join(built, '.vite/manifest.json'), 'utf8'))
})

/** The files that come with a chunk: its own and those of all it imports. */
function filesWith(name: string, into = new Set<string>()): Set<string> {
  const { file, css = [], imports = [] } = chunks[name]
  if (into.has(file)) return into
  into.add(file)
  for (const sheet of css) into.add(sheet)
  for (const other of imports) filesWith(other, into)
  return into
}

const gzipped = (files: Iterable<string>): number =>
  [...files].reduce((bytes, file) => bytes + gzipSync(readFileSync(join(built, file))).length, 0)

describe('the console', () => {
  it(`loads at most ${FIRST_LOAD_BYTES_MAX} bytes before the overview stands with its charts`, () => {
    const files = filesWith('index.html')
    const overview = 'src/pages/overview/overview.tsx'
    filesWith(overview, files)
    const charts = Object.keys(chunks).filter((name) => /uplot/i.test(name))
    assert.ok(charts.length > 0)
    for (const chart of charts) filesWith(chart, files)
    const bytes = gzipped(files)
    console.log(`note  the console's first load is ${Math.round(bytes / 1000)} kB gzipped`)
    assert.ok(files.size > 3, `saw ${files.size} files`)
    assert.ok(bytes <= FIRST_LOAD_BYTES_MAX, `${bytes} bytes in ${[...files].join(', ')}`)
  })

  it('leaves other pages, and what draws graphs, for when they are opened', () => {
    const first = filesWith('index.html')
    const pages = Object.keys(chunks).filter((name) => name.startsWith('src/pages/'))
    assert.ok(pages.length > 4, `saw ${pages.length} pages`)
    for (const page of pages) assert.ok(!first.has(chunks[page].file), page)
    const drawing = [...first].filter((file) =>
      readFileSync(join(built, file), 'utf8').includes('react-flow__viewport'),
    )
    assert.deepEqual(drawing, [])
  })

  it('comes compressed, to be kept for good, but for its page', async (t) => {
    const { http } = await BothWorlds.open(t)
    const [, script] = /<script[^>]* src="([^"]+)"/.exec(readFileSync(join(built, 'index.html'), 'utf8'))!
    const sent = await fetch(`http://${http}${script}`, { headers: { 'accept-encoding': 'gzip' } })
    assert.equal(sent.headers.get('content-encoding'), 'gzip')
    assert.match(sent.headers.get('cache-control')!, /immutable/)
    assert.equal(await sent.text(), readFileSync(join(built, script), 'utf8'))
    const page = await fetch(`http://${http}/queues/%2F/any`, { headers: { accept: 'text/html' } })
    assert.equal(page.status, 200)
    assert.equal(page.headers.get('cache-control'), 'no-cache')
    assert.match(page.headers.get('content-security-policy')!, /script-src 'self';/)
  })

  it('leaves the addresses of programs alone', async (t) => {
    const { http } = await BothWorlds.open(t)
    for (const path of ['/v1/nothing', '/health/nothing', '/assets/nothing.js', '/metrics/nothing']) {
      const { status, headers } = await fetch(`http://${http}${path}`, { headers: { accept: 'text/html' } })
      assert.ok(status >= 400, `${path}: ${status}`)
      assert.doesNotMatch(headers.get('content-type') ?? '', /html/, path)
    }
  })

  it('has no script in its page, and names no other host', () => {
    const page = readFileSync(join(built, 'index.html'), 'utf8')
    assert.doesNotMatch(page, /<script(?![^>]* src=)/)
    assert.doesNotMatch(page, /\son\w+=/)
    assert.doesNotMatch(page.replaceAll("xmlns='http://www.w3.org/2000/svg'", ''), /https?:\/\//)
  })
})
