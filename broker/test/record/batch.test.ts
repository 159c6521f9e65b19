import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  attributes,
  BATCH_HEAD_BYTES,
  baseOffset,
  batchCrc,
  batchLength,
  Field,
  InvalidBatch,
  inspectBatch,
  leaderEpoch,
  maxTimestamp,
  nextOffset,
  placeBatch,
  recordsCount,
} from '../../src/record/batch.ts'
import { BatchBuilder, type BatchOptions, type RecordDraft } from '../../src/record/batch-builder.ts'
import { RecordCursor } from '../../src/record/record-cursor.ts'

const bytes = (text: string) => Buffer.from(text, 'utf8')

/** Encoded by kafkajs 2.2.4. */
const VECTORS: { hex: string; options: BatchOptions; records: RecordDraft[] }[] = [
  {
    hex:
      '00000000000000000000003e0000000002482a6e810000000000000000018bcfe568000000018bcfe56800ffffffffffffffffffffffff' +
      'ffff0000000118000000026b0a76616c756500',
    options: { leaderEpoch: 0 },
    records: [{ offset: 0, timestamp: 1_700_000_000_000, key: bytes('k'), value: [bytes('value')], headers: [] }],
  },
  {
    hex:
      '0000000100000005000001270000000702d3953cb200000000012c0000018bcfe568000000018bcfe57b88000000000000000900030000' +
      '000c000000030e000000010261002400904e04000104026802310a656d70747900b2030001d804066b65799003' +
      '78'.repeat(200) +
      '0204c3bc0400ff',
    options: { leaderEpoch: 7, producerId: 9, producerEpoch: 3, baseSequence: 12 },
    records: [
      { offset: 4_294_967_301, timestamp: 1_700_000_000_000, key: null, value: [bytes('a')], headers: [] },
      {
        offset: 4_294_967_303,
        timestamp: 1_700_000_005_000,
        key: bytes(''),
        value: null,
        headers: [
          { key: bytes('h'), value: bytes('1') },
          { key: bytes('empty'), value: bytes('') },
        ],
      },
      {
        offset: 4_294_967_601,
        timestamp: 1_699_999_999_999,
        key: bytes('key'),
        value: [Buffer.alloc(80, 'x'), Buffer.alloc(0), Buffer.alloc(120, 'x')],
        headers: [{ key: bytes('ü'), value: Buffer.from([0, 255]) }],
      },
    ],
  },
]

function build(records: readonly RecordDraft[], options: BatchOptions): Buffer {
  const builder = new BatchBuilder()
  for (const record of records) builder.append(record)
  const expected = builder.length
  const built = builder.finish(options)
  assert.equal(built.length, expected)
  return Buffer.from(built)
}

function readAll(batch: Buffer, at = 0): RecordDraft[] {
  const cursor = new RecordCursor()
  const part = (position: number, length: number) =>
    length < 0 ? null : Buffer.from(batch.subarray(position, position + length))
  const records: RecordDraft[] = []
  cursor.open(batch, at)
  while (cursor.next()) {
    const headers: RecordDraft['headers'][number][] = []
    while (cursor.nextHeader()) {
      headers.push({
        key: part(cursor.headerKeyPosition, cursor.headerKeyLength)!,
        value: part(cursor.headerValuePosition, cursor.headerValueLength),
      })
    }
    assert.equal(headers.length, cursor.headersCount)
    const value = part(cursor.valuePosition, cursor.valueLength)
    records.push({
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key: part(cursor.keyPosition, cursor.keyLength),
      value: value && [value],
      headers,
    })
  }
  return records
}

const inOnePart = (record: RecordDraft) => ({ ...record, value: record.value && [Buffer.concat(record.value)] })

for (const [index, vector] of VECTORS.entries()) {
  test(`vector ${index + 1}: built to the byte, and read back`, () => {
    const batch = build(vector.records, vector.options)
    assert.equal(batch.toString('hex'), vector.hex)
    assert.equal(inspectBatch(batch, 0, batch.length), 'valid')
    assert.deepEqual(readAll(batch), vector.records.map(inOnePart))
  })
}

test('the head says what the batch holds', () => {
  const batch = Buffer.from(VECTORS[1].hex, 'hex')
  assert.equal(baseOffset(batch, 0), 4_294_967_301)
  assert.equal(nextOffset(batch, 0), 4_294_967_602)
  assert.equal(batchLength(batch, 0), batch.length)
  assert.equal(leaderEpoch(batch, 0), 7)
  assert.equal(recordsCount(batch, 0), 3)
  assert.equal(maxTimestamp(batch, 0), 1_700_000_005_000)
  assert.equal(batchCrc(batch, 0), 0xd3953cb2)
  assert.equal(attributes(batch, 0), 0)
})

test('cut at every byte it is truncated, never valid and never an exception', () => {
  const batch = Buffer.from(VECTORS[1].hex, 'hex')
  for (let end = 0; end < batch.length; end++) assert.equal(inspectBatch(batch, 0, end), 'truncated', `cut at ${end}`)
  const after = Buffer.concat([batch, batch])
  for (let end = batch.length; end < after.length; end++) {
    assert.equal(inspectBatch(after, 0, end), 'valid')
    assert.equal(inspectBatch(after, batch.length, end), 'truncated')
  }
})

