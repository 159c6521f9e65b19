/** Runs every example in turn, each in a process of its own, and says how many passed; what a machine lacks tools for is skipped. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { exitCodeOfMissing } from './example.ts'

const examples = [
  'patterns/main.ts',
  'video/main.ts',
  'video-jobs/main.ts',
  'rpc-mq-rest/main.ts',
  'burst/main.ts',
  'log-lines/main.ts',
  'activity-log/main.ts',
  'read-process-write/main.ts',
  'streams-word-count/main.ts',
  'both-worlds/main.ts',
  'rest/main.ts',
  'services/main.ts',
  'outbox/main.ts',
  'concepts.ts',
]
const timeLimitMs = 120_000

let passed = 0
let skipped = 0
for (const path of examples) {
  console.log(`\n=== ${path}`)
  const file = fileURLToPath(new URL(path, import.meta.url))
  const { status } = spawnSync(process.execPath, [file], { stdio: 'inherit', timeout: timeLimitMs })
  if (status === 0) passed++
  else if (status === exitCodeOfMissing) skipped++
  else console.log(`=== ${path} failed (${status === null ? 'no exit code' : `exit code ${status}`})`)
}

const failed = examples.length - passed - skipped
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 ? 0 : 1
