import { test } from 'node:test'
import { liveThroughFeeds } from './feed-life.ts'

const SEEDS = Number(process.env.SEEDS ?? 8)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 0)

test(`${SEEDS} random histories of topics and the queues bound to them`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) await liveThroughFeeds(seed)
})
