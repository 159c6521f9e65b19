import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveThrough } from './life.ts'

/** Other seeds, and more: test:faults. */
const SEEDS = Number(process.env.SEEDS ?? 25)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 0)

test('a seed repeats its history', async () => {
  assert.deepEqual(await liveThrough(FIRST_SEED), await liveThrough(FIRST_SEED))
})

test(`${SEEDS} random histories`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) await liveThrough(seed)
})
