import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../../../src/base/disk-memory.ts'
import type { Loan } from '../../../src/base/loan.ts'
import { nextOffset } from '../../../src/record/batch.ts'
import { openStore, type Store } from '../store.ts'
import { batchOf } from './compacted-log.ts'

const KIB = 1024
/** Some are larger than any piece that is read at once for them, and than the distance of index entries. */
const SIZES_KIB = [1, 40, 300, 1, 1, 90, 200, 3]
const OPTIONS = {
  durability: 'written',
  segmentBytes: 500 * KIB,
  segmentMs: 1e12,
  indexIntervalBytes: 1 << 20,
} as const

test('a batch is found behind batches larger than what is read at once', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk)
  const log = store.engine.createPartition('p', 'orders-0', OPTIONS)
  for (const size of SIZES_KIB)
    log.append(batchOf(['a', 'b'].map((key) => ({ key, value: key.repeat((size * KIB) / 2) }))), 1)
  await store.engine.close()

  const again = await openStore(disk)
  for (const bytesMax of [1, 60 * KIB, 250 * KIB]) {
    for (let offset = 0; offset < 2 * SIZES_KIB.length; offset++) {
      const [read] = await coldRead(again, offset, bytesMax)
      assert.equal(nextOffset(read, 0), offset - (offset % 2) + 2, `at most ${bytesMax} bytes from offset ${offset} on`)
    }
  }
  await again.engine.close()
})

test('who holds what was read holds not much more than was asked for, and lends it again', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk)
  const log = store.engine.createPartition('p', 'orders-0', { ...OPTIONS, segmentBytes: 4000 * KIB })
  for (let i = 0; i < 60; i++) log.append(batchOf([{ key: 'a', value: 'v'.repeat(50 * KIB) }]), 1)
  await store.engine.close()

  const again = await openStore(disk)
  const [partition] = again.engine.partitions.values()
  const lend = (bytesMax: number): Promise<Loan> =>
    new Promise((resolve) =>
      partition.read(0, partition.highWatermark, bytesMax, (_error, _parts, loan) => resolve(loan!)),
    )
  for (const bytesMax of [128 * KIB, 256 * KIB, 1024 * KIB]) {
    const loan = await lend(bytesMax)
    const { length } = loan.bytes
    assert.ok(length <= 2 * bytesMax + 16 * KIB, `${length} bytes for ${bytesMax}`)
    loan.giveBack()
    assert.equal((await lend(bytesMax)).bytes, loan.bytes)
  }
  await again.engine.close()
})

function coldRead(store: Store, offset: number, bytesMax: number): Promise<Uint8Array[]> {
  const [log] = store.engine.partitions.values()
  return new Promise((resolve, reject) => {
    log.read(offset, log.highWatermark, bytesMax, (error, parts) => (error === null ? resolve(parts) : reject(error)))
  })
}
