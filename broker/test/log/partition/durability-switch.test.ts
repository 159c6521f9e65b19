import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '../../../src/base/disk-memory.ts'
import type { PartitionDurability, PartitionLog } from '../../../src/log/partition/partition-log.ts'
import { openStore, type Store } from '../store.ts'
import { batchOf } from './compacted-log.ts'

const TURNS_MAX = 200
const options = (durability: PartitionDurability) => ({
  durability,
  segmentBytes: 64 << 20,
  segmentMs: 1e12,
  indexIntervalBytes: 4096,
})

async function open(durability: PartitionDurability): Promise<{ store: Store; log: PartitionLog }> {
  const store = await openStore(new MemoryDisk())
  return { store, log: store.engine.createPartition('p', 'orders-0', options(durability)) }
}

function append(log: PartitionLog, bytes = 10): void {
  log.append(batchOf([{ key: 'k', value: 'v'.repeat(bytes) }]), 1)
}

/** Nothing else is appended meanwhile. */
async function becomesReadable(log: PartitionLog): Promise<void> {
  for (let turn = 0; log.highWatermark < log.endOffset; turn++) {
    assert.ok(turn < TURNS_MAX, `offset ${log.highWatermark} of ${log.endOffset} never passes to readers`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a log whose durability is changed', () => {
  it('passes what is written behind what waits for its round', async () => {
    const { store, log } = await open('synced')
    append(log)
    log.configure(options('written'))
    append(log)
    await becomesReadable(log)
    await store.engine.close()
  })

  it('writes on what it began to write', async () => {
    const { store, log } = await open('written')
    for (let i = 0; i < 30; i++) append(log, 100_000)
    log.configure(options('synced'))
    append(log)
    await becomesReadable(log)
    await store.engine.close()
  })
})
