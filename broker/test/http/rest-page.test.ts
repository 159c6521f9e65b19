/** docs/rest.md: its lines are run as they stand, and print what it says; `…` stands for what differs each time. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { BothWorlds } from './both-worlds.ts'

const page = readFileSync(new URL('../../../docs/rest.md', import.meta.url), 'utf8')

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

test('the lines of docs/rest.md print what stands below them', async (t) => {
  const blocks = [...page.matchAll(/```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs)]
  assert.ok(blocks.length > 5)
  const world = await BothWorlds.open(t)
  const lines = blocks.map(([, commands]) => `${commands}\necho ---`).join('\n')
  const script = lines.replaceAll('127.0.0.1:15672', world.http)
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script])
  const printed = stdout.split('---\n')
  for (const [at, [, commands, expected = '']] of blocks.entries()) {
    const pattern = expected.split('…').map(literal).join('.*')
    assert.match(printed[at], new RegExp(`^${pattern}$`), commands)
  }
})
