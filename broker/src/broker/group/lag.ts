/** How far a group is behind: from what it committed to what can be read, as Kafka's tools count it. */
import type { Topics } from '../topic/topics.ts'
import type { Group } from './group.ts'

/** Over all partitions it has committed in, or over those of one topic. */
export function lagOf(group: Group, topics: Topics | undefined, only: string | null = null): number {
  let lag = 0
  if (topics === undefined) return lag
  for (const [name, offsets] of group.offsets.topics) {
    if (only !== null && name !== only) continue
    const partitions = topics.get(name)?.partitions
    if (partitions === undefined) continue
    for (const [index, { offset }] of offsets) {
      const log = partitions[index]?.log
      if (log !== undefined) lag += Math.max(0, log.highWatermark - offset)
    }
  }
  return lag
}

/** Of one partition; 0 where nothing is committed. */
export function partitionLag(topics: Topics | undefined, group: Group, topic: string, partition: number): number {
  const offset = group.offsets.get(topic, partition)?.offset
  const log = topics?.get(topic)?.partitions[partition]?.log
  if (offset === undefined || log === undefined) return 0
  return Math.max(0, log.highWatermark - offset)
}
