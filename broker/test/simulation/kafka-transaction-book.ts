/** What is known of one transaction: what it holds, and whether it may, or must, be seen. */
import assert from 'node:assert/strict'
import type { PartitionBook, SentRecord } from './kafka-partition-book.ts'

/** After this a broker may abort it. */
export const TRANSACTION_TIMEOUT_MS = 60_000
const MARGIN_MS = 5000

export interface StagedOffset {
  readonly partition: PartitionBook
  readonly offset: number
}

export class TransactionBook {
  readonly name: string
  readonly records: SentRecord[] = []
  offset: StagedOffset | null = null
  /** `committing`: asked for, and not known to have happened. An `open` one may have ended, but never by a commit. */
  state: 'open' | 'committing' | 'committed' | 'aborted' = 'open'
  /** Only its producer may end it. */
  isOwned: boolean
  /** Another producer has its id: what it is, it stays. */
  isSettled = false
  /** What it holds in `written` topics may be gone. */
  mayHaveLost = false
  private readonly startMs: number

  constructor(name: string, isOwned: boolean, startMs: number) {
    this.name = name
    this.isOwned = isOwned
    this.startMs = startMs
  }

  /** A reader of committed records sees one of its records. */
  seen(record: SentRecord, offset: number): void {
    const mayBe = this.state === 'committing' || this.state === 'committed'
    assert.ok(mayBe, `${record.partition}: a record of ${this.name}, which is ${this.state}, is seen at ${offset}`)
  }

  /** A reader of committed records is told that everything below is decided. */
  checkStable(partition: PartitionBook, lastStableOffset: number, now: number): void {
    if (this.state !== 'open' || !this.isOwned || now - this.startMs > TRANSACTION_TIMEOUT_MS - MARGIN_MS) return
    if (partition.durability === 'written' && this.mayHaveLost) return
    for (const record of this.records) {
      if (record.partition !== partition || record.offset < 0) continue
      const what = `${partition}: ${this.name} is open from ${record.offset} on`
      assert.ok(lastStableOffset <= record.offset, `${what}, but stable below ${lastStableOffset}`)
    }
  }

  /** @param visible the records that readers of committed records find */
  judge(visible: ReadonlySet<string>): void {
    const seen = this.records.filter((one) => visible.has(one.value))
    const isThere = ({ partition, offset }: SentRecord) =>
      offset >= partition.startAnswered &&
      offset < partition.lastStableOffset &&
      !(partition.durability === 'written' && this.mayHaveLost)
    const whole = this.records.filter(isThere)
    if (this.state === 'open' || this.state === 'aborted') {
      assert.deepEqual(seen.map(described), [], `records of ${this.name}, which is ${this.state}`)
      return
    }
    if (seen.length > 0) this.state = 'committed'
    else if (this.isSettled && this.state === 'committing' && whole.length > 0) this.state = 'aborted'
    if (this.state !== 'committed') return
    const missing = whole.filter((one) => !visible.has(one.value))
    assert.deepEqual(missing.map(described), [], `of ${this.name}, which is committed, records are missing`)
  }

  /** The group's offset is that of this transaction. */
  foundOffset(): void {
    const mayBe = this.state === 'committing' || this.state === 'committed'
    assert.ok(mayBe, `the offset of ${this.name}, which is ${this.state}, is committed`)
    this.state = 'committed'
  }
}

function described({ partition, offset, producer, number }: SentRecord): string {
  return `${producer}/${number} in ${partition} at ${offset}`
}
