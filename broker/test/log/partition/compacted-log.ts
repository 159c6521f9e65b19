/** Logs of records in short, and what their readers make of them: for tests of compaction. */
import assert from 'node:assert/strict'

import type { AbortedTransaction } from '../../../src/log/partition/partition-log.ts'
import { Producers } from '../../../src/log/partition/producers.ts'
import { Attribute, type Codec, inspectBatch, nextOffset, placeBatch } from '../../../src/record/batch.ts'
import { BatchBuilder } from '../../../src/record/batch-builder.ts'
import { BatchHead } from '../../../src/record/batch-head.ts'
import { openBatch, packBatch } from '../../../src/record/compressed-batch.ts'
import { encodeMarker, markerOf } from '../../../src/record/control-batch.ts'
import { RecordCursor } from '../../../src/record/record-cursor.ts'

const MIB = 1 << 20

export interface Row {
  key: string | null
  value: string | null
  timestamp?: number
}

export interface Visible extends Row {
  offset: number
  timestamp: number
}

export interface BatchShape {
  codec?: Codec
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  transactional?: boolean
}

export function batchOf(rows: readonly Row[], shape: BatchShape = {}): Uint8Array {
  const builder = new BatchBuilder()
  for (const [offset, { key, value, timestamp = 1000 }] of rows.entries()) {
    const bytes = value === null ? null : [Buffer.from(value)]
    const headers = value === 'headed' ? [{ key: Buffer.from('h'), value: null }] : []
    builder.append({ offset, timestamp, key: key === null ? null : Buffer.from(key), value: bytes, headers })
  }
  const attributes = shape.transactional ? Attribute.transactional : 0
  const { producerId = -1, producerEpoch = producerId < 0 ? -1 : 0, baseSequence = -1, codec = 'none' } = shape
  return packBatch(builder.finish({ leaderEpoch: 0, attributes, producerId, producerEpoch, baseSequence }), codec)
}

/** A log in memory: batches in order, and what a partition knows of its producers. */
export class MemoryLog {
  batches: Uint8Array[] = []
  endOffset = 0
  readonly producers = new Producers()
  private readonly head = new BatchHead()

  add(batch: Uint8Array): this {
    placeBatch(batch, 0, this.endOffset, 0)
    this.batches.push(batch)
    const head = this.head.read(batch, 0)
    this.endOffset = head.lastOffset + 1
    const marker = head.isControl ? markerOf(batch, 0) : null
    if (marker === null) this.producers.noteBatch(head)
    else this.producers.noteMarker(head, marker.commit, marker.coordinatorEpoch)
    return this
  }

  rows(rows: readonly Row[], shape?: BatchShape): this {
    return this.add(batchOf(rows, shape))
  }

  marker(producerId: number, commit: boolean, now = 1000): this {
    return this.add(encodeMarker({ producerId, producerEpoch: 0, commit, coordinatorEpoch: 0, now }))
  }
}

/**
 * What a consumer that reads committed records from an offset on sees, by the rule that clients follow: a producer's
 * records are skipped from the first offset of its aborted transaction to the marker.
 */
export function committed(batches: readonly Uint8Array[], aborted: readonly AbortedTransaction[], from = 0): Visible[] {
  const head = new BatchHead()
  const ahead = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const skipped = new Set<number>()
  const seen: Visible[] = []
  for (const batch of batches) {
    head.read(batch, 0)
    if (nextOffset(batch, 0) <= from) continue
    while (ahead.length > 0 && ahead[0].firstOffset <= head.lastOffset) skipped.add(ahead.shift()!.producerId)
    if (head.isControl) {
      if (markerOf(batch, 0)?.commit === false) skipped.delete(head.producerId)
    } else if (!head.isTransactional || !skipped.has(head.producerId)) {
      seen.push(...records(batch).filter((record) => record.offset >= from))
    }
  }
  return seen
}

const opened = new WeakMap<Uint8Array, Visible[]>()

export function records(batch: Uint8Array): Visible[] {
  const known = opened.get(batch) ?? open(batch)
  opened.set(batch, known)
  return known
}

function open(batch: Uint8Array): Visible[] {
  const state = inspectBatch(batch, 0, batch.length)
  if (state !== 'valid') throw new Error(`a batch is not valid: ${state}`)
  const bytes = Buffer.from(openBatch(batch, 0, MIB))
  const cursor = new RecordCursor()
  cursor.open(bytes, 0)
  const found: Visible[] = []
  const text = (at: number, length: number) => (length < 0 ? null : bytes.toString('utf8', at, at + length))
  while (cursor.next()) {
    found.push({
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key: text(cursor.keyPosition, cursor.keyLength),
      value: text(cursor.valuePosition, cursor.valueLength),
    })
  }
  return found
}

export interface Readable {
  readonly batches: readonly Uint8Array[]
  readonly aborted: readonly AbortedTransaction[]
}

/** Whoever reads the compacted log, from whichever offset on, ends with what the original gives: last values, and where they are. */
export function assertSameReaders(compacted: Readable & { endOffset: number }, original: Readable, stride = 1): void {
  for (let from = 0; from <= compacted.endOffset; from += stride) {
    const read = ({ batches, aborted }: Readable): Visible[] =>
      committed(
        batches,
        aborted.filter((one) => one.lastOffset >= from),
        from,
      )
    const [found, expected] = [read(compacted), read(original)]
    const byOffset = new Map(expected.map((one) => [one.offset, one]))
    for (const one of found) assert.ok(isSame(one, byOffset.get(one.offset)), `the record at ${one.offset}`)
    assert.ok(found.every((one, i) => i === 0 || one.offset > found[i - 1].offset))
    assert.deepEqual(lastValues(found), lastValues(expected), `from ${from}`)
  }
  const [last, lastOriginal] = [compacted.batches.at(-1), original.batches.at(-1)]
  if (lastOriginal !== undefined) assert.equal(nextOffset(last!, 0), nextOffset(lastOriginal, 0))
  assert.deepEqual(lastSequences(compacted.batches), lastSequences(original.batches))
}

function isSame(a: Visible, b: Visible | undefined): boolean {
  return b !== undefined && a.key === b.key && a.value === b.value && a.timestamp === b.timestamp
}

/** What a table made of the records holds. */
export function lastValues(read: readonly Visible[]): Map<string | null, string> {
  const table = new Map<string | null, string>()
  for (const { key, value } of read) {
    table.delete(key)
    if (value !== null) table.set(key, value)
  }
  return table
}

function lastSequences(batches: readonly Uint8Array[]): Map<number, number> {
  const last = new Map<number, number>()
  const head = new BatchHead()
  for (const batch of batches) {
    head.read(batch, 0)
    if (head.producerId >= 0 && !head.isControl) last.set(head.producerId, head.lastSequence)
  }
  return last
}
