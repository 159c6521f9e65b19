import { test } from 'node:test'
import { liveThroughSchedules } from './schedule-life.ts'

const SEEDS = Number(process.env.SEEDS ?? 8)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 0)

test(`${SEEDS} random histories of schedules`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) await liveThroughSchedules(seed)
})
