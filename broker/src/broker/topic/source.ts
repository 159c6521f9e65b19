/**
 * What a queue over a topic stands on: for each partition a log and a lane of the queue. Partitions that come are taken
 * up; of one that goes, only what consumers have in hand is left to them. What the topic removes before the queue has
 * settled it is lost to the queue, counted and told.
 */
import type { Logger } from '../../base/logger.ts'
import type { LogEngine } from '../../log/engine.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import type { Lane } from '../queue/lane.ts'
import type { Queue } from '../queue/queue.ts'
import type { Partition, PartitionWatcher, RemovalWatcher, RetentionHolder } from './partition.ts'
import { SourceLog } from './source-log.ts'
import type { Topic } from './topic.ts'

export interface SourceContext {
  readonly vhost: string
  readonly engine: LogEngine
  readonly properties: PropertyBlocks
  readonly logger: Logger
}

export class Source implements PartitionWatcher {
  readonly queue: Queue
  private readonly context: SourceContext
  private readonly lanes = new Map<Partition, SourceLane>()
  /** For which the queue has no lane yet: too many are in use. */
  private waiting: { partition: Partition; start: number }[] = []

  constructor(queue: Queue, context: SourceContext) {
    this.queue = queue
    this.context = context
  }

  /** Partitions where retention waits for the queue. */
  get holdingBack(): readonly Partition[] {
    return [...this.lanes.values()].filter((one) => one.isHoldingBack).map(({ partition }) => partition)
  }

  /** Takes up the partitions that are not there yet: where their ledgers stand, or else at `starts`, or the beginning. */
  takeUp(topic: Topic, starts: readonly number[] = []): void {
    for (const partition of topic.partitions) {
      if (this.lanes.has(partition) || this.waiting.some((one) => one.partition === partition)) continue
      this.waiting.push({ partition, start: starts[partition.index] ?? partition.log.startOffset })
    }
    this.takeUpWaiting()
  }

  private takeUpWaiting(): void {
    const { waiting } = this
    this.waiting = []
    for (const one of waiting) {
      if (one.partition.log.deleted) continue
      if (!this.begin(one.partition, one.start)) this.waiting.push(one)
    }
    if (this.waiting.length === 0 || this.waiting.length === waiting.length) return
    this.context.logger.warn(this.place(this.waiting[0].partition), 'a queue over a topic waits for free lanes')
  }

  private begin(partition: Partition, start: number): boolean {
    const { engine, properties } = this.context
    const owner = this.ownerOf(partition)
    const { log } = partition
    const from = Math.min(Math.max(start, log.startOffset), log.highWatermark)
    const ledger = engine.ledgers.get(owner) ?? engine.createLedger(owner, log, from)
    const sourceLog = new SourceLog(partition, ledger, properties)
    const lane = this.queue.addLaneOver(sourceLog)
    if (lane === null) return false
    sourceLog.onMissing = (count, below, fault) => this.missing(partition, count, below, fault)
    sourceLog.onEmpty = () => this.drop(partition)
    const sourceLane = new SourceLane(this, partition, sourceLog, lane)
    this.lanes.set(partition, sourceLane)
    partition.holders.add(sourceLane)
    partition.removalWatchers.add(sourceLane)
    partition.watch(this)
    this.partitionAdvanced(partition)
    return true
  }

  partitionAdvanced(partition: Partition): void {
    const one = this.lanes.get(partition)
    if (one === undefined) return
    const { startOffset, deleted } = partition.log
    const hasMore = one.log.advance()
    if (deleted) this.end(one)
    else if (startOffset > one.start) this.lose(one, startOffset, 'records were removed before a queue had them')
    if (hasMore) this.queue.lookAgain()
  }

  private end(one: SourceLane): void {
    if (one.log.isOver) return
    one.log.isOver = true
    this.lose(one, one.log.endOffset, 'a topic was deleted before a queue had its records')
    if (one.log.unsettled === 0) this.drop(one.partition)
  }

