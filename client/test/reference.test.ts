/** The API reference is what its docstrings say now. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const reference = join(root, 'scripts/reference')

test('the API reference is up to date (`npm run docs` writes it)', async (t) => {
  const out = mkdtempSync(join(tmpdir(), 'signalbox-reference-'))
  t.after(() => rmSync(out, { recursive: true, force: true }))
  await promisify(execFile)(join(reference, 'node_modules/.bin/typedoc'), ['--out', out], { cwd: reference })
  assert.deepEqual(pagesIn(out), pagesIn(join(root, 'docs/client/api')))
})

function pagesIn(folder: string): Record<string, string> {
  const paths = globSync('**/*.md', { cwd: folder }).sort()
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}
