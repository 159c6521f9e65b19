/**
 * What a log, and a ledger over a partition's log, keep of records beside their bytes: which are settled, which came back
 * and how often, which may have been delivered. What of it changed goes into the next entry.
 */
import type { Progress } from './checkpoint-format.ts'
import { DeliveryMark } from './delivery-mark.ts'
import { Ledger } from './ledger.ts'
import { Returns } from './returns.ts'
import type { Rounds } from './rounds.ts'

/** What it asks of its shard. */
export interface ChangeStage {
  readonly rounds: Rounds
  /** There are settles, returns or a mark for the next entry. */
  markDirty(changed: Changing, urgent: boolean): void
}

export abstract class Changing {
  readonly id: number
  readonly owner: string
  /** What it puts into the journal is synced with its round. */
  readonly synced: boolean
  abstract readonly shard: ChangeStage
  readonly ledger = new Ledger()
  readonly mark: DeliveryMark
  returned: Returns | null = null
  markStaged = false
  /** Set while it stands in its shard's list. */
  dirty = false
  deleted = false

  constructor(id: number, owner: string, synced: boolean, rounds: Rounds) {
    this.id = id
    this.owner = owner
    this.synced = synced
    this.mark = new DeliveryMark(rounds)
  }

  get settledBelow(): number {
    return this.ledger.settledBelow
  }

  isSettled(offset: number): boolean {
    return this.ledger.isSettled(offset)
  }

  returns(offset: number): number {
    return this.returned?.count(offset) ?? 0
  }

  notBefore(offset: number): number {
    return this.returned?.notBefore(offset) ?? 0
  }

  forEachReturn(visit: (offset: number, count: number, notBefore: number) => void): void {
    this.returned?.forEach(visit)
  }

  maybeDelivered(offset: number): boolean {
    return offset < this.mark.recovered
  }

  /** Before a clean stop: the mark goes back to what is known, nothing reserved ahead. */
  stageExactMark(): void {
    if (this.mark.below === this.mark.recovered) return
    this.mark.restore(this.mark.recovered)
    this.stageMark()
  }

  /** Reserves the next step of the mark if it is due. */
  protected reserve(offset: number): void {
    if (!this.mark.wantsStep(offset)) return
    this.mark.reserve(offset)
    this.stageMark()
  }

  /** The reverse of what a checkpoint keeps. */
  protected restoreProgress({ settledBelow, settledAbove, returns }: Progress, maybeDeliveredBelow: number): void {
    const { ledger } = this
    ledger.settledBelow = settledBelow
    for (let i = 0; i < settledAbove.length; i += 2) ledger.settledAbove.addRange(settledAbove[i], settledAbove[i + 1])
    this.mark.restore(maybeDeliveredBelow)
    if (returns.length > 0) this.returned = new Returns()
    for (const { offset, count, notBefore } of returns) this.returned!.set(offset, count, notBefore)
  }

  private stageMark(): void {
    this.markStaged = true
    this.shard.markDirty(this, true)
  }
}
