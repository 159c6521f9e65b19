/**
 * The delayed messages of one exchange: buckets by time (due-bucket.ts), an index of those that are open, one timer.
 *
 *   append ─> bucket, far ──(its time is near: read front to back)──> narrower bucket, or the index ──(due)──> routed
 *
 * Nothing is delivered before everything that may be due earlier is known, so what fell due while the broker was down
 * goes out in the order of its times. All work is cut into slices; between them others have their turn.
 */

import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { type Turn, TurnPhase, type TurnTask } from '../../base/turn.ts'
import { type Log, type LogEngine, Seek } from '../../log/engine.ts'
import { type MessageDraft, MessageView } from '../../record/message.ts'
import { DueIndex } from '../queue/due-index.ts'
import { WakeUp } from '../queue/wake-up.ts'
import { NOT_NOW, Transfers, type TransfersContext } from '../transfers.ts'
import { BucketReader } from './bucket-reader.ts'
import { bucketKey, DueBucket, levelFor, logOf, numberOf, offsetOf, placeIn, startOf, TOP_LEVEL } from './due-bucket.ts'
import { type DelayedMessage, listMessages } from './list.ts'

export interface DueLaneContext extends TransfersContext {
  readonly engine: LogEngine
  readonly turn: Turn
  readonly clock: Clock
  readonly logger: Logger
  /** Routes a message that is due as if it were published now. @returns the round that makes its copies durable, 0 for none, or NOT_NOW. */
  publish(view: MessageView): number
  /** Makes the log of a bucket; of messages held in memory when `start` is null. */
  createLog(level: number, start: number | null): Log
}

const SLICE = 128
const BUSY_RETRY_MS = 10
const FULL_RETRY_MS = 1000
const TIDY_MS = 1000
const READ_AGAIN_MS = 200
/** The wall clock may be set: nobody sleeps longer than this without looking at it. */
const SLEEP_MS_MAX = 60_000

const view = new MessageView()
const one: Log[] = []

export class DueLane implements TurnTask {
  scheduled = false
  readonly buckets = new Map<number, DueBucket>()
  /** By the number of their log. */
  private readonly byLog = new Map<number, DueBucket>()
  private readonly index = new DueIndex()
  private readonly transfers: Transfers
  private readonly wake: WakeUp
  private readonly context: DueLaneContext
  /** The far bucket that begins first, the wider one of two. */
  private nextFar: DueBucket | null = null
  private reader: BucketReader | null = null
  /** Copies of messages whose originals lie in files, made when their bucket was opened. */
  private near: Log | null = null
  private readonly due: number[] = []
  private dueHead = 0
  private dueCount = 0
  /** A message that is due is being read from a file. */
  private loading = false
  private gone = false

  constructor(context: DueLaneContext) {
    this.context = context
    this.transfers = new Transfers(context, (place) => this.settle(place))
    this.wake = new WakeUp(context.clock, () => this.schedule())
  }

  /** Takes over the log of a bucket after a start. */
  restore(log: Log, level: number, start: number): void {
    this.enter(new DueBucket(log, level, start))
  }

  /** Messages that are neither delivered nor cancelled. */
  get pending(): number {
    let count = 0
    for (const bucket of this.buckets.values()) count += bucket.log.unsettled
    return count - this.transfers.size
  }

  /** Keeps a message until `dueMs`, ms since 1970. @returns the round that makes it durable, 0 for none. */
  append(draft: MessageDraft, dueMs: number): number {
    return this.put(draft, dueMs, TOP_LEVEL)
  }

  /** Nothing is delivered any more, and the logs go. */
  end(): void {
    this.gone = true
    this.wake.clear()
    this.transfers.clear()
    this.index.clear()
    for (const bucket of this.buckets.values()) this.context.engine.deleteLog(bucket.log)
    if (this.near !== null) this.context.engine.deleteLog(this.near)
    this.buckets.clear()
    this.byLog.clear()
  }

  // One message

