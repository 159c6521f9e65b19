import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { DirectoryLocked, lockDirectory } from '../../src/base/lock.ts'
import { createLogger } from '../../src/base/logger.ts'
import { SeededRandom, systemRandom } from '../../src/base/random.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'signalbox-lock-'))
after(() => rm(folder, { recursive: true }))

test('a manual clock fires timers in order, at their own time, and not once cleared', () => {
  const clock = new ManualClock(1000)
  const fired: string[] = []
  const note = (name: string) => () => fired.push(`${name}@${clock.now()}`)
  clock.setTimer(20, note('b'))
  clock.setTimer(10, () => {
    note('a')()
    clock.setTimer(5, note('nested'))
  })
  clock.setTimer(20, note('c'))
  const cleared = clock.setTimer(12, note('never'))
  clock.clearTimer(cleared)
  assert.equal(clock.nextTimer(), 10)
  clock.advance(19)
  clock.advance(6)
  assert.deepEqual(fired, ['a@1010', 'nested@1015', 'b@1020', 'c@1020'])
  assert.equal(clock.now(), 1025)
  assert.equal(clock.nextTimer(), undefined)
})

test('a seed repeats its sequence, other seeds do not; numbers spread over their range', () => {
  const draw = (seed: number) => Buffer.from(new SeededRandom(seed).bytes(64)).toString('hex')
  assert.equal(draw(5), draw(5))
  assert.equal(new Set(Array.from({ length: 1000 }, (_, seed) => draw(seed))).size, 1000)
  for (const random of [new SeededRandom(9), systemRandom]) {
    const counts = new Array(10).fill(0)
    for (let i = 0; i < 10_000; i++) counts[random.below(10)]++
    assert.ok(counts.every((count) => count > 800 && count < 1200))
    assert.equal(random.bytes(7).length, 7)
  }
})

test('a logger writes lines of its level and above', () => {
  const lines: string[] = []
  const logger = createLogger('warn', { write: (line) => lines.push(line) })
  logger.info({}, 'not this')
  logger.warn({ queue: 'jobs' }, 'this')
  assert.equal(lines.length, 1)
  const { time, ...line } = JSON.parse(lines[0])
  assert.deepEqual(line, { level: 'warn', queue: 'jobs', msg: 'this' })
  assert.ok(!Number.isNaN(Date.parse(time)))
})

test('a directory is locked once in a process, and again after its release', () => {
  const lock = lockDirectory(folder)
  assert.throws(
    () => lockDirectory(folder),
    (error) => {
      assert.ok(error instanceof DirectoryLocked)
      assert.equal(error.holder, process.pid)
      return error.message.includes(folder)
    },
  )
  lock.release()
  lock.release()
  lockDirectory(folder).release()
})

test('another process is named, and its kill -9 frees the lock', async () => {
  const holder = await lockElsewhere()
  assert.throws(() => lockDirectory(folder), new RegExp(`${folder} is in use by process ${holder.pid}`))
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  lockDirectory(folder).release()
})

test('loading the lock prints no warning', async () => {
  const holder = await lockElsewhere()
  let warnings = ''
  holder.stderr!.on('data', (text) => {
    warnings += text
  })
  holder.kill('SIGTERM')
  await once(holder, 'close')
  assert.equal(warnings, '')
})

async function lockElsewhere(): Promise<ChildProcess> {
  const module = new URL('../../src/base/lock.ts', import.meta.url).href
  const script = `import { lockDirectory } from '${module}'
    lockDirectory(process.argv[1]); setInterval(() => {}, 1000); console.log('locked')`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script, folder])
  await once(child.stdout, 'data')
  return child
}
