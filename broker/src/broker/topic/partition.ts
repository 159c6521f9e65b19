/**
 * One partition of a topic: what a producer's batches must be to enter the log, who waits for them to be durable, and
 * what readers may see.
 */
import type { AbortedTransaction, PartitionLog, ReadDone, TimestampOffset } from '../../log/partition/partition-log.ts'
import type { StreamError } from '../stream-refusal.ts'
import type { TopicConfig } from './topic-config.ts'

/** `uncommitted` reads to the high watermark, `committed` to the last stable offset. */
export type Isolation = 'uncommitted' | 'committed'

export interface RecordError {
  readonly batchIndex: number
  readonly message: string
}

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

export class Partition {
  readonly topicName: string
  readonly topicId: string
  readonly index: number
  readonly log: PartitionLog
  private config: TopicConfig

  constructor(topicName: string, topicId: string, index: number, log: PartitionLog, config: TopicConfig) {
    this.topicName = topicName
    this.topicId = topicId
    this.index = index
    this.log = log
    this.config = config
  }

  /** Takes effect for what is appended from now on. */
  configure(config: TopicConfig): void {
    this.config = config
  }

  /** Checks and appends what a producer sent: one record batch. `records` belongs to the log from here on. */
  append(_records: Uint8Array, _now: number): Appended {
    throw new Error(`not yet: ${this.config}`)
  }

  /** Appends the control record that ends a producer's transaction here. @returns the offset behind it */
  appendMarker(
    _producerId: number,
    _producerEpoch: number,
    _coordinatorEpoch: number,
    _commit: boolean,
    _now: number,
  ): number {
    throw new Error('not yet')
  }

  /** Calls back, at once or later, when the high watermark is at or above `endOffset`, or with an error if it never will be. */
  whenDurable(_endOffset: number, _task: (error: StreamError | null) => void): void {}

  /** Told after the start, the high watermark or the last stable offset moved, or the topic was deleted. */
  watch(_watcher: PartitionWatcher): void {}

  unwatch(_watcher: PartitionWatcher): void {}

  /** Whole batches, at least one. @returns an error if nothing can be read there; then `done` is not called. */
  read(_offset: number, _isolation: Isolation, _bytesMax: number, _done: ReadDone): StreamError | null {
    return null
  }

  /** What a reader may see ends here. */
  limit(isolation: Isolation): number {
    return isolation === 'committed' ? this.log.lastStableOffset : this.log.highWatermark
  }

  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    return this.log.abortedTransactions(from, to)
  }

  offsetForTime(
    timestamp: number,
    isolation: Isolation,
    done: (error: Error | null, found: TimestampOffset | null) => void,
  ): void {
    this.log.offsetForTime(timestamp, this.limit(isolation), done)
  }

  /** Records below are gone. @returns 'offset-out-of-range' beyond the high watermark, else null */
  deleteRecords(_before: number): StreamError | null {
    return null
  }
}
