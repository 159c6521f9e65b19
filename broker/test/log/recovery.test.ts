import assert from 'node:assert/strict'
import test from 'node:test'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Seek } from '../../src/log/engine.ts'
import { MessageView } from '../../src/record/message.ts'
import { bodyOf, logOf, openStore, unsettled } from './store.ts'

const newDisk = (seed = 7): SimulatedDisk => new SimulatedDisk(new SeededRandom(seed))

test('what was durable is there after a power loss, what was settled is not', async () => {
  const disk = newDisk()
  const store = await openStore(disk)
  const jobs = store.engine.createLog('queue:/:jobs', 'synced')
  for (let i = 0; i < 10; i++) store.publish(`job ${i}`, [jobs])
  jobs.settle(0)
  jobs.settle(4)
  jobs.settleRange(6, 8)
  store.engine.define('queue:/:jobs', Buffer.from('{"durable":true}'))
  await store.durable()

  const again = await openStore(disk.powerLoss())
  const log = logOf(again.engine, 'queue:/:jobs')
  assert.deepEqual(
    await unsettled(log),
    [1, 2, 3, 5, 8, 9].map((i) => [i, `job ${i}`]),
  )
  assert.equal(log.unsettled, 6)
  assert.equal(log.unsettledBytes, 30)
  assert.equal(log.settledBelow, 1)
  assert.equal(log.endOffset, 10)
  assert.equal(Buffer.from(again.engine.definitions.get('queue:/:jobs')!).toString(), '{"durable":true}')
})

test('a message comes back with all its parts', async () => {
  const disk = newDisk()
  const store = await openStore(disk)
  const log = store.engine.createLog('q', 'synced')
  store.publish('body', [log])
  await store.durable()
  const again = logOf((await openStore(disk.powerLoss())).engine, 'q')
  const view = new MessageView()
  assert.equal(again.seek(0, view), Seek.found)
  const text = (from: number, length: number): string =>
    Buffer.from(view.buffer.subarray(from, from + length)).toString()
  assert.equal(text(view.exchangePos, view.exchangeLen), 'ex')
  assert.equal(text(view.keyPos, view.keyLen), 'key')
  assert.equal(text(view.propertiesPos, view.propertiesLen), '\x10\0\x02')
  assert.equal(bodyOf(view).toString(), 'body')
  assert.equal(view.persistent, true)
  assert.equal(view.arrival, store.clock.now())
})

test('transient messages and scratch logs leave nothing behind', async () => {
  const disk = newDisk()
  const store = await openStore(disk)
  const kept = store.engine.createLog('kept', 'synced')
  const scratch = store.engine.createLog('scratch', 'scratch')
  store.publish('a', [kept, scratch])
  store.publish('b', [kept], false)
  store.publish('c', [kept])
  assert.equal(store.publish('d', [kept, scratch], false), 0)
  kept.settle(1)
  await store.durable()
  const again = await openStore(disk.powerLoss())
  assert.equal(again.engine.logs.size, 1)
  const log = logOf(again.engine, 'kept')
  assert.deepEqual(await unsettled(log), [
    [0, 'a'],
    [2, 'c'],
  ])
  assert.equal(log.unsettled, 2)
})

test('one body in many logs is written once', async () => {
  const disk = newDisk()
  const store = await openStore(disk)
  const logs = Array.from({ length: 100 }, (_, i) => store.engine.createLog(`q${i}`, 'synced'))
  await store.durable()
  const before = disk.counters.bytesWritten
  store.publish('x'.repeat(8192), logs)
  await store.durable()
  assert.ok(disk.counters.bytesWritten - before <= 2 * 8192)
  const again = await openStore(disk.powerLoss())
  for (let i = 0; i < 100; i++) assert.equal((await unsettled(logOf(again.engine, `q${i}`))).length, 1)
})

test('bodies longer than an entry come back whole', async () => {
  const disk = newDisk()
  const store = await openStore(disk)
  const log = store.engine.createLog('q', 'synced')
  const bodies = [40_000, 262_144, 300_000, 2_500_000].map((size, i) => Buffer.alloc(size, `${i} abcdefg`))
  for (const body of bodies) store.publish(body, [log])
  await store.durable()
  const again = await openStore(disk.powerLoss())
  const found = await unsettled(logOf(again.engine, 'q'))
  assert.deepEqual(
    found.map(([, body]) => body.length),
    bodies.map((body) => body.length),
  )
  for (const [i, [, body]] of found.entries()) assert.ok(body === bodies[i].toString())
})

