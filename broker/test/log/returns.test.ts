import assert from 'node:assert/strict'
import test from 'node:test'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import type { Log } from '../../src/log/engine.ts'
import { logOf, openStore, unsettled } from './store.ts'

const options = { tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 }

function allReturns(log: Log): number[][] {
  const found: number[][] = []
  log.forEachReturn((offset, count, notBefore) => found.push([offset, count, notBefore]))
  return found.sort((a, b) => a[0] - b[0])
}

test('counts of returns and the times until which records rest outlive a power loss, in memory and in files', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  const logs = [log]
  for (let i = 0; i < 10; i++) store.publish(`${i}`, logs)
  await store.durable()
  log.setReturns(1, 1, 1_800_000_000_123)
  log.setReturns(2, 1, 7000)
  log.setReturns(3, 4, 7000)
  log.setReturns(4, 1, 9000)
  await store.durable()
  log.setReturns(2, 2)
  log.settle(3)
  await store.durable()
  // Enough for spills, retirements and a checkpoint.
  for (let i = 0; i < 8000; i++) {
    store.publish('x'.repeat(1000), logs)
    if (i % 100 === 99) await store.durable()
  }
  log.setReturns(9, 300, 2 ** 40)
  const last = log.endOffset - 1
  log.setReturns(last, 1, 11_000)
  log.setReturns(3, 1, 1)
  await store.durable()
  const expected = [
    [1, 1, 1_800_000_000_123],
    [2, 2, 0],
    [4, 1, 9000],
    [9, 300, 2 ** 40],
    [last, 1, 11_000],
  ]
  assert.deepEqual(allReturns(log), expected)
  const again = await openStore(disk.powerLoss(), options)
  const found = logOf(again.engine, 'q')
  assert.deepEqual(allReturns(found), expected)
  assert.deepEqual(
    [found.returns(1), found.notBefore(1), found.notBefore(2), found.notBefore(5)],
    [1, expected[0][2], 0, 0],
  )
})

test('a round of very many scattered settles and returns is found again', async () => {
  const disk = new SimulatedDisk(new SeededRandom(2))
  const store = await openStore(disk)
  const log = store.engine.createLog('q', 'synced')
  const count = 140_000
  for (let i = 0; i < count; i++) store.publish('', [log])
  await store.durable()
  for (let i = 0; i < count; i++) {
    if (i % 2 === 0) log.settle(i)
    else log.setReturns(i, 1, i)
  }
  await store.durable()
  const again = await openStore(disk.powerLoss())
  const found = logOf(again.engine, 'q')
  assert.equal(found.unsettled, count / 2)
  assert.equal((await unsettled(found)).length, count / 2)
  assert.equal(found.notBefore(count - 1), count - 1)
  assert.equal(allReturns(found).length, count / 2)
})
