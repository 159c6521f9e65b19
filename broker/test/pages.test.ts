/**
 * The pages say what their programs print: each js block that a text block follows is run as it stands there, as a process
 * of its own against a broker of its own. Those of docs/concepts.md build on each other and are an example.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startBroker } from '../src/index.ts'

const root = join(import.meta.dirname, '../..') // where the clients are found
const pages = globSync(['docs/*.md', 'docs/client/*.md'], { cwd: root }).filter((page) => page !== 'docs/concepts.md')
const PROGRAM = /^```js\n((?:(?!```).*\n)*)```\n\n```text( in any order)?\n((?:(?!```).*\n)*)```$/gm
const TIME_LIMIT_MS = 240_000

const sorted = (lines: string): string[] => lines.split('\n').sort()

test('programs on the pages print what the pages say', async (t) => {
  let programs = 0
  for (const page of pages) {
    const found = [...readFileSync(join(root, page), 'utf8').matchAll(PROGRAM)]
    for (const [at, [, program, inAnyOrder, told]] of found.entries()) {
      programs++
      await t.test(`${page}, program ${at + 1}`, async (t) => {
        const broker = await startBroker({ memory: true })
        t.after(() => broker.stop())
        const env = { ...process.env, AMQP_URL: broker.amqpUrl!, KAFKA_BROKER: broker.kafkaBootstrap! }
        const flags = ['--input-type=module', '--eval', program]
        const options = { cwd: root, env, timeout: TIME_LIMIT_MS }
        const { stdout } = await promisify(execFile)(process.execPath, flags, options)
        if (inAnyOrder) assert.deepEqual(sorted(stdout), sorted(told))
        else assert.equal(stdout, told)
      })
    }
  }
  assert.ok(programs >= 20, `saw ${programs} programs`)
})
