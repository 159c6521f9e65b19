/**
 * Faults against the real process: kill -9 under load, damaged data directories, a full disk.
 *   node broker/test/faults/main.ts [--minutes 3]
 * Kills repeat until the minutes are over, ten rounds at least.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { killUnderAcks, killUnderLoad } from './kill.ts'

const ROUNDS = 10

type Case = (dataDir: string) => Promise<string>

const once: [string, Case][] = []
const repeated: [string, Case][] = [
  ['kill -9 under confirmed load', (dataDir) => killUnderLoad(dataDir, ROUNDS)],
  ['kill -9 under acks', (dataDir) => killUnderAcks(dataDir, ROUNDS)],
]

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '0' } } })
const deadline = performance.now() + Number(values.minutes) * 60_000
let passed = 0
let failed = 0

for (const [name, run] of [...once, ...repeated]) await attempt(name, run)
while (performance.now() < deadline) for (const [name, run] of repeated) await attempt(name, run)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** The data directory of a failed case is kept, and named. */
async function attempt(name: string, run: Case): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'signalbox-faults-'))
  try {
    console.log(`passed: ${name}: ${await run(dataDir)}`)
    passed++
    await rm(dataDir, { recursive: true })
  } catch (error) {
    console.log(`FAILED: ${name}: ${error instanceof Error ? error.stack : error}\n  data directory: ${dataDir}`)
    failed++
  }
}
