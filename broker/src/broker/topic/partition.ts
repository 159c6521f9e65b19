/**
 * One partition of a topic: what a producer's batch must be to enter the log, who waits for it to be durable, and what
 * readers may see.
 */
import { readInt16, readInt64, writeInt64 } from '../../base/bytes.ts'
import type { AbortedTransaction, PartitionLog, ReadDone } from '../../log/partition/partition-log.ts'
import { Attribute, BATCH_HEAD_BYTES, codecOf, Field, inspectBatch, recordsCount } from '../../record/batch.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { repackBatch, stampAppendTime } from '../../record/compressed-batch.ts'
import { CompressionError } from '../../record/compression.ts'
import { encodeMarker } from '../../record/control-batch.ts'
import { checkRecords, FAULT_ERRORS, OPEN_FACTOR_MAX, type RecordError } from '../../record/validate.ts'
import type { StreamError } from '../stream-refusal.ts'
import type { TopicConfig } from './topic-config.ts'

/** `uncommitted` reads to the high watermark, `committed` to the last stable offset. */
export type Isolation = 'uncommitted' | 'committed'

export interface Appended {
  readonly error: StreamError | null
  readonly errorMessage: string | null
  readonly recordErrors: readonly RecordError[]
  /** Of the first record, of the original if this is a duplicate; -1 with an error. */
  readonly baseOffset: number
  /** Behind the last record: durable when the high watermark reaches it. */
  readonly endOffset: number
  /** With LogAppendTime, ms; else -1. */
  readonly logAppendTimeMs: number
}

/** Whom to tell that a partition moved; compared by identity. */
export interface PartitionWatcher {
  partitionAdvanced(partition: Partition): void
}

/** Whom to tell that records are about to be removed. */
export interface RemovalWatcher {
  /** What is below the offset can be read now, but perhaps not any more after this returns. */
  recordsLeaving(below: number): void
}

/** Who hands on what is appended here, whoever appended it. */
export interface PartitionFollower {
  /** The start, the high watermark or the last stable offset moved, or the topic was deleted. */
  partitionAdvanced(): void
}

/** Who may need records that retention would remove. */
export interface RetentionHolder {
  /** Records from here on are to stay; Infinity: none. */
  readonly holdsFrom: number
  /** What is below `due` would be removed, but for holders. */
  retentionDue(partition: Partition, due: number): void
}

type DurableTask = (error: StreamError | null) => void

const NUMBERS = [Field.producerId, Field.baseTimestamp, Field.maxTimestamp]

const head = new BatchHead()

export class Partition {
  readonly topicName: string
  readonly topicId: string
  readonly index: number
  readonly log: PartitionLog
  /** Null as long as nothing is bound to the topic. */
  follower: PartitionFollower | null = null
  /** Since the start: appended, markers left out, and read by whoever reads. */
  recordsIn = 0
  bytesIn = 0
  bytesOut = 0
  readonly removalWatchers = new Set<RemovalWatcher>()
  readonly holders = new Set<RetentionHolder>()
  private config: TopicConfig
  /** In the order of their offsets. */
  private waiting: { endOffset: number; task: DurableTask }[] = []
  private readonly watchers = new Set<PartitionWatcher>()

  constructor(topicName: string, topicId: string, index: number, log: PartitionLog, config: TopicConfig) {
    this.topicName = topicName
    this.topicId = topicId
    this.index = index
    this.log = log
    this.config = config
    log.onAdvance = () => this.advanced()
    log.onRemoving = (below) => {
      for (const watcher of this.removalWatchers) watcher.recordsLeaving(below)
    }
  }

  /** Takes effect for what is appended from now on. */
  configure(config: TopicConfig): void {
    this.config = config
  }

  /** Checks and appends what a producer sent: one record batch. `records` belongs to the log from here on. */
  append(records: Uint8Array, now: number): Appended {
    const wrong = this.checkBatch(records)
    if (wrong !== null) return wrong
    const { producers } = this.log
    if (head.producerId >= 0) {
      const found = producers.check(head)
      if (typeof found === 'string') return refused(found, this.sequenceMessage(found))
      if (found !== null) return this.duplicate(found.baseOffset, found.lastOffset, found.timestamp)
    }
    const isStamped = this.config.messageTimestampType === 'LogAppendTime'
    const denied = checkRecords(records, 0, this.rules(now, isStamped))
    if (denied !== null) return { ...refused(denied.error, denied.message), recordErrors: denied.recordErrors }
    return this.appendBuilt(records, now)
  }

