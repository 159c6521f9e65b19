/**
 * Runs the programs of docs/records-and-messages.md as they stand there, and compares what they print with the page.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { startBroker } from '../../src/index.ts'

const root = join(import.meta.dirname, '../../..') // where amqplib and kafkajs are found
const page = readFileSync(join(root, 'docs/records-and-messages.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((one) => one[1]!)

describe('docs/records-and-messages.md', () => {
  let broker: Awaited<ReturnType<typeof startBroker>>
  before(async () => {
    broker = await startBroker({ memory: true, amqpPort: 0 })
  })
  after(() => broker.stop())

  const outputs = blocks('text')
  assert.equal(outputs.length, 2)
  for (const [at, program] of blocks('js').entries()) {
    it(`program ${at + 1} prints what the page says`, async () => {
      const env = { ...process.env, AMQP_URL: broker.amqpUrl!, KAFKA_BROKER: broker.kafkaBootstrap! }
      const args = ['--input-type=module', '--eval', program]
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env, timeout: 60_000 })
      assert.equal(stdout, outputs[at])
    })
  }
})
