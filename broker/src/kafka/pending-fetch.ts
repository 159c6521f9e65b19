/**
 * A Fetch on its way: it reads partition after partition within its bounds, and, where that is not enough, stands with
 * the partitions as a watcher until one of them moves or its time is up. Sizes are soft (KIP-74): the first batch of all
 * is given whole, however large.
 */
import type { Timer } from '../base/clock.ts'
import { giveBackAll, type Loan } from '../base/loan.ts'
import { TurnPhase, type TurnTask } from '../base/turn.ts'
import type { StreamError } from '../broker/stream-refusal.ts'
import type { Isolation, Partition, PartitionWatcher } from '../broker/topic/partition.ts'
import type { fetch } from '../wire/kafka/messages/fetch.ts'
import { type ResponseOf, ZERO_UUID } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import type { FetchRequest } from './fetch.ts'
import type { FetchEntry, FetchSession } from './fetch-session.ts'
import type { Call } from './handler.ts'
import { epochError } from './leader-epoch.ts'

type Answer = ResponseOf<typeof fetch>
type TopicAnswer = NonNullable<Answer['responses']>[number]
type PartitionAnswer = NonNullable<TopicAnswer['partitions']>[number]

const NO_RECORDS = new Uint8Array(0)
const READ_COMMITTED = 1
/** Kafka's `fetch.max.bytes` of brokers: more is not given at once, whatever is asked for. */
const FETCH_BYTES_MAX = 55 << 20

/** What was found for one entry. */
interface Found {
  error: StreamError | null
  parts: Uint8Array[]
  bytes: number
  diverging: { epoch: number; endOffset: number } | null
  partition: Partition | null
  /** Of what is read, told when the read began: what is deleted meanwhile is given, and nothing tells of it any more. */
  aborted: AbortedRecords[]
}

interface AbortedRecords {
  readonly producerId: number
  readonly firstOffset: number
}

export class PendingFetch implements PartitionWatcher, TurnTask {
  scheduled = false
  private readonly request: FetchRequest
  private readonly call: Call<Answer>
  private readonly entries: readonly FetchEntry[]
  private readonly session: FetchSession | null
  /** All partitions are to be answered, not only those with news. */
  private readonly isWhole: boolean
  private readonly isolation: Isolation
  private readonly partitions: (Partition | StreamError)[] = []
  private found: Found[] = []
  private next = 0
  private bytes = 0
  /** Memory that what was found lies in. */
  private loans: Loan[] = []
  private timer: Timer | null = null
  private watching = false
  private gathering = false
  private movedMeanwhile = false
  /** Something had to be read from files. */
  private turned = false
  private expired = false
  private done = false

  constructor(
    request: FetchRequest,
    call: Call<Answer>,
    entries: readonly FetchEntry[],
    session: FetchSession | null,
    isWhole: boolean,
  ) {
    this.request = request
    this.call = call
    this.entries = entries
    this.session = session
    this.isWhole = isWhole
    this.isolation = request.isolationLevel === READ_COMMITTED ? 'committed' : 'uncommitted'
  }

  begin(): void {
    for (const entry of this.entries) this.partitions.push(this.partitionOf(entry))
    this.expired = this.request.maxWaitMs <= 0
    this.gather()
  }

  /** Called for each partition that moved; they are looked at together. */
  partitionAdvanced(): void {
    if (this.gathering) this.movedMeanwhile = true
    else this.call.context.broker.turn.schedule(TurnPhase.deliver, this)
  }

  runTurn(): void {
    if (!this.done && !this.gathering) this.gather()
  }

  private partitionOf({ topic: name, topicId, index }: FetchEntry): Partition | StreamError {
    const { topics } = this.call.vhost.streams
    const byId = topicId !== ZERO_UUID
    const topic = byId ? topics.byId(topicId) : topics.get(name)
    if (topic === undefined && byId) return 'unknown-topic-id'
    if (!this.call.may('read', 'topic', topic?.name ?? name)) return 'topic-authorization-failed'
    return topic?.partitions[index] ?? 'unknown-topic-or-partition'
  }

  private gather(): void {
    this.gathering = true
    this.movedMeanwhile = false
    this.giveBack()
    this.found = []
    this.next = 0
    this.bytes = 0
    this.readOn()
  }

  /** Reads the entries in order; those that lie in files go on in a later turn. */
  private readOn(): void {
    while (this.next < this.entries.length) {
      const at = this.next++
      let returned = false
      let waits = false
      this.readEntry(at, () => {
        returned = true
        if (waits) this.readOn()
      })
      if (!returned) {
        waits = this.turned = true
        return
      }
    }
    this.gathering = false
    this.gathered()
  }

  private readEntry(at: number, then: () => void): void {
    const entry = this.entries[at]
    const partition = this.partitions[at]
    const found: Found = { error: null, parts: [], bytes: 0, diverging: null, partition: null, aborted: [] }
    this.found.push(found)
    if (typeof partition === 'string') {
      found.error = partition
      then()
      return
    }
    found.partition = partition
    const { log } = partition
    found.error = epochError(log.leaderEpoch, entry.currentLeaderEpoch)
    found.diverging = found.error === null ? divergence(partition, entry) : null
    const room = Math.min(this.request.maxBytes, FETCH_BYTES_MAX) - this.bytes
    if (found.error !== null || found.diverging !== null) then()
    else if (room <= 0 && this.bytes > 0) {
      found.error = this.outOfRange(partition, entry)
      then()
    } else {
      const bytesMax = Math.max(0, Math.min(room, entry.partitionMaxBytes))
      if (this.isolation === 'committed') found.aborted = abortedFrom(partition, entry.fetchOffset)
      found.error = partition.read(entry.fetchOffset, this.isolation, bytesMax, (error, parts, loan) => {
        if (loan !== null) this.loans.push(loan)
        this.take(found, partition, entry, error, parts, bytesMax)
        then()
      })
      if (found.error !== null) then()
    }
  }

