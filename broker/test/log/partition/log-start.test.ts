import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDisk } from '../../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../../src/base/random.ts'
import type { PartitionLog } from '../../../src/log/partition/partition-log.ts'
import { nextOffset } from '../../../src/record/batch.ts'
import { openStore, type Store } from '../store.ts'
import { batchOf } from './compacted-log.ts'

const OPTIONS = { durability: 'synced', segmentBytes: 64 << 20, segmentMs: 1e12, indexIntervalBytes: 4096 } as const

/** So much of the catalog that journal files end, are retired, and a checkpoint is made. */
async function checkpoint(store: Store, disk: SimulatedDisk): Promise<void> {
  const count = (): number => disk.trace.filter((line) => line.includes('rename')).length
  for (const before = count(); count() === before; ) {
    store.engine.define('filling', Buffer.alloc(300_000))
    await store.durable()
  }
}

function read(log: PartitionLog, offset: number): Promise<Uint8Array[]> {
  return new Promise((resolve, reject) => {
    log.read(offset, log.highWatermark, 1000, (error, parts) => (error === null ? resolve(parts) : reject(error)))
  })
}

test('a start within a batch that a checkpoint finds in no file', async () => {
  let disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk)
  const log = store.engine.createPartition('p', 'orders-0', OPTIONS)
  // Behind what a checkpoint writes to files before it looks at the log.
  const { flush } = (log as unknown as { store: { flush(): Promise<void> } }).store
  Object.assign((log as unknown as { store: object }).store, {
    async flush() {
      await flush.call(this)
      if (log.endOffset > 0) return
      log.append(batchOf(['a', 'b', 'c', 'd'].map((key) => ({ key, value: key }))), 1)
      while (log.highWatermark < 4) await new Promise((resolve) => setImmediate(resolve))
      log.startAt(2)
    },
  })
  await checkpoint(store, disk)
  assert.equal(log.highWatermark, 4)
  disk = disk.kill()

  const again = await openStore(disk)
  const [found] = again.engine.partitions.values()
  assert.deepEqual([found.startOffset, found.endOffset, found.highWatermark], [2, 4, 4])
  const [batch] = await read(found, 2)
  assert.equal(nextOffset(batch, 0), 4)
  await again.engine.close()
})

test('an epoch that lies wholly below the start ends where the next one begins', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk)
  const first = store.engine.createPartition('p', 'orders-0', OPTIONS)
  first.append(batchOf([{ key: 'a', value: 'a' }]), 1)
  await store.durable()
  await store.engine.close()
  const again = await openStore(disk)
  const [log] = again.engine.partitions.values()
  log.append(batchOf([{ key: 'b', value: 'b' }]), 1)
  await again.durable()
  log.startAt(1)
  const [{ epoch }] = log.epochs
  assert.equal(log.epochs.length, 1)
  assert.deepEqual(log.endOffsetForEpoch(epoch - 1), { epoch: epoch - 1, endOffset: 1 })
  assert.deepEqual(log.endOffsetForEpoch(epoch), { epoch, endOffset: 2 })
  await again.engine.close()
})
