/**
 * A lane of a queue: one log and the order in which its messages are ready. Everything from `head` on was never handed
 * out, save what stands in `away`; `returned` holds what came back. What is neither ready nor settled is *taken*: with
 * a consumer, on its way elsewhere, or set aside. Trade: offsets only, never an object per message.
 */
import { type Log, Seek } from '../../log/engine.ts'
import { OffsetSet } from '../../log/offset-set.ts'
import type { MessageView } from '../../record/message.ts'
import { Aside } from './aside.ts'
import type { KeyOrder } from './key-order.ts'

/** What looking for the next message found. `cold`: load `coldAt`; `mark`: a round must become durable first. */
export const Find = { found: 0, none: 1, cold: 2, mark: 3 } as const
export type FindResult = (typeof Find)[keyof typeof Find]

export class Lane {
  readonly log: Log
  /** The priority of its messages; 0 where the queue has none; of a queue over a topic the number of the lane. */
  readonly level: number
  taken = 0
  coldAt = 0
  /** What `peek` found had come back. */
  again = false
  private head: number
  private readonly returned = new OffsetSet()
  /** Taken out of their order: at or above `head`. */
  private readonly away = new OffsetSet()
  /** Null where messages have no order within keys. */
  private readonly order: KeyOrder | null
  private readonly aside: Aside | null

  constructor(log: Log, level: number, order: KeyOrder | null = null) {
    this.log = log
    this.level = level
    this.order = order
    this.aside = order === null ? null : new Aside()
    this.head = log.settledBelow
  }

  get ready(): number {
    return this.log.unsettled - this.taken
  }

  /** Finds the first ready message and describes it in `view`. */
  peek(view: MessageView): FindResult {
    const { log, returned, away } = this
    for (;;) {
      const again = (this.again = returned.size > 0)
      const from = again ? returned.first() : this.head
      const result = log.seek(from, view)
      if (result === Seek.cold) {
        this.coldAt = from
        return Find.cold
      }
      if (again) {
        if (result === Seek.found && view.offset === from) return Find.found
        // It cannot be read any more: what lies behind it may be with a consumer, or was never handed out.
        returned.delete(from)
        this.order?.lost(this, from)
        continue
      }
      if (result === Seek.end) return Find.none
      if (away.size === 0 || !away.has(view.offset)) return Find.found
      this.head = view.offset + 1
      away.deleteBelow(this.head)
      this.order?.passed(this, view)
    }
  }

  /** As `peek` for the oldest ready message, which need not be the next one: it may stand aside. */
  oldest(view: MessageView): FindResult {
    const { aside, log, returned } = this
    for (;;) {
      const first = aside === null ? -1 : aside.ready.first()
      if (first < 0 || (returned.size > 0 && returned.first() < first)) return this.peek(view)
      const result = log.seek(first, view)
      if (result === Seek.found && view.offset === first) return Find.found
      if (result === Seek.cold) {
        this.coldAt = first
        return Find.cold
      }
      this.order!.lost(this, first)
    }
  }

  /** `peek`, and whether it may be handed out. */
  find(view: MessageView): FindResult {
    const found = this.peek(view)
    return found === Find.found && !this.again && !this.log.mayDeliver(view.offset) ? Find.mark : found
  }

  /** Takes what `peek` or `find` has just found. */
  take(offset: number): void {
    this.taken++
    this.pass(offset)
  }

  /** Takes a message out of its order. @returns false if it is not ready. */
  takeOut(offset: number): boolean {
    if (!this.isReady(offset)) return false
    this.taken++
    if (offset >= this.head) this.away.add(offset)
    else if (this.aside === null || !this.aside.take(offset)) this.returned.delete(offset)
    return true
  }

  /** Calls back for what is taken below `end`, in order. @param next the first unsettled offset at or after one */
  forEachTaken(end: number, next: (offset: number) => number, visit: (offset: number) => void): void {
    const { head, returned, away } = this
    for (let at = next(0); at < Math.min(head, end); at = next(at + 1)) if (!returned.has(at)) visit(at)
    for (let at = away.nextAtOrAfter(head); at >= 0 && at < end; at = away.nextAtOrAfter(at + 1)) visit(at)
  }

  isReady(offset: number): boolean {
    if (this.log.isSettled(offset)) return false
    if (offset >= this.head) return offset < this.log.endOffset && !this.away.has(offset)
    return this.returned.has(offset) || this.aside?.ready.has(offset) === true
  }

  /** A taken message is ready again, at its place. */
  giveBack(offset: number): void {
    this.taken--
    if (offset >= this.head) this.away.delete(offset)
    else if (this.aside === null || !this.aside.giveBack(offset)) this.returned.add(offset)
  }

  /** A taken message is settled. */
  settle(offset: number): void {
    this.taken--
    this.log.settle(offset)
  }

  /** Settles what is ready, without taking it first. */
  drop(offset: number): void {
    if (offset < this.head) this.returned.delete(offset)
    this.log.settle(offset)
  }

  /** Settles what `peek` has just found, without taking it first. */
  dropFirst(offset: number): void {
    this.pass(offset)
    this.log.settle(offset)
  }

  /** Settles all that is ready in [start, end). What was never handed out begins at or above `start`. */
  purge(start = 0, end: number = this.log.endOffset): void {
    const { log, returned, away } = this
    for (let at = returned.nextAtOrAfter(start); at >= 0 && at < end; at = returned.nextAtOrAfter(at)) this.drop(at)
    if (end <= this.head) return
    let from = this.head
    for (let kept = away.nextAtOrAfter(from); kept >= 0 && kept < end; kept = away.nextAtOrAfter(from)) {
      if (kept > from) log.settleRange(from, kept)
      from = kept + 1
    }
    if (end > from) log.settleRange(from, end)
    // What was taken before has still to be passed, where keys have an order.
    const kept = this.order === null ? -1 : away.nextAtOrAfter(this.head)
    this.head = kept >= 0 && kept < end ? kept : end
    away.deleteBelow(this.head)
  }

  // Of messages that stand aside, for whoever keeps the order within keys

  /** The message that `find` has just found is not to be handed out yet. */
  stepAside(offset: number): void {
    this.pass(offset)
    this.aside!.ready.add(offset)
  }

  /** As `stepAside` for one that is taken. */
  passAside(offset: number): void {
    this.aside!.taken.add(offset)
  }

  /** It may be handed out. @returns false if it has left */
  stepForward(offset: number): boolean {
    const aside = this.aside!
    if (!aside.ready.delete(offset)) return aside.taken.delete(offset)
    return this.returned.add(offset)
  }

  /** @returns false if it does not stand aside */
  leaveAside(offset: number): boolean {
    return this.aside!.delete(offset)
  }

  isAside(offset: number): boolean {
    return this.aside!.has(offset)
  }

  /** Settles what is ready. @returns how many are left: they are taken */
  purgeAside(): number {
    const { ready, taken } = this.aside!
    ready.forEachRange((from, to) => this.log.settleRange(from, to))
    ready.clear()
    return taken.size
  }

  private pass(offset: number): void {
    if (this.again) this.returned.delete(offset)
    else {
      this.head = offset + 1
      if (this.away.size > 0) this.away.deleteBelow(offset + 1)
    }
  }
}
