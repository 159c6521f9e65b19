/**
 * The part of a log that lies in segments. Persistent records of a journaled log lie in durable segments, all others in
 * scratch ones; a reader sees both as one, in the order of offsets.
 */

import type { MessageView } from '../record/message.ts'
import { Seek, type SeekResult } from './engine.ts'
import type { Ledger } from './ledger.ts'
import { OffsetSet } from './offset-set.ts'
import { Peek, SegmentChain } from './segment-chain.ts'
import type { SegmentStore } from './segment-store.ts'

export class ColdPart {
  readonly durable: SegmentChain
  readonly scratch: SegmentChain
  /** Unsettled offsets of a journaled log that lie in scratch segments: no start will find them again. */
  readonly transient = new OffsetSet()
  private peeked = 0
  /** No unsettled record lies in here: a walk over many settled ones need not begin anew after each fetch. */
  private emptyFrom = 0
  private emptyTo = 0
  private readonly journaled: boolean
  private readonly ledger: Ledger

  constructor(store: SegmentStore, logId: number, journaled: boolean, ledger: Ledger) {
    this.journaled = journaled
    this.ledger = ledger
    this.durable = new SegmentChain(store, logId, true, ledger)
    this.scratch = new SegmentChain(store, logId, false, ledger)
  }

  get unsettled(): number {
    return this.durable.unsettled + this.scratch.unsettled
  }

  get unsettledBytes(): number {
    return this.durable.unsettledBytes + this.scratch.unsettledBytes
  }

  /** Finds the first unsettled record in [offset, end). */
  seek(offset: number, end: number, view: MessageView): SeekResult {
    const { ledger } = this
    let at = this.skipEmpty(offset)
    for (;;) {
      const chain = this.next(at)
      if (chain.at >= end) return Seek.end
      if (this.peeked === Peek.missing) return Seek.cold
      if (!ledger.isSettled(chain.at)) {
        chain.chunk!.describe(chain.index, view)
        return Seek.found
      }
      at = ledger.settledAbove.nextAbsent(chain.at)
      this.noteEmpty(offset, at)
    }
  }

  /** Brings into memory what `seek` missed. @throws Damage */
  async load(offset: number, end: number): Promise<void> {
    const { ledger } = this
    let at = this.skipEmpty(offset)
    for (;;) {
      const chain = this.next(at)
      if (chain.at >= end) return
      if (this.peeked === Peek.missing) return chain.load(chain.at)
      if (!ledger.isSettled(chain.at)) return
      at = ledger.settledAbove.nextAbsent(chain.at)
    }
  }

  private skipEmpty(offset: number): number {
    return offset >= this.emptyFrom && offset < this.emptyTo ? this.emptyTo : offset
  }

  private noteEmpty(from: number, to: number): void {
    if (from < this.emptyFrom || from > this.emptyTo) this.emptyFrom = from
    this.emptyTo = to
  }

  /** True if the record's settle is to be journaled. */
  isJournaled(offset: number): boolean {
    return this.journaled && !this.transient.has(offset)
  }

  /** 0 where no reader was near. */
  bodyLength(offset: number): number {
    const chain = this.isJournaled(offset) ? this.durable : this.scratch
    return Math.max(0, chain.bodyLength(offset))
  }

  settle(offset: number): void {
    if (this.isJournaled(offset)) this.durable.settle(offset)
    else {
      this.transient.delete(offset)
      this.scratch.settle(offset)
    }
  }

  /** The chain whose next record comes first, or is missing first; `peeked` says which. */
  private next(offset: number): SegmentChain {
    const at = Math.max(offset, this.ledger.settledBelow)
    const inDurable = this.durable.peek(at)
    const inScratch = this.scratch.peek(at)
    const first = this.durable.at <= this.scratch.at
    this.peeked = first ? inDurable : inScratch
    return first ? this.durable : this.scratch
  }

  /** Settles the segments that lie wholly in [from, to); returns how many records that were. */
  settleWhole(from: number, to: number): number {
    const count = this.durable.settleWhole(from, to) + this.scratch.settleWhole(from, to)
    for (let at = this.transient.nextAtOrAfter(from); at >= 0 && at < to; at = this.transient.nextAtOrAfter(at)) {
      this.transient.delete(at)
    }
    return count
  }

  dropAll(): void {
    this.durable.dropAll()
    this.scratch.dropAll()
  }
}