  private outOfRange({ log }: Partition, { fetchOffset }: FetchEntry): StreamError | null {
    return fetchOffset < log.startOffset || fetchOffset > log.endOffset ? 'offset-out-of-range' : null
  }

  private take(
    found: Found,
    partition: Partition,
    entry: FetchEntry,
    error: Error | null,
    parts: Uint8Array[],
    bytesMax: number,
  ): void {
    if (error !== null) {
      // Removed by retention while it was being read, or damaged.
      found.error = this.outOfRange(partition, entry) ?? 'kafka-storage-error'
      if (found.error === 'kafka-storage-error') {
        this.call.context.broker.logger.error({ partition: String(partition), error: error.message }, 'cannot be read')
      }
      return
    }
    let bytes = 0
    for (const part of parts) bytes += part.length
    if (bytes > bytesMax && this.bytes > 0) return
    found.parts = parts
    found.bytes = bytes
    this.bytes += bytes
  }

  private gathered(): void {
    if (this.call.closed) {
      this.end()
      return
    }
    const isReady =
      this.expired ||
      this.bytes >= this.request.minBytes ||
      this.entries.length === 0 ||
      this.found.some((one) => one.error !== null || one.diverging !== null)
    if (isReady) {
      this.answer()
      return
    }
    // It is read anew by then.
    this.giveBack()
    if (this.movedMeanwhile) this.call.context.broker.turn.schedule(TurnPhase.deliver, this)
    else if (!this.watching) {
      this.watch()
      // Nobody told of what moved while files were read.
      if (this.turned) this.gather()
    }
  }

  private giveBack(): void {
    giveBackAll(this.loans)
    this.loans = []
  }

  private watch(): void {
    this.watching = true
    for (const partition of this.partitions) if (typeof partition !== 'string') partition.watch(this)
    this.timer = this.call.context.broker.clock.setTimer(this.request.maxWaitMs, () => {
      this.expired = true
      if (!this.gathering && !this.done) this.gather()
    })
    this.call.onClosed(() => this.end())
  }

  private end(): void {
    this.done = true
    if (!this.watching) return
    this.watching = false
    for (const partition of this.partitions) if (typeof partition !== 'string') partition.unwatch(this)
    if (this.timer !== null) this.call.context.broker.clock.clearTimer(this.timer)
  }

  private answer(): void {
    if (this.done) return
    this.end()
    const responses: (TopicAnswer & { partitions: PartitionAnswer[] })[] = []
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i]
      const found = this.found[i]
      if (!this.isWhole && !hasNews(found, entry)) continue
      const last = responses.at(-1)
      const partition = this.partitionAnswer(found, entry)
      if (last?.topic === entry.topic && last.topicId === entry.topicId) last.partitions.push(partition)
      else responses.push({ topic: entry.topic, topicId: entry.topicId, partitions: [partition] })
    }
    this.call.respond({ errorCode: 0, sessionId: this.session?.id ?? 0, responses }, this.loans)
  }

  private partitionAnswer(found: Found, entry: FetchEntry): PartitionAnswer {
    const log = found.partition?.log
    if (log === undefined) {
      return { partitionIndex: entry.index, errorCode: errorCode(found.error), highWatermark: -1, records: NO_RECORDS }
    }
    entry.highWatermark = found.error === null ? log.highWatermark : -2
    entry.logStartOffset = log.startOffset
    found.partition!.bytesOut += found.bytes
    const aborted = found.bytes > 0 ? found.aborted : []
    return {
      partitionIndex: entry.index,
      errorCode: errorCode(found.error),
      highWatermark: log.highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset: log.startOffset,
      ...(found.diverging === null ? {} : { divergingEpoch: found.diverging }),
      abortedTransactions: this.isolation === 'committed' ? aborted : null,
      records: found.parts.length === 0 ? NO_RECORDS : found.parts,
    }
  }
}

/** Those that have records in what a reader may be given now. */
function abortedFrom(partition: Partition, offset: number): AbortedRecords[] {
  const limit = partition.limit('committed')
  if (offset >= limit) return []
  return partition
    .abortedTransactions(offset, limit)
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
}

function hasNews(found: Found, entry: FetchEntry): boolean {
  if (found.error !== null || found.diverging !== null || found.bytes > 0) return true
  const { highWatermark, startOffset } = found.partition!.log
  return highWatermark !== entry.highWatermark || startOffset !== entry.logStartOffset
}

/** Whether the client's log went another way than this one (KIP-320): then where they part. */
function divergence({ log }: Partition, entry: FetchEntry): { epoch: number; endOffset: number } | null {
  if (entry.lastFetchedEpoch < 0) return null
  const end = log.endOffsetForEpoch(entry.lastFetchedEpoch)
  if (end === null) return null
  return end.epoch < entry.lastFetchedEpoch || end.endOffset < entry.fetchOffset ? end : null
}