test('a deleted log stays deleted, with what shared its messages unharmed', async () => {
  const disk = newDisk()
  const store = await openStore(disk)
  const [a, b] = [store.engine.createLog('a', 'synced'), store.engine.createLog('b', 'synced')]
  store.publish('shared', [a, b])
  await store.durable()
  store.engine.deleteLog(a)
  store.publish('later', [b])
  await store.durable()
  const again = await openStore(disk.powerLoss())
  assert.deepEqual(
    [...again.engine.logs.values()].map((log) => log.owner),
    ['b'],
  )
  assert.deepEqual(await unsettled(logOf(again.engine, 'b')), [
    [0, 'shared'],
    [1, 'later'],
  ])
  assert.notEqual(again.engine.createLog('c', 'synced').id, a.id)
})

test('redelivered is honest after a crash and exact after a clean stop', async () => {
  const disk = newDisk()
  let store = await openStore(disk)
  let log = store.engine.createLog('q', 'synced')
  for (let i = 0; i < 5; i++) store.publish(`${i}`, [log])
  await store.durable()
  assert.equal(log.mayDeliver(2), false)
  await store.durable()
  assert.equal(log.mayDeliver(2), true)
  log.setReturns(1, 3)
  await store.durable()

  const crashed = disk.powerLoss()
  store = await openStore(crashed)
  log = logOf(store.engine, 'q')
  assert.equal(log.returns(1), 3)
  assert.equal(log.maybeDelivered(2), true)
  store.publish('new', [log])
  assert.equal(log.maybeDelivered(5), false)
  assert.equal(log.mayDeliver(5), true, 'its record and the mark share a round')
  await store.engine.close()

  store = await openStore(crashed.powerLoss())
  log = logOf(store.engine, 'q')
  assert.equal(log.maybeDelivered(2), true)
  assert.equal(log.maybeDelivered(5), false)
})

test('settles reach the disk within 20 ms without a publish', async () => {
  const disk = newDisk()
  const store = await openStore(disk)
  const log = store.engine.createLog('q', 'synced')
  store.publish('a', [log])
  await store.durable()
  const round = store.engine.durableRound
  log.settle(0)
  store.clock.advance(20)
  while (store.engine.durableRound === round) await new Promise((resolve) => setImmediate(resolve))
  const again = await openStore(disk.powerLoss())
  assert.equal(logOf(again.engine, 'q').unsettled, 0)
})

test('the journal goes on over many files and restarts', async () => {
  let disk = newDisk()
  const expected: [number, string][] = []
  for (let start = 0; start < 4; start++) {
    const store = await openStore(disk)
    const log = start === 0 ? store.engine.createLog('q', 'synced') : logOf(store.engine, 'q')
    for (let i = 0; i < 300; i++) {
      const body = `${start} ${i} ${'x'.repeat(5000)}`
      expected.push([log.endOffset, body])
      store.publish(body, [log])
      if (i % 50 === 0) await store.durable()
    }
    await store.durable()
    if (start % 2 === 0) await store.engine.close()
    disk = disk.powerLoss()
  }
  const store = await openStore(disk)
  const found = await unsettled(logOf(store.engine, 'q'))
  assert.deepEqual(
    found.map(([offset, body]) => [offset, body.slice(0, 8)]),
    expected.map(([offset, body]) => [offset, body.slice(0, 8)]),
  )
})

test('three shards share a message', async () => {
  const disk = newDisk()
  const store = await openStore(disk, { shards: 3 })
  const logs = Array.from({ length: 7 }, (_, i) => store.engine.createLog(`q${i}`, 'synced'))
  store.publish('everywhere', logs)
  store.publish('last', [logs[6]])
  await store.durable()
  const again = await openStore(disk.powerLoss(), { shards: 1 })
  for (let i = 0; i < 7; i++) {
    const expected = i < 6 ? ['everywhere'] : ['everywhere', 'last']
    assert.deepEqual(
      (await unsettled(logOf(again.engine, `q${i}`))).map((one) => one[1]),
      expected,
    )
  }
})
