/**
 * The pages on the client say what their programs print: each js block that a text block follows is run as it stands, as a
 * process of its own against a broker of its own.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startBroker } from 'signalbox'

const root = join(import.meta.dirname, '../..')
const pages = [...globSync('docs/client/*.md', { cwd: root }), 'docs/migrating.md']
const TIME_LIMIT_MS = 30_000

test('programs on the pages print what the pages say', async (t) => {
  let programs = 0
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8')
    for (const [, program, told] of text.matchAll(
      /^```js\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```$/gm,
    )) {
      programs++
      await t.test(`${basename(page)}, program ${programs}`, async (t) => {
        const broker = await startBroker({ memory: true })
        t.after(() => broker.stop())
        const env = { ...process.env, AMQP_URL: broker.amqpUrl!, KAFKA_BROKER: broker.kafkaBootstrap! }
        // Beside the client, where its packages are found.
        const options = { cwd: join(root, 'client'), env, timeout: TIME_LIMIT_MS }
        const flags = ['--input-type=module', '--eval', program]
        const { stdout } = await promisify(execFile)(process.execPath, flags, options)
        assert.equal(stdout, told)
      })
    }
  }
  assert.ok(programs >= 3, `saw ${programs} programs`)
})
