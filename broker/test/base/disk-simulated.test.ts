import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskError } from '../../src/base/disk.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed)

async function contentOf(disk: SimulatedDisk, path: string): Promise<Buffer | undefined> {
  if (!(await disk.exists(path))) return undefined
  const file = await disk.open(path, 'read')
  const into = Buffer.alloc(await file.size())
  assert.equal(await file.read(into, 0), into.length)
  await file.close()
  return into
}

async function syncedFile(disk: SimulatedDisk, path: string, bytes: Uint8Array) {
  const file = await disk.open(path, 'create')
  await file.write([bytes], 0)
  await file.sync()
  await disk.syncFolder('')
  return file
}

test('what was synced is there after every power cut', async () => {
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    const bytes = Buffer.alloc(10_000, 'synced')
    await syncedFile(disk, 'a', bytes)
    assert.deepEqual(disk.unsynced(), [])
    assert.deepEqual(await contentOf(disk.powerLoss(), 'a'), bytes)
  }
})

test('an unsynced write is lost, kept or torn by sectors, and never hurts its synced neighbours', async () => {
  const outcomes = new Set<string>()
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    const file = await syncedFile(disk, 'a', Buffer.alloc(16_384, 1))
    await file.write([Buffer.alloc(5000, 2), Buffer.alloc(3192, 2)], 4096)
    assert.deepEqual(disk.unsynced(), ['a'])
    const after = (await contentOf(disk.powerLoss(), 'a'))!
    assert.ok(after.subarray(0, 4096).every((byte) => byte === 1))
    assert.ok(after.subarray(12_288).every((byte) => byte === 1))
    const written = after.subarray(4096, 12_288)
    if (written.every((byte) => byte === 1)) outcomes.add('lost')
    else if (written.every((byte) => byte === 2)) outcomes.add('kept')
    else outcomes.add('torn')
  }
  assert.deepEqual([...outcomes].sort(), ['kept', 'lost', 'torn'])
})

test('a later unsynced write can survive an earlier one', async () => {
  let reordered = false
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    const file = await syncedFile(disk, 'a', Buffer.alloc(8192))
    await file.write([Buffer.alloc(4096, 1)], 0)
    await file.write([Buffer.alloc(4096, 2)], 4096)
    const after = (await contentOf(disk.powerLoss(), 'a'))!
    if (after.subarray(0, 4096).every((byte) => byte === 0) && after[8191] === 2) reordered = true
  }
  assert.ok(reordered)
})

test('a write through dsync is durable, older unsynced writes beside it are not', async () => {
  let lost = 0
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    await syncedFile(disk, 'a', Buffer.alloc(12_288))
    const file = await disk.open('a', 'write')
    await file.write([Buffer.alloc(12_288, 1)], 0)
    const through = await disk.open('a', 'dsync')
    await through.write([Buffer.alloc(4096, 2)], 4096)
    const after = (await contentOf(disk.powerLoss(), 'a'))!
    assert.ok(after.subarray(4096, 8192).every((byte) => byte === 2))
    if (after[0] === 0) lost++
  }
  assert.ok(lost > 0)
})

test('a sync covers only what was complete when it began', async () => {
  let lost = 0
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    const file = await syncedFile(disk, 'a', Buffer.alloc(4096))
    await Promise.all([file.write([Buffer.alloc(4096, 1)], 0), file.sync()])
    if ((await contentOf(disk.powerLoss(), 'a'))![0] === 0) lost++
  }
  assert.ok(lost > 0)
})

test('created, renamed and removed names are durable only after the sync of their folder', async () => {
  const seen = new Set<string>()
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    await disk.makeFolder('f')
    await disk.syncFolder('')
    for (const name of ['f/old', 'f/doomed']) await (await disk.open(name, 'create')).close()
    await disk.syncFolder('f')
    const file = await disk.open('f/new.tmp', 'create')
    await file.write([Buffer.from('new')], 0)
    await file.sync()
    await disk.rename('f/new.tmp', 'f/old')
    await disk.remove('f/doomed')
    const after = disk.powerLoss()
    const old = await contentOf(after, 'f/old')
    assert.ok(old!.length === 0 || old!.toString() === 'new')
    seen.add(`${await after.list('f')} ${old!.length}`)
    assert.deepEqual(after.unsynced(), [])
  }
  assert.deepEqual([...seen].sort(), [
    'doomed,new.tmp,old 0',
    'doomed,old 0',
    'doomed,old 3',
    'new.tmp,old 0',
    'old 0',
    'old 3',
  ])
})

