/** docs/command-line.md names every command and flag as it is, and its lines do what it says. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { withCommands } from '../../../scripts/command-line-doc.ts'
import { commands } from '../../src/cli/commands.ts'
import { startBroker } from './command.ts'
import { temporaryFolder } from './process.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/command-line.md'), 'utf8')

it('docs/command-line.md is what `npm run docs` writes', async () => {
  assert.equal(page, await withCommands(page))
  for (const { name } of commands) assert.match(page, new RegExp(`\`signalbox ${name}[ \`]`))
})

it('the lines shown there can be typed one after the other', async (test) => {
  const broker = await startBroker(test)
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!)
  // What starts a broker, never ends, measures one, or wants one that is stopped is left out.
  const lines = blocks
    .flatMap((block) => block.split('\n'))
    .filter((line) => !/start &|--follow|bench|doctor/.test(line))
  assert.ok(lines.filter((line) => line.includes('signalbox ')).length > 20)
  const start = join(import.meta.dirname, '../../start.js')
  const script = `set -eo pipefail\nsignalbox() { '${process.execPath}' '${start}' "$@"; }\n${lines.join('\n')}`
  const shell = spawn('bash', ['--norc', '-c', script], {
    cwd: temporaryFolder(test),
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, SIGNALBOX_URL: broker.url },
  })
  let stdout = ''
  let stderr = ''
  shell.stdout.on('data', (chunk) => (stdout += chunk))
  shell.stderr.on('data', (chunk) => (stderr += chunk))
  const code = await new Promise((resolve) => shell.on('close', resolve))
  assert.equal(code, 0, `${stdout}${stderr}`)
  const [shown] = /name +messages +arguments\n([^`\n]+\n)+/.exec(page)!
  assert.ok(stdout.includes(shown), stdout)
})
