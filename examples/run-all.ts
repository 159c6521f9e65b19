/**
 * Runs every example, each in a process of its own, and says how many passed; what a machine lacks tools for is skipped.
 * Two at a time, for they mostly wait; what one printed is shown when it has ended.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { exitCodeOfMissing } from './example.ts'

/** Those that take longest first. */
const examples = [
  'activity-log/main.ts',
  'streams-word-count/main.ts',
  'read-process-write/main.ts',
  'outbox/main.ts',
  'services/main.ts',
  'both-worlds/main.ts',
  'patterns/main.ts',
  'video/main.ts',
  'video-jobs/main.ts',
  'rpc-mq-rest/main.ts',
  'burst/main.ts',
  'log-lines/main.ts',
  'rest/main.ts',
  'concepts.ts',
]
const atATime = 2
const timeLimitMs = 310_000

/** What one process has compiled, the next ones need not. */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../.cache/compile', import.meta.url)), ...process.env }

function run(path: string): Promise<{ status: number | null; printed: string }> {
  const file = fileURLToPath(new URL(path, import.meta.url))
  const { promise, resolve } = Promise.withResolvers<{ status: number | null; printed: string }>()
  const child = execFile(
    process.execPath,
    [file],
    { env, timeout: timeLimitMs, maxBuffer: Number.POSITIVE_INFINITY },
    (_, stdout, stderr) => resolve({ status: child.exitCode, printed: stdout + stderr }),
  )
  return promise
}

let passed = 0
let skipped = 0
const waiting = [...examples]

async function runInTurn(): Promise<void> {
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const { status, printed } = await run(path)
    console.log(`\n=== ${path}\n${printed.trimEnd()}`)
    if (status === 0) passed++
    else if (status === exitCodeOfMissing) skipped++
    else console.log(`=== ${path} failed (${status === null ? 'no exit code' : `exit code ${status}`})`)
  }
}

await Promise.all(Array.from({ length: atATime }, runInTurn))
const failed = examples.length - passed - skipped
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 ? 0 : 1
