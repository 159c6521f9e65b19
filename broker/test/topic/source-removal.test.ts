/** What topics remove under queues over them: by hand, by retention, by compaction, with the topic. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Partition } from '../../src/broker/topic/partition.ts'
import { bodies, drain, endTransaction, produce } from './fed-queues.ts'
import { TopicWorld } from './harness.ts'
import { numbered, over, take } from './source-scene.ts'

const RETENTION_MS = 300_000
const COMPACTION_MS = 15_000

test('what the topic removes is lost to the queue, and counted', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const queue = await over(world)
  await produce(world, partition, numbered(0, 10))
  queue.acknowledge((await take(world, queue))!.place)
  partition.deleteRecords(4)
  await world.settle()
  assert.equal(queue.counters.lost, 3)
  assert.equal(queue.ready, 6)
  assert.deepEqual(await bodies(world, queue), ['4', '5', '6', '7', '8', '9'])
})

test('what consumers have in hand stays readable when the topic removes it', async () => {
  for (const end of ['records', 'topic'] as const) {
    for (const size of [10, 40_000]) {
      const world = await TopicWorld.open()
      const [partition] = world.create('orders', { partitions: 1 }).partitions
      const queue = await over(world, { 'x-queue-type': 'quorum' })
      const values = Array.from({ length: 8 }, (_, i) => `${i}`.padEnd(size, '.'))
      for (const value of values) await produce(world, partition, [{ value }])
      const taken = []
      for (let i = 0; i < 5; i++) taken.push((await take(world, queue))!)
      queue.requeue(taken[4].place)
      queue.acknowledge(taken[1].place)
      if (end === 'records') partition.deleteRecords(7)
      else world.topics.delete(world.topics.get('orders')!)
      queue.requeue(taken[2].place)
      queue.requeue(taken[0].place)
      await world.settle()
      if (end === 'records') partition.deleteRecords(8)
      // Offsets 4 to 7 were ready: one had come back, three were never handed out.
      assert.equal(queue.counters.lost, 4)
      assert.deepEqual([queue.ready, queue.unacknowledged], [2, 1])
      const [first, third] = [await take(world, queue), await take(world, queue)]
      assert.deepEqual([first!.body, first!.redelivered, first!.count], [values[0], true, 1])
      assert.equal(third!.body, values[2])
      queue.acknowledge(first!.place)
      queue.acknowledge(third!.place)
      assert.equal(queue.lanes.length, 1)
      queue.requeue(taken[3].place)
      assert.equal((await drain(world, queue))[0].body, values[3])
      assert.equal(queue.lanes.length, end === 'records' ? 1 : 0)
      assert.equal(world.engine.ledgers.size, end === 'records' ? 1 : 0)
    }
  }
})

test('what was read from files stays readable, too', async () => {
  const world = await TopicWorld.open()
  const configsOf = { 'internal.segment.bytes': '1000' }
  world.create('orders', { partitions: 1, configsOf })
  await over(world, { 'x-queue-type': 'quorum' })
  const values = Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(200, '.'))
  for (const value of values) await produce(world, world.topics.get('orders')!.partitions[0], [{ value }])
  await world.restart()
  const queue = world.broker.vhost('/').queue('jobs', null)
  const [partition] = world.topics.get('orders')!.partitions
  const taken = []
  for (let i = 0; i < 30; i++) taken.push((await take(world, queue))!)
  for (const { place } of taken.slice(1, 28)) queue.acknowledge(place)
  partition.deleteRecords(40)
  await world.settle()
  for (const at of [29, 0, 28]) queue.requeue(taken[at].place)
  assert.deepEqual(await bodies(world, queue), [values[0], values[28], values[29]])
  assert.equal(queue.counters.lost, 10)
  await world.pass(20)
  const files = (await world.disk.list(partitionFolder(world))).filter((name) => name.endsWith('.log'))
  assert.equal(files.length, 1, 'what nobody reads any more is removed')
})

function partitionFolder(world: TopicWorld): string {
  return Reflect.get(world.topics.get('orders')!.partitions[0].log, 'folder')
}

test('what is not committed yet is lost once it is', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('orders', { partitions: 1 }).partitions
  const queue = await over(world)
  await produce(world, partition, [{ value: 'a' }, { value: 'b' }, { value: 'c' }], 7)
  await produce(world, partition, numbered(3, 5))
  partition.deleteRecords(2)
  await world.settle()
  await endTransaction(world, partition, 7, true)
  assert.deepEqual(await bodies(world, queue), ['c', '3', '4'])
  assert.equal(queue.counters.lost, 2)
})

/** Every record gets a segment of its own. */
function segmented(world: TopicWorld, configs: Record<string, string>): Partition {
  const configsOf = { 'internal.segment.bytes': '100', ...configs }
  return world.create('orders', { partitions: 1, configsOf }).partitions[0]
}

