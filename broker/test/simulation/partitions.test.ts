import { test } from 'node:test'
import { livePartitions } from './partition-life.ts'

const FIRST = Number(process.env.FIRST_SEED ?? 1)
/** Other seeds, and more: test:faults. */
const COUNT = Number(process.env.SEEDS ?? 10)

test(`${COUNT} random histories of partitions`, async () => {
  for (let seed = FIRST; seed < FIRST + COUNT; seed++) await livePartitions(seed)
})
