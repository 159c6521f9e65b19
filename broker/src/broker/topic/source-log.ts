/**
 * A partition's log as the log of a queue, without a copy: records are read from the partition, up to its last stable
 * offset, and what the queue has done with them stands in a ledger of its own. Offsets that hold nothing for a queue
 * (markers, what was aborted, what compaction took) count until the queue comes by, and are settled then.
 *
 *   partition   ──read──> windows ──seek──> lane        ledger  <──settle, returns──  lane
 */
import type { Loan } from '../../base/loan.ts'
import { type Log, Seek, type SeekResult, type SourceLedger } from '../../log/engine.ts'
import type { MessageView } from '../../record/message.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import type { Partition } from './partition.ts'
import { copyView, SourceKept } from './source-kept.ts'
import { SourceWindow } from './source-window.ts'

const READ_BYTES = 128 << 10
/** Where the queue is, what came back to it, and somebody who looks through it. */
const WINDOWS_MAX = 3

export class SourceLog implements Log {
  readonly durability = 'synced'
  readonly partition: Partition
  readonly ledger: SourceLedger
  /** What lies here can be told only by reading it. */
  readonly unsettledBytes = 0
  endOffset: number
  unsettled: number
  /** Called when so many offsets up to `below` turn out to hold nothing any more; with `fault`, because it cannot be read. */
  onMissing: (count: number, below: number, fault: Error | null) => void = () => {}
  /** The partition is gone: nothing comes any more. */
  isOver = false
  /** Called when everything of a partition that is gone is settled. */
  onEmpty: () => void = () => {}
  private readonly properties: PropertyBlocks
  /** What was taken when the topic removed it. */
  private readonly kept = new SourceKept()
  /** How often something was removed. */
  private removals = 0
  /** The one used last comes first. */
  private readonly windows: SourceWindow[] = []

  constructor(partition: Partition, ledger: SourceLedger, properties: PropertyBlocks) {
    this.partition = partition
    this.ledger = ledger
    this.properties = properties
    this.endOffset = Math.max(ledger.settledBelow, partition.limit('committed'))
    this.unsettled = ledger.countUnsettled(ledger.settledBelow, this.endOffset)
  }

  get id(): number {
    return this.ledger.id
  }

  get owner(): string {
    return this.ledger.owner
  }

  get settledBelow(): number {
    return this.ledger.settledBelow
  }

  get coldEnd(): number {
    return this.endOffset
  }

  /** Takes in what became readable. @returns whether there is more than before */
  advance(): boolean {
    const end = this.partition.limit('committed')
    if (this.isOver || end <= this.endOffset) return false
    this.unsettled += this.ledger.countUnsettled(this.endOffset, end)
    this.endOffset = end
    return true
  }

  seek(offset: number, view: MessageView): SeekResult {
    const { kept } = this
    if (kept.size > 0 && kept.isLost(offset)) this.giveUp(offset)
    for (let at = this.next(offset); at < this.endOffset; at = this.next(at)) {
      if (kept.has(at)) {
        const record = kept.get(at)
        if (record === undefined) return Seek.cold
        copyView(record!, view)
        return Seek.found
      }
      const window = this.windowOf(at)
      if (window === null) return Seek.cold
      const found = Math.min(window.find(at), this.endOffset, kept.next(at))
      if (found === at) {
        window.describe(view)
        return Seek.found
      }
      this.passOver(window, at, found)
      at = found
    }
    this.closeSpent()
    return Seek.end
  }

  load(offset: number, ready: (error: Error | null) => void): void {
    const { partition } = this
    const limit = this.endOffset
    const from = this.next(offset)
    const { startOffset } = partition.log
    if (this.kept.has(from) && this.kept.get(from) === undefined) {
      this.kept.whenCopied(() => ready(null))
      return
    }
    if (from >= limit || this.kept.has(from) || this.windowOf(from) !== null) {
      ready(null)
      return
    }
    const { removals } = this
    const done = (error: Error | null, parts: readonly Uint8Array[], loan: Loan | null): void => {
      if (removals !== this.removals) {
        loan?.giveBack()
        this.load(offset, ready)
        return
      }
      if (error === null) this.freeWindow().open({ parts, from, limit: end, aborted, loan })
      ready(error)
    }
    // Of a batch that reaches over the start the rest could be read.
    const isGone = from < startOffset
    const end = isGone ? Math.min(startOffset, limit) : limit
    // Before the records: a compaction may take away both.
    const aborted = isGone ? [] : partition.abortedTransactions(from, limit)
    if (isGone || partition.read(from, 'committed', READ_BYTES, done) !== null) done(null, [], null)
  }

