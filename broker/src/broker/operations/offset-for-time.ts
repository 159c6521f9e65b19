/** Where to begin reading a partition, told by time. */
import { StreamRefusal } from '../stream-refusal.ts'
import type { Partition } from '../topic/partition.ts'

/** Where the first record at or after the time (ms since 1970) lies; `limit` if there is none below it. @throws StreamRefusal */
export function offsetForTime({ log }: Partition, timeMs: number, limit: number): Promise<number> {
  return new Promise((resolve, reject) => {
    log.offsetForTime(timeMs, limit, (error, found) => {
      if (error !== null) reject(new StreamRefusal('kafka-storage-error', error.message))
      else resolve(found?.offset ?? limit)
    })
  })
}
