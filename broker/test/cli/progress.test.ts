/** Progress: a bar on a terminal, a line now and then elsewhere, and never on stdout. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { printedBy, terminals } from './terminals.ts'

const SCRIPT = join(import.meta.dirname, 'progress.ts')

const run = (...args: string[]) => promisify(execFile)(process.execPath, [SCRIPT, ...args])

describe('progress', { concurrency: true }, () => {
  for (const { kind, skip, start } of terminals) {
    it(`is a bar with rate and time left on ${kind}`, { skip }, async () => {
      const printed = await printedBy(start([SCRIPT]))
      assert.match(printed, /moving \[=+-+\] \d+% \| \d+\/60 messages \| [\d.]+\/s \| \d+s left/)
      assert.match(printed, /moving \[=+\] 100% \| 60\/60 messages \| [\d.]+\/s \| 0s left/)
    })
  }

  it('is a line every few seconds elsewhere, on stderr', async () => {
    const { stdout, stderr } = await run()
    assert.equal(stdout, 'moved\n')
    assert.match(stderr, /^moving: \d+ of 60 messages, [\d.]+\/s, \d+(ms|s) left\n/)
    const unknown = await run('unknown')
    assert.match(unknown.stderr, /^moving: \d+ messages, [\d.]+\/s\n/)
  })
})