test('every flipped bit that is summed is found', () => {
  const batch = Buffer.from(VECTORS[0].hex, 'hex')
  const placed = (byte: number) => byte < Field.length || (byte >= Field.leaderEpoch && byte < Field.magic)
  for (let bit = 0; bit < batch.length * 8; bit++) {
    batch[bit >> 3] ^= 1 << (bit & 7)
    const isValid = inspectBatch(batch, 0, batch.length) === 'valid'
    assert.equal(isValid, placed(bit >> 3), `bit ${bit & 7} of byte ${bit >> 3}`)
    batch[bit >> 3] ^= 1 << (bit & 7)
  }
})

test('offset and epoch are assigned in place and the batch stays valid', () => {
  const first = Buffer.from(VECTORS[1].hex, 'hex')
  const log = Buffer.concat([first, first])
  placeBatch(log, first.length, 9_000_000_000_000, 12)
  assert.equal(inspectBatch(log, first.length, log.length), 'valid')
  assert.equal(leaderEpoch(log, first.length), 12)
  const offsets = readAll(log, first.length).map((record) => record.offset)
  assert.deepEqual(offsets, [9_000_000_000_000, 9_000_000_000_002, 9_000_000_000_300])
})

test('what can be seen to be wrong without reading records is named', () => {
  const rows: [string, (batch: Buffer) => void][] = [
    ['bad length', (batch) => batch.writeInt32BE(48, Field.length)],
    ['bad length', (batch) => batch.writeInt32BE(-1, Field.length)],
    ['bad magic', (batch) => batch.writeInt8(1, Field.magic)],
    ['bad count', (batch) => batch.writeInt32BE(-1, Field.recordsCount)],
    ['bad count', (batch) => batch.writeInt32BE(-1, Field.lastOffsetDelta)],
    ['bad checksum', (batch) => batch.writeInt32BE(2, Field.recordsCount)],
    ['truncated', (batch) => batch.writeInt32BE(batch.length, Field.length)],
  ]
  for (const [state, damage] of rows) {
    const batch = Buffer.from(VECTORS[0].hex, 'hex')
    damage(batch)
    assert.equal(inspectBatch(batch, 0, batch.length), state)
  }
})

test('a compressed batch is refused by name', () => {
  const batch = build(VECTORS[0].records, { leaderEpoch: 0, attributes: 4 })
  assert.throws(() => new RecordCursor().open(batch, 0), /not open \(codec zstd\)/)
})

test('a batch may end above its last record', () => {
  assert.equal(nextOffset(build(VECTORS[0].records, { leaderEpoch: 0, lastOffset: 41 }), 0), 42)
})

test('a builder begins anew and leaves what it gave alone', () => {
  const builder = new BatchBuilder()
  const built = VECTORS.map(({ records, options }) => {
    for (const record of records) builder.append(record)
    return builder.finish(options)
  })
  assert.deepEqual(
    built.map((batch) => Buffer.from(batch).toString('hex')),
    VECTORS.map((vector) => vector.hex),
  )
})

test('records that do not fit their lengths are refused, never read over the end', () => {
  const batch = Buffer.from(VECTORS[1].hex, 'hex')
  for (let byte = BATCH_HEAD_BYTES; byte < batch.length; byte++) {
    const original = batch[byte]
    for (const wrong of [0, 1, 0x7f, 0x80, 0xff]) {
      batch[byte] = wrong
      try {
        for (const record of readAll(batch)) assert.ok((record.value?.[0].length ?? 0) < batch.length)
      } catch (error) {
        assert.ok(error instanceof InvalidBatch, `byte ${byte} = ${wrong}: ${error}`)
      }
    }
    batch[byte] = original
  }
})

test('any records come back as they went in', () => {
  const content = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
  const header = fc.record({ key: content, value: fc.option(content) }, { noNullPrototype: true })
  const record = fc.record({
    gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000 })),
    timestamp: fc.integer({ min: 0, max: 2 ** 42 }),
    key: fc.option(content),
    value: fc.option(fc.array(content, { maxLength: 3 })),
    headers: fc.array(header, { maxLength: 3 }),
  })
  const base = fc.integer({ min: 0, max: 2 ** 52 })
  fc.assert(
    fc.property(
      base,
      fc.array(record, { minLength: 1, maxLength: 20 }),
      fc.nat(2 ** 31 - 1),
      (first, drafts, epoch) => {
        let offset = first
        const records = drafts.map(({ gap, ...draft }) => ({ ...draft, offset: (offset += gap + 1) }))
        const batch = build(records, { leaderEpoch: epoch })
        assert.equal(inspectBatch(batch, 0, batch.length), 'valid')
        assert.equal(nextOffset(batch, 0), offset + 1)
        assert.deepEqual(readAll(batch), records.map(inOnePart))
      },
    ),
  )
})
