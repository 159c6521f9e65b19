import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AbortedBatches } from '../../../src/log/partition/aborted-batches.ts'
import { BatchCleaner, type LastOfProducer, noteKeys } from '../../../src/log/partition/cleaner.ts'
import { OffsetMap } from '../../../src/log/partition/offset-map.ts'
import type { AbortedTransaction } from '../../../src/log/partition/partition-log.ts'
import {
  Attribute,
  attributes,
  baseOffset,
  CODECS,
  codecOf,
  nextOffset,
  recordsCount,
} from '../../../src/record/batch.ts'
import { BatchHead } from '../../../src/record/batch-head.ts'
import { assertSameReaders, committed, MemoryLog, type Row, records } from './compacted-log.ts'

const RETENTION_MS = 500
const MAP_BYTES = 1 << 20

interface Round {
  dirtyFrom?: number
  now?: number
  mapBytes?: number
  aborted?: readonly AbortedTransaction[]
}

/** One round over a log in memory; `aborted` is what the log knows before, and `left` after it. */
function compact(log: MemoryLog, round: Round = {}): { kept: Uint8Array[]; left: AbortedTransaction[]; to: number } {
  const { dirtyFrom = 0, now = 2000, mapBytes = MAP_BYTES, aborted = log.producers.aborted } = round
  const map = new OffsetMap(mapBytes)
  const ranges = new AbortedBatches(aborted)
  for (const batch of log.batches) {
    if (baseOffset(batch, 0) >= dirtyFrom && !noteKeys(batch, 0, map, ranges)) break
  }
  const producers = new Map<number, LastOfProducer>()
  for (const state of log.producers.all()) {
    const lastOffset = state.batches.at(-1)?.lastOffset ?? null
    producers.set(state.producerId, { lastOffset, epoch: state.producerEpoch })
  }
  const options = { map, aborted: ranges, producers, endOffset: log.endOffset, now, deleteRetentionMs: RETENTION_MS }
  const cleaner = new BatchCleaner(options)
  const kept = log.batches.map((batch) => cleaner.clean(batch, 0)).filter((batch) => batch !== null)
  return { kept, left: aborted.filter((one) => !cleaner.spent.includes(one)), to: map.endOffset }
}

const row = (key: string | null, value: string | null = 'v', timestamp = 1000): Row => ({ key, value, timestamp })
const short = (kept: readonly Uint8Array[]) =>
  kept.flatMap(records).map(({ offset, key, value }) => `${offset}:${key}=${value}`)
/** A record at the end of each log, so that its last batch is not the one that is looked at. */
const LAST = [row('last')]

for (const codec of CODECS) {
  test(`the last record of each key stays, where it was: ${codec}`, () => {
    const log = new MemoryLog()
      .rows([row('a', '1', 10), row('b', '2', 11), row('a', '3', 12), row('c', 'headed', 13)], { codec })
      .rows([row('b', '4', 9), row('d', '', 5)], { codec })
      .rows(LAST)
    const { kept } = compact(log)
    assert.deepEqual(short(kept), ['2:a=3', '3:c=headed', '4:b=4', '5:d=', '6:last=v'])
    assert.deepEqual(
      kept.flatMap(records).map((one) => one.timestamp),
      [12, 13, 9, 5, 1000],
    )
    const head = new BatchHead().read(kept[0], 0)
    assert.deepEqual([head.baseOffset, head.lastOffset, head.maxTimestamp, head.baseTimestamp], [0, 3, 13, 10])
    assert.equal(codecOf(kept[0], 0), codec)
    assert.equal(kept[1].buffer, log.batches[1].buffer)
  })

  test(`a tombstone hides what was before at once, and goes when its time is over: ${codec}`, () => {
    const log = new MemoryLog().rows([row('a', '1', 10), row('b')], { codec }).rows([row('a', null, 20)], { codec })
    log.rows([row('b', 'w', 700)], { codec }).rows(LAST)
    const first = compact(log, { now: 2000 })
    assert.deepEqual(short(first.kept), ['2:a=null', '3:b=w', '4:last=v'])
    assert.equal(attributes(first.kept[0], 0) & Attribute.deleteHorizon, Attribute.deleteHorizon)
    assert.deepEqual(records(first.kept[0])[0].timestamp, 20)
    log.batches = first.kept
    const second = compact(log, { now: 2499 })
    assert.deepEqual(second.kept, first.kept)
    assert.deepEqual(short(compact(log, { now: 2500 }).kept), ['3:b=w', '4:last=v'])
  })
}

