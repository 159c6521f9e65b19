import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashCompaction } from './compaction-crash.ts'

const SEEDS = Number(process.env.SEEDS ?? 1)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 1)
const FIRST_OPERATION = Number(process.env.FIRST_OPERATION ?? 0)
/** Operations from one end to the next; test:faults takes smaller steps. */
const STEP = Number(process.env.STEP ?? 8)

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
  for (const isKill of [false, true]) {
    test(`${isKill ? 'the process dies' : 'the power fails'} anywhere in a compaction (seed ${seed})`, async () => {
      assert.ok((await crashCompaction(seed, isKill, STEP, FIRST_OPERATION)) > 5)
    })
  }
}
