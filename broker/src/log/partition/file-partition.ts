/**
 * A partition's log on files. What is appended lies in memory until it is written to the current segment, and a while
 * longer for readers at the end; older batches are read from the files. A `synced` log passes a batch to readers when
 * the journal round that holds it is durable, a `written` one when it stands in its segment.
 */
import { assert } from '../../base/assert.ts'
import { placeBatch } from '../../record/batch.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { blankBatch } from '../../record/blank-batch.ts'
import { markerOf } from '../../record/control-batch.ts'
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
import { PartitionSegment } from './partition-segment.ts'
import type { PartitionState, Replacement } from './partition-state.ts'
import type { PartitionStore } from './partition-store.ts'
import { type OpenTransaction, Producers } from './producers.ts'
import { Snapshot } from './snapshot.ts'
import { Tail, type TailBatch } from './tail.ts'
import { findLargestTimestamp, findTimestamp } from './timestamps.ts'

const RUN_BYTES_MAX = 1 << 20
const RUN_PARTS_MAX = 512
/** Offsets in a segment are kept relative to its base, in 32 bits. */
const SEGMENT_OFFSETS_MAX = 0x7fffffff

/** What the journal gave back is durable before any round of this run. */
const RECOVERED_ROUND = 0.5

/** Batches that are written to a segment together. */
export interface Run {
  readonly segment: PartitionSegment
  readonly position: number
  readonly parts: Uint8Array[]
  readonly bytes: number
  /** Of these, such as were in the journal before. */
  readonly gathered: number
  readonly end: number
}

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
  readonly epochs: EpochStart[] = []
  segments: PartitionSegment[] = []
  producers = new Producers()
  onAdvance: () => void = () => {}
  onRemoving: (below: number) => void = () => {}
  /** A run is on its way to the file. */
  writing = false
  options: PartitionLogOptions
  readonly store: PartitionStore
  readonly tail = new Tail()
  /** Its state counts in a checkpoint what is below. */
  countedEnd = 0
  /** Batches of a `written` log were lost before others that the journal gave back. */
  private hasGap = false
  /** What the checkpoint counts in from here on was lost, and others stand in its place. */
  private keptBelow = Number.POSITIVE_INFINITY
  /** It was compacted below this offset. */
  cleanEnd = 0
  /** As the journal said when the start was raised last. */
  private overStart: readonly OpenTransaction[] | null = null
  private lastRound = 0
  private rollAsked = false
  private readonly head = new BatchHead()

  constructor(id: number, owner: string, label: string, options: PartitionLogOptions, store: PartitionStore) {
    this.id = id
    this.owner = owner
    this.label = label
    this.options = options
    this.store = store
    this.folder = `${store.folder}/${label.slice(0, 200)}.${id}`
  }

  get leaderEpoch(): number {
    return this.store.journal.epoch
  }

  get lastStableOffset(): number {
    return Math.min(this.producers.firstUnstable(this.highWatermark), this.highWatermark)
  }

  get bytes(): number {
    let sum = 0
    for (const segment of this.segments) sum += segment.bytes
    return sum
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
    const durable = this.durableRound
    let end = 0
    this.tail.eachUnwritten((batch) => {
      if (batch.round > durable) return false
      end = batch.end
      return true
    })
    return end
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
    const segment = this.segmentFor(head, now)
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
    this.noteOnce(head, bytes, at)
  }

  /** The same unless the checkpoint counted it in. */
  noteOnce(head: BatchHead, bytes: Uint8Array, at: number): void {
    if (head.baseOffset >= this.countedEnd) this.note(head, bytes, at)
    // It counted in another one, which was lost: this one has its place since a later start.
    else if (head.leaderEpoch > (this.epochs.at(-1)?.epoch ?? -1))
      this.keptBelow = Math.min(this.keptBelow, head.baseOffset)
  }

  /** Epochs, producers and transactions follow from each batch in order. */
  note(head: BatchHead, bytes: Uint8Array, at: number): void {
    const last = this.epochs.at(-1)
    if (last === undefined || head.leaderEpoch > last.epoch) {
      this.epochs.push({ epoch: head.leaderEpoch, startOffset: head.baseOffset })
    }
    if (!head.isControl) this.producers.noteBatch(head)
    else {
      const marker = markerOf(bytes, at)
      if (marker !== null) this.producers.noteMarker(head, marker.commit, marker.coordinatorEpoch)
    }
  }

  private segmentFor(head: BatchHead, now: number): PartitionSegment {
    const active = this.segments.at(-1)
    const { segmentBytes, segmentMs } = this.options
    if (
      active !== undefined &&
      !this.rollAsked &&
      active.generation === 0 &&
      (active.bytes === 0 ||
        (active.bytes + head.length <= segmentBytes &&
          now - active.createdMs < segmentMs &&
          head.lastOffset - active.baseOffset <= SEGMENT_OFFSETS_MAX))
    ) {
      return active
    }
    this.rollAsked = false
    if (active !== undefined) active.seal()
    const segment = new PartitionSegment(this.folder, head.baseOffset, 0, now)
    this.segments.push(segment)
    return segment
  }

  /** High watermark and last stable offset move as far as rounds and files allow. */
  advance(durableRound: number): void {
    const end = this.tail.pass(durableRound)
    if (end <= this.highWatermark) return
    this.highWatermark = end
    this.onAdvance()
  }

  nextRun(): Run | null {
    const first = this.tail.nextUnwritten
    if (this.deleted || first === undefined) return null
    const { segment, position } = first
    const durable = this.durableRound
    const parts: Uint8Array[] = []
    let bytes = 0
    let gathered = 0
    let end = first.base
    this.tail.eachUnwritten((batch) => {
      const fits = bytes === 0 || (bytes + batch.bytes.length <= RUN_BYTES_MAX && parts.length < RUN_PARTS_MAX)
      if (!fits || batch.segment !== segment || batch.round > durable) return false
      parts.push(batch.bytes)
      bytes += batch.bytes.length
      if (batch.round > 0) gathered += batch.bytes.length
      end = batch.end
      return true
    })
    return parts.length === 0 ? null : { segment, position, parts, bytes, gathered, end }
  }

  /** The run stands in its file. */
  written(run: Run): void {
    if (this.deleted) return
    run.segment.flushed += run.bytes
    run.segment.flushedEnd = run.end
    this.tail.wrote(run.parts.length)
    if (run.segment.isComplete && run.segment.endOffset <= this.startOffset) this.removeBelowStart()
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
    const at = this.epochs.findLastIndex((one) => one.epoch <= epoch)
    const next = this.epochs[at + 1]
    // Of earlier ones nothing is left: they ended where the log begins now, or before.
    if (at < 0) return next === undefined ? null : { epoch, endOffset: Math.max(next.startOffset, this.startOffset) }
    return { epoch: this.epochs[at].epoch, endOffset: next === undefined ? this.endOffset : next.startOffset }
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

  /** What the journal says of the start. Markers may be removed with what lies below it, so that it tells which transactions reach over it. */
  restoreStart(offset: number, transactions: readonly OpenTransaction[]): void {
    this.applyStart(offset)
    this.overStart = transactions
  }

  /** Before what the files hold is noted: of transactions that began below the start those are open that reach over it. */
  restoreTransactions(): void {
    if (this.overStart !== null) this.producers.restoreOver(this.startOffset, this.overStart)
    this.overStart = null
  }

  /** Raises the start and takes what is wholly below it out of use. */
  private applyStart(offset: number): void {
    this.startOffset = Math.max(this.startOffset, offset)
    this.forgetBelowStart()
    this.removeBelowStart()
  }

  /** Of what is below the start, goes what is in its file; the rest once it is. */
  private removeBelowStart(): void {
    while (this.segments.length > 1 && this.segments[0].isComplete && this.segments[0].endOffset <= this.startOffset) {
      const segment = this.segments.shift()!
      segment.removed = true
      this.store.doom([segment.logPath, segment.indexPath, segment.timeIndexPath])
    }
    const active = this.segments[0]
    if (this.rollAsked && active?.isComplete && active.endOffset <= this.startOffset) {
      this.segments.shift()
      active.removed = true
      this.rollAsked = false
      this.store.doom([active.logPath, active.indexPath, active.timeIndexPath])
    }
  }

  private forgetBelowStart(): void {
    this.producers.startAt(this.startOffset)
    const first = this.epochs.findLastIndex((one) => one.startOffset <= this.startOffset)
    if (first > 0) this.epochs.splice(0, first)
  }

  roll(): void {
    if ((this.segments.at(-1)?.bytes ?? 0) > 0) this.rollAsked = true
  }

  dirtiness(now: number, minLagMs: number, below = Number.POSITIVE_INFINITY): Dirtiness {
    return dirtiness(this, now, minLagMs, below)
  }

  compact(options: CompactionOptions): Promise<CompactionResult | null> {
    return compact(this, options)
  }

  /** Puts compacted segments, which are on disk, in the place of others. */
  applyReplacement(replacement: Replacement, made?: readonly PartitionSegment[]): void {
    const { from, to, cleanEnd, segments: states, spent } = replacement
    const segments = made ?? states.map((state) => PartitionSegment.restored(this.folder, state))
    const isOld = (one: PartitionSegment): boolean => one.baseOffset >= from && one.baseOffset < to
    const old = this.segments.filter(isOld)
    const kept = this.segments.filter((one) => !isOld(one))
    this.segments = [...kept, ...segments].sort((a, b) => a.baseOffset - b.baseOffset)
    for (const segment of old) {
      segment.removed = true
      this.store.doom([segment.logPath, segment.indexPath, segment.timeIndexPath])
    }
    this.cleanEnd = cleanEnd
    this.endOffset = Math.max(this.endOffset, segments.at(-1)?.endOffset ?? 0)
    this.producers.forgetAborted(spent)
    this.tail.forgetBelow(to)
  }

  /** What a checkpoint keeps: it counts on what stands in files by then. */
  state(): PartitionState {
    const { id, owner, label, options, startOffset: start, epochs } = this
    const segments = this.segments
      .filter((segment) => segment.flushed > 0)
      .map((segment) => segment.state(segment.flushed, segment.flushedEnd))
    const producers = [...this.producers.all()]
    return {
      id,
      owner,
      label,
      options,
      start,
      end: this.endOffset,
      cleanEnd: this.cleanEnd,
      epochs,
      segments,
      producers,
      aborted: this.producers.aborted,
    }
  }

  restoreState(state: PartitionState): void {
    this.startOffset = state.start
    this.epochs.push(...state.epochs)
    this.segments = state.segments.map((segment) => PartitionSegment.restored(this.folder, segment))
    this.producers.restore(state.producers, state.aborted)
    this.countedEnd = state.end
    this.cleanEnd = state.cleanEnd
    this.endOffset = this.segments.at(-1)?.endOffset ?? state.start
  }

  /** The checkpoint counts producers and epochs of batches that were lost. */
  get countsLost(): boolean {
    return this.hasGap || Math.min(this.endOffset, this.keptBelow) < this.countedEnd
  }

  /** What the checkpoint says of producers does not hold, nor of epochs beyond the end. */
  forgetCounted(): void {
    const end = Math.min(this.endOffset, this.keptBelow)
    this.countedEnd = 0
    this.epochs.splice(0, this.epochs.length, ...this.epochs.filter((one) => one.startOffset < end))
    this.producers = new Producers()
  }

  /** Takes back from the journal what stands in no segment. */
  restoreBatches(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.head.length) {
      const head = this.head.read(bytes, at)
      // Without any segment the log seems to end where it starts, which may be within a batch.
      if (head.lastOffset < this.endOffset) continue
      if (head.baseOffset > this.endOffset) this.fillGap(head.baseOffset, head.leaderEpoch)
      const createdMs =
        this.segments.at(-1)?.createdMs ?? (head.maxTimestamp > 0 ? head.maxTimestamp : this.store.clock.now())
      this.accept(head, bytes, at, RECOVERED_ROUND, createdMs)
      this.store.appended(this, head.length, false)
    }
    this.tail.pass(RECOVERED_ROUND)
  }

  /** A batch without records takes the place of lost ones, so that batches follow each other at every start. */
  private fillGap(to: number, epoch: number): void {
    if (to > this.startOffset) this.hasGap = true
    const bytes = blankBatch(this.endOffset, to, Math.min(this.epochs.at(-1)?.epoch ?? epoch, epoch))
    const head = new BatchHead().read(bytes, 0)
    this.accept(head, bytes, 0, RECOVERED_ROUND, this.segments.at(-1)?.createdMs ?? this.store.clock.now())
    this.store.appended(this, bytes.length, false)
  }

  /** Everything is back: what is there is durable, and a new epoch begins. */
  recovered(): void {
    if (this.endOffset < this.startOffset) {
      // What lay below the start was lost before it was removed.
      this.endOffset = this.startOffset
      this.roll()
    }
    this.tail.pass(RECOVERED_ROUND)
    this.highWatermark = this.endOffset
    this.lastRound = 0
    this.forgetBelowStart()
  }

  /** Everything of it is given up; the folder goes once that is durable. */
  end(): void {
    this.onRemoving(this.endOffset)
    this.deleted = true
    this.store.forget(this, this.tail.unwrittenBytes, this.tail.gatheredBytes)
    this.store.doom([this.folder])
    for (const segment of this.segments) segment.removed = true
    this.segments = []
    this.tail.clear()
    this.onAdvance()
  }
}
