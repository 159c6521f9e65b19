import { test } from 'node:test'
import { liveThroughKafka } from './kafka-life.ts'

/** Other seeds, and more: test:faults. */
const SEEDS = Number(process.env.SEEDS ?? 10)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 0)

test(`${SEEDS} random histories of a broker with Kafka clients`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) await liveThroughKafka(seed)
})
