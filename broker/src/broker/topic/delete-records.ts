/** Records deleted on demand: the start of a partition is raised. Durable with `Topics.whenKept`. */
import type { StreamError } from '../stream-refusal.ts'
import type { Partition } from './partition.ts'
import type { Topic } from './topic.ts'

/** @returns why the records below the offset stay, or null */
export function deleteRecords(topic: Topic, partition: Partition, before: number): StreamError | null {
  if (topic.internal) return 'invalid-topic-exception'
  const { cleanupPolicy } = topic.config
  if (cleanupPolicy.compact && !cleanupPolicy.delete) return 'policy-violation'
  return before < 0 ? 'offset-out-of-range' : partition.deleteRecords(before)
}
