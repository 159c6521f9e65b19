// The process dies between any two steps of a transaction, or the power goes: what is seen then is all of it or nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './harness.ts'
import { type Dialect, Producer } from './producer.ts'

/** Of the event loop: an answer takes some twenty. */
const TURNS = 26

/** Until the record is there and its marker is not. */
const SEEDS_OF_LOSS = 40

interface Found {
  readonly seen: readonly boolean[]
  readonly undecided: boolean
}

/** Two topics to write, and one that was read. */
async function worldOf(seed: number, durability = 'synced'): Promise<World> {
  const world = await World.open({ seed })
  await world.createTopic('a')
  await world.createTopic('b', 1, { durability })
  await world.createTopic('in')
  const values = ['1', '2', '3', '4', '5', '6']
  world.append('in', 0, { values, producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false })
  await world.settle()
  return world
}

/** A transaction over two partitions and a group, cut off after `turns` turns of its end. */
async function cutOff(
  seed: number,
  dialect: Dialect,
  commit: boolean,
  turns: number,
  how: 'kill' | 'powerLoss' | 'restart',
) {
  // What is in the page cache survives the process, and is there before the journal.
  const world = await worldOf(seed, how === 'powerLoss' ? 'synced' : 'written')
  const producer = await new Producer(world, 't', dialect).init()
  producer.send('a', 0, 'before')
  assert.equal(await producer.commit(), null)
  producer.send('a', 0, 'x')
  producer.send('b', 0, 'y')
  producer.sendOffset('g', 'in', 5)
  await world.settle()
  let answered = false
  world.streams.transactions.end(producer.claimed, commit, dialect === 2, (error) => {
    assert.equal(error, null)
    answered = true
  })
  for (let turn = 0; turn < turns; turn++) await world.step()
  const isOver = answered
  await world[how]()
  return { world, isOver }
}

async function find(world: World): Promise<Found> {
  const first = await world.read('a')
  const second = await world.read('b')
  assert.equal(first[0], 'before')
  const seen = [first.includes('x'), second.includes('y'), world.committedOffset('g', 'in') === 5]
  const status = world.streams.transactions.get('t')!.status
  return { seen, undecided: status === 'Ongoing' }
}

for (const dialect of [1, 2] as Dialect[]) {
  for (const commit of [true, false]) {
    for (const how of ['kill', 'powerLoss', 'restart'] as const) {
      test(`a ${commit ? 'commit' : 'abort'} in dialect ${dialect} cut off by ${how} at any turn is whole`, async () => {
        const outcomes = new Set<string>()
        for (let turns = 0; turns < TURNS; turns++) {
          const { world, isOver } = await cutOff(turns + 1, dialect, commit, turns, how)
          const { seen, undecided } = await find(world)
          const place = `${turns} turns`
          assert.ok(
            seen.every((one) => one === seen[0]),
            `in parts after ${place}: ${seen}`,
          )
          if (isOver) assert.equal(undecided, false, `forgotten after ${place}`)
          if (isOver && commit) assert.ok(seen[0], `lost after ${place}`)
          if (!commit) assert.ok(!seen[0], `seen after ${place}`)
          outcomes.add(undecided ? 'open' : isOver ? 'answered' : 'decided')
          await goesOn(world, dialect, undecided, commit)
        }
        // A clean stop loses no decision.
        const expected = how === 'restart' ? ['answered', 'decided'] : ['answered', 'open']
        assert.ok(
          expected.every((outcome) => outcomes.has(outcome)),
          [...outcomes].join(),
        )
      })
    }
  }
}

/** Nothing hangs: whoever comes next can write, and readers come to the end. */
async function goesOn(world: World, dialect: Dialect, undecided: boolean, committed: boolean): Promise<void> {
  const next = await new Producer(world, 't', dialect).init()
  for (const topic of ['a', 'b']) assert.equal(next.send(topic, 0, 'after'), null)
  assert.equal(await next.commit(), null)
  for (const topic of ['a', 'b']) {
    const { log } = world.partition(topic)
    assert.equal(log.lastStableOffset, log.endOffset)
    const values = await world.read(topic)
    assert.equal(values.at(-1), 'after')
    if (undecided && committed) assert.ok(!values.includes('x') && !values.includes('y'))
  }
}

test('nothing follows from a decision before it is durable', async () => {
  const world = await worldOf(1, 'written')
  const producer = await new Producer(world, 't').init()
  for (const topic of ['a', 'b']) producer.send(topic, 0, 'x')
  producer.sendOffset('g', 'in', 5)
  await world.settle()
  const ends = () => ['a', 'b'].map((topic) => world.partition(topic).log.endOffset)
  const ending = producer.endLater(true)
  const { durableRound } = world.engine
  while (world.engine.durableRound === durableRound) {
    assert.deepEqual(ends(), [1, 1])
    assert.equal(world.committedOffset('g', 'in'), null)
    await world.step()
  }
  assert.equal(await ending, null)
  assert.deepEqual(ends(), [2, 2])
  assert.equal(world.committedOffset('g', 'in'), 5)
})

