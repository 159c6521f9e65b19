import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Partition } from '../../src/broker/topic/partition.ts'
import { TopicWorld } from './harness.ts'

const CHECK_MS = 300_000
const HOUR_MS = 3_600_000

/** Every record gets a segment of its own. */
async function segmented(world: TopicWorld, configs: Record<string, string>): Promise<Partition> {
  const topic = world.create('a', { configsOf: { 'internal.segment.bytes': '100', durability: 'written', ...configs } })
  return topic.partitions[0]
}

const bases = ({ log }: Partition): number[] => log.segments.map(({ baseOffset }) => baseOffset)

test('segments go whole once their newest record is too old, the one being written too', async () => {
  const world = await TopicWorld.open()
  const partition = await segmented(world, { 'retention.ms': String(2 * HOUR_MS) })
  await world.append(partition, 'x'.repeat(80))
  await world.pass(HOUR_MS)
  await world.append(partition, 'y'.repeat(80))
  await world.append(partition, 'z'.repeat(80))
  assert.deepEqual(bases(partition), [0, 1, 2])
  await world.pass(HOUR_MS)
  assert.equal(partition.log.startOffset, 0)
  await world.pass(CHECK_MS)
  assert.equal(partition.log.startOffset, 1)
  assert.deepEqual(bases(partition), [1, 2])
  await world.pass(HOUR_MS)
  assert.equal(partition.log.startOffset, 3)
  assert.equal(partition.log.endOffset, 3)
  assert.deepEqual(bases(partition), [])
  assert.equal(partition.log.bytes, 0)
  assert.equal(await world.append(partition, 'next'), 3)
  await world.restart()
  const { log } = world.topics.get('a')!.partitions[0]
  assert.deepEqual([log.startOffset, log.endOffset], [3, 4])
})

test('a record dated ahead keeps its segment, and those behind it', async () => {
  const world = await TopicWorld.open()
  const partition = await segmented(world, { 'retention.ms': '1000' })
  await world.append(partition, 'x'.repeat(80))
  await world.append(partition, 'x'.repeat(80), world.clock.now() + HOUR_MS)
  await world.append(partition, 'x'.repeat(80))
  await world.pass(CHECK_MS)
  assert.equal(partition.log.startOffset, 1)
})

test('the oldest segments go while the rest is as large as may be kept', async () => {
  const world = await TopicWorld.open()
  const partition = await segmented(world, { 'retention.ms': '-1' })
  for (let i = 0; i < 5; i++) await world.append(partition, 'x'.repeat(80))
  const one = partition.log.bytes / 5
  await world.pass(CHECK_MS)
  assert.equal(partition.log.startOffset, 0)
  world.topics.alterConfigs(
    world.topics.get('a')!,
    new Map([
      ['retention.bytes', String(3 * one - 1)],
      ['retention.ms', '-1'],
    ]),
  )
  await world.pass(CHECK_MS)
  assert.deepEqual(bases(partition), [2, 3, 4])
  world.topics.alterConfigs(
    world.topics.get('a')!,
    new Map([
      ['retention.bytes', String(2 * one)],
      ['retention.ms', '-1'],
    ]),
  )
  await world.pass(CHECK_MS)
  assert.deepEqual(bases(partition), [3, 4])
  world.topics.alterConfigs(
    world.topics.get('a')!,
    new Map([
      ['retention.bytes', '0'],
      ['retention.ms', '-1'],
    ]),
  )
  await world.pass(CHECK_MS)
  assert.equal(partition.log.startOffset, 5)
})

test('compacted topics and those without a policy keep everything; both together is both', async () => {
  const world = await TopicWorld.open()
  for (const [policy, start] of [
    ['compact', 0],
    ['', 0],
    ['compact,delete', 1],
  ] as const) {
    const topic = world.create(`p-${start}-${policy.length}`, {
      configsOf: { 'internal.segment.bytes': '100', 'retention.ms': '1000' },
    })
    await world.append(topic.partitions[0], 'x'.repeat(80))
    world.topics.alterConfigs(topic, new Map([...topic.overrides, ['cleanup.policy', policy]]))
    await world.pass(CHECK_MS)
    assert.equal(topic.partitions[0].log.startOffset, start, policy)
  }
})

test('what readers cannot see yet is kept', async () => {
  const world = await TopicWorld.open()
  const partition = await segmented(world, { 'retention.ms': '1000' })
  await world.append(partition, 'x'.repeat(80))
  const { log } = partition
  Object.defineProperty(log, 'highWatermark', { get: () => 0 })
  await world.pass(CHECK_MS)
  assert.equal(log.startOffset, 0)
  Reflect.deleteProperty(log, 'highWatermark')
  await world.pass(CHECK_MS)
  assert.equal(log.startOffset, 1)
})

test('producers that wrote nothing for a day are forgotten', async () => {
  const world = await TopicWorld.open({ producerIdExpirationMs: HOUR_MS })
  const { log } = world.create('a').partitions[0]
  const state = { producerEpoch: 0, batches: [], coordinatorEpoch: -1 }
  const now = world.clock.now()
  log.producers.restore(
    [
      { ...state, producerId: 1, lastTimestamp: now - HOUR_MS, transactionStart: -1 },
      { ...state, producerId: 2, lastTimestamp: now, transactionStart: -1 },
      { ...state, producerId: 3, lastTimestamp: now - HOUR_MS, transactionStart: 0 },
    ],
    [],
  )
  await world.pass(CHECK_MS)
  assert.deepEqual(
    Array.from(log.producers.all(), ({ producerId }) => producerId),
    [2, 3],
  )
})

test('a stopped vhost removes nothing', async () => {
  const world = await TopicWorld.open()
  const partition = await segmented(world, { 'retention.ms': '1000' })
  await world.append(partition, 'x')
  world.topics.stop()
  await world.pass(10 * CHECK_MS)
  assert.equal(partition.log.startOffset, 0)
})
