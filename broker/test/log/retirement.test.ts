import assert from 'node:assert/strict'
import test from 'node:test'
import type { Disk } from '../../src/base/disk.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import type { Log } from '../../src/log/engine.ts'
import { logOf, openStore, type Store, unsettled } from './store.ts'

const MB = 1 << 20
const options = { tailBytesMax: 16 * MB, journalFileBytes: MB }

/** Lets `megabytes` pass through the journal by way of a log that keeps nothing. */
async function pass(store: Store, busy: Log, megabytes: number): Promise<void> {
  const body = 'x'.repeat(20_000)
  for (let i = 0; i < megabytes * 50; i++) {
    store.publish(body, [busy])
    busy.settle(busy.endOffset - 1)
    if (i % 25 === 24) await store.durable()
    while (store.engine.lagging) await new Promise((resolve) => setImmediate(resolve))
  }
  await store.durable()
}

const journalFiles = async (disk: Disk): Promise<number> => (await disk.list('store/0/journal')).length

test('the journal stays small while little is kept, and nothing kept is lost', async () => {
  let disk = new SimulatedDisk(new SeededRandom(5))
  const store = await openStore(disk, options)
  const busy = store.engine.createLog('busy', 'synced')
  const few = Array.from({ length: 50 }, (_, i) => store.engine.createLog(`few ${i}`, 'synced'))
  for (const log of few) for (let i = 0; i < 10; i++) store.publish(`${log.owner} ${i}`, [log])
  store.publish('shared', few)
  store.engine.define('a', Buffer.from('1'))
  few[3].setReturns(2, 7)
  for (const log of few) log.settle(4)
  await pass(store, busy, 40)
  assert.ok((await journalFiles(disk)) <= 20, `${await journalFiles(disk)} journal files`)
  assert.ok((await disk.list('store/0/checkpoint')).length > 0)
  assert.deepEqual(await disk.list('store/0/segments'), [])
  disk = disk.powerLoss()
  let again = await openStore(disk, options)
  for (let start = 0; start < 3; start++) {
    for (const { owner } of few) {
      const found = (await unsettled(logOf(again.engine, owner))).map(([, body]) => body)
      assert.deepEqual(found, [...[0, 1, 2, 3, 5, 6, 7, 8, 9].map((i) => `${owner} ${i}`), 'shared'])
    }
    assert.equal(Buffer.from(again.engine.definitions.get('a')!).toString(), '1')
    assert.equal(logOf(again.engine, 'few 3').returns(2), 7)
    assert.equal(logOf(again.engine, 'busy').unsettled, 0)
    if (start === 2) break
    await pass(again, logOf(again.engine, 'busy'), 8)
    await again.engine.close()
    disk = disk.powerLoss()
    again = await openStore(disk, options)
  }
})

test('what is much goes to segments, is found again, and can be settled there', async () => {
  let disk = new SimulatedDisk(new SeededRandom(6))
  let store = await openStore(disk, options)
  const kept = store.engine.createLog('kept', 'synced')
  const busy = store.engine.createLog('busy', 'synced')
  for (let i = 0; i < 100; i++) store.publish(`${i} ${'k'.repeat(3000)}`, [kept])
  store.publish(Buffer.alloc(600_000, 'long'), [kept])
  await pass(store, busy, 10)
  assert.notDeepEqual(await disk.list('store/0/segments'), [])
  kept.settleRange(10, 20)
  for (let i = 50; i < 100; i += 2) kept.settle(i)
  await store.durable()
  disk = disk.powerLoss()
  store = await openStore(disk, options)
  const log = logOf(store.engine, 'kept')
  const expected = Array.from({ length: 101 }, (_, i) => i).filter(
    (i) => (i < 10 || i >= 20) && (i < 50 || i % 2 === 1 || i === 100),
  )
  assert.deepEqual(
    (await unsettled(log)).map(([offset]) => offset),
    expected,
  )
  assert.equal(log.unsettled, expected.length)
  assert.equal((await unsettled(log, 100))[0][1].length, 600_000)
  log.settleRange(0, log.endOffset)
  await pass(store, logOf(store.engine, 'busy'), 10)
  disk = disk.powerLoss()
  store = await openStore(disk, options)
  assert.equal(logOf(store.engine, 'kept').unsettled, 0)
  assert.equal(logOf(store.engine, 'kept').endOffset, 101)
  assert.deepEqual(await disk.list('store/0/segments'), [])
})