test('an unsynced folder takes its files with it', async () => {
  let lost = 0
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    await disk.makeFolder('a/b')
    await disk.open('a/b/c', 'create')
    await disk.syncFolder('a/b')
    if (!(await disk.powerLoss().exists('a/b/c'))) lost++
  }
  assert.ok(lost > 0 && lost < SEEDS.length)
})

test('after a kill everything written is readable, and a power cut can still take it', async () => {
  let lost = 0
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    const file = await syncedFile(disk, 'a', Buffer.alloc(4096))
    await file.write([Buffer.alloc(4096, 1)], 0)
    const killed = disk.kill()
    assert.equal((await contentOf(killed, 'a'))![0], 1)
    if (seed % 2 === 0) {
      await (await killed.open('a', 'write')).sync()
      assert.equal((await contentOf(killed.powerLoss(), 'a'))![0], 1)
    } else if ((await contentOf(killed.powerLoss(), 'a'))![0] === 0) lost++
  }
  assert.ok(lost > 0)
})

test('the power goes off after so many operations; later ones never answer', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const file = await disk.open('a', 'create')
  disk.powerOffAfter(2)
  await file.write([Buffer.from('x')], 0)
  await file.sync()
  let answered = false
  void file.write([Buffer.from('y')], 1).finally(() => {
    answered = true
  })
  await disk.poweredOff
  void file.sync().finally(() => {
    answered = true
  })
  await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(answered, false)
  assert.deepEqual(disk.trace, ['create a', 'write a', 'sync a'])
})

test('overlapping operations complete in any order, the same for the same seed', async () => {
  const run = async (seed: number) => {
    const disk = new SimulatedDisk(new SeededRandom(seed))
    const files = await Promise.all(['a', 'b', 'c', 'd'].map((name) => disk.open(name, 'create')))
    await Promise.all(files.map((file) => file.sync()))
    return disk.trace.join()
  }
  assert.equal(await run(7), await run(7))
  const orders = new Set(await Promise.all(SEEDS.map(run)))
  assert.ok(orders.size > 20)
})

test('asked-for failures, a full disk, a closed file, bytes changed under way', async () => {
  const disk = new SimulatedDisk(new SeededRandom(3))
  const file = await syncedFile(disk, 'a', Buffer.alloc(1000))
  disk.failNext('sync', 'EIO')
  await assert.rejects(file.sync(), (error) => error instanceof DiskError && error.code === 'EIO')
  await file.sync()
  disk.failNext('write', 'ENOSPC', 'other')
  disk.capacityBytes = 1500
  assert.equal(await disk.freeBytes(), 500)
  await assert.rejects(file.write([Buffer.alloc(600, 1)], 1000), { code: 'ENOSPC', operation: 'write', path: 'a' })
  await file.write([Buffer.alloc(1000, 2)], 0)
  assert.equal(await file.size(), 1500)
  const changing = Buffer.alloc(10)
  const write = file.write([changing], 0)
  changing[3] = 1
  await assert.rejects(write, /changed while/)
  await file.close()
  await assert.rejects(file.sync(), { code: 'EBADF' })
  assert.equal(disk.openFiles, 0)
})

test('a flipped bit is there before and after a power cut', async () => {
  const disk = new SimulatedDisk(new SeededRandom(4))
  await syncedFile(disk, 'a', Buffer.alloc(5000))
  disk.flip('a', 4500, 3)
  assert.equal((await contentOf(disk, 'a'))![4500], 8)
  assert.equal((await contentOf(disk.powerLoss(), 'a'))![4500], 8)
})
