import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endTransaction, produce } from '../topic/fed-queues.ts'
import { TopicWorld } from '../topic/harness.ts'
import { FIRST, streamOf, Taker } from './taker.ts'

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index))

async function worldWith(...batches: number[]): Promise<TopicWorld> {
  const world = await TopicWorld.open()
  const { partitions } = world.create('a')
  let next = 0
  for (const count of batches) {
    await produce(
      world,
      partitions[0],
      numbers(next, next + count).map((value) => ({ value })),
    )
    next += count
  }
  return world
}

test('a reader gives what is there and what comes, in order, as long as more is wanted', async () => {
  const world = await worldWith(3, 4, 1)
  const taker = new Taker(streamOf(world, 'a'), FIRST, 5)
  await world.settle()
  assert.deepEqual(taker.bodies, numbers(0, 5))
  await world.append(streamOf(world, 'a').partition, '8')
  assert.deepEqual(taker.bodies, numbers(0, 5))
  taker.settle(0, 1)
  await world.settle()
  assert.deepEqual(taker.bodies, numbers(0, 7))
  taker.settle(2, 3, 4, 5)
  await world.settle()
  assert.deepEqual(taker.bodies, numbers(0, 9))
  await world.append(streamOf(world, 'a').partition, '9')
  assert.deepEqual(taker.bodies, numbers(0, 10))
})

test('a reader goes on in the middle of a batch, and from files after a start', async () => {
  const world = await worldWith(10, 10)
  await world.restart()
  const taker = new Taker(streamOf(world, 'a'), { 'x-stream-offset': 7 }, 6)
  await world.settle()
  assert.deepEqual(taker.bodies, numbers(7, 13))
  taker.credit = 100
  taker.reader.wake()
  await world.settle()
  assert.deepEqual(taker.bodies, numbers(7, 20))
})

test('more than belongs into one turn comes in several', async () => {
  const world = await worldWith(5000, 5000)
  const taker = new Taker(streamOf(world, 'a'), FIRST)
  world.turn.runNow()
  assert.ok(taker.bodies.length > 0)
  await world.settle()
  assert.equal(taker.bodies.length, 10_000)
  assert.deepEqual(taker.bodies, numbers(0, 10_000))
})

test('records of a transaction come when it commits, aborted ones and markers never', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('a').partitions
  const taker = new Taker(streamOf(world, 'a'), FIRST)
  await produce(world, partition, [{ value: 'lost' }], 7)
  await produce(world, partition, [{ value: 'plain' }])
  assert.deepEqual(taker.bodies, [])
  await endTransaction(world, partition, 7, false)
  assert.deepEqual(taker.bodies, ['plain'])
  await produce(world, partition, [{ value: 'kept' }], 7, 1)
  assert.deepEqual(taker.bodies, ['plain'])
  await endTransaction(world, partition, 7, true)
  assert.deepEqual(taker.bodies, ['plain', 'kept'])
  assert.deepEqual(taker.offsets, [1, 3])
  const again = new Taker(streamOf(world, 'a'), FIRST)
  await world.settle()
  assert.deepEqual(again.bodies, ['plain', 'kept'])
})

test('the last record is neither a marker nor an aborted one', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('a').partitions
  await produce(world, partition, [{ value: 'first' }, { value: 'last' }])
  await produce(world, partition, [{ value: 'lost' }], 7)
  await endTransaction(world, partition, 7, false)
  const taker = new Taker(streamOf(world, 'a'), { 'x-stream-offset': 'last' })
  await world.settle()
  assert.deepEqual(taker.bodies, ['last'])
  const empty = world.create('b')
  const waiting = new Taker(streamOf(world, 'b'), { 'x-stream-offset': 'last' })
  await world.append(empty.partitions[0], 'new')
  assert.deepEqual(waiting.bodies, ['new'])
})

