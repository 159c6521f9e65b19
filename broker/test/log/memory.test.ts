import assert from 'node:assert/strict'
import test from 'node:test'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import type { Log, LogEngine } from '../../src/log/engine.ts'
import { logOf, openStore, type Store, unsettled } from './store.ts'

const BUDGET = 4 << 20
const options = { tailBytesMax: BUDGET, journalFileBytes: 4 << 20 }

/** Publishes `count` bodies of some 1 KB to a log, pausing when the engine asks for it. */
async function fill(store: Store, log: Log, count: number, persistent = true, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) {
    store.publish(bodyNumber(i), [log], persistent)
    if (i % 500 === 499) await store.durable()
    while (store.engine.lagging) await new Promise((resolve) => setImmediate(resolve))
  }
  await store.durable()
}

async function quiet(engine: LogEngine): Promise<void> {
  let bytes = -1
  while (bytes !== engine.metrics.spilledBytes || engine.metrics.tailBytes > BUDGET * 0.8) {
    bytes = engine.metrics.spilledBytes
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  }
}

const bodyNumber = (i: number): string => `${i} ${'x'.repeat(1000)}`
const numbers = (found: [number, string][]): number[] => found.map(([, body]) => Number.parseInt(body, 10))
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

for (const persistent of [true, false]) {
  test(`a backlog of ${persistent ? 'persistent' : 'transient'} messages goes to files and comes back in order`, async () => {
    const store = await openStore(new MemoryDisk(), options)
    const log = store.engine.createLog('q', 'synced')
    await fill(store, log, 20_000, persistent)
    await quiet(store.engine)
    assert.ok(store.engine.metrics.spilledBytes > 15e6, `${store.engine.metrics.spilledBytes} bytes spilled`)
    assert.equal(log.unsettled, 20_000)
    assert.deepEqual(numbers(await unsettled(log)), upTo(0, 20_000))
    for (let i = 0; i < 20_000; i++) if (i % 7 !== 0) log.settle(i)
    assert.deepEqual(
      numbers(await unsettled(log)),
      upTo(0, 20_000).filter((i) => i % 7 === 0),
    )
    log.settleRange(1000, 19_000)
    assert.deepEqual(
      numbers(await unsettled(log)),
      upTo(0, 20_000).filter((i) => i % 7 === 0 && (i < 1000 || i >= 19_000)),
    )
    assert.equal(log.unsettled, (await unsettled(log)).length)
    log.settleRange(0, log.endOffset)
    assert.deepEqual(await unsettled(log), [])
    assert.equal(log.unsettled, 0)
    assert.equal(log.unsettledBytes, 0)
    await store.engine.close()
  })
}

test('persistent and transient messages of one log keep their order through files', async () => {
  const store = await openStore(new MemoryDisk(), options)
  const log = store.engine.createLog('q', 'synced')
  for (let i = 0; i < 20; i++) await fill(store, log, 700, i % 3 !== 1, i * 700)
  await quiet(store.engine)
  assert.deepEqual(numbers(await unsettled(log)), upTo(0, 14_000))
  log.settleRange(100, 13_900)
  assert.deepEqual(numbers(await unsettled(log)), [...upTo(0, 100), ...upTo(13_900, 14_000)])
  assert.equal(log.unsettled, 200)
  await store.engine.close()
})

test('many readers of files share a bounded cache', async () => {
  const store = await openStore(new MemoryDisk(), options)
  const logs = Array.from({ length: 20 }, (_, i) => store.engine.createLog(`q${i}`, 'synced'))
  for (let i = 0; i < 1000; i++) {
    for (const log of logs) store.publish(bodyNumber(i), [log])
    if (i % 25 === 24) await store.durable()
    while (store.engine.lagging) await new Promise((resolve) => setImmediate(resolve))
  }
  await quiet(store.engine)
  const readers = logs.map(async (log) => assert.deepEqual(numbers(await unsettled(log)), upTo(0, 1000)))
  await Promise.all(readers)
  assert.ok(store.engine.metrics.tailBytes <= BUDGET, `${store.engine.metrics.tailBytes} bytes held`)
  await store.engine.close()
})

test('settled segments are removed, and a deleted log leaves no file', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  await fill(store, log, 30_000)
  await quiet(store.engine)
  const files = await disk.list('store/0/segments')
  assert.ok(files.length >= 2)
  log.settleRange(0, 15_000)
  await store.durable()
  await quiet(store.engine)
  assert.ok((await disk.list('store/0/segments')).length < files.length)
  store.engine.deleteLog(log)
  await store.durable()
  await quiet(store.engine)
  assert.deepEqual(await disk.list('store/0/segments'), [])
  await store.engine.close()
})

test('a few old messages among many settled ones do not keep memory', async () => {
  const store = await openStore(new MemoryDisk(), options)
  const stuck = store.engine.createLog('stuck', 'synced')
  const busy = store.engine.createLog('busy', 'synced')
  for (let i = 0; i < 40_000; i++) {
    if (i % 80 === 0) store.publish(`${i} old`, [stuck])
    busy.settle(busy.endOffset)
    store.publish(bodyNumber(i), [busy])
    busy.settle(i)
    if (i % 500 === 499) await store.durable()
  }
  await quiet(store.engine)
  assert.deepEqual(
    numbers(await unsettled(stuck)),
    upTo(0, 500).map((i) => i * 80),
  )
  await store.engine.close()
})

test('one message left behind does not hold an index of all that came after it', async () => {
  const store = await openStore(new MemoryDisk(), options)
  const log = store.engine.createLog('q', 'synced')
  store.publish('stuck', [log])
  await store.durable()
  for (let i = 1; i <= 200_000; i++) {
    store.publish('x', [log], false)
    log.settle(i)
    if (i % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal((await store.disk.list('store/0/segments')).length, 1)
  assert.deepEqual(await unsettled(log), [[0, 'stuck']])
  await store.engine.close()
})

test('a backlog survives a power loss', async () => {
  const disk = new SimulatedDisk(new SeededRandom(3))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  await fill(store, log, 12_000)
  for (let i = 0; i < 12_000; i++) if (i % 3 === 0) log.settle(i)
  await store.durable()
  const again = await openStore(disk.powerLoss(), options)
  const found = await unsettled(logOf(again.engine, 'q'))
  assert.deepEqual(
    numbers(found),
    upTo(0, 12_000).filter((i) => i % 3 !== 0),
  )
  assert.equal(logOf(again.engine, 'q').unsettled, 8000)
})