  /** Whether a message is still there, and not about to go. */
  holds(place: number): boolean {
    const bucket = this.byLog.get(logOf(place))
    const offset = offsetOf(place)
    if (bucket === undefined || offset >= bucket.log.endOffset) return false
    return !bucket.log.isSettled(offset) && !bucket.taken.has(offset)
  }

  /** Durable like a settle. @returns false if the message is no longer there. */
  cancel(place: number): boolean {
    if (!this.holds(place)) return false
    this.settle(place)
    return true
  }

  /** It is delivered as if it were due. @returns false if the message is no longer there. */
  deliverNow(place: number): boolean {
    if (!this.holds(place)) return false
    this.index.add(place, 0)
    this.schedule()
    return true
  }

  /** Up to `limit` messages by their times, as far as buckets know: within a bucket in the order they came. */
  list(limit: number): Promise<DelayedMessage[]> {
    const buckets = [...this.buckets.values()].sort((a, b) => a.start - b.start || b.level - a.level)
    return listMessages(buckets, limit)
  }

  // Slices

  runTurn(): void {
    if (this.gone) return
    const now = this.context.clock.now()
    if (this.context.engine.lagging) {
      this.wake.at(now + BUSY_RETRY_MS)
      return
    }
    const reading = this.readOn(now)
    const publishing = this.publishDue(now)
    if (reading || publishing) this.schedule()
    else this.sleep(now)
  }

  private schedule(): void {
    this.context.turn.schedule(TurnPhase.deliver, this)
  }

  /** Everything due below this time is known. */
  private get frontier(): number {
    const far = this.nextFar?.start ?? Number.POSITIVE_INFINITY
    return this.reader === null ? far : Math.min(far, this.reader.bucket.start)
  }

  private sleep(now: number): void {
    const { nextFar, frontier } = this
    if (nextFar !== null && this.reader === null) this.wake.at(Math.min(nextFar.opensAt, now + SLEEP_MS_MAX))
    const next = this.dueHead < this.dueCount ? Number.POSITIVE_INFINITY : this.index.next()
    if (next < frontier) this.wake.at(Math.min(next, now + SLEEP_MS_MAX))
    if (this.tidy(now)) this.wake.at(now + TIDY_MS)
  }

  /** @returns whether there is more to do in this turn. */
  private publishDue(now: number): boolean {
    if (this.loading) return false
    if (this.dueHead === this.dueCount) {
      this.dueCount = this.index.take(Math.min(now, this.frontier - 1), this.due, SLICE)
      this.dueHead = 0
    }
    while (this.dueHead < this.dueCount) {
      if (!this.publishOne(this.due[this.dueHead], now)) return false
      this.dueHead++
    }
    return this.index.next() <= Math.min(now, this.frontier - 1)
  }

  /** @returns false if the message has to be read from a file first. */
  private publishOne(place: number, now: number): boolean {
    const { near } = this
    const log = near !== null && logOf(place) === numberOf(near) ? near : this.byLog.get(logOf(place))?.log
    const offset = offsetOf(place)
    if (log === undefined || log.isSettled(offset)) return true
    const result = log.seek(offset, view)
    if (result === Seek.cold) {
      this.loading = true
      log.load(offset, this.loaded)
      return false
    }
    if (result === Seek.end || view.offset !== offset) return true
    // A copy in memory carries the place of its original where a message has its arrival.
    const original = log === near ? view.arrival : place
    if (this.holds(original)) this.publish(original, now)
    if (log === near) near.settle(offset)
    return true
  }

  private publish(place: number, now: number): void {
    const round = this.context.publish(view)
    if (round === NOT_NOW) this.index.add(place, now + FULL_RETRY_MS)
    else this.settleAfter(place, round)
  }

  private settleAfter(place: number, round: number): void {
    this.byLog.get(logOf(place))!.taken.add(offsetOf(place))
    this.transfers.add(place, round)
  }

  private settle(place: number): void {
    this.byLog.get(logOf(place))?.log.settle(offsetOf(place))
  }