test('what was removed meanwhile is passed over', async () => {
  const world = await worldWith(1, 1, 1, 1, 1)
  const stream = streamOf(world, 'a')
  const waiting = new Taker(stream, FIRST, 0)
  const behind = new Taker(stream, FIRST, 1)
  await world.settle()
  assert.deepEqual(behind.bodies, ['0'])
  stream.partition.deleteRecords(3)
  for (const taker of [waiting, behind]) {
    taker.credit = 10
    taker.reader.wake()
  }
  await world.settle()
  assert.deepEqual(waiting.bodies, ['3', '4'])
  // What it had read before may come, and nothing twice.
  assert.deepEqual(behind.bodies.slice(-2), ['3', '4'])
  assert.deepEqual([...new Set(behind.bodies)], behind.bodies)
})

test('a time, and an interval, begin at the first record at or after it', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('a').partitions
  world.clock.advance(10_000_000)
  for (const value of ['old', 'middle', 'new']) {
    await world.append(partition, value)
    world.clock.advance(60_000)
  }
  const now = world.clock.now()
  const at = (timeMs: number) => ({ 'x-stream-offset': { type: 'T', value: BigInt(Math.floor(timeMs / 1000)) } })
  const rows: [object, string[]][] = [
    [at(now - 120_000), ['middle', 'new']],
    [at(now - 90_000), ['new']],
    [at(now), []],
    [{ 'x-stream-offset': '2m' }, ['middle', 'new']],
    [{ 'x-stream-offset': '1h' }, ['old', 'middle', 'new']],
    [{ 'x-stream-offset': '1s' }, []],
  ]
  for (const [args, expected] of rows) {
    const taker = new Taker(streamOf(world, 'a'), args as never)
    await world.settle()
    assert.deepEqual(
      taker.bodies,
      expected,
      JSON.stringify(args, (_, value) => String(value)),
    )
    taker.reader.end()
  }
})

test('a large body comes whole, alone and beside small ones', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('a').partitions
  const large = 'large '.repeat(50_000)
  await produce(world, partition, [{ value: 'before' }, { value: large }, { value: 'after' }])
  const taker = new Taker(streamOf(world, 'a'), FIRST)
  await world.settle()
  assert.deepEqual(taker.bodies, ['before', large, 'after'])
})

test('readers of a deleted topic are told, and those that ended before are not', async () => {
  const world = await worldWith(1)
  const stream = streamOf(world, 'a')
  const taker = new Taker(stream, FIRST)
  const ended = new Taker(stream, FIRST)
  ended.reader.end()
  assert.equal(stream.subscriptions.size, 1)
  world.topics.delete(stream.topic)
  await world.settle()
  assert.equal(taker.isCancelled, true)
  assert.equal(ended.isCancelled, false)
  assert.equal(stream.subscriptions.size, 0)
})

test('headers of Kafka records are filtered by like those of messages', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('a').partitions
  await produce(world, partition, [
    { value: 'red', headers: { 'x-stream-filter-value': 'red' } },
    { value: 'none' },
    { value: 'blue', headers: { 'x-stream-filter-value': 'blue' } },
  ])
  const red = new Taker(streamOf(world, 'a'), { ...FIRST, 'x-stream-filter': 'red' })
  const others = new Taker(streamOf(world, 'a'), {
    ...FIRST,
    'x-stream-filter': ['blue'],
    'x-stream-match-unfiltered': true,
  })
  await world.settle()
  assert.deepEqual(red.bodies, ['red'])
  assert.deepEqual(others.bodies, ['none', 'blue'])
})

test('records of an aborted transaction do not come either if a compaction ends while they are read', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('a').partitions
  await produce(world, partition, [{ value: 'lost' }], 7)
  await endTransaction(world, partition, 7, false)
  await produce(world, partition, [{ value: 'plain' }])
  const taker = new Taker(streamOf(world, 'a'), FIRST)
  const read = partition.read.bind(partition)
  partition.read = (offset, isolation, bytesMax, done) =>
    read(offset, isolation, bytesMax, (error, parts, loan) => {
      // As a compaction that took the records out of the files once they were read.
      partition.abortedTransactions = () => []
      done(error, parts, loan)
    })
  await world.settle()
  assert.deepEqual(taker.bodies, ['plain'])
})