test('what stays whole is not packed again', () => {
  const log = new MemoryLog().rows([row('a'), row('b')], { codec: 'gzip' }).rows(LAST)
  const { kept } = compact(log)
  assert.equal(kept[0].buffer, log.batches[0].buffer)
  assert.deepEqual(kept, log.batches)
})

test('records without a key go', () => {
  assert.deepEqual(short(compact(new MemoryLog().rows([row(null), row('')]).rows(LAST)).kept), ['1:=v', '2:last=v'])
})

test('below where the log was compacted before, only what is superseded goes', () => {
  const log = new MemoryLog()
    .rows([row('a'), row('b')])
    .rows([row('a', 'w')])
    .rows(LAST)
  assert.deepEqual(short(compact(log, { dirtyFrom: 2 }).kept), ['1:b=v', '2:a=w', '3:last=v'])
})

test('a full map ends the round before the batch that did not fit, and nothing behind it goes', () => {
  const log = new MemoryLog()
  for (let i = 0; i < 2000; i++) log.rows([row(`key ${i % 1500}`, String(i))])
  log.rows([row(null)]).rows([row('key 1499')])
  const { kept, to } = compact(log, { mapBytes: 1024 * 24 })
  assert.equal(to, 921)
  assert.equal(kept.length, 2002)
  const all = compact(log, { mapBytes: 4096 * 24 })
  assert.equal(all.to, 2002)
  assert.deepEqual(
    all.kept.map((batch) => baseOffset(batch, 0)),
    [...Array.from({ length: 1500 }, (_, i) => i + 500).filter((offset) => offset !== 1499), 2001],
  )
})

test('a batch stays as a head at the end of the range, and where it has the last sequence of a producer', () => {
  const log = new MemoryLog()
    .rows([row('a'), row('b')], { producerId: 7, baseSequence: 3, codec: 'lz4' })
    .rows([row('a'), row('b')])
    .rows([row(null)])
  const { kept } = compact(log)
  assert.deepEqual(short(kept), ['2:a=v', '3:b=v'])
  const head = new BatchHead()
  const [first, , last] = kept
  assert.equal(head.read(first, 0).lastSequence, 4)
  assert.deepEqual([head.producerId, head.baseOffset, head.lastOffset, head.recordsCount], [7, 0, 1, 0])
  assert.deepEqual([nextOffset(last, 0), recordsCount(last, 0)], [5, 0])
  log.batches = kept
  log.rows(LAST)
  log.producers.expire(Number.POSITIVE_INFINITY)
  assert.equal(compact(log).kept.length, 2)
})

const inTransaction = { producerId: 7, baseSequence: 0, transactional: true }

test('records of an aborted transaction go at once, and hide nothing', () => {
  const log = new MemoryLog().rows([row('a', '1')]).rows([row('a', '2'), row('b', '2')], inTransaction)
  log
    .marker(7, false)
    .rows([row('c')], { producerId: 7, baseSequence: 2 })
    .rows(LAST)
  const { kept, left } = compact(log)
  assert.deepEqual(
    committed(kept, left).map((one) => one.value),
    ['1', 'v', 'v'],
  )
  assert.deepEqual(
    kept.map((batch) => baseOffset(batch, 0)),
    [0, 3, 4, 5],
  )
})

for (const commit of [true, false]) {
  test(`a marker goes a round and its time after the last record of its transaction, ${commit ? '' : 'not '}committed`, () => {
    const log = new MemoryLog()
      .rows([row('a', '1')], inTransaction)
      .marker(7, commit)
      .rows([row('a', '2')])
    log
      .rows([row('b')], { ...inTransaction, baseSequence: 1 })
      .marker(7, true)
      .rows(LAST)
    const first = compact(log, { now: 2000 })
    assert.deepEqual(
      first.kept.map((batch) => baseOffset(batch, 0)),
      [1, 2, 3, 4, 5],
    )
    assert.equal(first.left.length, commit ? 0 : 1)
    log.batches = first.kept
    const second = compact(log, { now: 3000, aborted: first.left })
    assert.equal(attributes(second.kept[0], 0) & Attribute.deleteHorizon, Attribute.deleteHorizon)
    assert.deepEqual(second.left, [])
    log.batches = second.kept
    assert.deepEqual(compact(log, { now: 3499, aborted: [] }).kept, second.kept)
    const third = compact(log, { now: 3500, aborted: [] })
    assert.deepEqual(
      third.kept.map((batch) => baseOffset(batch, 0)),
      [2, 3, 4, 5],
    )
    assert.deepEqual(
      committed(third.kept, []).map((one) => one.value),
      ['2', 'v', 'v'],
    )
  })
}

