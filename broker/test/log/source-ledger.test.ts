import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import type { LogEngine, SourceLedger } from '../../src/log/engine.ts'
import type { PartitionDurability, PartitionLog } from '../../src/log/partition/partition-log.ts'
import { batchOf } from './partition/compacted-log.ts'
import { openStore, type Store } from './store.ts'

const OPTIONS = { segmentBytes: 64 << 20, segmentMs: 1e12, indexIntervalBytes: 4096 } as const

async function sourced(store: Store, records: number, durability: PartitionDurability): Promise<PartitionLog> {
  const source = store.engine.createPartition('topic:/:orders:0', 'orders-0', { ...OPTIONS, durability })
  add(source, records)
  await store.durable()
  return source
}

function add(source: PartitionLog, records: number): void {
  source.append(batchOf(Array.from({ length: records }, (_, i) => ({ key: `${i}`, value: 'x'.repeat(200) }))), 1)
}

/** So much of the catalog that journal files end, are retired, and checkpoints are made. */
async function checkpoints(store: Store, disk: SimulatedDisk, count: number): Promise<void> {
  const made = (): number => disk.trace.filter((line) => line.includes('rename')).length
  for (const before = made(); made() < before + count; ) {
    store.engine.define('filling', Buffer.alloc(300_000))
    await store.durable()
  }
}

function shown(ledger: SourceLedger, to: number): unknown {
  const settled = Array.from({ length: to }, (_, offset) => offset).filter((offset) => ledger.isSettled(offset))
  const returned: number[][] = []
  ledger.forEachReturn((...one) => returned.push(one))
  return {
    settled,
    below: ledger.settledBelow,
    start: ledger.startOffset,
    left: ledger.countUnsettled(0, to),
    returned,
  }
}

test('a ledger comes back from the journal, from checkpoints, and after a clean stop', async () => {
  let disk = new SimulatedDisk(new SeededRandom(1))
  let store = await openStore(disk)
  const source = await sourced(store, 40, 'synced')
  const ledger = store.engine.createLedger('l', source, 3)
  assert.deepEqual([ledger.startOffset, ledger.settledBelow, ledger.countUnsettled(0, 40)], [3, 3, 37])
  ledger.settle(3)
  ledger.settle(8)
  ledger.settleRange(10, 20)
  ledger.settleRange(0, 5)
  ledger.setReturns(6, 2, 7000)
  ledger.setReturns(7, 1)
  ledger.setReturns(9, 5)
  ledger.settle(9)
  ledger.setReturns(8, 4)
  const expected = {
    settled: [0, 1, 2, 3, 4, 8, 9, ...Array.from({ length: 10 }, (_, i) => 10 + i)],
    below: 5,
    start: 3,
    left: 23,
    returned: [
      [6, 2, 7000],
      [7, 1, 0],
    ],
  }
  assert.deepEqual(shown(ledger, 40), expected)
  await store.durable()
  for (const end of ['crash', 'checkpoint', 'checkpoint', 'close']) {
    if (end === 'checkpoint') await checkpoints(store, disk, 3)
    if (end === 'close') await store.engine.close()
    disk = disk.powerLoss()
    store = await openStore(disk)
    assert.equal(store.engine.ledgers.size, 1)
    assert.deepEqual(shown(store.engine.ledgers.get('l')!, 40), expected, end)
  }
  store.engine.deleteLedger(store.engine.ledgers.get('l')!)
  await store.durable()
  store = await openStore(disk.powerLoss())
  assert.equal(store.engine.ledgers.size, 0)
  await store.engine.close()
})

test('what was handed out is flagged after a crash, and only that after a clean stop', async () => {
  let disk = new SimulatedDisk(new SeededRandom(1))
  let store = await openStore(disk)
  const source = await sourced(store, 40, 'synced')
  const ledger = store.engine.createLedger('l', source, 0)
  assert.equal(ledger.mayDeliver(0), false)
  await store.durable()
  assert.equal(ledger.mayDeliver(0), true)
  assert.equal(ledger.maybeDelivered(0), false)
  disk = disk.powerLoss()
  store = await openStore(disk)
  const found = store.engine.ledgers.get('l')!
  assert.equal(found.maybeDelivered(39), true)
  assert.equal(found.maybeDelivered(40), false)
  await store.engine.close()
  disk = disk.powerLoss()
  store = await openStore(disk)
  add([...store.engine.partitions.values()][0], 10)
  assert.equal(store.engine.ledgers.get('l')!.maybeDelivered(39), true)
  assert.equal(store.engine.ledgers.get('l')!.maybeDelivered(40), false)
  await store.engine.close()
})

