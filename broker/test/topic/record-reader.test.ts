import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { RecordReader } from '../../src/broker/topic/record-reader.ts'
import type { AbortedTransaction } from '../../src/log/partition/partition-log.ts'
import { Attribute, BATCH_HEAD_BYTES, CODECS, type Codec, Field, placeBatch } from '../../src/record/batch.ts'
import { BatchBuilder, type BatchOptions } from '../../src/record/batch-builder.ts'
import { packBatch, stampAppendTime, sumBatch } from '../../src/record/compressed-batch.ts'
import { encodeMarker } from '../../src/record/control-batch.ts'
import { MessageDraft, MessageView } from '../../src/record/message.ts'
import { encodeProperties } from '../../src/wire/amqp/properties.ts'
import { batchOf, draftOf } from './record-scene.ts'

const reader = new RecordReader(propertyBlocks)
const view = new MessageView()

/** Records at these offsets, each with its offset for a value. */
function batch(offsets: readonly number[], options: Partial<BatchOptions> = {}, bytes = 0): Uint8Array {
  const builder = new BatchBuilder()
  for (const offset of offsets) {
    const value = bytes === 0 ? Buffer.from(String(offset)) : Buffer.alloc(bytes, String(offset))
    builder.append({ offset, timestamp: 1000 + offset, key: Buffer.from('k'), value: [value], headers: [] })
  }
  return Buffer.from(builder.finish({ leaderEpoch: 0, ...options }))
}

function offsetsOf(parts: readonly Uint8Array[], from = 0, aborted: readonly AbortedTransaction[] = []): number[] {
  const offsets: number[] = []
  reader.open(parts, from, aborted, 'orders')
  while (reader.next()) {
    reader.describe(view)
    const body = view.bodyParts?.[0] ?? view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen)
    assert.equal(Buffer.from(body).toString().slice(0, 1), String(reader.offset).slice(0, 1))
    assert.equal(view.offset, reader.offset)
    assert.equal(reader.nextOffset, reader.offset + 1)
    offsets.push(reader.offset)
  }
  return offsets
}

test('batches lie back to back and in several parts; what stands before `from` is passed over', () => {
  const parts = [Buffer.concat([batch([0, 1]), batch([2, 3])]), batch([4, 5, 6])]
  assert.deepEqual(offsetsOf(parts), [0, 1, 2, 3, 4, 5, 6])
  assert.equal(reader.nextOffset, 7)
  assert.deepEqual(offsetsOf(parts, 3), [3, 4, 5, 6])
  assert.deepEqual(offsetsOf(parts, 7), [])
  assert.equal(reader.nextOffset, 7)
  assert.deepEqual(offsetsOf([], 9), [])
  assert.equal(reader.nextOffset, 9)
})

test('what compaction took out is passed', () => {
  assert.deepEqual(offsetsOf([batch([10, 13], { lastOffset: 19 })], 5), [10, 13])
  assert.equal(reader.nextOffset, 20)
})

test('control records and what was aborted are left out', () => {
  const owned = { attributes: Attribute.transactional, producerEpoch: 0, baseSequence: 0 }
  const marker = (offset: number, producerId: number, commit: boolean) => {
    const bytes = encodeMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, commit, now: 0 })
    placeBatch(bytes, 0, offset, 0)
    return bytes
  }
  const parts = [
    batch([0], { ...owned, producerId: 7 }),
    batch([1], { ...owned, producerId: 8 }),
    batch([2]),
    marker(3, 7, false),
    marker(4, 8, true),
    batch([5], { ...owned, producerId: 7 }),
    marker(6, 7, true),
  ]
  const aborted = [{ producerId: 7, firstOffset: 0, lastOffset: 3, lastStableOffset: 0 }]
  assert.deepEqual(offsetsOf(parts, 0, aborted), [1, 2, 5])
  assert.equal(reader.nextOffset, 7)
})

for (const codec of CODECS) {
  test(`packed by ${codec}`, () => {
    assert.deepEqual(offsetsOf([packed([0, 1, 2], codec), packed([3], codec)], 1), [1, 2, 3])
    assert.equal(reader.fault, null)
  })
}

function packed(offsets: readonly number[], codec: Codec, bytes = 0): Uint8Array {
  return packBatch(batch(offsets, {}, bytes), codec)
}

/** A change behind the checksum's back, or one that it does not know of. */
function damaged(bytes: Uint8Array, at: number, resum: boolean): Uint8Array {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 0x55
  if (resum) sumBatch(copy, 0)
  return copy
}

/** Noise instead of what was packed, under a right checksum. */
function emptied(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes).fill(0xff, BATCH_HEAD_BYTES + 4)
  sumBatch(copy, 0)
  return copy
}

