import { test } from 'node:test'
import { liveThroughBroker } from './broker-life.ts'

const SEEDS = Number(process.env.SEEDS ?? 25)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 0)

test(`${SEEDS} random histories of a broker`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) await liveThroughBroker(seed)
})
