import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { openDisk } from '../../src/base/disk.ts'
import { logOf, openStore, unsettled } from './store.ts'

const options = { tailBytesMax: 4 << 20, journalFileBytes: 4 << 20 }

test('on a real disk: spilled, retired, left without a word, found again', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'signalbox-log-'))
  try {
    const store = await openStore(await openDisk(folder), options)
    const log = store.engine.createLog('q', 'synced')
    for (let i = 0; i < 20_000; i++) {
      store.publish(`${i} ${'x'.repeat(1000)}`, [log])
      if (i % 2 === 1) log.settle(i)
      if (i % 1000 === 999) await store.durable()
      while (store.engine.lagging) await new Promise((resolve) => setImmediate(resolve))
    }
    await store.durable()
    const expected = (await unsettled(log)).map(([offset]) => offset)
    assert.equal(expected.length, 10_000)
    assert.ok(store.disk.counters.syncs > 0)
    await store.engine.close()
    for (let start = 0; start < 2; start++) {
      const again = await openStore(await openDisk(folder), options)
      const found = await unsettled(logOf(again.engine, 'q'))
      assert.deepEqual(
        found.map(([offset]) => offset),
        expected,
      )
      for (const [offset, body] of found) assert.equal(Number.parseInt(body, 10), offset)
      await again.engine.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
