/** Queues over topics whose files are damaged, and over more partitions than a queue has lanes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodies, produce } from './fed-queues.ts'
import { TopicWorld } from './harness.ts'
import { numbered, over, take } from './source-scene.ts'

/** Overwrites a byte of a partition's first file. @param position from its end, if negative */
async function damage(world: TopicWorld, partition: number, position: number): Promise<void> {
  const { log } = world.topics.get('orders')!.partitions[partition]
  const folder = Reflect.get(log, 'folder') as string
  const name = (await world.disk.list(folder)).find((one) => one.endsWith('.log'))
  const file = await world.disk.open(`${folder}/${name}`, 'write')
  const at = position < 0 ? (await file.size()) + position : position
  const byte = new Uint8Array(1)
  await file.read(byte, at)
  await file.write([Uint8Array.of(byte[0] ^ 0xff)], at)
  await file.close()
}

async function withRecords(partitions: number): Promise<TopicWorld> {
  const world = await TopicWorld.open()
  world.create('orders', { partitions })
  await over(world)
  for (const partition of world.topics.get('orders')!.partitions) {
    for (let i = 0; i < 3; i++) await produce(world, partition, numbered(10 * i, 10 * i + 2))
  }
  await world.restart()
  return world
}

test('a batch whose checksum is wrong is left out, and lost', async (t) => {
  t.mock.method(console, 'error', () => {})
  const world = await withRecords(1)
  await damage(world, 0, -1)
  const queue = world.broker.vhost('/').queue('jobs', null)
  assert.deepEqual(await bodies(world, queue), ['0', '1', '10', '11'])
  assert.deepEqual([queue.counters.lost, queue.ready], [2, 0])
})

test('a partition that cannot be read waits, and the others go on', async (t) => {
  const told = t.mock.method(console, 'error', () => {})
  const world = await withRecords(2)
  // The magic of the first batch.
  await damage(world, 0, 16)
  const queue = world.broker.vhost('/').queue('jobs', null)
  assert.deepEqual(await bodies(world, queue), ['0', '1', '10', '11', '20', '21'])
  assert.equal(queue.ready, 6)
  assert.ok(told.mock.callCount() > 0)
  await produce(world, world.topics.get('orders')!.partitions[1], numbered(30, 31))
  assert.equal((await take(world, queue))!.body, '30')
  await damage(world, 0, 16)
  await world.pass(1000)
  assert.equal((await bodies(world, queue)).length, 6)
})

test('a queue has 256 lanes: more partitions at once are refused, more in the end wait for free ones', async () => {
  const world = await TopicWorld.open()
  world.create('wide', { partitions: 257 })
  await assert.rejects(
    () => over(world, { 'x-source-topic': 'wide' }),
    /topic 'wide' has 257 partitions, and a queue stands over 256 at most/,
  )
  const first = world.create('orders', { partitions: 200 })
  const queue = await over(world)
  for (const partition of first.partitions) await produce(world, partition, [{ value: 'first' }])
  const taken = []
  for (let i = 0; i < 200; i++) taken.push((await take(world, queue))!)
  world.topics.delete(first)
  await world.settle()
  assert.equal(queue.lanes.length, 200, 'what is in hand keeps its lane')
  const second = world.create('orders', { partitions: 100 })
  for (const partition of second.partitions) await produce(world, partition, [{ value: 'second' }])
  assert.deepEqual([queue.lanes.length, queue.ready], [256, 56])
  for (const { place } of taken) queue.acknowledge(place)
  await world.settle()
  assert.deepEqual([queue.lanes.length, queue.ready], [100, 100])
  assert.deepEqual(new Set(await bodies(world, queue)), new Set(['second']))
  assert.equal(world.engine.ledgers.size, 100)
})
