/**
 * `npm test`: every test file, a few processes at a time. Most of a small file's time is the loading of what it tests, so
 * the files of a room share a process, a dozen at most; those that look at a whole process have one to themselves.
 * What a process says is printed when it ends, what failed at the end of all, and the last line counts.
 * `npm test -- FILE…` runs these files alone.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** One more than can compute at a time: some wait for what takes its time. */
const PROCESSES = availableParallelism() + 1
const SHARING_MAX = 12
const TIMEOUT_MS = 300_000
/** A process that goes on is ended, and has failed. */
const PROCESS_TIMEOUT_MS = 450_000
const FILES = [
  'broker/test/**/*.test.ts',
  'client/test/**/*.test.ts',
  'console/src/**/*.test.ts',
  'console/test/*.test.ts',
]
/** They start processes and wait for them, or count what a process has open or has allocated, or fill it. */
const ALONE = /^broker\/test\/(cli\/.*|base\/disk|log\/memory|topic\/feed)\.test\.ts$/
/** Which take longest, so that none of them is the last to begin. */
const FIRST = ['broker/test/simulation', 'broker/test/cli', 'broker/test/log', 'broker/test/queue']

const root = join(import.meta.dirname, '..')
const count = { passed: 0, failed: 0 }
const failures: string[] = []

function groups(files: readonly string[]): string[][] {
  const rooms = Map.groupBy(files.toSorted(), (file) => (ALONE.test(file) ? file : roomOf(file)))
  const names = [...rooms.keys()].sort((a, b) => rank(a) - rank(b))
  return names.flatMap((name) => inParts(rooms.get(name)!))
}

/** `broker/test/log`, `client/test`. */
function roomOf(file: string): string {
  const [part, folder, room] = file.split('/')
  return part === 'broker' && !room!.endsWith('.ts') ? `${part}/${folder}/${room}` : `${part}/${folder}`
}

function rank(name: string): number {
  const place = FIRST.findIndex((room) => name.startsWith(room))
  return place < 0 ? FIRST.length : place
}

/** Dealt out in turn, because neighbours by name are often alike in what they take. */
function inParts(files: readonly string[]): string[][] {
  const parts = Math.ceil(files.length / SHARING_MAX)
  return Array.from({ length: parts }, (_, part) => files.filter((_, at) => at % parts === part))
}

/** Resolves when the process has ended and was counted. */
function run(files: readonly string[]): Promise<void> {
  const flags = ['--test', '--test-isolation=none', '--test-reporter=spec', `--test-timeout=${TIMEOUT_MS}`]
  const compileCache = join(root, 'broker/test/compile-cache.js')
  const child = spawn(process.execPath, ['--import', compileCache, ...flags, ...files], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROCESS_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      const told = `${files.join(' ')}\n${said}`
      const failed = summed(said, 'fail') + summed(said, 'cancelled')
      const passed = summed(said, 'pass')
      count.passed += passed
      if (code === 0 && failed === 0 && passed > 0) process.stdout.write(told)
      else {
        // One that ended early has not said what failed.
        count.failed += Math.max(failed, 1)
        failures.push(`${told}FAILED (${code ?? signal}): ${files.join(' ')}\n`)
      }
      resolve()
    }),
  )
}

function summed(said: string, word: string): number {
  return Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(said)?.[1] ?? 0)
}

async function runAll(waiting: string[][]): Promise<void> {
  for (let files = waiting.shift(); files !== undefined; files = waiting.shift()) await run(files)
}

const asked = process.argv.slice(2)
const waiting = groups(globSync(asked.length > 0 ? asked : FILES, { cwd: root }))
if (waiting.length === 0) throw new Error('no test file has that name')
await Promise.all(Array.from({ length: PROCESSES }, () => runAll(waiting)))
process.stdout.write(failures.join(''))
console.log(`${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed > 0 ? 1 : 0
