/** Records that come from no producer: those of a call become one batch per partition, as a producer would send them. */
import { BatchBuilder, type RecordHeader } from '../../record/batch-builder.ts'
import { StreamRefusal } from '../stream-refusal.ts'
import { partitionOf } from '../topic/murmur2.ts'
import type { Partition } from '../topic/partition.ts'
import type { Topic } from '../topic/topic.ts'

export interface NewRecord {
  /** By the hash of the key, unless told. */
  readonly partition?: number | undefined
  readonly key: Uint8Array | null
  readonly value: readonly Uint8Array[] | null
  readonly headers: readonly RecordHeader[]
  /** ms since 1970; now, unless told. */
  readonly timestamp?: number | undefined
}

export interface AppendedRecord {
  readonly partition: number
  readonly offset: number
}

/** What goes to one partition, and where it stands in the call. */
interface Share {
  readonly builder: BatchBuilder
  readonly places: number[]
}

/** Of a batch that no leader has seen. */
const NO_EPOCH = -1

/**
 * Resolves, in the order given, when the records are as durable as the topic promises.
 * @param turn of the caller: records of one turn without a key go to the same partition
 * @throws StreamRefusal unknown-topic-or-partition before anything is appended; for what a partition did not take or keep
 */
export async function appendRecords(
  topic: Topic,
  records: readonly NewRecord[],
  turn: number,
  nowMs: number,
): Promise<AppendedRecord[]> {
  const appended: AppendedRecord[] = new Array(records.length)
  const kept: Promise<void>[] = []
  for (const [partition, { builder, places }] of shareOut(topic, records, turn, nowMs)) {
    const { baseOffset, endOffset, error, errorMessage } = partition.append(
      builder.finish({ leaderEpoch: NO_EPOCH }),
      nowMs,
    )
    if (error === null) kept.push(durable(partition, endOffset))
    else kept.push(Promise.reject(new StreamRefusal(error, errorMessage ?? error)))
    places.forEach((place, at) => {
      appended[place] = { partition: partition.index, offset: baseOffset + at }
    })
  }
  await Promise.all(kept)
  return appended
}

function shareOut(topic: Topic, records: readonly NewRecord[], turn: number, nowMs: number): Map<Partition, Share> {
  const shares = new Map<Partition, Share>()
  const { partitions } = topic
  records.forEach(({ partition: asked, key, value, headers, timestamp = nowMs }, place) => {
    const index = asked ?? (key === null ? turn % partitions.length : partitionOf(key, partitions.length))
    const partition = partitions[index]
    if (partition === undefined) {
      throw new StreamRefusal('unknown-topic-or-partition', `topic '${topic.name}' has no partition ${index}`)
    }
    let share = shares.get(partition)
    if (share === undefined) shares.set(partition, (share = { builder: new BatchBuilder(), places: [] }))
    share.builder.append({ offset: share.places.length, timestamp, key, value, headers })
    share.places.push(place)
  })
  return shares
}

function durable(partition: Partition, endOffset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    partition.whenDurable(endOffset, (failure) => {
      if (failure === null) resolve()
      else reject(new StreamRefusal(failure, `the records for ${partition} were not kept`))
    })
  })
}
