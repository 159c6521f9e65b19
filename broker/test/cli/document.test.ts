/** docs/command-line.md names every command and flag as it is. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { withCommands } from '../../../scripts/command-line-doc.ts'
import { commands } from '../../src/cli/commands.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/command-line.md'), 'utf8')

it('docs/command-line.md is what `npm run docs` writes', async () => {
  assert.equal(page, await withCommands(page))
  for (const { name } of commands) assert.match(page, new RegExp(`\`signalbox ${name}[ \`]`))
})