test('the marker that alone tells the epoch of a producer stays', () => {
  const log = new MemoryLog().marker(7, true).rows(LAST)
  log.batches = compact(log, { now: 1000 }).kept
  assert.equal(compact(log, { now: 9000 }).kept.length, 2)
})

/** What happens to a log: rows of a producer or of none, in a transaction or not, its end, or a round of compaction. */
type Step =
  | { kind: 'rows'; rows: Row[]; producer: number; transactional: boolean; codec: number }
  | { kind: 'end'; producer: number; commit: boolean }
  | { kind: 'compact'; later: number }

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('rows' as const),
        rows: fc.array(
          fc.record({
            key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
            value: fc.option(fc.constantFrom('v', 'headed', 'x'.repeat(300)), { freq: 3 }),
            timestamp: fc.nat(3000),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        producer: fc.nat(3),
        transactional: fc.boolean(),
        codec: fc.nat(CODECS.length - 1),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('end' as const), producer: fc.nat(3), commit: fc.boolean() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('compact' as const), later: fc.nat(900) }),
    },
  ),
  { maxLength: 60, size: 'max' },
)

test('whatever happens, every reader ends with the same last values, at the same offsets', () => {
  fc.assert(fc.property(steps, check), { numRuns: 60 })
})

function check(all: Step[]): void {
  const log = new MemoryLog()
  const sequences = [0, 0, 0, 0]
  const open = new Set<number>()
  const original: Uint8Array[] = []
  let aborted: AbortedTransaction[] = []
  let now = 5000
  let dirtyFrom = 0
  let known = 0
  for (const step of all) {
    if (step.kind === 'rows') {
      const { producer } = step
      const transactional = producer > 0 && (step.transactional || open.has(producer))
      const shape = { producerId: producer - 1, baseSequence: producer === 0 ? -1 : sequences[producer], transactional }
      sequences[producer] += step.rows.length
      if (transactional) open.add(producer)
      log.rows(step.rows, { ...(producer === 0 ? {} : shape), codec: CODECS[step.codec] })
      original.push(Buffer.from(log.batches.at(-1)!))
    } else if (step.kind === 'end') {
      if (!open.delete(step.producer)) continue
      log.marker(step.producer - 1, step.commit)
      original.push(Buffer.from(log.batches.at(-1)!))
    } else {
      now += step.later
      // Nothing that is undecided is compacted.
      const end = Math.min(log.producers.firstUnstable(log.endOffset), log.endOffset)
      const settled = new MemoryLog()
      settled.batches = log.batches.filter((batch) => nextOffset(batch, 0) <= end)
      settled.endOffset = end
      const states = [...log.producers.all()].map((state) => ({ ...state, batches: [...state.batches] }))
      settled.producers.restore(states, [])
      const round = compact(settled, { dirtyFrom, now, aborted })
      log.batches = [...round.kept, ...log.batches.filter((batch) => nextOffset(batch, 0) > end)]
      aborted = round.left
      dirtyFrom = Math.max(dirtyFrom, round.to)
    }
    aborted.push(...log.producers.aborted.slice(known))
    known = log.producers.aborted.length
  }
  assertSameReaders(
    { batches: log.batches, aborted, endOffset: log.endOffset },
    { batches: original, aborted: log.producers.aborted },
  )
}

test('a map holds any keys up to its bound', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 3000, size: 'max' }), (keys) => {
      const map = new OffsetMap(1)
      const expected = new Map<string, number>()
      for (const [offset, key] of keys.entries()) {
        const bytes = Buffer.from(key)
        const put = map.put(bytes, 0, bytes.length, offset)
        assert.equal(put, expected.has(key) || expected.size < 921)
        if (put) expected.set(key, offset)
      }
      assert.equal(map.size, expected.size)
      for (const key of keys) {
        const bytes = Buffer.from(`..${key}`)
        assert.equal(map.get(bytes, 2, bytes.length - 2), expected.get(key) ?? -1)
      }
    }),
    { numRuns: 50 },
  )
})

test('a map grows with its keys', () => {
  const map = new OffsetMap(1 << 22)
  for (let i = 0; i < 50_000; i++) assert.ok(map.put(Buffer.from(`key ${i}`), 4, 1 + String(i).length - 1, i))
  assert.equal(map.size, 50_000)
  for (let i = 0; i < 50_000; i += 97) assert.equal(map.get(Buffer.from(String(i)), 0, String(i).length), i)
})
