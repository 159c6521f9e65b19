import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDisk } from '../../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../../src/base/random.ts'
import { openStore } from '../store.ts'
import { batchOf } from './compacted-log.ts'

const OPTIONS = { durability: 'written', segmentBytes: 1000, segmentMs: 1e12, indexIntervalBytes: 100 } as const

test('a read from files ends when the partition is deleted', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk)
  const first = store.engine.createPartition('p', 'orders-0', OPTIONS)
  for (let i = 0; i < 10; i++) first.append(batchOf([{ key: 'a', value: 'a'.repeat(500) }]), 1)
  await store.durable()
  await store.engine.close()

  const again = await openStore(disk)
  const [log] = again.engine.partitions.values()
  const removal = again.engine.deletePartition.bind(again.engine, log)
  removal()
  await again.durable()
  for (let turn = 0; (await disk.list('store/0/partitions')).length > 0; turn++) assert.ok(turn < 1000)
  const parts = await new Promise<Uint8Array[]>((resolve, reject) => {
    log.read(0, log.highWatermark, 1000, (error, found) => (error === null ? resolve(found) : reject(error)))
  })
  assert.deepEqual(parts, [])
  await again.engine.close()
})
