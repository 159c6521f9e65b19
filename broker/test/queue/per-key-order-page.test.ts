/** Runs the program of docs/per-key-order.md as it stands there, and compares what it prints with the page. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startBroker } from '../../src/index.ts'

const root = join(import.meta.dirname, '../../..') // where amqplib is found
const page = readFileSync(join(root, 'docs/per-key-order.md'), 'utf8')
const block = (language: string) => new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page)![1]!

test('the program of docs/per-key-order.md prints what the page says', async () => {
  const broker = await startBroker({ memory: true })
  try {
    const env = { ...process.env, AMQP_URL: broker.amqpUrl! }
    const args = ['--input-type=module', '--eval', block('js')]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env, timeout: 60_000 })
    assert.equal(stdout, block('text'))
  } finally {
    await broker.stop()
  }
})
