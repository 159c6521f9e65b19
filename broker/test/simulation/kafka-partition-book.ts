/** What clients know of one partition: what was sent there, at which offsets it stands, and what may be gone. */
import assert from 'node:assert/strict'
import type { Visible } from '../log/partition/compacted-log.ts'
import type { TransactionBook } from './kafka-transaction-book.ts'

export interface SentRecord {
  readonly partition: PartitionBook
  /** Names the producer and the number: no two records have the same. */
  readonly value: string
  readonly producer: string
  readonly number: number
  readonly transaction: TransactionBook | null
  /** Of its confirmation by all; -1: not confirmed. */
  offset: number
}

/** What a reader finds in the whole of it. */
export interface FoundPartition {
  readonly start: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly uncommitted: readonly Visible[]
  readonly committed: readonly Visible[]
}

export class PartitionBook {
  readonly topic: string
  readonly index: number
  readonly durability: 'synced' | 'written'
  readonly sent = new Map<string, SentRecord>()
  /** By offset: seen by a reader, or confirmed. */
  readonly known = new Map<number, string>()
  /** Seen by a reader. */
  highWatermark = 0
  /** Readers of committed records were last stopped there. */
  lastStableOffset = 0
  /** Asked for by somebody who wanted records deleted; and done. */
  startAsked = 0
  startAnswered = 0
  /** The power was off: what was not synced yet may be gone. */
  mayHaveLost = false

  constructor(topic: string, index: number, durability: 'synced' | 'written') {
    this.topic = topic
    this.index = index
    this.durability = durability
  }

  send(producer: string, number: number, bytes: number, transaction: TransactionBook | null): SentRecord {
    const value = `${producer}/${number}/`.padEnd(bytes, '.')
    const record = { partition: this, value, producer, number, transaction, offset: -1 }
    this.sent.set(value, record)
    transaction?.records.push(record)
    return record
  }

  /** By all. */
  confirmed(base: number, records: readonly SentRecord[]): void {
    for (const [i, record] of records.entries()) {
      record.offset = base + i
      this.note(base + i, record.value)
    }
  }

  /** A record stands there, and stays. */
  note(offset: number, value: string): void {
    assert.ok(this.sent.has(value), `${this}: ${short(value)} was never sent here`)
    const before = this.known.get(offset)
    if (before !== undefined) assert.equal(short(value), short(before), `${this}: another record stands at ${offset}`)
    this.known.set(offset, value)
  }

  crashed(kind: 'power' | 'kill'): void {
    if (kind === 'power' && this.durability === 'written') this.mayHaveLost = true
  }

  /** After a start. */
  judge(found: FoundPartition): void {
    const { start, highWatermark, lastStableOffset } = found
    assert.ok(start >= this.startAnswered, `${this}: deleted below ${this.startAnswered}, but begins at ${start}`)
    assert.ok(
      start <= this.startAsked,
      `${this}: begins at ${start}, and nobody asked for more than ${this.startAsked}`,
    )
    const byOffset = new Map(found.uncommitted.map((one) => [one.offset, one.value!]))
    if (this.mayHaveLost) this.forgetLost(byOffset, start)
    for (const [offset, value] of this.known) {
      if (offset < start) continue
      assert.equal(
        short(byOffset.get(offset)),
        short(value),
        `${this}: known at ${offset} of ${highWatermark}, and lost`,
      )
    }
    this.judgeOrder(found.uncommitted)
    this.startAnswered = start
    this.highWatermark = highWatermark
    this.lastStableOffset = lastStableOffset
    this.mayHaveLost = false
  }

  /** What is left is a prefix: behind it stand at most the ends of transactions. */
  private forgetLost(byOffset: ReadonlyMap<number, string>, start: number): void {
    const lost = [...this.known.keys()].filter((offset) => offset >= start && !byOffset.has(offset))
    const end = Math.min(...lost)
    for (const offset of [...this.known.keys()]) if (offset >= end) this.known.delete(offset)
    for (const offset of byOffset.keys()) assert.ok(offset < end, `${this}: ${end} is gone, but ${offset} is there`)
  }

  /** Each once, and each producer's in its order. */
  private judgeOrder(found: readonly Visible[]): void {
    const last = new Map<string, number>()
    for (const { offset, value } of found) {
      this.note(offset, value!)
      const { producer, number } = this.sent.get(value!)!
      assert.ok(number > (last.get(producer) ?? -1), `${this}: ${short(value!)} comes twice, or too late, at ${offset}`)
      last.set(producer, number)
    }
  }

  toString(): string {
    return `${this.topic}-${this.index}`
  }
}

/** Who sent it and which, without what fills it up: that it is whole is known where it was found among the sent. */
function short(value: string | undefined): string | undefined {
  return value?.slice(0, value.lastIndexOf('/'))
}
