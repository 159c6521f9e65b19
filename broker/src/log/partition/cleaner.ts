/**
 * Compaction, batch by batch, pure of files: `noteKeys` takes in the keys of a log from front to back, then a
 * `BatchCleaner` passes over it from its start and says what stays of each batch.
 *
 *   a record           stays while it is the last of its key; without a key it goes
 *   a tombstone        (no value) the same, until its batch's delete horizon: `delete.retention.ms` after the round that
 *                      first came by, kept in the batch in the place of its base timestamp
 *   of an aborted one  goes at once
 *   a marker           stays while a batch of its transaction does; then until its delete horizon
 *   an emptied batch   stays, as a head, if it tells the last sequence of a producer, or where the range ends
 *
 * What stays keeps its offset. Source: Kafka's documentation, "Log Compaction"; KIP-534 for the horizon.
 */
import { readInt64 } from '../../base/bytes.ts'
import { Attribute, batchLength, Field } from '../../record/batch.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { openBatch } from '../../record/compressed-batch.ts'
import { markerOf } from '../../record/control-batch.ts'
import { emptyBatch, filterBatch } from '../../record/filter-batch.ts'
import { RecordCursor } from '../../record/record-cursor.ts'
import type { AbortedBatches } from './aborted-batches.ts'
import type { OffsetMap } from './offset-map.ts'
import type { AbortedTransaction } from './partition-log.ts'

/** What a batch may open to: more than any that was let in. */
const OPEN_BYTES_MAX = 1 << 30

const head = new BatchHead()
const cursor = new RecordCursor()

/**
 * Takes the keys of a batch into the map, but not those of aborted transactions. Calls must be in the log's order.
 * @returns false if the map is full: it then ends before this batch
 * @throws InvalidBatch, CompressionError
 */
export function noteKeys(bytes: Uint8Array, at: number, map: OffsetMap, aborted: AbortedBatches): boolean {
  head.read(bytes, at)
  if (!head.isControl && aborted.of(head) === undefined) {
    const open = openBatch(bytes, at, OPEN_BYTES_MAX)
    cursor.open(open, 0)
    while (cursor.next()) {
      const { keyLength } = cursor
      if (keyLength >= 0 && !map.put(open, cursor.keyPosition, keyLength, cursor.offset)) return false
    }
  }
  map.endOffset = head.lastOffset + 1
  return true
}

/** The last that is known of a producer: its last batch of records, or, if that is forgotten, just its epoch. */
export interface LastOfProducer {
  readonly lastOffset: number | null
  readonly epoch: number
}

export interface CleanerOptions {
  readonly map: OffsetMap
  readonly aborted: AbortedBatches
  readonly producers: ReadonlyMap<number, LastOfProducer>
  /** Behind the last batch of the range: it stays. */
  readonly endOffset: number
  readonly now: number
  readonly deleteRetentionMs: number
}

/** One pass from the start of a log. */
export class BatchCleaner {
  /** Aborted transactions of which no batch of records is left. */
  readonly spent: AbortedTransaction[] = []
  private readonly options: CleanerOptions
  /** Producers with a batch of records since their last marker. */
  private readonly open = new Set<number>()
  private kept: boolean[] = []

  constructor(options: CleanerOptions) {
    this.options = options
  }

  /** What stays of the batch: itself, a smaller one, or null for nothing. @throws InvalidBatch, CompressionError */
  clean(bytes: Uint8Array, at: number): Uint8Array | null {
    head.read(bytes, at)
    if (head.isControl) return this.cleanMarker(bytes, at)
    if (head.isTransactional) this.open.add(head.producerId)
    if (this.options.aborted.of(head) !== undefined) return this.emptied(bytes, at)
    return this.cleanRecords(bytes, at)
  }

  private cleanMarker(bytes: Uint8Array, at: number): Uint8Array | null {
    const whole = bytes.subarray(at, at + head.length)
    const marker = markerOf(bytes, at)
    if (marker === null || this.open.delete(head.producerId)) return whole
    const aborted = this.options.aborted.of(head)
    if (aborted !== undefined) this.spent.push(aborted)
    const horizon = horizonOf(bytes, at)
    if (horizon === null) return filterBatch(bytes, at, whole, [true], this.newHorizon)
    return horizon > this.options.now || this.mustStay() ? whole : null
  }

  private cleanRecords(bytes: Uint8Array, at: number): Uint8Array | null {
    const { map, now } = this.options
    const open = openBatch(bytes, at, OPEN_BYTES_MAX)
    const horizon = horizonOf(bytes, at)
    const tombstonesGo = horizon !== null && horizon <= now
    let stay = 0
    let tombstones = 0
    let count = 0
    this.kept.length = 0
    cursor.open(open, 0)
    for (; cursor.next(); count++) {
      const isTombstone = cursor.valueLength < 0
      const stays = this.isLast(open, map) && !(isTombstone && tombstonesGo)
      this.kept.push(stays)
      if (!stays) continue
      stay++
      if (isTombstone) tombstones++
    }
    if (stay === 0) return this.emptied(bytes, at)
    const isFirstPass = tombstones > 0 && horizon === null
    if (stay === count && !isFirstPass) return bytes.subarray(at, at + batchLength(bytes, at))
    return filterBatch(bytes, at, open, this.kept, isFirstPass ? this.newHorizon : null)
  }

  private isLast(open: Uint8Array, map: OffsetMap): boolean {
    if (cursor.offset >= map.endOffset) return true
    return cursor.keyLength >= 0 && cursor.offset >= map.get(open, cursor.keyPosition, cursor.keyLength)
  }

  private emptied(bytes: Uint8Array, at: number): Uint8Array | null {
    if (!this.mustStay()) return null
    return head.recordsCount === 0 ? bytes.subarray(at, at + head.length) : emptyBatch(bytes, at)
  }

  private mustStay(): boolean {
    const { producers, endOffset } = this.options
    if (head.lastOffset + 1 === endOffset) return true
    const last = head.producerId < 0 ? undefined : producers.get(head.producerId)
    if (last === undefined) return false
    if (last.lastOffset === null) return head.isControl && head.producerEpoch === last.epoch
    return head.lastOffset === last.lastOffset
  }

  private get newHorizon(): number {
    return this.options.now + this.options.deleteRetentionMs
  }
}

function horizonOf(bytes: Uint8Array, at: number): number | null {
  return head.attributes & Attribute.deleteHorizon ? readInt64(bytes, at + Field.baseTimestamp) : null
}
