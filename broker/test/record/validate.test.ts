import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeInt16, writeInt32, writeInt64 } from '../../src/base/bytes.ts'
import {
  Attribute,
  attributes,
  BATCH_HEAD_BYTES,
  type Codec,
  codecOf,
  Field,
  inspectBatch,
  maxTimestamp,
} from '../../src/record/batch.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { openBatch, packBatch, repackBatch, stampAppendTime, sumBatch } from '../../src/record/compressed-batch.ts'
import { RecordCursor } from '../../src/record/record-cursor.ts'
import { checkRecords, type RecordRules } from '../../src/record/validate.ts'
import vectors from './compressed.json' with { type: 'json' }

const MIB = 1 << 20
const NONE: RecordRules = {
  topicPartition: 'orders-3',
  keysRequired: false,
  timestampMin: Number.NEGATIVE_INFINITY,
  timestampMax: Number.POSITIVE_INFINITY,
  openBytesMax: MIB,
}
const KEYED: RecordRules = { ...NONE, keysRequired: true }
const CODECS: Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

interface Row {
  key?: string
  timestamp?: number
  offset?: number
}

function batch(rows: readonly Row[], codec: Codec = 'none'): Uint8Array {
  const builder = new BatchBuilder()
  for (const [i, { key, timestamp = 1000, offset = i }] of rows.entries()) {
    const keyBytes = key === undefined ? null : Buffer.from(key)
    builder.append({ offset, timestamp, key: keyBytes, value: [Buffer.from('v')], headers: [] })
  }
  return packBatch(builder.finish({ leaderEpoch: 0 }), codec)
}

function timestamps(open: Uint8Array): number[] {
  const cursor = new RecordCursor()
  cursor.open(open, 0)
  const found: number[] = []
  while (cursor.next()) found.push(cursor.timestamp)
  return found
}

for (const { codec, data } of vectors.batches) {
  test(`a batch of the Java library opens, is checked, and packs again: ${codec}`, () => {
    const bytes = Buffer.concat([Buffer.alloc(9), Buffer.from(data, 'base64')])
    assert.equal(codecOf(bytes, 9), codec)
    assert.equal(checkRecords(bytes, 9, { ...KEYED, timestampMin: 1_700_000_000_000 }), null)
    const cursor = new RecordCursor()
    for (const again of CODECS) {
      const open = openBatch(repackBatch(bytes, 9, again, MIB), 0, MIB)
      cursor.open(open, 0)
      for (let i = 0; i < 40; i++) {
        assert.ok(cursor.next())
        assert.equal(cursor.offset, 5 + i)
        assert.equal(cursor.timestamp, 1_700_000_000_000 + i)
        const text = Buffer.from(open).toString('latin1', cursor.keyPosition, cursor.valuePosition + cursor.valueLength)
        assert.match(text, new RegExp(`^key-${i % 7}..?value ${i} x{5000}$`, 's'))
      }
      assert.equal(cursor.next(), false)
    }
  })
}

test('a packed batch is a valid one, and only its records, length, codec and checksum differ', () => {
  const plain = batch([{ key: 'a' }, { key: 'b' }])
  for (const codec of CODECS) {
    const packed = batch([{ key: 'a' }, { key: 'b' }], codec)
    assert.equal(inspectBatch(packed, 0, packed.length), 'valid')
    assert.equal(codecOf(packed, 0), codec)
    const open = Buffer.from(openBatch(packed, 0, MIB))
    sumBatch(open, 0)
    assert.deepEqual(open, plain)
  }
})

