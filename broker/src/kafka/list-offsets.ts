/**
 * ListOffsets: where a partition begins and ends, and where a time begins in it. Times may have to be looked up in
 * files, so the answer goes when the last of them was found.
 */
import type { StreamError } from '../broker/stream-refusal.ts'
import type { Isolation, Partition } from '../broker/topic/partition.ts'
import { listOffsets } from '../wire/kafka/messages/list-offsets.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { epochError } from './leader-epoch.ts'
import { repeated } from './refusals.ts'

type Answer = ResponseOf<typeof listOffsets>
type Asked = RequestOf<typeof listOffsets>['topics'][number]['partitions'][number]
type Found = NonNullable<NonNullable<Answer['topics']>[number]['partitions']>[number]

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6

/** From which version on a client may ask for them. */
const SINCE = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])

export const listOffsetsHandler = handler(listOffsets, (request, call) => {
  const isolation: Isolation = request.isolationLevel === 1 ? 'committed' : 'uncommitted'
  const keyOf = (name: string, index: number): string => `${name} ${index}`
  const twice = repeated(
    request.topics.flatMap(({ name, partitions }) => partitions.map((one) => keyOf(name, one.partitionIndex))),
  )
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: new Array<Found>(partitions.length),
  }))
  let missing = 1
  const oneLess = (): void => {
    missing -= 1
    if (missing === 0) call.respond({ topics })
  }
  for (const [at, { name, partitions }] of request.topics.entries()) {
    for (const [place, asked] of partitions.entries()) {
      const { partitionIndex, timestamp } = asked
      const isTwice = twice.has(keyOf(name, partitionIndex))
      const partition = isTwice ? 'invalid-request' : partitionOf(name, asked, call)
      missing += 1
      const done = (found: Found): void => {
        topics[at].partitions[place] = { partitionIndex, ...found }
        oneLess()
      }
      if (typeof partition === 'string') done({ errorCode: errorCode(partition) })
      else if (timestamp < 0 && timestamp !== MAX_TIMESTAMP) done(known(partition, timestamp, isolation))
      else lookUp(partition, timestamp, isolation, done)
    }
  }
  oneLess()
})

function partitionOf(name: string, asked: Asked, call: Call<Answer>): Partition | StreamError {
  if (!call.may('describe', 'topic', name)) return 'topic-authorization-failed'
  const { timestamp, partitionIndex, currentLeaderEpoch } = asked
  if (timestamp < 0 && (SINCE.get(timestamp) ?? Number.POSITIVE_INFINITY) > call.version) return 'unsupported-version'
  const partition = call.vhost.streams.topics.get(name)?.partitions[partitionIndex]
  if (partition === undefined) return 'unknown-topic-or-partition'
  return epochError(partition.log.leaderEpoch, currentLeaderEpoch) ?? partition
}

function known(partition: Partition, timestamp: number, isolation: Isolation): Found {
  const { log } = partition
  if (timestamp === LATEST) return { offset: partition.limit(isolation), leaderEpoch: log.leaderEpoch }
  // There is no other tier, so nothing is in it and nothing waits to go there.
  if (timestamp === LATEST_TIERED || timestamp === EARLIEST_PENDING_UPLOAD) return {}
  return { offset: log.startOffset, leaderEpoch: epochAt(partition, log.startOffset) }
}

function lookUp(partition: Partition, timestamp: number, isolation: Isolation, done: (found: Found) => void): void {
  const { log } = partition
  const limit = partition.limit(isolation)
  const found = (error: Error | null, record: Found | null): void => {
    done(error === null ? (record ?? {}) : { errorCode: errorCode('kafka-storage-error') })
  }
  if (timestamp === MAX_TIMESTAMP) log.maxTimestamp(limit, found)
  else log.offsetForTime(timestamp, limit, found)
}

/** The epoch in which the record at an offset was written. */
function epochAt({ log }: Partition, offset: number): number {
  let epoch = -1
  for (const start of log.epochs) if (start.startOffset <= offset) epoch = start.epoch
  return epoch
}
