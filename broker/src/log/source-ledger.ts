/**
 * The ledger of a queue over a partition's log: what a log of its own keeps beside its records, for records that lie
 * elsewhere. They are durable there before they are spoken of here; a source that lost its end takes back what was said
 * of it.
 *
 *   created as   source u64 | start u64, behind what all logs have (see section.ts)
 *   checkpoint   id u64 | source u64 | start u64 | settled below u64 | maybe delivered below u64 | owner length u16 | owner
 *                | settled above and returns, as a log's (see checkpoint-format.ts)
 */
import { type ByteReader, type ByteWriter, decodeProgress, encodeProgress } from './checkpoint-format.ts'
import { DeliveryMark } from './delivery-mark.ts'
import type { SourceLedger } from './engine.ts'
import { Ledger } from './ledger.ts'
import { type Return, Returns } from './returns.ts'
import type { Rounds } from './rounds.ts'

/** What a log or ledger has for the next entry, beside records. */
export interface Changing {
  readonly id: number
  readonly deleted: boolean
  /** What it puts into the journal is synced with its round. */
  readonly synced: boolean
  readonly ledger: Ledger
  readonly returned: Returns | null
  readonly mark: DeliveryMark
  markStaged: boolean
  /** Set while it stands in its shard's list. */
  dirty: boolean
}

/** What a ledger asks of its shard. */
export interface LedgerStage {
  readonly rounds: Rounds
  markDirty(changed: Changing, urgent: boolean): void
}

export interface LedgerState {
  readonly id: number
  readonly owner: string
  /** Id of the partition's log. */
  readonly source: number
  readonly startOffset: number
  readonly settledBelow: number
  readonly maybeDeliveredBelow: number
  /** [from, to) pairs */
  readonly settledAbove: readonly number[]
  readonly returns: readonly Return[]
}

export class FileSourceLedger implements SourceLedger, Changing {
  readonly id: number
  readonly owner: string
  readonly source: number
  readonly synced = true
  readonly ledger = new Ledger()
  readonly mark: DeliveryMark
  startOffset: number
  returned: Returns | null = null
  markStaged = false
  dirty = false
  deleted = false
  private readonly shard: LedgerStage

  constructor(id: number, owner: string, source: number, startOffset: number, shard: LedgerStage) {
    this.id = id
    this.owner = owner
    this.source = source
    this.shard = shard
    this.startOffset = this.ledger.settledBelow = startOffset
    this.mark = new DeliveryMark(shard.rounds)
  }

  get settledBelow(): number {
    return this.ledger.settledBelow
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

  isSettled(offset: number): boolean {
    return this.ledger.isSettled(offset)
  }

  countUnsettled(from: number, to: number): number {
    return this.ledger.countUnsettled(from, to)
  }

  nextUnsettled(offset: number): number {
    return this.ledger.nextUnsettled(offset)
  }

  returns(offset: number): number {
    return this.returned?.count(offset) ?? 0
  }

  notBefore(offset: number): number {
    return this.returned?.notBefore(offset) ?? 0
  }

  setReturns(offset: number, count: number, notBefore = 0): void {
    if (this.ledger.isSettled(offset)) return
    this.returned ??= new Returns()
    this.returned.set(offset, count, notBefore)
    this.returned.stage(offset)
    this.shard.markDirty(this, false)
  }

  forEachReturn(visit: (offset: number, count: number, notBefore: number) => void): void {
    this.returned?.forEach(visit)
  }

  mayDeliver(offset: number): boolean {
    const { mark } = this
    if (mark.wantsStep(offset)) {
      mark.reserve(offset)
      this.markStaged = true
      this.shard.markDirty(this, true)
    }
    return offset < mark.durableBelow
  }

  maybeDelivered(offset: number): boolean {
    return offset < this.mark.recovered
  }

  /** Before a clean stop: the mark goes back to what is known, nothing reserved ahead. */
  stageExactMark(): void {
    if (this.mark.below === this.mark.recovered) return
    this.mark.restore(this.mark.recovered)
    this.markStaged = true
    this.shard.markDirty(this, true)
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
    const { ledger } = this
    ledger.settledBelow = state.settledBelow
    for (let i = 0; i < state.settledAbove.length; i += 2) {
      ledger.settledAbove.addRange(state.settledAbove[i], state.settledAbove[i + 1])
    }
    this.mark.restore(state.maybeDeliveredBelow)
    for (const { offset, count, notBefore } of state.returns) {
      this.returned ??= new Returns()
      this.returned.set(offset, count, notBefore)
    }
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
