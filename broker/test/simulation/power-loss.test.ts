import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveThrough } from './life.ts'
import { Run } from './run.ts'
import { aftermath, script } from './script.ts'

const SEEDS = Number(process.env.SEEDS ?? 100)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 0)
const OUTCOMES = 3

const small = { tailBytesMax: 256 << 10, journalFileBytes: 1 << 20 }

test('the script passes through every kind of operation', async () => {
  const run = new Run({ seed: 1, ...small })
  await run.open()
  await script(run)
  const kinds = new Set(run.trace.map((line) => line.replace(/ [^ ]*$/, '')))
  assert.deepEqual(
    [...kinds].sort(),
    ['create', 'make folder', 'remove', 'rename', 'sync', 'sync folder', 'write'],
    run.trace.join('\n'),
  )
})

for (const shards of [1, 3]) {
  test(`a scripted run, cut at every operation, ${shards} shard(s)`, async () => {
    for (let cut = 0; ; cut++) {
      const run = new Run({ seed: 1, shards, ...small })
      run.disk.powerOffAfter(cut)
      try {
        if (await run.open()) await script(run)
        if (!run.isOff) break
        await run.judgeOutcomes(OUTCOMES, aftermath)
      } catch (error) {
        throw new Error(`cut after operation ${cut}: ${run.disk.trace.slice(-3).join(', ')}`, { cause: error })
      }
    }
  })
}

test('a seed repeats its history', async () => {
  assert.deepEqual(await liveThrough(FIRST_SEED), await liveThrough(FIRST_SEED))
})

test(`${SEEDS} random histories`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) await liveThrough(seed)
})
