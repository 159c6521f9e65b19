/**
 * Removes what need not be kept: whole segments, the oldest first, by time and by size, and never what a reader could
 * not see yet, nor what a holder asks it to keep. The segment being written goes too when it is due. Long lists are walked a few milliseconds at a time.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { PartitionLog } from '../../log/partition/partition-log.ts'
import type { StreamSettings } from '../stream-settings.ts'
import type { Partition } from './partition.ts'
import type { Topic } from './topic.ts'
import type { TopicConfig } from './topic-config.ts'

const SLICE_MS = 5

export interface RetentionContext {
  readonly clock: Clock
  readonly settings: StreamSettings
}

/** The topics that are looked at. */
interface Looked {
  readonly count: number
  all(): Iterable<Topic>
}

export class Retention {
  private readonly topics: Looked
  private readonly clock: Clock
  private readonly intervalMs: number
  private readonly producerIdExpirationMs: number
  private timer: Timer | null = null
  /** What is left of the walk under way. */
  private left: { partition: Partition; topic: Topic }[] = []

  constructor(topics: Looked, { clock, settings }: RetentionContext) {
    this.topics = topics
    this.clock = clock
    this.intervalMs = settings.logRetentionCheckIntervalMs
    this.producerIdExpirationMs = settings.producerIdExpirationMs
  }

  /** Looks now and then, as long as there are topics. */
  wake(): void {
    if (this.timer !== null || this.topics.count === 0) return
    this.timer = this.clock.setTimer(this.intervalMs, () => this.begin())
  }

  stop(): void {
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.timer = null
    this.left = []
  }

  private begin(): void {
    for (const topic of this.topics.all()) {
      for (const partition of topic.partitions) this.left.push({ partition, topic })
    }
    this.walk()
  }

  private walk(): void {
    const until = this.clock.monotonic() + SLICE_MS
    const now = this.clock.now()
    for (let next = this.left.pop(); next !== undefined; next = this.left.pop()) {
      const { log } = next.partition
      if (!log.deleted) {
        retain(next.partition, next.topic.config, now)
        log.producers.expire(now - this.producerIdExpirationMs)
      }
      if (this.clock.monotonic() >= until) break
    }
    this.timer = null
    if (this.left.length === 0) this.wake()
    else this.timer = this.clock.setTimer(0, () => this.walk())
  }
}

/** Raises the start of the log over the segments that are due. */
function retain(partition: Partition, config: TopicConfig, now: number): void {
  if (!config.cleanupPolicy.delete) return
  const { log } = partition
  const due = firstKept(log, config, now)
  for (const holder of partition.holders) holder.retentionDue(partition, due)
  const start = wholeSegmentsBelow(log, Math.min(due, partition.heldFrom))
  if (start <= log.startOffset) return
  if (start === log.endOffset) log.roll()
  log.startAt(start)
}

/** The last border between segments at or below the offset. */
function wholeSegmentsBelow(log: PartitionLog, offset: number): number {
  let start = log.startOffset
  for (const { endOffset } of log.segments) {
    if (endOffset > offset) break
    start = Math.max(start, endOffset)
  }
  return start
}

function firstKept(log: PartitionLog, { retentionBytes, retentionMs }: TopicConfig, now: number): number {
  let start = log.startOffset
  let excess = retentionBytes < 0 ? Number.NEGATIVE_INFINITY : log.bytes - retentionBytes
  for (const segment of log.segments) {
    if (segment.endOffset === segment.baseOffset || segment.endOffset > log.highWatermark) break
    if (segment.endOffset <= log.startOffset) {
      // Gone already, only not yet from the disk.
      excess -= segment.bytes
      continue
    }
    const newest = segment.maxTimestamp < 0 ? segment.createdMs : segment.maxTimestamp
    const expired = retentionMs >= 0 && now - newest > retentionMs
    const oversized = excess >= segment.bytes
    if (!expired && !oversized) break
    excess -= segment.bytes
    start = segment.endOffset
  }
  return start
}