  settle(offset: number): void {
    if (offset >= this.endOffset || this.ledger.isSettled(offset)) return
    this.ledger.settle(offset)
    if (this.kept.size > 0) this.kept.delete(offset)
    if (--this.unsettled === 0 && this.isOver) this.onEmpty()
  }

  settleRange(from: number, to: number): void {
    const end = Math.min(to, this.endOffset)
    this.unsettled -= this.ledger.countUnsettled(from, end)
    this.ledger.settleRange(from, end)
    if (this.kept.size > 0) this.kept.deleteRange(from, end)
    if (this.unsettled === 0 && this.isOver) this.onEmpty()
  }

  /** Records are about to be removed: what was read before is not to be handed out after, as nothing would keep it. */
  forgetRead(): void {
    this.removals++
    this.close()
  }

  /** These are taken and about to be removed: they stay readable until they are settled. */
  keep(offsets: readonly number[]): void {
    const { partition, properties } = this
    const window = new SourceWindow(partition.topicName, properties)
    void this.kept.copy(offsets, partition.log.snapshot(), window, this.endOffset)
  }

  isSettled(offset: number): boolean {
    return this.ledger.isSettled(offset)
  }

  bodyLength(): number {
    return 0
  }

  returns(offset: number): number {
    return this.ledger.returns(offset)
  }

  notBefore(offset: number): number {
    return this.ledger.notBefore(offset)
  }

  setReturns(offset: number, count: number, notBefore?: number): void {
    this.ledger.setReturns(offset, count, notBefore)
  }

  forEachReturn(visit: (offset: number, count: number, notBefore: number) => void): void {
    this.ledger.forEachReturn(visit)
  }

  mayDeliver(offset: number): boolean {
    return this.ledger.mayDeliver(offset)
  }

  maybeDelivered(offset: number): boolean {
    return this.ledger.maybeDelivered(offset)
  }

  /** Nothing is read any more. */
  close(): void {
    for (const window of this.windows) window.close()
  }

  /** The first unsettled offset at or after one, without those that are in hand and could not be copied. */
  private next(offset: number): number {
    const { ledger, kept } = this
    let at = ledger.nextUnsettled(offset)
    while (kept.size > 0 && kept.isLost(at)) at = ledger.nextUnsettled(at + 1)
    return at
  }

  /** It came back, and there is nothing of it. */
  private giveUp(offset: number): void {
    this.settle(offset)
    this.onMissing(1, offset + 1, null)
  }

  private windowOf(offset: number): SourceWindow | null {
    const { windows } = this
    for (let i = 0; i < windows.length; i++) {
      const window = windows[i]
      if (!window.holds(offset)) continue
      if (i > 0) {
        windows.splice(i, 1)
        windows.unshift(window)
      }
      return window
    }
    return null
  }

  private freeWindow(): SourceWindow {
    const { windows } = this
    const at = windows.findIndex((one) => one.end === 0)
    const isNew = at < 0 && windows.length < WINDOWS_MAX
    const window = isNew
      ? new SourceWindow(this.partition.topicName, this.properties)
      : windows.splice(at < 0 ? windows.length - 1 : at, 1)[0]
    windows.unshift(window)
    return window
  }

  private closeSpent(): void {
    for (const window of this.windows) if (window.isSpent) window.close()
  }

  private readonly countUnsettled = (from: number, to: number): number => this.ledger.countUnsettled(from, to)

  /** There is no record in [from, to). */
  private passOver(window: SourceWindow, from: number, to: number): void {
    const missing = this.countUnsettled(from, to) - window.voidIn(from, to, this.countUnsettled)
    this.settleRange(from, to)
    if (missing > 0) this.onMissing(missing, to, window.fault)
  }
}
