/**
 * A partition's log on files. What is appended lies in memory until it is written to the current segment, and a while
 * longer for readers at the end; older batches are read from the files. A `synced` log passes a batch to readers when
 * the journal round that holds it is durable, a `written` one when it stands in its segment.
 */
import { assert } from '../../base/assert.ts'
import { placeBatch } from '../../record/batch.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { blankBatch } from '../../record/blank-batch.ts'
import { BatchHistory } from './batch-history.ts'
import { readBatches } from './cold-read.ts'
import { compact, dirtiness } from './compaction.ts'
import type {
  AbortedTransaction,
  CompactionOptions,
  CompactionResult,
  Dirtiness,
  EpochStart,
  PartitionLog,
  PartitionLogOptions,
  PartitionSnapshot,
  ReadDone,
  TimestampOffset,
} from './partition-log.ts'
import type { PartitionSegment } from './partition-segment.ts'
import { PartitionSegments } from './partition-segments.ts'
import type { PartitionState, Replacement } from './partition-state.ts'
import type { PartitionStore } from './partition-store.ts'
import type { OpenTransaction, Producers } from './producers.ts'
import { Snapshot } from './snapshot.ts'
import { type Run, Tail, type TailBatch } from './tail.ts'
import { findLargestTimestamp, findTimestamp } from './timestamps.ts'

/** What the journal gave back is durable before any round of this run. */
const RECOVERED_ROUND = 0.5

export class FilePartition implements PartitionLog {
  readonly id: number
  readonly owner: string
  readonly label: string
  readonly folder: string
  hasFolder = false
  deleted = false
  startOffset = 0
  endOffset = 0
  highWatermark = 0
  onAdvance: () => void = () => {}
  onRemoving: (below: number) => void = () => {}
  /** A run is on its way to the file. */
  writing = false
  options: PartitionLogOptions
  readonly store: PartitionStore
  readonly tail = new Tail()
  readonly files: PartitionSegments
  readonly history = new BatchHistory()
  /** It was compacted below this offset. */
  cleanEnd = 0
  private lastRound = 0
  private readonly head = new BatchHead()

  constructor(id: number, owner: string, label: string, options: PartitionLogOptions, store: PartitionStore) {
    this.id = id
    this.owner = owner
    this.label = label
    this.options = options
    this.store = store
    this.folder = `${store.folder}/${label.slice(0, 200)}.${id}`
    this.files = new PartitionSegments(this.folder, (paths) => store.doom(paths))
  }

  get segments(): readonly PartitionSegment[] {
    return this.files.all
  }

  get epochs(): readonly EpochStart[] {
    return this.history.epochs
  }

  get producers(): Producers {
    return this.history.producers
  }

  get leaderEpoch(): number {
    return this.store.journal.epoch
  }

  get lastStableOffset(): number {
    return Math.min(this.producers.firstUnstable(this.highWatermark), this.highWatermark)
  }

  get bytes(): number {
    return this.files.bytes
  }

  /** Whether something appended waits for its round. */
  get awaitsRound(): boolean {
    return this.lastRound > this.store.journal.rounds.durable
  }

  /** Bytes that may be written to a segment, now or when the rounds before them are durable. */
  get writable(): number {
    return this.hasDirect ? this.tail.unwrittenBytes : this.tail.passedUnwrittenBytes
  }

  /** Something waits to be written that only its segment makes durable. */
  get hasDirect(): boolean {
    return this.tail.unwrittenBytes > this.tail.gatheredBytes
  }

  /** What may be written at this moment ends here. */
  get writableEnd(): number {
    return this.tail.writableEnd(this.durableRound)
  }

  private get durableRound(): number {
    return Math.max(this.store.journal.rounds.durable, RECOVERED_ROUND)
  }

  configure(options: PartitionLogOptions): void {
    this.options = options
  }

  append(batches: Uint8Array, now: number): number {
    assert(!this.deleted, 'append to a deleted partition')
    const base = this.endOffset
    const isSynced = this.options.durability === 'synced'
    const { rounds } = this.store.journal
    if (isSynced) this.lastRound = rounds.open
    for (let at = 0; at < batches.length; ) {
      const head = this.head.read(batches, at)
      placeBatch(batches, at, this.endOffset, this.leaderEpoch)
      head.baseOffset = this.endOffset
      head.leaderEpoch = this.leaderEpoch
      this.accept(head, batches, at, isSynced ? rounds.open : 0, now)
      at += head.length
    }
    if (isSynced) this.store.journal.stageBatches(this.id, batches)
    this.store.appended(this, batches.length, !isSynced)
    return base
  }

  /** Takes in a batch that has its place: a new one, or one that the journal gives back. `round` 0: its segment makes it durable. */
  accept(head: BatchHead, bytes: Uint8Array, at: number, round: number, now: number): void {
    const segment = this.files.forBatch(head, this.options, now)
    const position = segment.note(head, this.options.indexIntervalBytes)
    const end = head.lastOffset + 1
    const whole = at === 0 && bytes.length === head.length
    const batch: TailBatch = {
      bytes: whole ? bytes : bytes.subarray(at, at + head.length),
      base: head.baseOffset,
      end,
      round,
      segment,
      position,
    }
    this.tail.push(batch)
    this.endOffset = end
    this.history.noteOnce(head, bytes, at)
  }

  /** High watermark and last stable offset move as far as rounds and files allow. */
  advance(durableRound: number): void {
    const end = this.tail.pass(durableRound)
    if (end <= this.highWatermark) return
    this.highWatermark = end
    this.onAdvance()
  }

  nextRun(): Run | null {
    return this.deleted ? null : this.tail.nextRun(this.durableRound)
  }

