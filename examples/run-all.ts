/** Runs every example in turn, each in a process of its own, and says how many passed. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const examples = [
  'patterns/main.ts',
  'video/main.ts',
  'video-jobs/main.ts',
  'rpc-mq-rest/main.ts',
  'burst/main.ts',
  'log-lines/main.ts',
  'activity-log/main.ts',
  'read-process-write/main.ts',
  'concepts.ts',
]
const timeLimitMs = 120_000

let passed = 0
for (const path of examples) {
  console.log(`\n=== ${path}`)
  const file = fileURLToPath(new URL(path, import.meta.url))
  const { status } = spawnSync(process.execPath, [file], { stdio: 'inherit', timeout: timeLimitMs })
  if (status === 0) passed++
  else console.log(`=== ${path} failed (${status === null ? 'no exit code' : `exit code ${status}`})`)
}

const failed = examples.length - passed
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
