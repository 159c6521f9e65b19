/**
 * Reads a stream for one consumer: from where it begins, record by record, as long as the consumer wants more. It waits
 * for its partition to move or for its consumer, never for time. Trade: what was read and not yet taken stays in memory,
 * READ_BYTES as it came from the log, so that a consumer with little credit does not read the same batch again and again.
 */
import type { Loan } from '../../base/loan.ts'
import { TurnPhase, type TurnTask } from '../../base/turn.ts'
import type { AbortedTransaction } from '../../log/partition/partition-log.ts'
import { MessageView } from '../../record/message.ts'
import type { PartitionWatcher } from '../topic/partition.ts'
import { RecordReader } from '../topic/record-reader.ts'
import { checkGroupEmpty, type NamedPlace, placeOf } from './named-place.ts'
import type { StreamFilter } from './stream-filter.ts'
import { resolveStreamOffset, type StreamOffset } from './stream-offset.ts'
import type { StreamQueue, StreamSubscription } from './stream-queue.ts'

/** Whom records are read for. */
export interface StreamTaker {
  /** It takes a message now. */
  readonly wantsMore: boolean
  /** Takes the message; the view is valid during the call. */
  take(view: MessageView): void
  /** Nothing more will come: the stream is gone or cannot be read, or the group of its name is others'. */
  cancelled(): void
}

export interface StreamReaderOptions {
  /** Where it begins; with a name, if nothing is kept under it. */
  readonly offset: StreamOffset
  readonly filter: StreamFilter | null
  /** Under which it is kept how far the consumer came; null: nowhere. */
  readonly name: string | null
}

const READ_BYTES = 256 * 1024
/** Records looked at before other work of the turn gets its chance. */
const TURN_RECORDS = 4096

export class StreamReader implements PartitionWatcher, StreamSubscription, TurnTask {
  scheduled = false
  /** The next record to give; -1 until that is known. */
  next = -1
  private readonly stream: StreamQueue
  private readonly taker: StreamTaker
  private readonly filter: StreamFilter | null
  private readonly name: string | null
  /** Of its name, once it has begun. */
  private place: NamedPlace | null = null
  private readonly records: RecordReader
  private readonly view = new MessageView()
  private begins = -1
  private loan: Loan | null = null
  private isBegun = false
  private isReading = false
  /** Records were read and not all taken. */
  private isOpen = false
  private isInTurn = false
  private isEnded = false

  /** Stands still until `begin`. @throws Refusal resource-locked if the group of its name has members */
  constructor(stream: StreamQueue, taker: StreamTaker, options: StreamReaderOptions) {
    this.stream = stream
    this.taker = taker
    this.filter = options.filter
    this.records = new RecordReader(stream.surroundings.properties)
    this.name = options.name
    if (this.name !== null) checkGroupEmpty(stream, this.name)
    // What comes from now on is behind `next`, though it may take a while until this begins.
    resolveStreamOffset(options.offset, stream.partition, (error, offset) => this.resolved(error, offset))
  }

  /** The stream knows of it from now on. */
  subscribe(): void {
    this.stream.subscriptions.add(this)
    this.stream.partition.watch(this)
  }

  private resolved(error: Error | null, offset: number): void {
    if (error !== null) this.unreadable(error)
    this.begins = offset
    if (this.isBegun) this.start()
  }

  /** Messages may come from now on, once it is this one's turn among those of its name. */
  begin(): void {
    this.isBegun = true
    if (this.begins >= 0) this.start()
  }

  private start(): void {
    if (this.isEnded || this.next >= 0) return
    if (this.name === null) {
      this.beginAt(null)
      return
    }
    this.place = placeOf(this.stream, this.name)
    this.place.join(this)
  }

  /** Its turn has come. @param kept where its name got to; null: begin where its consumer said */
  beginAt(kept: number | null): void {
    this.next = Math.min(kept ?? this.begins, this.stream.partition.log.endOffset)
    this.wake()
  }

  /** The consumer may want more. */
  wake(): void {
    if (this.next >= 0 && !this.isEnded && !this.isInTurn) this.schedule()
  }

  private schedule(): void {
    this.stream.surroundings.turn.schedule(TurnPhase.deliver, this)
  }

  partitionAdvanced(): void {
    if (!this.isOpen && !this.isReading && this.taker.wantsMore) this.wake()
  }

  runTurn(): void {
    this.isInTurn = true
    if (this.giveSome()) this.schedule()
    this.isInTurn = false
  }

  /** @returns whether there is more to do than belongs into one turn */
  private giveSome(): boolean {
    const { stream, taker, records, view } = this
    for (let left = TURN_RECORDS; left > 0; left--) {
      if (this.isEnded || !taker.wantsMore) return false
      if (!this.isOpen && !this.read()) return false
      if (!records.next()) {
        this.next = Math.max(this.next, records.nextOffset)
        this.close()
        continue
      }
      this.next = records.nextOffset
      if (this.filter !== null && !this.filter.matches(records.headers())) continue
      records.describe(view)
      view.place = view.offset
      this.place?.delivered(view.offset)
      stream.delivered++
      taker.take(view)
    }
    return true
  }

  /** @returns whether records are at hand */
  private read(): boolean {
    const { partition } = this.stream
    if (this.isReading) return false
    // Retention may have been faster.
    this.next = Math.max(this.next, partition.log.startOffset)
    if (this.next >= partition.limit('committed')) return false
    this.isReading = true
    // Before the records: a compaction may take away both.
    const aborted = partition.abortedTransactions(this.next, partition.limit('committed'))
    const refused = partition.read(this.next, 'committed', READ_BYTES, (error, parts, loan) =>
      this.arrived(error, parts, aborted, loan),
    )
    if (refused !== null) this.isReading = false
    return this.isOpen
  }

  private arrived(
    error: Error | null,
    parts: readonly Uint8Array[],
    aborted: readonly AbortedTransaction[],
    loan: Loan | null,
  ): void {
    this.isReading = false
    if (this.isEnded) {
      loan?.giveBack()
      return
    }
    if (error !== null) {
      this.unreadable(error)
      return
    }
    if (parts.length === 0) return
    this.records.open(parts, this.next, aborted, this.stream.topic.name)
    this.loan = loan
    this.isOpen = true
    this.wake()
  }

  private close(): void {
    const { fault, unreadable, holder } = this.records
    if (fault !== null) {
      const { logger } = this.stream.surroundings
      const { vhost, name } = this.stream
      logger.error(
        { vhost, queue: name, batches: unreadable, error: fault.message },
        'batches of a stream were left out',
      )
    }
    if (!holder.lent) this.loan?.giveBack()
    this.loan = null
    this.isOpen = false
  }

  private unreadable(error: Error): void {
    const { vhost, name, surroundings } = this.stream
    surroundings.logger.error({ vhost, queue: name, error: error.message }, 'a stream cannot be read')
    this.cancel()
  }

  /** The consumer is done with the message at this offset. */
  settled(offset: number): void {
    this.stream.acknowledged++
    this.place?.settled(this, offset)
  }

  /** Ends, and tells its consumer. */
  cancel(): void {
    if (this.isEnded) return
    this.end()
    this.taker.cancelled()
  }

  streamGone(): void {
    this.cancel()
  }

  /** Nothing more comes. The next one of its name begins where this one got to. */
  end(): void {
    if (this.isEnded) return
    this.isEnded = true
    if (this.isOpen) this.close()
    const { stream } = this
    stream.subscriptions.delete(this)
    stream.partition.unwatch(this)
    this.place?.leave(this)
  }
}
