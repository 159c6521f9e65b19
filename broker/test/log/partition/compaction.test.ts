import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from '../../../src/base/disk.ts'
import { MemoryDisk } from '../../../src/base/disk-memory.ts'
import { SimulatedDisk } from '../../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../../src/base/random.ts'
import type {
  CompactionOptions,
  PartitionDurability,
  PartitionLog,
  PartitionLogOptions,
} from '../../../src/log/partition/partition-log.ts'
import { baseOffset, batchLength, nextOffset } from '../../../src/record/batch.ts'
import { encodeMarker } from '../../../src/record/control-batch.ts'
import { openStore, type Store } from '../store.ts'
import { type BatchShape, batchOf, committed, type Row, type Visible } from './compacted-log.ts'

const NOW = 1_000_000
const OPTIONS: CompactionOptions = { now: NOW, minLagMs: 0, deleteRetentionMs: 500, mapBytesMax: 1 << 20 }
const KEYS = 7

function create(
  store: Store,
  durability: PartitionDurability,
  options: Partial<PartitionLogOptions> = {},
): PartitionLog {
  const all = { durability, segmentBytes: 2000, segmentMs: 1e12, indexIntervalBytes: 200, ...options }
  return store.engine.createPartition('p', 'orders-0', all)
}

function only(store: Store): PartitionLog {
  const [log, ...others] = store.engine.partitions.values()
  assert.equal(others.length, 0)
  return log
}

function append(log: PartitionLog, rows: readonly Row[], shape?: BatchShape, now = NOW): void {
  log.append(batchOf(rows, shape), now)
}

/** `count` batches of two records over a few keys; the value tells when it came. */
function fill(log: PartitionLog, count: number, shape: BatchShape = {}): void {
  for (let i = 0; i < count; i++) {
    const at = log.endOffset
    const row = (offset: number): Row => ({
      key: `k${offset % KEYS}`,
      value: `${offset} ${'v'.repeat(60)}`,
      timestamp: 9,
    })
    append(log, [row(at), row(at + 1)], shape)
  }
}

/** Everything appended may be read, and is on disk as far as the log promises. */
async function passed(store: Store, log: PartitionLog): Promise<void> {
  await store.durable()
  while (log.highWatermark < log.endOffset) await new Promise<void>((resolve) => setImmediate(resolve))
}

async function batches(log: PartitionLog, from = log.startOffset): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  for (let offset = from; offset < log.highWatermark; ) {
    const parts = await new Promise<Uint8Array[]>((resolve, reject) => {
      log.read(offset, log.highWatermark, 700, (error, read) => (error === null ? resolve(read) : reject(error)))
    })
    if (parts.length === 0) break
    for (const part of parts) {
      for (let at = 0; at < part.length; at += batchLength(part, at)) {
        found.push(part.subarray(at, at + batchLength(part, at)))
        offset = nextOffset(part, at)
      }
    }
  }
  return found
}

async function readAll(log: PartitionLog, from = log.startOffset): Promise<Visible[]> {
  const read = await batches(log, from)
  return committed(read, log.abortedTransactions(from, log.highWatermark), from)
}

function lastValues(read: readonly Visible[]): Record<string, string> {
  const table: Record<string, string> = {}
  for (const { key, value } of read) {
    if (value === null) delete table[String(key)]
    else table[String(key)] = value
  }
  return table
}

function files(disk: Disk): Promise<string[]> {
  return disk.list('store/0/partitions/orders-0.1').then((names) => names.filter((name) => name.endsWith('.log')))
}

