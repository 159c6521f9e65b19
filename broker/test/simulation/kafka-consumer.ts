/** Consumers: what they read goes into the book, where they are they commit, as members of a group or as nobody's member. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Attribute, attributes, batchLength, nextOffset } from '../../src/record/batch.ts'
import { consumerGroupHeartbeat } from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import { joinGroup } from '../../src/wire/kafka/messages/join-group.ts'
import { offsetCommit } from '../../src/wire/kafka/messages/offset-commit.ts'
import { offsetFetch } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { syncGroup } from '../../src/wire/kafka/messages/sync-group.ts'
import type { DecodedResponse } from '../../src/wire/kafka/schema.ts'
import { committed, records } from '../log/partition/compacted-log.ts'
import type { FoundOffset, KafkaBook } from './kafka-book.ts'
import { KafkaClient, type Line } from './kafka-line.ts'
import type { PartitionBook } from './kafka-partition-book.ts'
import type { KafkaRun } from './kafka-run.ts'

export const READ_COMMITTED = 1
const OFFSET_OUT_OF_RANGE = 1
const MEMBER_ID_REQUIRED = 79
const FETCH_BYTES = 100_000
const SESSION_MS = 1_800_000

export type Membership = 'none' | 'classic' | 'consumer'
type FetchedPartition = DecodedResponse<typeof fetch>['responses'][number]['partitions'][number]

export function fetchRequest(isolationLevel: number, positions: Iterable<[PartitionBook, number]>) {
  const topics = [...positions].map(([{ topic, index }, fetchOffset]) => ({
    topic,
    partitions: [{ partition: index, fetchOffset, partitionMaxBytes: FETCH_BYTES }],
  }))
  return { maxWaitMs: 0, minBytes: 0, maxBytes: FETCH_BYTES, isolationLevel, topics }
}

export function batchesIn(bytes: Uint8Array | null): Uint8Array[] {
  const batches: Uint8Array[] = []
  for (let at = 0; bytes !== null && at < bytes.length; ) {
    const end = at + batchLength(bytes, at)
    batches.push(bytes.subarray(at, end))
    at = end
  }
  return batches
}

/** What a reader from `offset` on makes of an answer. */
export function recordsIn(
  { records: bytes, abortedTransactions }: FetchedPartition,
  isolation: number,
  offset: number,
) {
  const batches = batchesIn(bytes)
  if (isolation !== READ_COMMITTED) {
    return batches
      .filter((one) => (attributes(one, 0) & Attribute.control) === 0)
      .flatMap((one) => records(one).filter((each) => each.offset >= offset))
  }
  const aborted = (abortedTransactions ?? []).map((one) => ({ ...one, lastOffset: -1, lastStableOffset: -1 }))
  return committed(batches, aborted, offset)
}

/** Asks for the offsets of a group, all of them. */
export function askOffsets(
  line: Line,
  book: KafkaBook,
  groupId: string,
  heard: (f: Map<PartitionBook, FoundOffset>) => void,
) {
  const topics = book.topics.map(([name, count]) => ({
    name,
    partitionIndexes: Array.from({ length: count }, (_, i) => i),
  }))
  line.ask(offsetFetch, 8, { groups: [{ groupId, topics }], requireStable: false }, ({ groups: [group] }) => {
    assert.equal(group.errorCode, 0)
    const found = new Map<PartitionBook, FoundOffset>()
    for (const { name, partitions } of group.topics) {
      for (const { partitionIndex, committedOffset, metadata } of partitions) {
        const partition = book.partitions.find((one) => one.topic === name && one.index === partitionIndex)!
        if (committedOffset >= 0) found.set(partition, { offset: committedOffset, metadata: metadata! })
      }
    }
    heard(found)
  })
}

export class Consumer extends KafkaClient {
  readonly group: string
  private readonly run: KafkaRun
  private readonly membership: Membership
  private readonly isolation: number
  private readonly positions = new Map<PartitionBook, number>()
  private isBusy = false
  private memberId = ''
  /** Generation, or epoch of the member. */
  private generation = -1
  private commits = 0

  constructor(run: KafkaRun, group: string, membership: Membership, isolation: number) {
    super()
    this.run = run
    this.group = group
    this.membership = membership
    this.isolation = isolation
    if (membership === 'consumer') this.memberId = randomUUID()
  }

  act(): void {
    if (this.isBusy) return
    if (this.membership !== 'none' && this.generation < 0) this.join()
    else if (this.positions.size === 0) this.position()
    else if (this.run.random.chance(1, 3)) this.commit()
    else this.fetch()
  }

  protected resumed(): void {
    this.isBusy = false
    this.positions.clear()
  }

