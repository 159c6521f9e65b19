import { test } from 'node:test'
import { liveThroughSources } from './source-life.ts'

const SEEDS = Number(process.env.SEEDS ?? 25)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 0)

test(`${SEEDS} random histories of queues over topics`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) await liveThroughSources(seed)
})