test('a thousand offsets settled here and there', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk)
  const source = await sourced(store, 1, 'synced')
  add(source, 1000)
  const ledger = store.engine.createLedger('l', source, 0)
  for (let offset = 0; offset < 1000; offset += 2) ledger.settle(offset)
  for (let offset = 0; offset < 1000; offset += 3) ledger.setReturns(offset, offset + 1)
  await store.durable()
  const last = await openStore(disk.powerLoss())
  assert.deepEqual(shown(last.engine.ledgers.get('l')!, 1000), shown(ledger, 1000))
  await last.engine.close()
})

/** What the engine says of the offsets of its source is nothing beyond the end. */
function judgeEnd(engine: LogEngine): number {
  const [source] = engine.partitions.values()
  const end = source.endOffset
  const ledger = engine.ledgers.get('l')!
  const returned: number[] = []
  ledger.forEachReturn((offset) => returned.push(offset))
  assert.ok(engine.cursors.get('c')!.next <= end)
  assert.ok(ledger.settledBelow <= end && ledger.startOffset <= end)
  assert.equal(ledger.countUnsettled(end, end + 1000), 1000)
  assert.equal(ledger.maybeDelivered(end), false)
  assert.deepEqual(
    returned.filter((offset) => offset >= end),
    [],
  )
  return end
}

test('a written partition that lost its end takes back what was said of it', async () => {
  let lost = 0
  for (let seed = 0; seed < 20; seed++) {
    let disk = new SimulatedDisk(new SeededRandom(seed))
    let store = await openStore(disk, { shards: seed % 2 === 0 ? 1 : 3 })
    const source = await sourced(store, 1, 'written')
    for (let i = 0; i < 10; i++) {
      add(source, 10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const end = source.endOffset
    const cursor = store.engine.createCursor('c', source, end - 20)
    const ledger = store.engine.createLedger('l', source, 5)
    if (seed % 3 === 0) ledger.settleRange(0, end)
    else for (let offset = 6; offset < end; offset += 2) ledger.settle(offset)
    ledger.setReturns(end - 3, 1)
    ledger.mayDeliver(end - 1)
    store.engine.moveCursor(cursor, end)
    await store.durable()
    disk = disk.powerLoss()
    store = await openStore(disk)
    const left = judgeEnd(store.engine)
    if (left < end) lost++
    // What is said of the offsets given out again holds from now on.
    const again = [...store.engine.partitions.values()][0]
    again.configure({ ...OPTIONS, durability: 'synced' })
    add(again, 200)
    await store.durable()
    disk = disk.kill()
    store = await openStore(disk)
    assert.equal([...store.engine.partitions.values()][0].endOffset, left + 200)
    if (left < end) {
      assert.equal(store.engine.cursors.get('c')!.next, left)
      assert.equal(store.engine.ledgers.get('l')!.countUnsettled(left, left + 200), 200)
      assert.equal(store.engine.ledgers.get('l')!.maybeDelivered(left), false)
    }
    await store.engine.close()
  }
  assert.ok(lost > 3, `${lost} of 20 power cuts took something`)
})

test('wherever a crash comes, durable settles stay and others are whole', async () => {
  for (let cut = 0; ; cut++) {
    let disk = new SimulatedDisk(new SeededRandom(cut))
    const store = await openStore(disk, { shards: 3 })
    const source = await sourced(store, 100, 'synced')
    const ledger = store.engine.createLedger('l', source, 0)
    await store.durable()
    disk.powerOffAfter(cut)
    const rounds: [number, number][] = []
    const work = async (): Promise<boolean> => {
      for (let offset = 0; offset < 60; offset++) {
        ledger.settle(offset)
        ledger.setReturns(offset + 1, offset)
        store.engine.define('d', Buffer.alloc(offset % 10 === 0 ? 200_000 : 10))
        rounds.push([offset, store.engine.openRound])
        if (offset % 5 === 0) await store.durable()
      }
      await store.engine.close()
      return true
    }
    const ended = await Promise.race([work(), disk.poweredOff.then(() => false)])
    const { durableRound } = store.engine
    disk = disk.powerLoss()
    const again = await openStore(disk)
    const found = again.engine.ledgers.get('l')!
    const promised = ended ? 60 : rounds.filter(([, round]) => round <= durableRound).length
    assert.ok(found.settledBelow >= promised, `${found.settledBelow} of ${promised}`)
    if (found.settledBelow > 0) assert.equal(found.returns(found.settledBelow), found.settledBelow - 1)
    assert.equal(found.countUnsettled(0, 100), 100 - found.settledBelow)
    await again.engine.close()
    if (ended) return
  }
})
