/**
 * Follows one partition of a topic up to its last stable offset and hands each record to the queues bound to the topic,
 * in order and once: the copies and the cursor stand in one section of the journal. Trade: a record costs a decode here
 * that readers of the topic never pay, so nobody follows a topic without bindings.
 */
import type { Loan } from '../../base/loan.ts'
import { TurnPhase, type TurnTask } from '../../base/turn.ts'
import type { Cursor } from '../../log/engine.ts'
import type { AbortedTransaction } from '../../log/partition/partition-log.ts'
import type { Route } from '../queue/route.ts'
import type { Feed } from './feed.ts'
import { Forwarding } from './feed-forwarding.ts'
import type { Partition, PartitionFollower } from './partition.ts'
import { RecordReader } from './record-reader.ts'

/** Handed on by all partitions together before other work of the turn gets its chance. */
const RECORDS_PER_TURN = 2048
/** By one of them at least. */
const RECORDS_MIN = 64
const READ_BYTES = 256 << 10
/** Between two looks at whether the logs keep up again. */
const LAGGING_RETRY_MS = 20
/** Between two attempts to read what could not be read. */
const READ_AGAIN_MS = 200

/** What one read gave. */
export interface Chunk {
  readonly parts: readonly Uint8Array[]
  readonly from: number
  readonly aborted: readonly AbortedTransaction[]
  readonly loan: Loan | null
}

export class FeedPartition implements PartitionFollower, TurnTask {
  scheduled = false
  readonly partition: Partition
  readonly cursor: Cursor
  /** All below was handed on, or passed over. */
  next: number
  private readonly feed: Feed
  private readonly reader: RecordReader
  private forwarding: Forwarding | null = null
  /** Being read by `reader`. */
  private chunk: Chunk | null = null
  /** Something has to come about first, which then schedules this. */
  private waiting = false
  private following = false
  private damagedAt = -1

  constructor(feed: Feed, partition: Partition, cursor: Cursor) {
    this.feed = feed
    this.partition = partition
    this.cursor = cursor
    this.next = cursor.next
    this.reader = new RecordReader(feed.context.properties)
  }

  follow(): void {
    if (this.following || this.partition.log.deleted) return
    this.following = true
    this.partition.follower = this
    this.schedule()
  }

  /** Takes effect at once: not one record more is handed on. */
  leave(): void {
    if (!this.following) return
    this.following = false
    this.partition.follower = null
    this.closeChunk()
  }

  partitionAdvanced(): void {
    if (this.partition.log.deleted) this.leave()
    else this.schedule()
  }

  private schedule(): void {
    if (!this.following || this.waiting || this.scheduled) return
    this.feed.context.busy.count++
    this.feed.context.turn.schedule(TurnPhase.deliver, this)
  }

  runTurn(): void {
    const { busy, engine, clock } = this.feed.context
    const share = Math.max(RECORDS_MIN, Math.floor(RECORDS_PER_TURN / busy.count))
    busy.count--
    if (!this.following || this.waiting) return
    if (engine.lagging) {
      this.later(LAGGING_RETRY_MS)
      return
    }
    this.feed.nowMs = clock.now()
    let left = share
    while (left > 0 && (this.chunk !== null || this.readOn())) left = this.handOn(left)
    this.passed()
    if (left <= 0) this.schedule()
  }

  /** @returns whether a chunk lies ready; if not, it comes later or there is none. */
  private readOn(): boolean {
    const { partition } = this
    const { startOffset } = partition.log
    if (this.next < startOffset) this.lose(startOffset)
    const from = this.next
    const limit = partition.limit('committed')
    if (this.waiting || from >= limit) return false
    // Before the records: a compaction may take away both.
    const aborted = partition.abortedTransactions(from, limit)
    let atOnce = true
    this.waiting = true
    const refused = partition.read(from, 'committed', READ_BYTES, (error, parts, loan) => {
      this.waiting = false
      if (!this.following) loan?.giveBack()
      else if (error !== null) this.damaged(error)
      else this.open({ parts, from, aborted, loan }, limit)
      if (!atOnce) this.schedule()
    })
    atOnce = false
    // The topic is gone.
    if (refused !== null) this.waiting = false
    return refused === null && !this.waiting
  }

