import assert from 'node:assert/strict'
import test from 'node:test'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Damage } from '../../src/log/damage.ts'
import { logOf, openStore, unsettled } from './store.ts'

const MB = 1 << 20
const options = { tailBytesMax: 2 * MB, journalFileBytes: MB }
const JOURNAL = 'store/0/journal/0000.jnl'

/** Five durable rounds of one message each. */
async function rounds(disk: SimulatedDisk): Promise<void> {
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  for (let i = 0; i < 5; i++) {
    store.publish(`message ${i}`, [log])
    await store.durable()
  }
}

async function refusal(disk: SimulatedDisk): Promise<string> {
  try {
    await openStore(disk, options)
  } catch (error) {
    assert.ok(error instanceof Damage, String(error))
    return error.message
  }
  throw new Error('it started')
}

test('a flipped bit in the middle of the journal is refused with its place', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  await rounds(disk)
  const again = disk.powerLoss()
  again.flip(JOURNAL, 4096 * 3 + 100, 3)
  assert.match(
    await refusal(again),
    /0000\.jnl is damaged: entry 3 at byte 12288 does not check, but entry 4 at byte 16384 does/,
  )
})

test('a flipped bit in the last entry cannot be told from a torn write, and is cut', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  await rounds(disk)
  const again = disk.powerLoss()
  again.flip(JOURNAL, 4096 * 6 + 70, 3)
  const { engine } = await openStore(again, options)
  assert.equal((await unsettled(logOf(engine, 'q'))).length, 4)
})

test('a lost head of a journal file is refused', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  await rounds(disk)
  const again = disk.powerLoss()
  again.flip(JOURNAL, 30, 0)
  assert.match(await refusal(again), /0000\.jnl is damaged: its head does not check, but it holds entries from 1 on/)
})

test('a store whose VERSION is lost is refused, not made anew', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  await rounds(disk)
  const again = disk.powerLoss()
  await again.remove('store/VERSION')
  assert.match(await refusal(again), /store\/VERSION is damaged: it is missing, but store\/0\/journal\/0000\.jnl holds/)
})

test('a missing journal file is refused', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  for (let i = 0; i < 250; i++) {
    store.publish('x'.repeat(10_000), [log])
    if (i % 10 === 9) await store.durable()
  }
  await store.durable()
  const again = disk.powerLoss()
  await again.remove('store/0/journal/0001.jnl')
  assert.match(await refusal(again), /journal file \d+ is missing/)
})

test('a store of a newer format is refused by name', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  await rounds(disk)
  const again = disk.powerLoss()
  const file = await again.open('store/VERSION', 'create')
  await file.write([Buffer.from('signalbox store 7\n')], 0)
  await file.close()
  assert.match(await refusal(again), /store\/VERSION is damaged: it names format 7, made by a newer release/)
})

/** A backlog of which much lies in segments that a checkpoint counts on. */
async function withSegments(seed: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(new SeededRandom(seed))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  for (let i = 0; i < 9000; i++) {
    store.publish(`${i} ${'x'.repeat(1000)}`, [log])
    if (i % 100 === 99) await store.durable()
    while (store.engine.lagging) await new Promise((resolve) => setImmediate(resolve))
  }
  await store.engine.close()
  return disk.powerLoss()
}

test('a damaged batch in a segment is named, and the rest is served', async () => {
  const disk = await withSegments(2)
  const [name] = await disk.list('store/0/segments')
  disk.flip(`store/0/segments/${name}`, 200_000, 5)
  const { engine } = await openStore(disk, options)
  const log = logOf(engine, 'q')
  await assert.rejects(unsettled(log), (error: Error) => {
    assert.match(error.message, /segments\/1-0+\.log is damaged: byte \d+, offsets \d+ to \d+: bad checksum/)
    return error instanceof Damage
  })
  const found = await unsettled(log)
  assert.ok(found.length > 8700 && found.length < 9000, `${found.length} served`)
  for (const [offset, body] of found) assert.equal(Number.parseInt(body, 10), offset)
})

test('a missing or short segment is refused with its offsets', async () => {
  const disk = await withSegments(2)
  const [name] = await disk.list('store/0/segments')
  const file = await disk.open(`store/0/segments/${name}`, 'write')
  await file.truncate(5000)
  await file.close()
  assert.match(await refusal(disk), /it has 5000 bytes, but \d+ are needed for offsets 0 to \d+ of log 1 \(q\)/)
  const other = await withSegments(2)
  await other.remove(`store/0/segments/${name}`)
  assert.match(await refusal(other), /it has 0 bytes/)
})

test('an unreadable newest checkpoint leaves the older one and its journal', async () => {
  const disk = await withSegments(3)
  const names = await disk.list('store/0/checkpoint')
  assert.ok(names.length >= 2)
  disk.flip(`store/0/checkpoint/${names[names.length - 1]}`, 100, 1)
  const { engine } = await openStore(disk, options)
  const found = await unsettled(logOf(engine, 'q'))
  assert.equal(found.length, 9000)
})

test('no space for segments pauses publishers, and what is settled then lets them go on', async () => {
  const disk = new SimulatedDisk(new SeededRandom(4))
  const store = await openStore(disk, { ...options, journalFileBytes: 16 * MB })
  const log = store.engine.createLog('q', 'synced')
  for (let i = 0; i < 20; i++) disk.failNext('write', 'ENOSPC', 'segments')
  for (let i = 0; i < 4000; i++) store.publish('x'.repeat(1000), [log])
  await store.durable()
  for (let i = 0; i < 200 && !store.engine.lagging; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(store.engine.lagging)
  log.settleRange(0, 3900)
  await store.durable()
  for (let i = 0; i < 3000 && store.engine.lagging; i++) {
    store.clock.advance(1000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(store.engine.lagging, false)
  assert.equal((await unsettled(log)).length, 100)
})

test('no space for the next journal file pauses publishers; settles still become durable', async () => {
  const disk = new SimulatedDisk(new SeededRandom(4))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  await store.durable()
  for (let i = 0; i < 6; i++) disk.failNext('write', 'ENOSPC', '0001.jnl')
  for (let i = 0; i < 35; i++) store.publish('x'.repeat(10_000), [log])
  await store.durable()
  for (let i = 0; i < 300 && !store.engine.lagging; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(store.engine.lagging)
  log.settleRange(0, 35)
  await store.durable()
  for (let i = 0; i < 3000 && store.engine.lagging; i++) {
    store.clock.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(store.engine.lagging, false)
})

test('a failed journal write stops the engine, and nothing more is confirmed', async () => {
  const disk = new SimulatedDisk(new SeededRandom(4))
  const store = await openStore(disk, options)
  const log = store.engine.createLog('q', 'synced')
  await store.durable()
  let fatal: Error | null = null
  store.engine.onFatal = (error) => {
    fatal = error
  }
  const before = store.engine.durableRound
  disk.failNext('write', 'EIO', 'journal')
  store.publish('lost', [log])
  while (fatal === null) await new Promise((resolve) => setImmediate(resolve))
  store.publish('lost too', [log])
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(store.engine.durableRound, before)
  await store.engine.close()
})