test('retention waits for a queue that holds it, and the administrator does not', async () => {
  const world = await TopicWorld.open()
  const partition = segmented(world, { 'retention.ms': '1000' })
  const queue = await over(world, { 'x-hold-retention': true })
  const source = world.broker.vhost('/').sources.of(queue)!
  for (let i = 0; i < 6; i++) await produce(world, partition, [{ value: `${i}`.padEnd(80, '.') }])
  const taken = []
  for (let i = 0; i < 3; i++) taken.push((await take(world, queue))!)
  queue.acknowledge(taken[0].place)
  queue.acknowledge(taken[2].place)
  await world.pass(RETENTION_MS)
  assert.equal(partition.log.startOffset, 1)
  assert.deepEqual(source.holdingBack, [partition])
  queue.acknowledge(taken[1].place)
  await world.pass(RETENTION_MS)
  assert.equal(partition.log.startOffset, 3)
  partition.deleteRecords(4)
  await world.settle()
  assert.equal(queue.counters.lost, 1)
  assert.equal((await drain(world, queue)).length, 2)
  await world.pass(RETENTION_MS)
  assert.deepEqual([partition.log.startOffset, source.holdingBack], [6, []])
  await produce(world, partition, [{ value: 'last'.padEnd(80, '.') }])
  world.broker.vhost('/').alterQueue('jobs', { 'x-hold-retention': false })
  await world.pass(RETENTION_MS)
  assert.equal(partition.log.startOffset, 7)
  assert.equal(queue.counters.lost, 2)
})

const compacted = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01' }

test('compaction leaves what is in hand readable, and what it takes is lost and counted', async () => {
  const world = await TopicWorld.open()
  const partition = segmented(world, compacted)
  const queue = await over(world)
  const value = (i: number) => `${i}`.padEnd(80, '.')
  const put = (i: number) => produce(world, partition, [{ key: 'same', value: value(i) }])
  for (let i = 0; i < 6; i++) await put(i)
  const taken = [(await take(world, queue))!, (await take(world, queue))!]
  await world.pass(COMPACTION_MS)
  assert.ok(partition.log.segments.length < 6, 'compacted')
  for (const { place } of taken) queue.requeue(place)
  assert.deepEqual(await bodies(world, queue), [value(0), value(1), value(4), value(5)])
  assert.equal(queue.counters.lost, 2)
  assert.equal(queue.ready, 0)
})

test('compaction leaves what a queue holds', async () => {
  const world = await TopicWorld.open()
  const partition = segmented(world, compacted)
  const queue = await over(world, { 'x-hold-retention': true })
  for (let i = 0; i < 6; i++) await produce(world, partition, [{ key: 'same', value: `${i}`.padEnd(80, '.') }])
  queue.acknowledge((await take(world, queue))!.place)
  queue.acknowledge((await take(world, queue))!.place)
  await world.pass(COMPACTION_MS)
  const found = await drain(world, queue)
  assert.deepEqual(
    found.map(({ body }) => body[0]),
    ['2', '3', '4', '5'],
  )
  assert.equal(queue.counters.lost, 0)
})
