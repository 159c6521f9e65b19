import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endTransaction, produce } from '../topic/fed-queues.ts'
import { TopicWorld } from '../topic/harness.ts'
import { FIRST, streamOf, Taker } from './taker.ts'

const NAMED = { ...FIRST, 'x-stream-consumer': 'workers' }

async function worldWith(count: number): Promise<TopicWorld> {
  const world = await TopicWorld.open()
  const [partition] = world.create('a').partitions
  for (let value = 0; value < count; value++) await world.append(partition, String(value))
  return world
}

const groupsOf = (world: TopicWorld) => world.broker.vhost('/').streams.groups
const committed = (world: TopicWorld) => groupsOf(world).get('workers')?.offsets.get('a', 0)?.offset

async function joinAs(world: TopicWorld): Promise<void> {
  groupsOf(world)
    .classicService('workers', true)!
    .join(
      {
        memberId: '',
        instanceId: null,
        clientId: 'client',
        clientHost: '/127.0.0.1',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: new Uint8Array(6) }],
        requireKnownMemberId: false,
      } as never,
      () => undefined,
    )
  await world.settle()
}

test('the lowest offset that is not settled is kept as the offset of the group', async () => {
  const world = await worldWith(6)
  const taker = new Taker(streamOf(world, 'a'), NAMED, 4)
  await world.settle()
  assert.equal(committed(world), undefined)
  taker.settle(1, 2)
  await world.settle()
  assert.equal(committed(world), 0)
  taker.settle(0)
  await world.settle()
  assert.equal(committed(world), 3)
  taker.settle(3, 4, 5)
  await world.settle()
  assert.equal(committed(world), 6)
  const group = groupsOf(world).get('workers')!
  assert.deepEqual([group.kind, group.state, group.isEmpty], ['classic', 'Empty', true])
})

test('many acks of a turn are one commit', async () => {
  const world = await worldWith(50)
  const taker = new Taker(streamOf(world, 'a'), NAMED)
  await world.settle()
  const { catalog } = world.broker
  const { put } = catalog
  let commits = 0
  catalog.put = (kind, key, value) => {
    if (kind === 'group-offset') commits++
    put.call(catalog, kind, key, value)
  }
  taker.settle(...taker.offsets)
  await world.settle()
  assert.equal(commits, 1)
  assert.equal(committed(world), 50)
})

test('after a start the consumer goes on there', async () => {
  const world = await worldWith(5)
  const taker = new Taker(streamOf(world, 'a'), NAMED)
  await world.settle()
  taker.settle(0, 1, 3)
  await world.settle()
  await world.restart()
  const again = new Taker(streamOf(world, 'a'), NAMED)
  await world.settle()
  assert.deepEqual(again.bodies, ['2', '3', '4'])
})

test('an offset set by a tool is where the next one begins', async () => {
  const world = await worldWith(5)
  const taker = new Taker(streamOf(world, 'a'), NAMED)
  await world.settle()
  taker.settle(0, 1, 2, 3, 4)
  taker.reader.end()
  await world.settle()
  assert.equal(committed(world), 5)
  const byTool = { leaderEpoch: -1, metadata: '', committedMs: 0, expiresMs: -1 }
  groupsOf(world)
    .get('workers')!
    .offsets.commit({ topic: 'a', partition: 0, offset: 1, ...byTool })
  const again = new Taker(streamOf(world, 'a'), NAMED)
  await world.settle()
  assert.deepEqual(again.bodies, ['1', '2', '3', '4'])
})

test('one of a name reads, the others take over in their order, where the one before was', async () => {
  const world = await worldWith(4)
  const stream = streamOf(world, 'a')
  const first = new Taker(stream, NAMED, 2)
  const second = new Taker(stream, NAMED, 2)
  const third = new Taker(stream, NAMED, 10)
  await world.settle()
  assert.deepEqual([first.bodies, second.bodies, third.bodies], [['0', '1'], [], []])
  first.reader.end()
  await world.settle()
  assert.deepEqual(second.bodies, ['0', '1'])
  assert.equal(committed(world), undefined)
  second.settle(0)
  second.reader.end()
  await world.settle()
  assert.equal(committed(world), 1)
  assert.deepEqual(third.bodies, ['1', '2', '3'])
  // It is not its own any more.
  second.settle(1)
  await world.settle()
  assert.equal(committed(world), 1)
  third.reader.end()
  assert.equal(stream.places.size, 0)
})

test('one that waited may go before its turn', async () => {
  const world = await worldWith(2)
  const stream = streamOf(world, 'a')
  const first = new Taker(stream, NAMED)
  const second = new Taker(stream, NAMED)
  const third = new Taker(stream, NAMED)
  await world.settle()
  second.reader.end()
  first.reader.end()
  await world.settle()
  assert.deepEqual(second.bodies, [])
  assert.deepEqual(third.bodies, ['0', '1'])
})

test('what is passed over counts with the next ack', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('a').partitions
  await produce(world, partition, [{ value: 'red', headers: { 'x-stream-filter-value': 'red' } }, { value: 'other' }])
  await produce(world, partition, [{ value: 'lost' }], 7)
  await endTransaction(world, partition, 7, false)
  const taker = new Taker(streamOf(world, 'a'), { ...NAMED, 'x-stream-filter': 'red' })
  await world.settle()
  assert.deepEqual(taker.bodies, ['red'])
  taker.settle(0)
  await world.settle()
  assert.equal(committed(world), 4)
})

test('a group with members refuses, and members that come end the consumer with its next ack', async () => {
  const world = await worldWith(3)
  const stream = streamOf(world, 'a')
  const taker = new Taker(stream, NAMED)
  await world.settle()
  taker.settle(0)
  await world.settle()
  assert.equal(committed(world), 1)
  await joinAs(world)
  taker.settle(1)
  await world.settle()
  assert.equal(taker.isCancelled, true)
  assert.equal(committed(world), 1)
  assert.throws(() => new Taker(stream, NAMED), {
    code: 'resource-locked',
    message: `cannot consume from queue 'a' in vhost '/' as 'workers': the consumer group 'workers' has members`,
  })
  assert.equal(stream.subscriptions.size, 0)
})

test('the offsets of a deleted topic stay deleted', async () => {
  const world = await worldWith(3)
  const stream = streamOf(world, 'a')
  const taker = new Taker(stream, NAMED)
  await world.settle()
  taker.settle(0)
  await world.settle()
  taker.settle(1)
  world.topics.delete(stream.topic)
  await world.settle()
  assert.equal(taker.isCancelled, true)
  assert.equal(committed(world), undefined)
  await world.append(world.create('a').partitions[0], 'new')
  const again = new Taker(streamOf(world, 'a'), NAMED)
  await world.settle()
  assert.deepEqual(again.bodies, ['new'])
})

test('two streams under one name are two places', async () => {
  const world = await worldWith(2)
  await world.append(world.create('b').partitions[0], 'b')
  const a = new Taker(streamOf(world, 'a'), NAMED)
  const b = new Taker(streamOf(world, 'b'), NAMED)
  await world.settle()
  assert.deepEqual([a.bodies, b.bodies], [['0', '1'], ['b']])
})