  private open(chunk: Chunk, limit: number): void {
    // Nothing is left between here and there.
    if (chunk.parts.length === 0) {
      this.next = Math.max(this.next, limit)
      return
    }
    this.chunk = chunk
    this.reader.open(chunk.parts, chunk.from, chunk.aborted, this.partition.topicName)
  }

  private closeChunk(): void {
    this.forwarding = null
    this.chunk?.loan?.giveBack()
    this.chunk = null
  }

  /** @returns how many more may be handed on in this turn. */
  private handOn(left: number): number {
    const { chunk, reader } = this
    if (chunk === null) return left
    let count = left
    try {
      while (count > 0) {
        if (!reader.next()) {
          this.next = Math.max(this.next, reader.nextOffset)
          if (reader.unreadable > 0) this.passedOver()
          this.closeChunk()
          break
        }
        if (!this.handOnOne(chunk)) return 0
        this.next = reader.offset + 1
        count--
      }
    } catch (error) {
      this.damaged(error as Error)
      return 0
    }
    return count
  }

  /** @returns false if something has to be waited for. */
  private handOnOne(chunk: Chunk): boolean {
    const { feed, reader, cursor } = this
    const { offset } = reader
    const route = this.forwarding?.routeOf(offset) ?? this.routeOf()
    if (route.isEmpty) return true
    if (route.topics.length > 0 && this.forwarding === null) {
      this.forward(chunk)
      return false
    }
    feed.fill(reader)
    route.appendFrom(feed.context.engine, cursor, offset, feed.draft)
    feed.handedOn++
    return true
  }

  /** Of the record that `reader` stands at. Valid until the next call. */
  routeOf(): Route {
    return this.feed.routeOf(this.partition.index, this.reader)
  }

  /** Topics get what comes to them first; the cursor passes it once it is durable there. */
  private forward(chunk: Chunk): void {
    const { feed, reader } = this
    const forwarding = new Forwarding(feed)
    const from = reader.offset
    do forwarding.add(reader, this.routeOf())
    while (reader.next())
    this.next = Math.max(this.next, from)
    reader.open(chunk.parts, from, chunk.aborted, this.partition.topicName)
    this.waiting = true
    feed.context.durability.after(forwarding.durableNumber, () => {
      this.waiting = false
      if (this.chunk === chunk) this.forwarding = forwarding
      this.schedule()
    })
  }

  /** Journals what went nowhere, and lets young bindings begin. */
  private passed(): void {
    const { feed, cursor } = this
    if (!this.following) return
    if (cursor.next < this.next) feed.context.engine.moveCursor(cursor, this.next)
    feed.advanced()
  }

  private lose(startOffset: number): void {
    const { feed, partition, next } = this
    const count = startOffset - next
    feed.lostRecords += count
    const { vhost } = feed.context
    const place = { vhost, topic: partition.topicName, partition: partition.index, from: next, to: startOffset }
    feed.context.logger.warn(place, 'records were removed before the queues bound to their topic had them')
    this.next = startOffset
  }

  private passedOver(): void {
    const { feed, partition, reader } = this
    feed.unreadableBatches += reader.unreadable
    const place = { vhost: feed.context.vhost, topic: partition.topicName, partition: partition.index }
    feed.context.logger.error({ ...place, error: reader.fault?.message }, 'batches that cannot be read were left out')
  }

  private damaged(error: Error): void {
    const { feed, partition } = this
    this.closeChunk()
    if (this.damagedAt !== this.next) {
      const place = { vhost: feed.context.vhost, topic: partition.topicName, partition: partition.index }
      feed.context.logger.error({ ...place, offset: this.next, error: error.message }, 'a record cannot be read')
      this.damagedAt = this.next
    }
    this.later(READ_AGAIN_MS)
  }

  private later(ms: number): void {
    this.waiting = true
    this.feed.context.clock.setTimer(ms, () => {
      this.waiting = false
      this.schedule()
    })
  }
}
