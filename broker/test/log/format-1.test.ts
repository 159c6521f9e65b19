/** A store that an earlier release made: format-1.json.gz holds its files, in base64 by name. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Disk } from '../../src/base/disk.ts'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { logOf, openStore, unsettled } from './store.ts'

const STORE = new URL('./format-1.json.gz', import.meta.url)
const options = { journalFileBytes: 128 << 10 }

async function earlierStore(): Promise<Disk> {
  const disk = new MemoryDisk()
  const files = JSON.parse(gunzipSync(readFileSync(STORE)).toString()) as Record<string, string>
  for (const [path, content] of Object.entries(files)) {
    const file = await disk.open(path, 'create')
    await file.write([Buffer.from(content, 'base64')], 0)
    await file.close()
  }
  return disk
}

async function returnsOf(disk: Disk): Promise<[number, number, number][]> {
  const store = await openStore(disk, options)
  const log = logOf(store.engine, 'queue:/:old')
  const records = await unsettled(log)
  assert.deepEqual(
    records,
    [0, 1, 3, 4].map((offset) => [offset, `old ${offset}`]),
  )
  log.setReturns(0, 1, 5000)
  await store.durable()
  await store.engine.close()
  return records.map(([offset]) => [offset, log.returns(offset), log.notBefore(offset)])
}

test('a store of format 1 is read, and is one of the newest format from then on', async () => {
  const disk = await earlierStore()
  const expected = [
    [0, 1, 5000],
    // From its checkpoint, and from its journal.
    [1, 7, 0],
    [3, 2, 0],
    [4, 1, 0],
  ]
  assert.deepEqual(await returnsOf(disk), expected)
  assert.deepEqual(await returnsOf(disk), expected)
  const file = await disk.open('store/VERSION', 'read')
  const bytes = Buffer.alloc(17)
  await file.read(bytes, 0)
  assert.equal(bytes.toString(), 'signalbox store 4')
})
