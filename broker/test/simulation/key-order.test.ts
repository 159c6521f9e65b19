import { test } from 'node:test'
import { checkKeyOrder } from './key-order-life.ts'

test('of one key one at a time, in order, through every kind of end', () =>
  checkKeyOrder({ numRuns: Number(process.env.RUNS ?? 40), endOnFailure: process.env.RUNS !== undefined }))
