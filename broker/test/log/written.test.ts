import assert from 'node:assert/strict'
import test from 'node:test'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { logOf, openStore, unsettled } from './store.ts'

const options = { journalFileBytes: 1 << 20, tailBytesMax: 1 << 20 }

test('a written log costs no sync, and survives the end of the process', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'written')
  await store.durable()
  const before = disk.counters.syncs
  for (let i = 0; i < 20; i++) {
    assert.ok(store.publish(`${i}`, [log]) > 0)
    await store.durable()
  }
  log.settle(3)
  await store.durable()
  assert.equal(disk.counters.syncs, before)
  const again = await openStore(disk.kill(), options)
  assert.equal(logOf(again.engine, 'q').durability, 'written')
  assert.deepEqual(
    (await unsettled(logOf(again.engine, 'q'))).map(([, body]) => body),
    Array.from({ length: 20 }, (_, i) => `${i}`).filter((one) => one !== '3'),
  )
})

test('a clean stop loses nothing of a written log', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'written')
  for (let i = 0; i < 20; i++) store.publish(`${i}`, [log])
  await store.engine.close()
  const again = await openStore(disk.powerLoss(), options)
  assert.equal((await unsettled(logOf(again.engine, 'q'))).length, 20)
})

for (let seed = 1; seed <= 30; seed++) {
  test(`after power loss ${seed} a written log is a beginning of what it was, and synced ones are whole`, async () => {
    const random = new SeededRandom(seed)
    let disk = new SimulatedDisk(random)
    for (let life = 0; life < 3; life++) {
      const store = await openStore(disk, options)
      const written = life === 0 ? store.engine.createLog('written', 'written') : logOf(store.engine, 'written')
      const synced = life === 0 ? store.engine.createLog('synced', 'synced') : logOf(store.engine, 'synced')
      await store.durable()
      let syncedCount = synced.endOffset
      for (let i = 0; i < 60; i++) {
        for (let n = random.below(4); n >= 0; n--)
          store.publish(`${written.endOffset} ${'w'.repeat(random.below(9000))}`, [written])
        if (random.below(5) === 0) store.publish(`${synced.endOffset} s`, [synced])
        if (random.below(9) === 0) written.settle(random.below(written.endOffset))
        if (random.below(2) === 0) await store.durable()
        if (random.below(2) === 0) continue
        await store.durable()
        syncedCount = synced.endOffset
      }
      disk = disk.powerLoss()
      const again = await openStore(disk, options)
      for (const [offset, body] of await unsettled(logOf(again.engine, 'written')))
        assert.equal(Number.parseInt(body, 10), offset)
      const found = await unsettled(logOf(again.engine, 'synced'))
      assert.ok(found.length >= syncedCount)
      assert.deepEqual(
        found.map(([offset]) => offset),
        found.map((_, i) => i),
      )
      disk = disk.powerLoss()
    }
  })
}