  /** As `append` for a batch that is in order: the broker built it itself, or it was checked. */
  appendBuilt(records: Uint8Array, now: number): Appended {
    let batch = records
    if (this.config.compressionType !== 'producer') {
      const packed = this.repacked(records)
      if (packed instanceof CompressionError) return refused(FAULT_ERRORS[packed.fault], packed.message)
      batch = packed
    }
    return this.appendAsIs(batch, now)
  }

  /** As `appendBuilt`, whatever codec the topic is kept in. */
  appendAsIs(batch: Uint8Array, now: number): Appended {
    const isStamped = this.config.messageTimestampType === 'LogAppendTime'
    if (isStamped) stampAppendTime(batch, 0, now)
    const baseOffset = this.log.append(batch, now)
    this.recordsIn += recordsCount(batch, 0)
    this.bytesIn += batch.length
    return {
      error: null,
      errorMessage: null,
      recordErrors: [],
      baseOffset,
      endOffset: this.log.endOffset,
      logAppendTimeMs: isStamped ? now : -1,
    }
  }

  /** Head, size and checksum. Leaves the batch's head in `head`. */
  private checkBatch(records: Uint8Array): Appended | null {
    const { maxMessageBytes } = this.config
    if (records.length < BATCH_HEAD_BYTES) return refused('corrupt-message', `the batch of ${this} is cut`)
    if (records.length > maxMessageBytes) {
      const what = `The record batch size in the append to ${this} is ${records.length} bytes which exceeds the maximum configured value of ${maxMessageBytes}.`
      return refused('message-too-large', what)
    }
    const state = inspectBatch(records, 0, records.length)
    if (state !== 'valid') return refused('corrupt-message', `the batch for ${this} is not in order: ${state}`)
    // Beyond what this broker can name: no client counts so far.
    if (NUMBERS.some((field) => readInt64Safe(records, field) === null)) {
      return refused('invalid-record', `the batch for ${this} holds a number beyond 2^53`)
    }
    // What its producer counted from means nothing here, and stands outside the checksum.
    writeInt64(records, Field.baseOffset, 0)
    head.read(records, 0)
    if (head.length !== records.length) {
      return refused('invalid-record', `the records for ${this} are more than one record batch`)
    }
    if (head.isControl) return refused('invalid-record', `Control records may not be sent by clients, as to ${this}`)
    if (head.recordsCount <= 0) return refused('invalid-record', `the batch for ${this} has no records`)
    if (head.lastOffsetDelta !== head.recordsCount - 1) {
      const what = `its last offset delta is ${head.lastOffsetDelta}, but it counts ${head.recordsCount} records`
      return refused('invalid-record', `the batch for ${this} is not in order: ${what}`)
    }
    if (head.producerId >= 0 && (head.baseSequence < 0 || head.producerEpoch < 0)) {
      return refused('invalid-record', `the batch for ${this} names a producer, but no epoch or sequence`)
    }
    if (head.isTransactional && head.producerId < 0) {
      return refused('invalid-record', `the batch for ${this} is transactional, but names no producer`)
    }
    return null
  }

  private rules(now: number, isStamped: boolean) {
    const { cleanupPolicy, messageTimestampBeforeMaxMs, messageTimestampAfterMaxMs, maxMessageBytes } = this.config
    return {
      topicPartition: String(this),
      keysRequired: cleanupPolicy.compact,
      timestampMin: isStamped ? Number.NEGATIVE_INFINITY : now - messageTimestampBeforeMaxMs,
      timestampMax: isStamped ? Number.POSITIVE_INFINITY : now + messageTimestampAfterMaxMs,
      openBytesMax: maxMessageBytes * OPEN_FACTOR_MAX,
    }
  }

  private repacked(records: Uint8Array): Uint8Array | CompressionError {
    const { compressionType, maxMessageBytes } = this.config
    const codec = compressionType === 'uncompressed' || compressionType === 'producer' ? 'none' : compressionType
    try {
      return repackBatch(records, 0, codec, maxMessageBytes * OPEN_FACTOR_MAX)
    } catch (error) {
      if (error instanceof CompressionError) return error
      throw error
    }
  }

  private duplicate(baseOffset: number, lastOffset: number, timestamp: number): Appended {
    const isStamped = this.config.messageTimestampType === 'LogAppendTime'
    return {
      error: null,
      errorMessage: null,
      recordErrors: [],
      baseOffset,
      endOffset: lastOffset + 1,
      logAppendTimeMs: isStamped ? timestamp : -1,
    }
  }

