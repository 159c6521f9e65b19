/** Record batches as a producer sends them. */
import { BatchBuilder, type BatchOptions } from '../../src/record/batch-builder.ts'

/** One batch with these values, without keys. */
export function batchOf(
  values: readonly string[],
  options: Partial<BatchOptions> = {},
  timestamp = Date.UTC(2026, 0, 1),
) {
  const builder = new BatchBuilder()
  for (const [offset, value] of values.entries()) {
    builder.append({ offset, timestamp, key: null, value: [Buffer.from(value)], headers: [] })
  }
  return builder.finish({ leaderEpoch: -1, ...options })
}