test('an open transaction goes on after a restart where it was', async () => {
  for (const how of ['kill', 'powerLoss', 'restart'] as const) {
    const world = await worldOf(1)
    const producer = await new Producer(world, 't').init()
    producer.send('a', 0, 'x')
    producer.sendOffset('g', 'in', 5)
    await world.settle()
    await world[how]()
    assert.equal(world.streams.transactions.get('t')?.status, 'Ongoing')
    assert.equal(producer.send('a', 0, 'y'), null)
    assert.equal(producer.send('b', 0, 'z'), null)
    assert.deepEqual(await world.read('a'), [])
    assert.equal(await producer.commit(), null)
    assert.deepEqual(await world.read('a'), ['x', 'y'])
    assert.deepEqual(await world.read('b'), ['z'])
    assert.equal(world.committedOffset('g', 'in'), 5)
  }
})

test('records whose transaction was never durable are aborted, and not taken for their repetition', async () => {
  const world = await World.open()
  await world.createTopic('a', 1, { durability: 'written' })
  const producer = await new Producer(world, 't').init()
  const { producerId, producerEpoch } = producer
  // As a stop leaves it that comes between the segment of a `written` topic and the journal.
  world.append('a', 0, { values: ['x'], producerId, producerEpoch, baseSequence: 0 })
  await world.settle()
  await world.kill()
  const { log } = world.partition('a')
  assert.equal(log.lastStableOffset, log.endOffset)
  assert.equal(producer.send('a', 0, 'x'), 'invalid-producer-epoch')
  assert.equal(await producer.abort(), null)
  assert.equal(producer.send('a', 0, 'x'), null)
  assert.equal(await producer.commit(), null)
  assert.deepEqual(await world.read('a'), ['x'])
  assert.deepEqual(await world.read('a', 0, 'uncommitted'), ['x', 'x'])
})

test('records of an unknown transactional id are aborted at a start', async () => {
  const world = await World.open()
  await world.createTopic('a')
  world.append('a', 0, { values: ['x'], producerId: 99, producerEpoch: 3, baseSequence: 0 })
  await world.settle()
  await world.kill()
  assert.deepEqual(await world.read('a'), [])
  assert.equal(world.partition('a').log.producers.openCount, 0)
})

test('a topic that goes while a transaction is open or ends does not hold it', async () => {
  const world = await World.open()
  await world.createTopic('a')
  await world.createTopic('b')
  const producer = await new Producer(world, 't').init()
  producer.send('a', 0, 'x')
  producer.send('b', 0, 'y')
  await world.settle()
  world.streams.topics.delete(world.streams.topics.get('a')!)
  await world.settle()
  await world.createTopic('a')
  assert.equal(await producer.commit(), null)
  assert.deepEqual(await world.read('b'), ['y'])
  assert.equal(world.partition('a').log.endOffset, 0)

  producer.send('a', 0, 'before')
  world.streams.topics.delete(world.streams.topics.get('a')!)
  await world.createTopic('a')
  producer.forget('a')
  assert.equal(producer.send('a', 0, 'after'), null)
  assert.equal(await producer.commit(), null)
  assert.deepEqual(await world.read('a'), ['after'])

  producer.send('b', 0, 'z')
  const ending = producer.endLater(true)
  world.streams.topics.delete(world.streams.topics.get('b')!)
  assert.equal(await ending, null)
})

test('a vhost that goes while a transaction ends leaves nothing of it', async () => {
  const world = await worldOf(1)
  const producer = await new Producer(world, 't').init()
  producer.send('a', 0, 'x')
  await world.settle()
  const ending = producer.endLater(true)
  world.streams.end()
  assert.equal(await ending, null)
  await world.kill()
  assert.deepEqual([...world.streams.transactions.all()], [])
})

test('an aborted record whose marker the power took is not committed with the next transaction', async () => {
  for (const dialect of [1, 2] as Dialect[]) {
    for (let seed = 0; seed < SEEDS_OF_LOSS; seed++) {
      const world = await worldOf(seed, 'written')
      const producer = await new Producer(world, 't', dialect).init()
      producer.send('b', 0, 'aborted')
      await world.settle()
      assert.equal(await producer.abort(), null)
      producer.send('a', 0, 'x')
      producer.send('b', 0, 'y')
      await world.settle()
      await world.powerLoss()
      const { claimed } = producer
      world.streams.transactions.end(claimed, true, dialect === 2, () => {})
      await world.settle()
      assert.ok(!(await world.read('b')).includes('aborted'), `dialect ${dialect}, seed ${seed}`)
      assert.ok((await world.read('a')).includes('x'))
    }
  }
})