  /** What is ready below an offset is. What was taken when something was removed before has its bytes. */
  private lose(one: SourceLane, below: number, what: string): void {
    const { partition, log, lane, start: from } = one
    const before = log.unsettled
    // What is not committed yet is lost when it is.
    one.start = Math.min(below, log.endOffset)
    lane.purge(from, one.start)
    const count = before - log.unsettled
    if (count === 0) return
    this.queue.counters.lost += count
    this.context.logger.warn({ ...this.place(partition), count, from, to: below }, what)
  }

  private missing(partition: Partition, count: number, below: number, fault: Error | null): void {
    this.queue.counters.lost += count
    const { logger } = this.context
    const fields = { ...this.place(partition), count, to: below }
    if (fault === null) logger.warn(fields, 'records were compacted before a queue had them')
    else logger.error({ ...fields, error: fault.message }, 'records that cannot be read were left out')
  }

  /** Nothing of the partition is left to the queue. */
  private drop(partition: Partition): void {
    const one = this.lanes.get(partition)
    if (one === undefined) return
    this.leave(one)
    this.context.engine.deleteLedger(one.log.ledger)
    this.queue.removeLane(one.lane)
    if (this.waiting.length > 0) this.takeUpWaiting()
  }

  private leave(one: SourceLane): void {
    const { partition, log } = one
    partition.unwatch(this)
    partition.holders.delete(one)
    partition.removalWatchers.delete(one)
    log.close()
    this.lanes.delete(partition)
  }

  /** With the queue. The topic stays. */
  delete(): void {
    for (const one of [...this.lanes.values()]) {
      this.leave(one)
      this.context.engine.deleteLedger(one.log.ledger)
    }
    this.waiting = []
  }

  private ownerOf({ topicId, index }: Partition): string {
    return JSON.stringify(['source', this.context.vhost, this.queue.name, topicId, index])
  }

  place({ topicName, index }: Partition) {
    return { vhost: this.context.vhost, queue: this.queue.name, topic: topicName, partition: index }
  }

  /** Where to begin could not be found out. */
  failed(partition: Partition, error: Error): void {
    const what = 'a queue begins at the start of a partition: its place cannot be found'
    this.context.logger.error({ ...this.place(partition), error: error.message }, what)
  }

  /** For those who look at what the queue stands on. */
  warn(partition: Partition, fields: object, what: string): void {
    this.context.logger.warn({ ...this.place(partition), ...fields }, what)
  }
}

class SourceLane implements RetentionHolder, RemovalWatcher {
  readonly partition: Partition
  readonly log: SourceLog
  readonly lane: Lane
  /** What was ready below is lost, and told. */
  start = 0
  /** Retention would remove what the queue needs. */
  isHoldingBack = false
  private readonly source: Source

  constructor(source: Source, partition: Partition, log: SourceLog, lane: Lane) {
    this.source = source
    this.partition = partition
    this.log = log
    this.lane = lane
  }

  recordsLeaving(below: number): void {
    const { lane, log } = this
    log.forgetRead()
    if (lane.taken === 0) return
    const taken: number[] = []
    const next = (offset: number): number => log.ledger.nextUnsettled(offset)
    lane.forEachTaken(below, next, (offset) => taken.push(offset))
    if (taken.length > 0) log.keep(taken)
  }

  get holdsFrom(): number {
    return this.source.queue.settings.holdRetention ? this.log.settledBelow : Number.POSITIVE_INFINITY
  }

  retentionDue(partition: Partition, due: number): void {
    const isHoldingBack = this.holdsFrom < due
    if (isHoldingBack === this.isHoldingBack) return
    this.isHoldingBack = isHoldingBack
    const what = isHoldingBack ? 'retention waits for a queue' : 'retention waits for a queue no longer'
    this.source.warn(partition, { from: this.log.settledBelow, due }, what)
  }
}
