/**
 * Sets where a group goes on reading, while none of its members reads: as Kafka's own tool does it. Offsets beyond what a
 * partition holds are moved to its nearest end.
 */
import type { Group } from '../group/group.ts'
import { StreamRefusal } from '../stream-refusal.ts'
import type { Streams } from '../streams.ts'
import type { Partition } from '../topic/partition.ts'
import type { Topic } from '../topic/topic.ts'
import { offsetForTime } from './offset-for-time.ts'

/** `time`: ms since 1970, the first record at or after it; `shift`: by so many from where the group is. */
export type OffsetTarget =
  | 'earliest'
  | 'latest'
  | { readonly offset: number }
  | { readonly time: number }
  | { readonly shift: number }

export interface ResetOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Nobody's member. */
const BY_HAND = { memberId: '', instanceId: null, generation: -1, transactional: false }

/**
 * Makes the group if it is not there, so that it can be told before its first member comes. Durable with the catalog's
 * last round.
 * @param partitions of the topic
 * @throws StreamRefusal non-empty-group while there are members, invalid-request for a shift from nowhere
 */
export async function resetOffsets(
  streams: Streams,
  groupId: string,
  topic: Topic,
  partitions: readonly Partition[],
  target: OffsetTarget,
  nowMs: number,
): Promise<ResetOffset[]> {
  checkInactive(streams.groups.get(groupId), groupId)
  const found: ResetOffset[] = []
  for (const partition of partitions) {
    const committed = streams.groups.get(groupId)?.offsets.get(topic.name, partition.index)?.offset
    const offset = await offsetAt(partition, target, committed)
    found.push({ topic: topic.name, partition: partition.index, offset })
  }
  // Members may have come meanwhile.
  const group = streams.groups.committing(
    groupId,
    BY_HAND,
    partitions.map(({ index }) => [topic.id, index] as const),
  )
  if (typeof group === 'string') throw active(groupId, streams.groups.get(groupId))
  for (const one of found) {
    group.offsets.commit({ ...one, leaderEpoch: -1, metadata: '', committedMs: nowMs, expiresMs: -1 })
  }
  return found
}

function checkInactive(group: Group | undefined, id: string): void {
  if (group !== undefined && !group.isEmpty) throw active(id, group)
}

function active(id: string, group: Group | undefined): StreamRefusal {
  const text = `Offsets can only be reset if the group '${id}' is inactive, but the current state is ${group?.state}.`
  return new StreamRefusal('non-empty-group', text)
}

async function offsetAt(partition: Partition, target: OffsetTarget, committed: number | undefined): Promise<number> {
  const { startOffset, highWatermark } = partition.log
  const within = (offset: number): number => Math.min(Math.max(offset, startOffset), highWatermark)
  if (target === 'earliest') return startOffset
  if (target === 'latest') return highWatermark
  if ('offset' in target) return within(target.offset)
  if ('time' in target) return offsetForTime(partition, target.time, highWatermark)
  if (committed === undefined) {
    throw new StreamRefusal(
      'invalid-request',
      `Cannot shift offset of partition ${partition}: there is no committed one.`,
    )
  }
  return within(committed + target.shift)
}
