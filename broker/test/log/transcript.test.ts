import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { openStore } from './store.ts'

const PAGE = new URL('../../../docs/format.md', import.meta.url)

/** The rows of all hex blocks of the page, by position. */
function rowsOfPage(): Map<number, string> {
  const rows = new Map<number, string>()
  for (const [, block] of readFileSync(PAGE, 'utf8').matchAll(/```hex\n([^`]+)```/g)) {
    for (const line of block.trim().split('\n')) {
      const [at, ...words] = line.trim().split(/\s+/)
      rows.set(Number(at), words.join(''))
    }
  }
  return rows
}

test('the journal holds the bytes that the page shows', async () => {
  const disk = new MemoryDisk()
  const store = await openStore(disk)
  const log = store.engine.createLog('queue:/:jobs', 'synced')
  store.publish('hello', [log])
  store.engine.define('queue:/:jobs', Buffer.from('{}'))
  await store.durable()
  log.settle(0)
  await store.durable()
  const file = await disk.open('store/0/journal/0000.jnl', 'read')
  const bytes = Buffer.alloc(4096 * 4)
  await file.read(bytes, 0)
  const rows = rowsOfPage()
  assert.ok(rows.size > 20)
  for (let at = 0; at < bytes.length; at += 16) {
    assert.equal(bytes.toString('hex', at, at + 16), rows.get(at) ?? '0'.repeat(32), `bytes from ${at} on`)
  }
  await store.engine.close()
})
