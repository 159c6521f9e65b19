import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import type { PartitionLog } from '../../src/log/partition/partition-log.ts'
import { MessageDraft } from '../../src/record/message.ts'
import { draftOf } from '../simulation/numbered-message.ts'
import { Copying } from './copying.ts'
import { cutCopying } from './copying-cuts.ts'
import { batchOf } from './partition/compacted-log.ts'
import { openStore, type Store } from './store.ts'

test('the copying retires journal files', async () => {
  const copying = new Copying(1)
  await copying.live()
  assert.ok(copying.trace.filter((line) => line.includes('rename')).length > 1)
})

// At every operation: test:faults.
test('wherever a crash comes, each record is copied once', async () => {
  const cuts = await cutCopying(1, 29, 2)
  assert.ok(cuts > 5, `${cuts} cuts`)
})

test('the same with a cursor in three shards', async () => {
  const cuts = await cutCopying(3, 47, 2)
  assert.ok(cuts > 5, `${cuts} cuts`)
})

test('a cursor written ahead of its copies is found', async () => {
  await assert.rejects(cutCopying(1, 1, 20, { cursorAheadOfCopy: true }), /cut after operation/)
})

test('a copy written without its cursor is found', async () => {
  await assert.rejects(cutCopying(1, 1, 20, { copyWithoutCursor: true }), /cut after operation/)
})

const OPTIONS = { durability: 'synced', segmentBytes: 64 << 20, segmentMs: 1e12, indexIntervalBytes: 4096 } as const
const RECORDS = Array.from({ length: 10 }, (_, i) => ({ key: `${i}`, value: '' }))

async function sourced(store: Store): Promise<PartitionLog> {
  const source = store.engine.createPartition('topic:/:orders:0', 'orders-0', OPTIONS)
  source.append(batchOf(RECORDS), 1)
  await store.durable()
  return source
}

test('what is passed over is durable soon, and after a clean stop at once', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk, { shards: 3 })
  const source = await sourced(store)
  const cursor = store.engine.createCursor('c', source, 2)
  store.engine.moveCursor(cursor, 5)
  store.engine.moveCursor(cursor, 4)
  assert.equal(cursor.next, 5)
  await store.durable()
  store.engine.moveCursor(cursor, 7)
  assert.equal(store.engine.appendFrom(cursor, 7, new MessageDraft(), [], 0), 0)
  await store.engine.close()
  const again = await openStore(disk)
  assert.equal(again.engine.cursors.get('c')!.next, 8)
  const found = again.engine.cursors.get('c')!
  const round = again.engine.openRound
  again.engine.moveCursor(found, 9)
  again.clock.advance(25)
  while (again.engine.durableRound < round) await new Promise((resolve) => setImmediate(resolve))
  const last = await openStore(disk.kill())
  assert.equal(last.engine.cursors.get('c')!.next, 9)
  await last.engine.close()
})

test('logs in memory get their copy too, and the cursor moves', async () => {
  const store = await openStore(new MemoryDisk())
  const source = await sourced(store)
  const cursor = store.engine.createCursor('c', source, 0)
  const logs = [store.engine.createLog('q', 'scratch'), store.engine.createLog('r', 'synced')]
  const draft = draftOf({ number: 1, bodyLength: 100, persistent: true }, 0)
  assert.equal(store.engine.appendFrom(cursor, 0, draft, logs, 1), 0)
  assert.ok(store.engine.appendFrom(cursor, 1, draft, logs, 2) > 0)
  assert.deepEqual([logs[0].endOffset, logs[1].endOffset, cursor.next], [2, 1, 2])
  // Offsets behind the cursor are left out.
  assert.equal(store.engine.appendFrom(cursor, 1, draft, logs, 2), 0)
  assert.deepEqual([logs[0].endOffset, logs[1].endOffset, cursor.next], [2, 1, 2])
  await store.engine.close()
})

test('a copy leaves only once it is durable: it would come again, and nobody would know', async () => {
  const store = await openStore(new MemoryDisk())
  const source = await sourced(store)
  const cursor = store.engine.createCursor('c', source, 0)
  const log = store.engine.createLog('q', 'synced')
  store.publish('published', [log])
  assert.ok(log.mayDeliver(0))
  await store.durable()
  for (let offset = 0; offset < 3; offset++) {
    store.engine.appendFrom(cursor, offset, draftOf({ number: 1, bodyLength: 100, persistent: true }, 0), [log], 1)
    assert.ok(!log.mayDeliver(1 + offset))
    await store.durable()
    assert.ok(log.mayDeliver(1 + offset))
  }
  store.publish('published', [log])
  assert.ok(log.mayDeliver(4))
  await store.engine.close()
})

test('a cursor that is deleted, wherever a crash comes', async () => {
  for (let cut = 0; ; cut++) {
    let disk = new SimulatedDisk(new SeededRandom(cut))
    const store = await openStore(disk, { shards: 3 })
    const source = await sourced(store)
    store.engine.moveCursor(store.engine.createCursor('c', source, 2), 6)
    await store.durable()
    store.engine.deleteCursor(store.engine.cursors.get('c')!)
    store.engine.define('decided', Buffer.from('1'))
    assert.equal(store.engine.cursors.size, 0)
    disk.powerOffAfter(cut)
    const ended = await Promise.race([store.engine.close().then(() => true), disk.poweredOff.then(() => false)])
    disk = disk.powerLoss()
    const again = await openStore(disk)
    const found = again.engine.cursors.get('c')
    if (ended) assert.equal(found, undefined)
    if (!again.engine.definitions.has('decided')) assert.equal(found?.next, 6)
    const { id } = again.engine.createCursor('other', [...again.engine.partitions.values()][0], 0)
    assert.equal(id % 3, 0)
    if (found !== undefined) {
      assert.ok(id > found.id)
      again.engine.deleteCursor(found)
    }
    await again.engine.close()
    const last = await openStore(disk.kill())
    assert.deepEqual([...last.engine.cursors.keys()], ['other'])
    await last.engine.close()
    if (ended) return
  }
})

test('a cursor goes with its partition', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk, { shards: 3 })
  const source = await sourced(store)
  store.engine.createCursor('c', source, 2)
  store.engine.createLedger('l', source, 2)
  store.engine.deletePartition(source)
  await store.engine.close()
  for (let start = 0; start < 2; start++) {
    const again = await openStore(disk)
    assert.deepEqual([again.engine.cursors.size, again.engine.ledgers.size], [0, 0])
    await again.engine.close()
  }
})
