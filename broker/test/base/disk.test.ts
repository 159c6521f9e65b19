import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { type Disk, DiskError, openDisk } from '../../src/base/disk.ts'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'signalbox-disk-'))
after(() => rm(folder, { recursive: true }))

const DISKS: [string, () => Promise<Disk>][] = [
  ['real', () => openDisk(path.join(folder, 'made', 'on', 'the', 'way'))],
  ['memory', async () => new MemoryDisk()],
  ['simulated', async () => new SimulatedDisk(new SeededRandom(1))],
]

for (const [name, make] of DISKS) {
  test(`${name} disk: a file is written in parts, read, cut, renamed and removed`, async () => {
    const disk = await make()
    await disk.makeFolder('a/b')
    const file = await disk.open('a/b/one', 'create')
    await file.write([Buffer.from('hello '), Buffer.alloc(0), Buffer.from('world')], 5000)
    assert.equal(await file.size(), 5011)
    const into = Buffer.alloc(16, 9)
    assert.equal(await file.read(into, 4998), 13)
    assert.deepEqual(into.subarray(0, 14), Buffer.from('\0\0hello world\t'))
    assert.equal(await file.read(into, 6000), 0)
    await file.truncate(5002)
    await file.truncate(5004)
    assert.equal(await file.read(into, 5000), 4)
    assert.deepEqual(into.subarray(0, 4), Buffer.from('he\0\0'))
    await file.sync()
    await file.close()
    await disk.syncFolder('a/b')

    await (await disk.open('a/b/two', 'create')).close()
    assert.deepEqual(await disk.list('a/b'), ['one', 'two'])
    assert.deepEqual(await disk.list('a'), ['b'])
    assert.deepEqual(await disk.list('nowhere'), [])
    await disk.rename('a/b/one', 'a/b/two')
    assert.deepEqual(await disk.list('a/b'), ['two'])
    const two = await disk.open('a/b/two', 'read')
    assert.equal(await two.size(), 5004)
    await two.close()
    const emptied = await disk.open('a/b/two', 'create')
    assert.equal(await emptied.size(), 0)
    await emptied.close()
    assert.equal(await disk.exists('a/b/two'), true)
    await disk.remove('a/b/two')
    assert.equal(await disk.exists('a/b/two'), false)
    await disk.removeFolder('a/b')
    await disk.removeFolder('a/b')
    assert.deepEqual(await disk.list('a'), [])
    assert.ok((await disk.freeBytes()) > 0 && (await disk.totalBytes()) >= (await disk.freeBytes()))
  })

  test(`${name} disk: what is absent is an error that says where`, async () => {
    const disk = await make()
    for (const mode of ['read', 'write', 'dsync'] as const) {
      await assert.rejects(disk.open('absent', mode), (error) => {
        assert.ok(error instanceof DiskError)
        assert.deepEqual([error.code, error.path, error.operation], ['ENOENT', 'absent', 'open'])
        assert.match(error.message, /open 'absent' failed: ENOENT/)
        return true
      })
    }
    await assert.rejects(disk.rename('absent', 'b'), { code: 'ENOENT' })
    await assert.rejects(disk.remove('absent'), { code: 'ENOENT' })
  })

  test(`${name} disk: the counters count syncs, writes and bytes`, async () => {
    const disk = await make()
    const file = await disk.open('counted', 'create')
    await file.write([Buffer.alloc(100), Buffer.alloc(50)], 0)
    await file.sync()
    await file.close()
    const through = await disk.open('counted', 'dsync')
    await through.write([Buffer.alloc(10)], 0)
    await through.read(Buffer.alloc(70), 100)
    await through.close()
    await disk.syncFolder('')
    assert.deepEqual(disk.counters, { syncs: 3, writes: 2, bytesWritten: 160, bytesRead: 50 })
  })
}

test('a write of thousands of parts arrives whole', async () => {
  const disk = await openDisk(folder)
  const parts = Array.from({ length: 5000 }, (_, i) => Buffer.from(String(i).padStart(7)))
  const file = await disk.open('parts', 'create')
  await file.write(parts, 3)
  const into = Buffer.alloc(35_000)
  assert.equal(await file.read(into, 3), 35_000)
  assert.deepEqual(into, Buffer.concat(parts))
  await file.close()
})

test('a memory disk gives removed, cut and zeroed content back', async () => {
  const disk = new MemoryDisk()
  const file = await disk.open('big', 'create')
  const block = Buffer.alloc(1 << 20, 1)
  const before = process.memoryUsage().arrayBuffers
  for (let round = 0; round < 200; round++) {
    await file.write([block], 0)
    if (round % 2 === 0) await file.truncate(0)
  }
  globalThis.gc?.()
  await file.write([Buffer.alloc(1 << 20)], 0)
  await disk.remove('big')
  assert.equal(await disk.exists('big'), false)
  assert.ok(process.memoryUsage().arrayBuffers - before < 150 << 20)
})