for (const durability of ['synced', 'written'] as const) {
  test(`complete segments are compacted, the rest goes on as it was: ${durability}`, async () => {
    const disk = new MemoryDisk()
    const store = await openStore(disk)
    const log = create(store, durability)
    fill(log, 100)
    await passed(store, log)
    const before = await readAll(log)
    const segments = log.segments.length
    const active = log.segments.at(-1)!.baseOffset
    assert.ok(segments > 5)
    assert.deepEqual(log.dirtiness(NOW, 0).cleanBytes, 0)

    const result = await log.compact(OPTIONS)
    assert.ok(result !== null && result.bytesAfter < result.bytesBefore / 5)
    assert.equal(result.cleanEnd, active)
    const after = await readAll(log)
    const kept = before.filter(({ offset }) => offset >= active - KEYS)
    assert.deepEqual(after, kept)
    assert.deepEqual(log.dirtiness(NOW, 0), { cleanBytes: result.bytesAfter, dirtyBytes: 0, dirtySince: Infinity })
    assert.equal(await log.compact(OPTIONS), null, 'there is nothing to do twice')

    fill(log, 40)
    await passed(store, log)
    await store.durable()
    assert.deepEqual((await files(disk))[0], '00000000000000000000.1.log', 'and the old files are gone')
    assert.ok(log.dirtiness(NOW, 0).dirtyBytes > 0)
    await log.compact(OPTIONS)
    assert.deepEqual(lastValues(await readAll(log)), lastValues(after.concat(await readAll(log, 200))))
    const newest = log.segments.at(-1)!.baseOffset
    assert.equal((await readAll(log)).filter(({ offset }) => offset < newest).length, KEYS)
    const all = await batches(log)

    await store.engine.close()
    const again = only(await openStore(disk))
    assert.deepEqual(await batches(again), all)
    assert.deepEqual(again.dirtiness(NOW, 0).dirtyBytes, 0, 'and a start knows what is compacted')
    await store.engine.close()
  })
}

test('reads go on at offsets that are gone, and lookups by time find what is left', async () => {
  const store = await openStore(new MemoryDisk())
  const log = create(store, 'written')
  for (let i = 0; i < 60; i++) append(log, [{ key: `k${i % 3}`, value: 'v'.repeat(200), timestamp: 1000 + i }])
  await passed(store, log)
  await log.compact(OPTIONS)
  const left = await readAll(log)
  assert.ok(left.length < 20)
  for (let from = 0; from < 60; from++) {
    assert.deepEqual(
      await readAll(log, from),
      left.filter(({ offset }) => offset >= from),
      `from ${from}`,
    )
  }
  for (const timestamp of [0, 1000, 1031, left[1].timestamp + 1]) {
    const found = await new Promise((resolve, reject) => {
      log.offsetForTime(timestamp, log.highWatermark, (error, one) =>
        error === null ? resolve(one?.offset) : reject(error),
      )
    })
    assert.equal(found, left.find((one) => one.timestamp >= timestamp)?.offset, `at ${timestamp}`)
  }
})

test('a transaction that is open holds compaction back, one that was aborted is gone for good', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk)
  const log = create(store, 'synced')
  const inTransaction = { producerId: 4, baseSequence: 0, transactional: true }
  fill(log, 20)
  append(log, [{ key: 'k0', value: 'doubtful' }], inTransaction)
  const doubtful = log.endOffset - 1
  fill(log, 60)
  await passed(store, log)
  const open = await log.compact(OPTIONS)
  assert.ok(open !== null && open.cleanEnd <= doubtful)
  log.append(encodeMarker({ producerId: 4, producerEpoch: 0, commit: false, coordinatorEpoch: 0, now: NOW }), NOW)
  fill(log, 60)
  append(log, [{ key: 'x', value: 'y' }], { producerId: 4, baseSequence: 1 })
  fill(log, 30)
  await passed(store, log)
  for (const [round, now] of [0, 1000, 2000].entries()) {
    await log.compact({ ...OPTIONS, now: NOW + now })
    assert.equal(log.producers.aborted.length, round === 0 ? 1 : 0)
    assert.ok((await readAll(log)).every((one) => one.value !== 'doubtful'))
    fill(log, 20)
    await passed(store, log)
  }
  const all = await batches(log)
  assert.ok(all.some((batch) => baseOffset(batch, 0) > doubtful))
  await store.engine.close()
  const again = only(await openStore(disk))
  assert.deepEqual(await batches(again), all)
  assert.deepEqual(again.producers.aborted, [])
  assert.equal(again.producers.get(4)?.batches.at(-1)?.lastSequence, 1)
})

