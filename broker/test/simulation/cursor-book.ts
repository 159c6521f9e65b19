/**
 * A partition copied into random logs, written down beside the engine: which record of it went where. After a start a copy
 * is there exactly if the cursor stands behind its record.
 */
import assert from 'node:assert/strict'
import type { Cursor, LogEngine, SourceLedger } from '../../src/log/engine.ts'
import { batchOf } from '../log/partition/compacted-log.ts'
import type { Oracle, StoredRecord } from './oracle.ts'

const RECORDS = 10_000
const OPTIONS = { durability: 'synced', segmentBytes: 64 << 20, segmentMs: 1e12, indexIntervalBytes: 4096 } as const
const NEVER = Number.POSITIVE_INFINITY

interface Copy {
  readonly next: number
  readonly logId: number
  readonly record: StoredRecord
}

export class CursorBook {
  readonly #shards: number
  #copies: Copy[] = []
  /** Settles of the ledger in this life: below it all is settled from that round on. */
  #settles: { below: number; round: number }[] = [{ below: 0, round: 0 }]

  constructor(shards: number) {
    this.#shards = shards
  }

  /** Makes the partition, its cursor and its ledger. */
  begin(engine: LogEngine): void {
    const source = engine.createPartition('source', 'source', OPTIONS)
    source.append(batchOf(Array.from({ length: RECORDS }, () => ({ key: 'k', value: '' }))), 1)
    engine.createCursor('copied', source, 0)
    engine.createLedger('read', source, 0)
  }

  cursorOf(engine: LogEngine): Cursor {
    return engine.cursors.get('copied')!
  }

  copied(next: number, logId: number, record: StoredRecord): void {
    this.#copies.push({ next, logId, record })
  }

  settle(engine: LogEngine, count: number): void {
    const ledger = ledgerOf(engine)
    const below = Math.min(RECORDS, ledger.settledBelow + count)
    // Above first, and then what is below: it closes up.
    ledger.settleRange(ledger.settledBelow + (count >> 1), below)
    ledger.settleRange(ledger.settledBelow, below)
    ledger.setReturns(below, count)
    this.#settles.push({ below, round: engine.openRound })
  }

  /** After the oracle took what it found as the new beginning. */
  judge(engine: LogEngine, oracle: Oracle, durable: number): void {
    const { next } = this.cursorOf(engine)
    const kept: Copy[] = []
    for (const copy of this.#copies) {
      const model = oracle.logs.get(copy.logId)
      if (model === undefined) continue
      const found = model.records.get(copy.record.offset)
      const isThere = found !== undefined && found.message.number === copy.record.message.number
      const at = `log ${copy.logId}: the copy of ${copy.next - 1} at ${copy.record.offset}, cursor ${next}`
      if (isThere && this.#shards === 1) assert.ok(copy.next <= next, `${at} is there without its cursor`)
      if (copy.next <= next) assert.ok(isThere || copy.record.settledRound !== NEVER, `${at} is lost`)
      if (isThere) kept.push({ ...copy, record: found })
    }
    this.#copies = kept
    this.#judgeLedger(ledgerOf(engine), durable)
  }

  #judgeLedger(ledger: SourceLedger, durable: number): void {
    const last = this.#settles.findLastIndex(({ round }) => round <= durable)
    const { settledBelow } = ledger
    assert.ok(settledBelow >= this.#settles[last].below, `settled below ${settledBelow}, which was more`)
    assert.ok(settledBelow <= this.#settles.at(-1)!.below, `settled below ${settledBelow}, which it never was`)
    this.#settles = [{ below: settledBelow, round: 0 }]
  }
}

function ledgerOf(engine: LogEngine): SourceLedger {
  return engine.ledgers.get('read')!
}