for (const codec of CODECS) {
  test(`compacted topics name the records without a key: ${codec}`, () => {
    const rows = [{ key: 'a' }, {}, { key: '' }, {}, {}, {}]
    assert.equal(checkRecords(batch(rows, codec), 0, NONE), null)
    assert.equal(checkRecords(batch([{ key: '' }], codec), 0, KEYED), null)
    const refused = checkRecords(batch(rows, codec), 0, KEYED)
    assert.equal(refused?.error, 'invalid-record')
    assert.deepEqual(
      refused.recordErrors.map((one) => one.batchIndex),
      [1, 3, 4, 5],
    )
    const text = 'Compacted topic cannot accept message without key in topic partition orders-3'
    assert.equal(refused.recordErrors[0].message, text)
    assert.equal(
      refused.message,
      'One or more records have been rejected due to 4 record errors in total, and only showing the first three ' +
        `errors at most: [${[1, 3, 4].map((i) => `RecordError(batchIndex=${i}, message='${text}')`).join(', ')}]`,
    )
  })

  test(`timestamps out of the bounds are named, -1 is no timestamp: ${codec}`, () => {
    const rules = { ...NONE, timestampMin: 900, timestampMax: 1100 }
    assert.equal(
      checkRecords(batch([{ timestamp: 900 }, { timestamp: -1 }, { timestamp: 1100 }], codec), 0, rules),
      null,
    )
    const refused = checkRecords(batch([{}, { timestamp: 899 }, { timestamp: 1101 }], codec), 0, rules)
    assert.equal(refused?.error, 'invalid-timestamp')
    assert.equal(refused.message, 'One or more records have been rejected due to invalid timestamp')
    assert.deepEqual(refused.recordErrors, [
      {
        batchIndex: 1,
        message: 'Timestamp 899 of message with offset 1 is out of range. The timestamp should be within [900, 1100]',
      },
      {
        batchIndex: 2,
        message: 'Timestamp 1101 of message with offset 2 is out of range. The timestamp should be within [900, 1100]',
      },
    ])
  })

  test(`a head without the largest timestamp gets it: ${codec}`, () => {
    const bytes = batch([{ timestamp: 5 }, { timestamp: 9 }, { timestamp: 7 }], codec)
    writeInt64(bytes, Field.maxTimestamp, -1)
    sumBatch(bytes, 0)
    assert.equal(checkRecords(bytes, 0, NONE), null)
    assert.equal(maxTimestamp(bytes, 0), 9)
    assert.equal(inspectBatch(bytes, 0, bytes.length), 'valid')
  })

  test(`the time of the append is given without opening: ${codec}`, () => {
    const bytes = batch([{ timestamp: 5 }, { timestamp: 9 }], codec)
    stampAppendTime(bytes, 0, 12_345)
    assert.equal(inspectBatch(bytes, 0, bytes.length), 'valid')
    assert.equal(attributes(bytes, 0) & Attribute.appendTime, Attribute.appendTime)
    assert.deepEqual(timestamps(openBatch(bytes, 0, MIB)), [12_345, 12_345])
  })

  test(`offsets must follow one another: ${codec}`, () => {
    const refused = checkRecords(batch([{ key: 'a' }, { key: 'b', offset: 2 }], codec), 0, KEYED)
    assert.equal(refused?.error, 'invalid-record')
    assert.match(refused.message, /record 1 .* delta 2/)
  })

  test(`as many records as the head says: ${codec}`, () => {
    for (const count of [1, 3]) {
      const bytes = batch([{ key: 'a' }, { key: 'b' }], codec)
      writeInt32(bytes, Field.recordsCount, count)
      sumBatch(bytes, 0)
      assert.equal(checkRecords(bytes, 0, KEYED)?.error, 'invalid-record')
    }
  })
}

test('a timestamp too late is found by the head alone, without opening for those in time', () => {
  const junk = batch([{ timestamp: 5 }], 'zstd')
  junk.fill(0xff, BATCH_HEAD_BYTES)
  sumBatch(junk, 0)
  assert.equal(checkRecords(junk, 0, { ...NONE, timestampMax: 5 }), null)
  assert.equal(checkRecords(junk, 0, { ...NONE, timestampMax: 4 })?.error, 'invalid-record')
})

test('what opens to too much, or by no codec, or claims the time of the append, is refused', () => {
  const large = repackBatch(batch([{ key: 'k'.repeat(2 * MIB) }]), 0, 'lz4', 3 * MIB)
  assert.equal(checkRecords(large, 0, KEYED)?.error, 'message-too-large')
  const unknown = batch([{ key: 'a' }])
  writeInt16(unknown, Field.attributes, 5)
  sumBatch(unknown, 0)
  assert.equal(checkRecords(unknown, 0, KEYED)?.error, 'unsupported-compression-type')
  const stamped = batch([{ key: 'a' }])
  stampAppendTime(stamped, 0, 1)
  assert.equal(checkRecords(stamped, 0, NONE)?.error, 'invalid-timestamp')
})
