/**
 * The ledger of a queue over a partition's log: what a log of its own keeps beside its records, for records that lie
 * elsewhere. They are durable there before they are spoken of here; a source that lost its end takes back what was said
 * of it.
 *
 *   created as   source u64 | start u64, behind what all logs have (see section.ts)
 *   checkpoint   id u64 | source u64 | start u64 | settled below u64 | maybe delivered below u64 | owner length u16 | owner
 *                | settled above and returns, as a log's (see checkpoint-format.ts)
 */
import { type ChangeStage, Changing } from './changing.ts'
import { type ByteReader, type ByteWriter, decodeProgress, encodeProgress, type Progress } from './checkpoint-format.ts'
import type { SourceLedger } from './engine.ts'
import { type Return, Returns } from './returns.ts'

export interface LedgerState extends Progress {
  readonly id: number
  readonly owner: string
  /** Id of the partition's log. */
  readonly source: number
  readonly startOffset: number
  readonly maybeDeliveredBelow: number
}

export class FileSourceLedger extends Changing implements SourceLedger {
  readonly source: number
  startOffset: number
  readonly shard: ChangeStage

  constructor(id: number, owner: string, source: number, startOffset: number, shard: ChangeStage) {
    super(id, owner, true, shard.rounds)
    this.source = source
    this.shard = shard
    this.startOffset = this.ledger.settledBelow = startOffset
  }

  settle(offset: number): void {
    if (!this.ledger.settle(offset)) return
    this.returned?.delete(offset)
    this.ledger.stage(offset, offset + 1)
    if (!this.dirty) this.shard.markDirty(this, false)
  }

  settleRange(from: number, to: number): void {
    const start = Math.max(from, this.ledger.settledBelow)
    if (start >= to) return
    this.ledger.settleRange(start, to)
    this.returned?.filter((offset) => offset < start || offset >= to)
    this.ledger.stage(start, to)
    if (!this.dirty) this.shard.markDirty(this, false)
  }

  countUnsettled(from: number, to: number): number {
    return this.ledger.countUnsettled(from, to)
  }

  nextUnsettled(offset: number): number {
    return this.ledger.nextUnsettled(offset)
  }

  setReturns(offset: number, count: number, notBefore = 0): void {
    if (this.ledger.isSettled(offset)) return
    this.returned ??= new Returns()
    this.returned.set(offset, count, notBefore)
    this.returned.stage(offset)
    this.shard.markDirty(this, false)
  }

  mayDeliver(offset: number): boolean {
    this.reserve(offset)
    return offset < this.mark.durableBelow
  }

  /** True if something is said of offsets at or above `end`. */
  reaches(end: number): boolean {
    const { ledger, mark } = this
    if (this.startOffset > end || ledger.settledBelow > end || mark.below > end) return true
    if (ledger.settledAbove.nextAtOrAfter(end) >= 0) return true
    let found = false
    this.returned?.forEach((offset) => {
      found ||= offset >= end
    })
    return found
  }

  /** Nothing is said of offsets at or above `end` any more: the source lost them. */
  clip(end: number): void {
    this.startOffset = Math.min(this.startOffset, end)
    this.ledger.clip(end)
    this.returned?.filter((offset) => offset < end)
    this.mark.restore(Math.min(this.mark.below, end))
  }

  /** What a checkpoint keeps. */
  state(): LedgerState {
    const { id, owner, source, startOffset, settledBelow, ledger } = this
    const settledAbove: number[] = []
    ledger.settledAbove.forEachRange((from, to) => {
      if (to > settledBelow) settledAbove.push(Math.max(from, settledBelow), to)
    })
    const returns: Return[] = []
    this.returned?.forEach((offset, count, notBefore) => {
      returns.push({ offset, count, notBefore })
    })
    const maybeDeliveredBelow = this.mark.below
    return { id, owner, source, startOffset, settledBelow, maybeDeliveredBelow, settledAbove, returns }
  }

  /** The reverse of `state`, for a new ledger. */
  restoreState(state: LedgerState): void {
    this.restoreProgress(state, state.maybeDeliveredBelow)
  }
}

export function encodeLedger(into: ByteWriter, state: LedgerState): void {
  const owner = Buffer.from(state.owner)
  const { id, source, startOffset, settledBelow, maybeDeliveredBelow } = state
  for (const value of [id, source, startOffset, settledBelow, maybeDeliveredBelow]) into.u64(value)
  into.u16(owner.length)
  into.raw(owner)
  encodeProgress(into, state)
}

export function decodeLedger(from: ByteReader): LedgerState {
  const [id, source, startOffset, settledBelow] = [from.u64(), from.u64(), from.u64(), from.u64()]
  const maybeDeliveredBelow = from.u64()
  const owner = from.text(from.u16())
  const progress = decodeProgress(from, settledBelow, false)
  return { id, owner, source, startOffset, settledBelow, maybeDeliveredBelow, ...progress }
}
