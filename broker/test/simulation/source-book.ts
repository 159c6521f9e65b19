/**
 * What is known of a queue over a topic: which of its topic's records were handed out, came back, are settled, and
 * durably so; which it must have had in the end. Records are told apart by their numbers (see feed-book.ts).
 */
import assert from 'node:assert/strict'
import type { Line, Sent } from './feed-book.ts'

export class WorkQueue {
  readonly name: string
  readonly topic: string
  readonly args: Readonly<Record<string, string | number>>
  /** Returned records rest. */
  readonly delays: boolean
  /** With consumers now. */
  readonly inHand = new Set<Sent>()
  /** Rejected since the last start. */
  readonly rejected = new Set<Sent>()
  /** Acknowledged, and durably so. */
  private readonly acknowledged = new Set<Sent>()
  private readonly done = new Set<Sent>()
  /** Before a crash, too: then it may be settled or come again. */
  private readonly everAcknowledged = new Set<Sent>()
  private readonly seen = new Set<Sent>()
  private readonly seenInLife = new Set<Sent>()
  /** How often it came back, at most; at least; and at least, should the power go. */
  private readonly returns = new Map<Sent, number>()
  private leastReturns = new Map<Sent, number>()
  private keptReturns = new Map<Sent, number>()
  /** The topic may have removed it before the queue was done with it; it has, and the queue did not have it in hand. */
  private readonly perhapsRemoved = new Set<Sent>()
  private readonly removed = new Set<Sent>()
  private readonly last = new Map<Line, number>()

  constructor(name: string, topic: string, args: Readonly<Record<string, string | number>>, delays = false) {
    this.name = name
    this.topic = topic
    this.args = args
    this.delays = delays
  }

  delivered(one: Sent, redelivered: boolean, count: number): void {
    const what = `${this.name}: record ${one.number} at ${one.line} ${one.offset}`
    assert.equal(one.line.topic, this.topic, `${what} has no business here`)
    assert.notEqual(one.transaction?.wasCommitted, false, `${what} is not committed`)
    assert.ok(!this.done.has(one) && !this.acknowledged.has(one), `${what} comes after it was acknowledged`)
    assert.ok(!this.rejected.has(one), `${what} comes after it was rejected`)
    assert.ok(!this.inHand.has(one), `${what} is with a consumer already`)
    assert.ok(!this.removed.has(one), `${what} comes after it was removed`)
    assert.ok(redelivered || !this.seen.has(one), `${what} is not flagged`)
    const returns = this.returns.get(one) ?? 0
    assert.ok(count <= returns, `${what} came back ${returns} times, not ${count}`)
    if (this.args['x-queue-type'] === 'quorum') {
      assert.ok(count >= (this.leastReturns.get(one) ?? 0), `${what} came back more often than ${count}`)
    }
    if (!this.seenInLife.has(one) && returns === 0) {
      assert.ok(one.number > (this.last.get(one.line) ?? -1), `${what} comes too late`)
      this.last.set(one.line, one.number)
    }
    this.seen.add(one)
    this.seenInLife.add(one)
    this.inHand.add(one)
  }

  acknowledge(one: Sent): void {
    this.inHand.delete(one)
    this.acknowledged.add(one)
    this.everAcknowledged.add(one)
  }

  requeue(one: Sent): void {
    this.inHand.delete(one)
    for (const counts of [this.returns, this.leastReturns]) counts.set(one, (counts.get(one) ?? 0) + 1)
  }

  reject(one: Sent): void {
    this.inHand.delete(one)
    this.rejected.add(one)
  }

  /** The topic removes it. */
  remove(one: Sent): void {
    if (this.inHand.has(one) || this.rejected.has(one)) return
    this.perhapsRemoved.add(one)
    if (!this.delays || !this.returns.has(one)) this.removed.add(one)
  }

  /** The topic may remove it at any time from now on. */
  supersede(one: Sent): void {
    this.perhapsRemoved.add(one)
  }

  /** All that was done is durable. */
  durable(): void {
    for (const one of this.acknowledged) this.done.add(one)
    this.acknowledged.clear()
    this.keptReturns = new Map(this.leastReturns)
  }

  /** @param below what of each line may be removed */
  crashed(records: readonly Sent[], below: ReadonlyMap<Line, number>): void {
    for (const set of [this.inHand, this.rejected, this.acknowledged, this.seenInLife, this.removed]) set.clear()
    this.last.clear()
    this.leastReturns = new Map(this.keptReturns)
    for (const one of records) if (one.offset < (below.get(one.line) ?? 0)) this.perhapsRemoved.add(one)
  }

  /** What must have been settled is. @param dead numbers of those that were dead-lettered */
  judge(records: readonly Sent[], dead: ReadonlySet<number>): void {
    for (const one of records) {
      const isDue = !one.lost && one.transaction?.committedAt !== -1 && !this.perhapsRemoved.has(one)
      if (one.line.topic !== this.topic || !isDue || this.everAcknowledged.has(one)) continue
      if (this.args['x-dead-letter-exchange'] !== undefined && dead.has(one.number)) continue
      assert.fail(`${this.name}: record ${one.number} at ${one.line} ${one.offset} never comes`)
    }
  }
}
