/** Progress: a bar on a terminal, a line now and then elsewhere, and never on stdout. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const SCRIPT = join(import.meta.dirname, 'progress.ts')

function run(command: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) =>
    execFile(command, args, (error, stdout, stderr) => (error ? reject(error) : resolve({ stdout, stderr }))),
  )
}

describe('progress', { concurrency: true }, () => {
  it('is a bar with rate and time left on a terminal', { skip: process.platform !== 'linux' }, async () => {
    const { stdout } = await run('script', '-qec', `${process.execPath} ${SCRIPT}`, '/dev/null')
    assert.match(stdout, /moving \[=+-+\] \d+% \| \d+\/60 messages \| [\d.]+\/s \| \d+s left/)
    assert.match(stdout, /moving \[=+\] 100% \| 60\/60 messages \| [\d.]+\/s \| 0s left/)
  })

  it('is a line every few seconds elsewhere, on stderr', async () => {
    const { stdout, stderr } = await run(process.execPath, SCRIPT)
    assert.equal(stdout, 'moved\n')
    assert.match(stderr, /^moving: \d+ of 60 messages, [\d.]+\/s, \d+(ms|s) left\n/)
    const unknown = await run(process.execPath, SCRIPT, 'unknown')
    assert.match(unknown.stderr, /^moving: \d+ messages, [\d.]+\/s\n/)
  })
})