test('segments with a young record stay', async () => {
  const store = await openStore(new MemoryDisk())
  const log = create(store, 'written')
  for (let i = 0; i < 60; i++) append(log, [{ key: 'k', value: 'v'.repeat(300), timestamp: NOW + i }])
  await passed(store, log)
  const found = log.dirtiness(NOW + 100, 70)
  const old = log.segments.filter((one) => one.maxTimestamp <= NOW + 30)
  assert.equal(
    found.dirtyBytes,
    old.reduce((sum, one) => sum + one.bytes, 0),
  )
  const result = await log.compact({ ...OPTIONS, now: NOW + 100, minLagMs: 70 })
  assert.equal(result?.cleanEnd, old.at(-1)!.endOffset)
  assert.ok(result.cleanEnd > 20 && result.cleanEnd <= 31)
})

test('keys for which there is no room wait for the next round', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk)
  const log = create(store, 'written', { segmentBytes: 300_000 })
  for (let pass = 0; pass < 3; pass++) {
    for (let i = 0; i < 2000; i++) append(log, [{ key: `k${i}`, value: `${pass}` }])
  }
  log.roll()
  append(log, [{ key: 'k0', value: 'last' }])
  await passed(store, log)
  const ends: number[] = []
  for (;;) {
    const result = await log.compact({ ...OPTIONS, mapBytesMax: 1024 * 24 })
    if (result === null) break
    ends.push(result.cleanEnd)
    if (ends.length === 2) {
      await store.engine.close()
      const again = await openStore(disk)
      assert.equal(only(again).dirtiness(NOW, 0).dirtyBytes > 0, true)
      await again.engine.close()
      return check(await openStore(disk), ends)
    }
  }
  assert.fail('one round was enough')

  async function check(again: Store, sofar: number[]): Promise<void> {
    const log = only(again)
    for (let result = await log.compact(OPTIONS); result !== null; result = await log.compact(OPTIONS)) {
      assert.ok(result.cleanEnd > sofar.at(-1)!)
      sofar.push(result.cleanEnd)
    }
    assert.equal(sofar.at(-1), 6000)
    const values = lastValues(await readAll(log))
    assert.equal(Object.keys(values).length, 2000)
    assert.ok(Object.entries(values).every(([key, value]) => value === (key === 'k0' ? 'last' : '2')))
  }
})

test('a log that ends or loses segments meanwhile gives the round up, and nothing is left of it', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk)
  const log = create(store, 'written')
  fill(log, 100)
  await passed(store, log)
  const raised = log.compact(OPTIONS)
  log.startAt(150)
  await passed(store, log)
  assert.equal(await raised, null)
  assert.ok((await files(disk)).every((name) => !name.includes('.1.log')))
  assert.equal((await readAll(log)).length, 50)
  const ended = log.compact(OPTIONS)
  store.engine.deletePartition(log)
  await store.durable()
  assert.equal(await ended, null)
  await store.engine.close()
  assert.deepEqual(await files(disk), [])
})

test('a full disk, and bytes that rotted, leave the log as it was', async () => {
  const disk = new SimulatedDisk(new SeededRandom(3))
  const store = await openStore(disk)
  const log = create(store, 'written')
  fill(log, 100)
  await passed(store, log)
  const before = await batches(log)
  disk.failNext('write', 'ENOSPC', '.1.log')
  await assert.rejects(log.compact(OPTIONS), /ENOSPC/)
  assert.deepEqual(await batches(log), before)
  disk.flip('store/0/partitions/orders-0.1/00000000000000000000.log', 300, 2)
  await assert.rejects(log.compact(OPTIONS), /00000000000000000000.log is damaged: .* bad checksum/)
  disk.flip('store/0/partitions/orders-0.1/00000000000000000000.log', 300, 2)
  assert.ok((await log.compact(OPTIONS)) !== null)
  assert.equal((await files(disk)).filter((name) => name.includes('.1.log')).length, 1)
  assert.deepEqual(lastValues(await readAll(log)), lastValues(committed(before, [])))
})