test('a batch that cannot be read is counted, named and passed over', () => {
  const whole = batch([1, 2])
  const records = BATCH_HEAD_BYTES
  const rows: [string, Uint8Array, RegExp][] = [
    ['a flipped bit', damaged(whole, whole.length - 1, false), /offset 1 has a bad checksum/],
    ['a record of a wrong length', damaged(whole, records, true), /offset 1 has a record of a wrong length/],
    ['a codec that is none', damaged(whole, Field.attributes + 1, true), /codec 5/],
    ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec): [string, Uint8Array, RegExp] => [
      `${codec} that does not open`,
      emptied(packed([1, 2], codec, 500)),
      /does not open|cut|length|whole frame|opens to more/,
    ]),
  ]
  for (const [what, bad, fault] of rows) {
    assert.deepEqual(offsetsOf([Buffer.concat([batch([0]), bad]), batch([3])]), [0, 3], what)
    assert.equal(reader.unreadable, 1, what)
    assert.match(String(reader.fault?.message), fault, what)
    assert.equal(reader.nextOffset, 4, what)
  }
  assert.deepEqual(offsetsOf([batch([0])]), [0])
  assert.equal(reader.unreadable, 0)
  assert.equal(reader.fault, null)
})

test('what is no batch ends its part', () => {
  assert.deepEqual(offsetsOf([Buffer.concat([batch([0]), Buffer.alloc(100)]), batch([3])]), [0, 3])
  assert.equal(reader.unreadable, 1)
  assert.deepEqual(offsetsOf([batch([0]).subarray(0, 65), batch([3])]), [3])
})

test('records give no offset twice, and none beyond their batch', () => {
  const deltaAt = (bytes: Uint8Array, record: number) => {
    let at = BATCH_HEAD_BYTES
    for (let i = 0; i < record; i++) at += 1 + bytes[at]! / 2
    return at + 3
  }
  for (const [delta, found] of [
    [0, [0, 3]],
    [-1, [0, 3]],
    [2, [0, 3]],
  ] as const) {
    const bytes = batch([0, 1])
    bytes[deltaAt(bytes, 1)] = delta < 0 ? 1 : delta * 2
    sumBatch(bytes, 0)
    assert.deepEqual(offsetsOf([bytes, batch([3])]), found)
    assert.equal(reader.unreadable, 1)
  }
})

test('packed data that would open to too much is not opened', () => {
  const bomb = packed([0], 'zstd', 80 << 20)
  assert.ok(bomb.length < 100_000)
  assert.deepEqual(offsetsOf([bomb, batch([1])]), [1])
  assert.match(String(reader.fault?.message), /opens to more than/)
})

test('a message arrives at its record’s time, or at the append’s where the batch says so', () => {
  const bytes = batch([0])
  reader.open([bytes], 0, [], 'orders')
  assert.ok(reader.next())
  reader.describe(view)
  assert.equal(view.arrival, 1000)
  stampAppendTime(bytes, 0, 5000)
  const draft = new MessageDraft()
  reader.open([bytes], 0, [], 'orders')
  assert.ok(reader.next())
  reader.draft(draft)
  assert.deepEqual([reader.timestamp, draft.arrival], [5000, 5000])
})

test('priority and expiration count again, and every record is persistent', () => {
  const properties = encodeProperties({ deliveryMode: 1, priority: 3, expiration: '60000' })
  const one = { exchange: 'orders', routingKey: Buffer.from('k'), body: Buffer.from('b'), properties }
  const draft = new MessageDraft()
  reader.open([batchOf([one])], 0, [], 'orders')
  assert.ok(reader.next())
  reader.describe(view)
  reader.draft(draft)
  for (const { priority, hasPriority, expiry, arrival, persistent } of [view, draft]) {
    assert.equal(arrival, draftOf(one).arrival)
    assert.deepEqual({ priority, hasPriority, persistent }, { priority: 3, hasPriority: true, persistent: true })
    assert.equal(expiry, arrival + 60_000)
  }
})

test('a large body goes by reference, which lends the memory it lies in; a draft has its own', () => {
  for (const [codec, lent] of [
    ['none', true],
    ['zstd', false],
  ] as const) {
    const bytes = packed([0], codec, 40_000)
    reader.open([bytes], 0, [], 'orders')
    assert.ok(reader.next())
    const draft = new MessageDraft()
    reader.draft(draft)
    assert.equal(reader.holder.lent, false)
    assert.equal(draft.bodyParts![0]!.buffer.byteLength, 40_000)
    reader.describe(view)
    assert.equal(reader.holder.lent, lent)
    assert.deepEqual([view.bodyParts!.length, view.bodyParts![0]!.length, view.bodyLen], [1, 40_000, 40_000])
    assert.equal(view.bodyParts![0]!.buffer === bytes.buffer, lent)
  }
})

test('headers in plain form, for bindings', () => {
  const one = (headers: Record<string, string | number> | undefined) => ({
    exchange: 'orders',
    routingKey: Buffer.from('k'),
    body: Buffer.from('b'),
    properties: encodeProperties({ ...(headers && { headers }), deliveryMode: 2 }),
  })
  reader.open([batchOf([one(undefined), one({ n: 5, s: 'text' })])], 0, [], 'orders')
  assert.ok(reader.next())
  assert.equal(reader.headers(), null)
  assert.equal(reader.key, 'k')
  assert.ok(reader.next())
  assert.deepEqual({ ...reader.headers() }, { n: 5, s: 'text' })
})