  private readonly loaded = (error: Error | null): void => {
    if (error !== null) {
      // Damage is told once, and is then passed over; other trouble may end.
      this.context.logger.error({ error: error.message }, 'a delayed message cannot be read')
      this.context.clock.setTimer(READ_AGAIN_MS, () => this.loaded(null))
      return
    }
    this.loading = false
    if (!this.gone) this.schedule()
  }

  // Buckets

  private put(draft: MessageDraft, dueMs: number, top: number): number {
    const now = this.context.clock.now()
    const level = levelFor(dueMs, now, top)
    const bucket = this.buckets.get(bucketKey(level, dueMs)) ?? this.makeBucket(level, startOf(level, dueMs))
    const { log } = bucket
    const place = placeIn(log, log.endOffset)
    draft.expiry = dueMs
    one[0] = log
    const round = this.context.engine.append(draft, one, 1)
    if (bucket.state === 'open') {
      this.index.add(place, dueMs)
      if (dueMs < this.frontier) this.wake.at(dueMs)
    }
    return round
  }

  private makeBucket(level: number, start: number): DueBucket {
    const bucket = new DueBucket(this.createLog(level, start), level, start)
    this.enter(bucket)
    return bucket
  }

  /** One whose number nobody has. */
  private createLog(level: number, start: number | null): Log {
    const { context, near, byLog } = this
    for (;;) {
      const log = context.createLog(level, start)
      const number = numberOf(log)
      if (!byLog.has(number) && (near === null || numberOf(near) !== number)) return log
      context.engine.deleteLog(log)
    }
  }

  private enter(bucket: DueBucket): void {
    this.buckets.set(bucket.key, bucket)
    this.byLog.set(numberOf(bucket.log), bucket)
    this.lookForFar()
    this.wake.at(bucket.opensAt)
  }

  private lookForFar(): void {
    let next: DueBucket | null = null
    for (const bucket of this.buckets.values()) {
      if (bucket.state !== 'far') continue
      if (next === null || bucket.start < next.start || (bucket.start === next.start && bucket.level > next.level)) {
        next = bucket
      }
    }
    this.nextFar = next
  }

  /** Opens what is to be opened and reads on. @returns whether there is more to do in this turn. */
  private readOn(now: number): boolean {
    if (this.reader === null) {
      const { nextFar } = this
      if (nextFar === null || nextFar.opensAt > now) return false
      this.reader = new BucketReader(nextFar, this.context, this.take, () => this.schedule())
      nextFar.state = 'open'
      this.lookForFar()
    }
    const progress = this.reader.step()
    if (progress === 'end') this.reader = null
    return progress !== 'wait'
  }

  /** A message of the bucket that is being read, described in `found`. `cold`: it had to be fetched from a file. */
  private readonly take = (bucket: DueBucket, found: MessageView, draft: MessageDraft, cold: boolean): void => {
    const place = placeIn(bucket.log, found.offset)
    if (bucket.taken.has(found.offset)) return
    if (bucket.level > 0) {
      this.settleAfter(place, this.put(draft, found.expiry, bucket.level - 1))
    } else if (cold) {
      this.near ??= this.createLog(0, null)
      draft.arrival = place
      one[0] = this.near
      this.index.add(placeIn(this.near, this.near.endOffset), found.expiry)
      this.context.engine.append(draft, one, 1)
    } else this.index.add(place, found.expiry)
  }

  /** Deletes the buckets that are over. @returns whether one is to be looked at again soon. */
  private tidy(now: number): boolean {
    let again = false
    for (const bucket of this.buckets.values()) {
      if (bucket.state !== 'open' || bucket === this.reader?.bucket) continue
      if (bucket.log.unsettled > 0 || bucket.end > now) {
        again = true
        continue
      }
      this.buckets.delete(bucket.key)
      this.byLog.delete(numberOf(bucket.log))
      this.context.engine.deleteLog(bucket.log)
    }
    return again
  }
}