  private sequenceMessage(error: StreamError): string {
    const state = this.log.producers.get(head.producerId)
    const last = state?.batches.at(-1)?.lastSequence ?? -1
    const found = `epoch ${head.producerEpoch}, sequence ${head.baseSequence}`
    const known = `epoch ${state?.producerEpoch ?? -1}, last sequence ${last}`
    return `${error}: producer ${head.producerId} sent ${found} to ${this}, which knows of ${known}`
  }

  /** Appends the control record that ends a producer's transaction here. @returns the offset behind it */
  appendMarker(
    producerId: number,
    producerEpoch: number,
    coordinatorEpoch: number,
    commit: boolean,
    now: number,
  ): number {
    this.log.append(encodeMarker({ producerId, producerEpoch, coordinatorEpoch, commit, now }), now)
    return this.log.endOffset
  }

  /** Calls back, at once or later, when the high watermark is at or above `endOffset`, or with an error if it never will be. */
  whenDurable(endOffset: number, task: DurableTask): void {
    if (this.log.highWatermark >= endOffset) task(null)
    else if (this.log.deleted) task('unknown-topic-or-partition')
    else this.waiting.push({ endOffset, task })
  }

  /** Told after the start, the high watermark or the last stable offset moved, or the topic was deleted. */
  watch(watcher: PartitionWatcher): void {
    this.watchers.add(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.watchers.delete(watcher)
  }

  /** Records from here on are held; Infinity: none. */
  get heldFrom(): number {
    let from = Number.POSITIVE_INFINITY
    for (const holder of this.holders) from = Math.min(from, holder.holdsFrom)
    return from
  }

  private advanced(): void {
    const { highWatermark, deleted } = this.log
    if (this.waiting.length > 0) {
      const waiting = this.waiting
      this.waiting = []
      for (const one of waiting) {
        if (one.endOffset <= highWatermark) one.task(null)
        else if (deleted) one.task('unknown-topic-or-partition')
        else this.waiting.push(one)
      }
    }
    if (this.follower !== null) this.follower.partitionAdvanced()
    for (const watcher of this.watchers) watcher.partitionAdvanced(this)
  }

  /** Whole batches, at least one if there is any. @returns an error if nothing can be read there; then `done` is not called. */
  read(offset: number, isolation: Isolation, bytesMax: number, done: ReadDone): StreamError | null {
    if (this.log.deleted) return 'unknown-topic-or-partition'
    if (offset < this.log.startOffset || offset > this.log.endOffset) return 'offset-out-of-range'
    const limit = this.limit(isolation)
    if (offset >= limit) done(null, [], null)
    else this.log.read(offset, limit, bytesMax, done)
    return null
  }

  /** What a reader may see ends here. */
  limit(isolation: Isolation): number {
    return isolation === 'committed' ? this.log.lastStableOffset : this.log.highWatermark
  }

  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    return this.log.abortedTransactions(from, to)
  }

  /** Records below are gone. @returns 'offset-out-of-range' beyond the high watermark, else null */
  deleteRecords(before: number): StreamError | null {
    if (before > this.log.highWatermark || before < 0) return 'offset-out-of-range'
    this.log.startAt(before)
    return null
  }

  /** As Kafka writes it: `orders-0`. */
  toString(): string {
    return `${this.topicName}-${this.index}`
  }
}

function refused(error: StreamError, errorMessage: string): Appended {
  return { error, errorMessage, recordErrors: [], baseOffset: -1, endOffset: -1, logAppendTimeMs: -1 }
}

function readInt64Safe(bytes: Uint8Array, at: number): number | null {
  try {
    return readInt64(bytes, at)
  } catch {
    return null
  }
}

/** The producer of a batch that belongs to a transaction, which is to be checked with its coordinator first; else null. */
export function transactionalProducer(records: Uint8Array): { producerId: number; producerEpoch: number } | null {
  const isTransactional =
    records.length >= BATCH_HEAD_BYTES && (records[Field.attributes + 1] & Attribute.transactional) !== 0
  const producerId = isTransactional ? readInt64Safe(records, Field.producerId) : null
  return producerId === null ? null : { producerId, producerEpoch: readInt16(records, Field.producerEpoch) }
}

/** Known to clients of Produce 7 and later only. */
export function isZstdBatch(records: Uint8Array): boolean {
  return records.length >= BATCH_HEAD_BYTES && codecOf(records, 0) === 'zstd'
}
