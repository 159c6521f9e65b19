import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Partition } from '../../src/broker/topic/partition.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { TopicWorld } from './harness.ts'

const BACKOFF_MS = 15_000
const HOUR_MS = 3_600_000

/** Every batch gets a segment of its own. */
function compacted(world: TopicWorld, name: string, configs: Record<string, string> = {}): Partition {
  const own = { 'cleanup.policy': 'compact', 'internal.segment.bytes': '100', durability: 'written', ...configs }
  return world.create(name, { configsOf: own }).partitions[0]
}

async function put(world: TopicWorld, partition: Partition, ...keys: string[]): Promise<void> {
  const now = world.clock.now()
  for (const key of keys) {
    const builder = new BatchBuilder()
    const value = [Buffer.alloc(60, 'v')]
    builder.append({ offset: 0, timestamp: now, key: Buffer.from(key), value, headers: [] })
    assert.equal(partition.append(builder.finish({ leaderEpoch: 0 }), now).error, null)
    await world.settle()
  }
}

/** Segments that were compacted count as one, whatever they held. */
const segments = ({ log }: Partition): number => log.segments.length
const dirty = (world: TopicWorld, { log }: Partition): number => log.dirtiness(world.clock.now(), 0).dirtyBytes

test('a topic is compacted once enough of it is dirty, and not before', async () => {
  const world = await TopicWorld.open()
  const partition = compacted(world, 'a', { 'min.cleanable.dirty.ratio': '0.6', 'internal.segment.bytes': '150' })
  await put(world, partition, 'x', 'x', 'y', 'z')
  await world.pass(BACKOFF_MS - 1)
  assert.ok(dirty(world, partition) > 0)
  await world.pass(1)
  assert.equal(dirty(world, partition), 0)
  const clean = partition.log.bytes
  await put(world, partition, 'x', 'y')
  await world.pass(BACKOFF_MS)
  assert.ok(dirty(world, partition) > 0, `${clean} clean bytes are still the larger share`)
  await put(world, partition, 'x', 'y', 'x', 'y', 'x', 'y')
  await world.pass(BACKOFF_MS)
  assert.equal(dirty(world, partition), 0)
  await world.restart()
  assert.equal(dirty(world, world.topics.get('a')!.partitions[0]), 0)
})

test('or once what is dirty has been so for too long', async () => {
  const world = await TopicWorld.open()
  const configs = { 'min.cleanable.dirty.ratio': '1', 'max.compaction.lag.ms': String(HOUR_MS) }
  const partition = compacted(world, 'a', configs)
  await put(world, partition, 'x', 'x', 'x')
  await world.pass(HOUR_MS)
  assert.ok(dirty(world, partition) > 0)
  await world.pass(BACKOFF_MS)
  assert.equal(dirty(world, partition), 0)
})

test('all that are due get their turn, and other topics none', async () => {
  const world = await TopicWorld.open()
  const due = [compacted(world, 'a'), compacted(world, 'b', { 'cleanup.policy': 'compact,delete' })]
  const other = compacted(world, 'c', { 'cleanup.policy': 'delete' })
  for (const partition of [...due, other]) await put(world, partition, 'x', 'x', 'x')
  await world.pass(BACKOFF_MS)
  for (const partition of due) assert.equal(dirty(world, partition), 0)
  assert.equal(segments(other), 3)
})

test('nothing young is compacted', async () => {
  const world = await TopicWorld.open()
  const partition = compacted(world, 'a', { 'min.compaction.lag.ms': String(HOUR_MS) })
  await put(world, partition, 'x', 'x', 'x')
  await world.pass(BACKOFF_MS)
  assert.ok(dirty(world, partition) > 0)
  await world.pass(HOUR_MS)
  assert.equal(dirty(world, partition), 0)
})

test('a partition that cannot be compacted rests, and does not hold up others', async () => {
  const world = await TopicWorld.open()
  const [bad, good] = [compacted(world, 'bad'), compacted(world, 'good')]
  for (const partition of [bad, good]) await put(world, partition, 'x', 'x', 'x')
  const [folder] = (await world.disk.list('store/0/partitions')).filter((name) => name.startsWith('bad'))
  const path = `store/0/partitions/${folder}/00000000000000000001.log`
  const file = await world.disk.open(path, 'write')
  await file.write([Buffer.from('rot')], 70)
  await world.pass(BACKOFF_MS)
  assert.equal(dirty(world, good), 0)
  assert.equal(segments(bad), 3)
  await world.pass(HOUR_MS)
  assert.equal(segments(bad), 3)
})