  /** It goes on where its group is. */
  private position(): void {
    this.isBusy = true
    askOffsets(this.line, this.run.book, this.group, (found) => {
      this.isBusy = false
      for (const partition of this.run.book.partitions) {
        this.positions.set(partition, found.get(partition)?.offset ?? 0)
      }
    })
  }

  private fetch(): void {
    this.isBusy = true
    const positions = [...this.positions]
    this.line.ask(fetch, 11, fetchRequest(this.isolation, positions), ({ errorCode, responses }) => {
      assert.equal(errorCode, 0)
      this.isBusy = false
      const answers = responses.flatMap((topic) => topic.partitions)
      assert.equal(answers.length, positions.length)
      for (const [i, [partition, position]] of positions.entries()) this.take(partition, position, answers[i])
    })
  }

  private take(partition: PartitionBook, position: number, answer: FetchedPartition): void {
    const { errorCode, highWatermark, lastStableOffset, logStartOffset } = answer
    if (errorCode === OFFSET_OUT_OF_RANGE) {
      assert.ok(position < logStartOffset, `${this.group} is at ${position} of ${partition}, beyond its end`)
      assert.ok(logStartOffset <= partition.startAsked, `${partition} begins at ${logStartOffset}`)
      this.positions.set(partition, logStartOffset)
      return
    }
    assert.equal(errorCode, 0)
    assert.ok(lastStableOffset <= highWatermark)
    partition.highWatermark = Math.max(partition.highWatermark, highWatermark)
    for (const one of this.run.book.allTransactions()) {
      one.checkStable(partition, lastStableOffset, this.run.clock.now())
    }
    for (const { offset, value } of recordsIn(answer, this.isolation, position)) {
      assert.ok(offset < highWatermark, `${partition}: ${offset} is seen, beyond the high watermark ${highWatermark}`)
      partition.note(offset, value!)
      const record = partition.sent.get(value!)!
      if (this.isolation === READ_COMMITTED) record.transaction?.seen(record, offset)
    }
    const last = batchesIn(answer.records).at(-1)
    if (last !== undefined) this.positions.set(partition, nextOffset(last, 0))
  }

  private commit(): void {
    const { run, group: groupId, memberId, generation } = this
    const metadata = `${groupId}.${this.commits++}`
    const commits = [...this.positions].map(([partition, offset]) => {
      const commit = { metadata, offset, isAnswered: false }
      run.book.commit(groupId, partition, commit)
      return { partition, commit }
    })
    const topics = commits.map(({ partition: { topic: name, index }, commit: { offset } }) => ({
      name,
      partitions: [{ partitionIndex: index, committedOffset: offset, committedMetadata: metadata }],
    }))
    const request = { groupId, memberId, generationIdOrMemberEpoch: generation, topics }
    this.line.ask(offsetCommit, 9, request, (answer) => {
      const codes = answer.topics.flatMap((topic) => topic.partitions.map((one) => one.errorCode))
      for (const [i, { commit }] of commits.entries()) commit.isAnswered = codes[i] === 0
      if (codes.some((code) => code !== 0)) this.expelled()
    })
  }

  private expelled(): void {
    assert.notEqual(this.membership, 'none')
    this.generation = -1
    if (this.membership === 'classic') this.memberId = ''
  }

  private join(): void {
    this.isBusy = true
    if (this.membership === 'classic') this.joinClassic()
    else this.joinConsumer()
  }

  private joinClassic(): void {
    const groupId = this.group
    const protocols = [{ name: 'range', metadata: new Uint8Array(0) }]
    const request = {
      groupId,
      memberId: this.memberId,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: 1000,
      protocolType: 'consumer',
      protocols,
    }
    this.line.ask(joinGroup, 5, request, ({ errorCode, memberId, generationId }) => {
      this.memberId = errorCode === 0 || errorCode === MEMBER_ID_REQUIRED ? memberId : ''
      if (errorCode !== 0) {
        this.isBusy = false
        return
      }
      const assignments = [{ memberId, assignment: new Uint8Array(0) }]
      this.line.ask(syncGroup, 3, { groupId, generationId, memberId, assignments }, (answer) => {
        this.isBusy = false
        if (answer.errorCode === 0) this.generation = generationId
      })
    })
  }

  private joinConsumer(): void {
    const { group: groupId, memberId } = this
    const subscribedTopicNames = this.run.book.topics.map(([name]) => name)
    const request = {
      groupId,
      memberId,
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames,
      topicPartitions: [],
    }
    this.line.ask(consumerGroupHeartbeat, 1, request, ({ errorCode, memberEpoch }) => {
      this.isBusy = false
      assert.equal(errorCode, 0)
      this.generation = memberEpoch
    })
  }
}
