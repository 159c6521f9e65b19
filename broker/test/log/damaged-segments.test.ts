/** Readers pass over what cannot be read of a file, and each place is named. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { type Log, Seek } from '../../src/log/engine.ts'
import { MessageView } from '../../src/record/message.ts'
import { loaded, logOf, openStore } from './store.ts'

const options = { tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 }
const RECORDS = 6000

/** A disk with a backlog, its segment's path, and where the batches in it begin. */
async function withSegment(): Promise<{ disk: SimulatedDisk; path: string; batches: number[] }> {
  const disk = new SimulatedDisk(new SeededRandom(2))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  for (let i = 0; i < RECORDS; i++) {
    store.publish('x'.repeat(1000), [log])
    if (i % 100 === 99) await store.durable()
    while (store.engine.lagging) await new Promise((resolve) => setImmediate(resolve))
  }
  await store.engine.close()
  const left = disk.powerLoss()
  const path = `store/0/segments/${(await left.list('store/0/segments'))[0]}`
  const bytes = Buffer.from(left.contentOf(path))
  const batches: number[] = []
  for (let at = 0; at < bytes.length; at += 12 + bytes.readUInt32BE(at + 8)) batches.push(at)
  return { disk: left, path, batches }
}

/** Offsets of all that can be read, and what was said of the rest. */
async function readOver(log: Log): Promise<{ found: number[]; named: string }> {
  const view = new MessageView()
  const found: number[] = []
  const errors: string[] = []
  for (let at = 0; ; ) {
    const result = log.seek(at, view)
    if (result === Seek.end) return { found, named: errors.join('; ') }
    if (result === Seek.found) {
      found.push(view.offset)
      at = view.offset + 1
    } else await loaded(log, at).catch((error) => errors.push(error.message))
    assert.ok(errors.length < 100, 'it never passes over the damage')
  }
}

/** How many offsets are spoken of. */
function countNamed(text: string): number {
  return [...text.matchAll(/offsets (\d+) to (\d+)/g)].reduce(
    (sum, [, from, to]) => sum + Number(to) - Number(from) + 1,
    0,
  )
}

test('many damaged batches in a row are passed over, each named once', async () => {
  const { disk, path, batches } = await withSegment()
  for (const at of batches.slice(3, 75)) disk.flip(path, at + 100, 0)
  const log = logOf((await openStore(disk, options)).engine, 'q')
  const { found, named } = await readOver(log)
  assert.ok(countNamed(named) > 1500)
  assert.equal(found.length + countNamed(named), RECORDS)
  assert.deepEqual(await readOver(log), { found, named: '' })
})

test('what lies before a batch whose head is damaged is served after a start', async () => {
  const { disk, path, batches } = await withSegment()
  disk.flip(path, batches[5] + 8, 7)
  const log = logOf((await openStore(disk, options)).engine, 'q')
  const { found, named } = await readOver(log)
  const before = found.findIndex((offset, i) => offset > i)
  assert.ok(before > 100)
  assert.ok(named.includes(`byte ${batches[5]}, offsets ${before} to`), named)
  assert.equal(found.length + countNamed(named), RECORDS)
})
