/** The bytes of a log are those of its unsettled records, wherever they lie. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import type { Log } from '../../src/log/engine.ts'
import { loaded, logOf, openStore, type Store, unsettled } from './store.ts'

const options = { tailBytesMax: 1 << 20, journalFileBytes: 1 << 20, segmentBytesMax: 512 << 10 }

async function exactBytes(log: Log): Promise<number> {
  return (await unsettled(log)).reduce((sum, [, body]) => sum + body.length, 0)
}

async function fill(store: Store, log: Log, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    store.publish('x'.repeat((i * 7919) % 3000), [log])
    if (i % 50 === 49) await store.durable()
    while (store.engine.lagging) await new Promise((resolve) => setImmediate(resolve))
  }
  await store.durable()
}

/** Settles about one in three, of which nobody read most. */
function settleSome(log: Log, random: SeededRandom): void {
  for (let at = 0; at < log.endOffset; at++) if (random.below(3) === 0) log.settle(at)
}

async function settledDown(store: Store): Promise<void> {
  store.clock.advance(1001)
  for (let i = 0; i < 300; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('bytes are exact again soon after settles that nobody read', async () => {
  const store = await openStore(new MemoryDisk(), options)
  const log = store.engine.createLog('q', 'synced')
  await fill(store, log, 4000)
  assert.ok(store.engine.metrics.spilledBytes > 3e6)
  settleSome(log, new SeededRandom(1))
  await settledDown(store)
  assert.equal(log.unsettledBytes, await exactBytes(log))
})

test('bytes stay exact while what was read is settled late', async () => {
  const store = await openStore(new MemoryDisk(), options)
  const log = store.engine.createLog('q', 'synced')
  await fill(store, log, 4000)
  const bodies = await unsettled(log)
  let bytes = log.unsettledBytes
  for (const [offset, body] of bodies) {
    if (offset % 3 !== 0) continue
    assert.equal(log.bodyLength(offset), body.length)
    log.settle(offset)
    bytes -= body.length
    assert.equal(log.unsettledBytes, bytes)
  }
})

for (const rounds of [1, 40]) {
  test(`bytes are exact after ${rounds === 1 ? 'a power loss' : 'power losses over checkpoints'}`, async () => {
    const random = new SeededRandom(5)
    let disk = new SimulatedDisk(random)
    let store = await openStore(disk, options)
    const log = store.engine.createLog('q', 'synced')
    const busy = store.engine.createLog('busy', 'synced')
    await fill(store, log, 3000)
    settleSome(log, random)
    for (let i = 0; i < rounds; i++) await fill(store, busy, 50)
    await store.durable()
    for (let start = 0; start < 3; start++) {
      disk = disk.powerLoss()
      store = await openStore(disk, options)
      const found = logOf(store.engine, 'q')
      assert.equal(found.unsettledBytes, await exactBytes(found))
      settleSome(found, random)
      await store.durable()
    }
  })
}

test('a jump into a file reads little more than what it wants', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk, { ...options, segmentBytesMax: 8 << 20 })
  const log = store.engine.createLog('q', 'synced')
  await fill(store, log, 8000)
  const random = new SeededRandom(1)
  const before = disk.counters.bytesRead
  for (let i = 0; i < 200; i++) await loaded(log, random.below(6000))
  const each = (disk.counters.bytesRead - before) / 200
  assert.ok(each < 80_000, `${each} bytes read for each`)
})