  /** The run stands in its file. */
  written(run: Run): void {
    if (this.deleted) return
    run.segment.flushed += run.bytes
    run.segment.flushedEnd = run.end
    this.tail.wrote(run.parts.length)
    if (run.segment.isComplete && run.segment.endOffset <= this.startOffset) this.files.removeBelow(this.startOffset)
    this.advance(this.store.journal.rounds.durable)
  }

  /** Lets go of the oldest written run in memory. */
  forgetOldestRun(): void {
    this.tail.forgetRun()
  }

  read(offset: number, limit: number, bytesMax: number, done: ReadDone): void {
    readBatches(this, offset, limit, bytesMax, done)
  }

  snapshot(): PartitionSnapshot {
    return new Snapshot(this)
  }

  offsetForTime(
    timestamp: number,
    limit: number,
    done: (error: Error | null, found: TimestampOffset | null) => void,
  ): void {
    findTimestamp(this, timestamp, limit).then(
      (found) => done(null, found),
      (error) => done(error as Error, null),
    )
  }

  maxTimestamp(limit: number, done: (error: Error | null, found: TimestampOffset | null) => void): void {
    findLargestTimestamp(this, limit).then(
      (found) => done(null, found),
      (error) => done(error as Error, null),
    )
  }

  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    return this.producers.abortedIn(from, to)
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | null {
    return this.history.endOfEpoch(epoch, this.startOffset, this.endOffset)
  }

  startAt(offset: number): number {
    const { journal } = this.store
    if (offset > this.startOffset) {
      this.onRemoving(offset)
      this.applyStart(offset)
      journal.stageStart(this.id, offset, this.producers.reachingOver(offset))
      this.onAdvance()
    }
    return journal.rounds.open
  }

  /** What the journal says of the start, and of the transactions that reach over it. */
  restoreStart(offset: number, transactions: readonly OpenTransaction[]): void {
    this.applyStart(offset)
    this.history.restoreOver(transactions)
  }

  /** Raises the start and takes what is wholly below it out of use. */
  private applyStart(offset: number): void {
    this.startOffset = Math.max(this.startOffset, offset)
    this.history.startAt(this.startOffset)
    this.files.removeBelow(this.startOffset)
  }

  roll(): void {
    this.files.roll()
  }

  dirtiness(now: number, minLagMs: number, below = Number.POSITIVE_INFINITY): Dirtiness {
    return dirtiness(this, now, minLagMs, below)
  }

  compact(options: CompactionOptions): Promise<CompactionResult | null> {
    return compact(this, options)
  }

  /** Puts compacted segments, which are on disk, in the place of others. */
  applyReplacement(replacement: Replacement, made?: readonly PartitionSegment[]): void {
    const { to, cleanEnd, spent } = replacement
    this.files.replace(replacement, made)
    this.cleanEnd = cleanEnd
    this.endOffset = Math.max(this.endOffset, replacement.segments.at(-1)?.end ?? 0)
    this.producers.forgetAborted(spent)
    this.tail.forgetBelow(to)
  }

  /** What a checkpoint keeps: it counts on what stands in files by then. */
  state(): PartitionState {
    const { id, owner, label, options, startOffset: start, endOffset: end, cleanEnd, epochs } = this
    const { aborted } = this.producers
    const producers = [...this.producers.all()]
    const segments = this.files.states()
    return { id, owner, label, options, start, end, cleanEnd, epochs, segments, producers, aborted }
  }

  restoreState(state: PartitionState): void {
    this.startOffset = state.start
    this.history.restore(state)
    this.files.restore(state.segments)
    this.cleanEnd = state.cleanEnd
    this.endOffset = this.files.last?.endOffset ?? state.start
  }

  /** Takes back from the journal what stands in no segment. */
  restoreBatches(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.head.length) {
      const head = this.head.read(bytes, at)
      // Without any segment the log seems to end where it starts, which may be within a batch.
      if (head.lastOffset < this.endOffset) continue
      if (head.baseOffset > this.endOffset) this.fillGap(head.baseOffset, head.leaderEpoch)
      const createdMs =
        this.files.last?.createdMs ?? (head.maxTimestamp > 0 ? head.maxTimestamp : this.store.clock.now())
      this.accept(head, bytes, at, RECOVERED_ROUND, createdMs)
      this.store.appended(this, head.length, false)
    }
    this.tail.pass(RECOVERED_ROUND)
  }

  /** A batch without records takes the place of lost ones, so that batches follow each other at every start. */
  private fillGap(to: number, epoch: number): void {
    if (to > this.startOffset) this.history.hasGap = true
    const bytes = blankBatch(
      this.endOffset,
      to,
      this.epochs.length === 0 ? epoch : Math.min(this.history.lastEpoch, epoch),
    )
    const head = new BatchHead().read(bytes, 0)
    this.accept(head, bytes, 0, RECOVERED_ROUND, this.files.last?.createdMs ?? this.store.clock.now())
    this.store.appended(this, bytes.length, false)
  }

  /** Everything is back: what is there is durable, and a new epoch begins. */
  recovered(): void {
    if (this.endOffset < this.startOffset) {
      // What lay below the start was lost before it was removed.
      this.endOffset = this.startOffset
      this.files.roll()
    }
    this.tail.pass(RECOVERED_ROUND)
    this.highWatermark = this.endOffset
    this.lastRound = 0
    this.history.startAt(this.startOffset)
  }

  /** Everything of it is given up; the folder goes once that is durable. */
  end(): void {
    this.onRemoving(this.endOffset)
    this.deleted = true
    this.store.forget(this, this.tail.unwrittenBytes, this.tail.gatheredBytes)
    this.store.doom([this.folder])
    this.files.clear()
    this.tail.clear()
    this.onAdvance()
  }
}
