import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { packBatch } from '../../src/record/compressed-batch.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { deleteRecords } from '../../src/wire/kafka/messages/delete-records.ts'
import { deleteTopics } from '../../src/wire/kafka/messages/delete-topics.ts'
import { describeLogDirs } from '../../src/wire/kafka/messages/describe-log-dirs.ts'
import { describeProducers } from '../../src/wire/kafka/messages/describe-producers.ts'
import { listOffsets } from '../../src/wire/kafka/messages/list-offsets.ts'
import { offsetForLeaderEpoch } from '../../src/wire/kafka/messages/offset-for-leader-epoch.ts'
import { batchOf, send } from './topics-batches.ts'
import { type Peer, World } from './world.ts'

const NOW = Date.UTC(2026, 0, 1)

async function open(configs: { name: string; value: string }[] = []): Promise<{ world: World; peer: Peer }> {
  const world = await World.open()
  const peer = world.connect()
  await peer.ask(createTopics, 7, { topics: [{ name: 'a', numPartitions: 2, replicationFactor: 1, configs }] })
  return { world, peer }
}

const at = (timestamp: number, value = 'v') => ({ timestamp: NOW + timestamp, value })

async function offset(
  peer: Peer,
  timestamp: number,
  more: object = {},
  version = 11,
  isolationLevel = 0,
): Promise<number[]> {
  const partitions = [{ partitionIndex: 0, timestamp, ...more }]
  const { topics } = await peer.ask(listOffsets, version, {
    replicaId: -1,
    isolationLevel,
    topics: [{ name: 'a', partitions }],
  })
  const [found] = topics[0].partitions
  return found.errorCode === 0 ? [found.offset, found.timestamp] : [-found.errorCode]
}

describe('ListOffsets', () => {
  it('finds beginning, end and times', async () => {
    const { world, peer } = await open()
    assert.deepEqual(await offset(peer, -1), [0, -1])
    assert.deepEqual(await offset(peer, -3), [-1, -1])
    await send(peer, 'a', 0, [at(0), at(10), at(5)])
    await send(peer, 'a', 0, [at(20), at(30)])
    for (let version = listOffsets.versionMin; version <= listOffsets.versionMax; version++) {
      assert.deepEqual(await offset(peer, -1, {}, version), [5, -1], `version ${version}`)
      assert.deepEqual(await offset(peer, -2, {}, version), [0, -1])
      assert.deepEqual(await offset(peer, NOW, {}, version), [0, NOW])
      assert.deepEqual(await offset(peer, NOW + 1, {}, version), [1, NOW + 10])
      assert.deepEqual(await offset(peer, NOW + 11, {}, version), [3, NOW + 20])
      assert.deepEqual(await offset(peer, NOW + 31, {}, version), [-1, -1])
      assert.deepEqual(await offset(peer, -3, {}, version), version < 7 ? [-35] : [4, NOW + 30])
      assert.deepEqual(await offset(peer, -4, {}, version), version < 8 ? [-35] : [0, -1])
      assert.deepEqual(await offset(peer, -5, {}, version), version < 9 ? [-35] : [-1, -1])
      assert.deepEqual(await offset(peer, -6, {}, version), version < 11 ? [-35] : [-1, -1])
      assert.deepEqual(await offset(peer, -7, {}, version), [-35])
    }
    world.broker.vhost('/').streams.topics.get('a')!.partitions[0].deleteRecords(2)
    assert.deepEqual(await offset(peer, -2), [2, -1])
    assert.deepEqual(await offset(peer, 0), [2, NOW + 5])
  })

  it('finds times in batches that are packed, and not those of markers', async () => {
    const { world, peer } = await open()
    const partition = world.broker.vhost('/').streams.topics.get('a')!.partitions[0]
    for (const [i, codec] of (['gzip', 'zstd'] as const).entries()) {
      const packed = packBatch(batchOf([at(10 * i), at(10 * i + 5)]), codec)
      assert.equal(partition.append(packed, NOW).error, null)
    }
    partition.appendMarker(7, 0, 0, true, NOW + 1000)
    await send(peer, 'a', 0, [at(1)])
    assert.deepEqual(await offset(peer, NOW + 1), [1, NOW + 5])
    assert.deepEqual(await offset(peer, NOW + 11), [3, NOW + 15])
    assert.deepEqual(await offset(peer, -3), [3, NOW + 15])
  })

  it('ends for committed readers where a transaction is open', async () => {
    const { world, peer } = await open()
    const { log } = world.broker.vhost('/').streams.topics.get('a')!.partitions[0]
    await send(peer, 'a', 0, [at(0), at(1), at(2)])
    log.producers.restore(
      [{ producerId: 9, producerEpoch: 0, batches: [], lastTimestamp: NOW, coordinatorEpoch: 0, transactionStart: 1 }],
      [],
    )
    await send(peer, 'a', 0, [at(3)])
    assert.deepEqual(await offset(peer, -1, {}, 11, 0), [4, -1])
    assert.deepEqual(await offset(peer, -1, {}, 11, 1), [1, -1])
    assert.deepEqual(await offset(peer, NOW + 2, {}, 11, 0), [2, NOW + 2])
    assert.deepEqual(await offset(peer, NOW + 2, {}, 11, 1), [-1, -1])
  })

  it("refuses an epoch that is not the leader's, and what it does not know", async () => {
    const { world, peer } = await open()
    const { leaderEpoch } = world.broker.vhost('/').streams.topics.get('a')!.partitions[0].log
    assert.deepEqual(await offset(peer, -1, { currentLeaderEpoch: leaderEpoch }), [0, -1])
    assert.deepEqual(await offset(peer, -1, { currentLeaderEpoch: leaderEpoch + 1 }), [-75])
    if (leaderEpoch > 0) assert.deepEqual(await offset(peer, -1, { currentLeaderEpoch: leaderEpoch - 1 }), [-74])
    assert.deepEqual(await offset(peer, -1, { partitionIndex: 2 }), [-3])
    const partitions = [
      { partitionIndex: 0, timestamp: -1 },
      { partitionIndex: 0, timestamp: -2 },
      { partitionIndex: 1, timestamp: -1 },
    ]
    const { topics } = await peer.ask(listOffsets, 5, {
      topics: [
        { name: 'a', partitions },
        { name: 'none', partitions },
      ],
    })
    assert.deepEqual(
      topics.map((topic) => topic.partitions.map(({ errorCode }) => errorCode)),
      [
        [42, 42, 0],
        [42, 42, 3],
      ],
    )
  })
})

describe('DeleteRecords', () => {
  const remove = async (
    peer: Peer,
    partitionIndex: number,
    before: number,
    name = 'a',
    version = 2,
  ): Promise<number[]> => {
    const partitions = [{ partitionIndex, offset: before }]
    const { topics } = await peer.ask(deleteRecords, version, { topics: [{ name, partitions }], timeoutMs: 1000 })
    const [answer] = topics[0].partitions
    return [answer.errorCode, answer.lowWatermark]
  }

  it('raises the start, up to the high watermark, for good', async () => {
    const { world, peer } = await open()
    await send(peer, 'a', 0, [at(0), at(1), at(2), at(3)])
    for (const version of [0, 1, 2]) assert.deepEqual(await remove(peer, 0, 2, 'a', version), [0, 2])
    assert.deepEqual(await remove(peer, 0, 1), [0, 2])
    assert.deepEqual(await remove(peer, 0, 5), [1, -1])
    assert.deepEqual(await remove(peer, 0, -2), [1, -1])
    assert.deepEqual(await remove(peer, 7, 0), [3, -1])
    assert.deepEqual(await remove(peer, 0, 0, 'none'), [3, -1])
    assert.deepEqual(await remove(peer, 1, -1), [0, 0])
    assert.deepEqual(await offset(peer, -2), [2, -1])
    assert.deepEqual(await remove(peer, 0, -1), [0, 4])
    await world.broker.engine.close()
    const later = await World.open({ disk: world.disk })
    assert.deepEqual(await offset(later.connect(), -2), [4, -1])
  })

  it('answers only when the new start is durable', async () => {
    const { world, peer } = await open()
    await send(peer, 'a', 0, [at(0), at(1)])
    peer.send(deleteRecords, 2, { topics: [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 1 }] }] })
    peer.pump()
    assert.equal(world.broker.vhost('/').streams.topics.get('a')!.partitions[0].log.startOffset, 1)
    peer.runTurn()
    assert.equal(peer.answers.length, 0)
    await world.settle()
    assert.equal(peer.answers.length, 1)
  })

  it('is refused for compacted and internal topics', async () => {
    const { peer } = await open([{ name: 'cleanup.policy', value: 'compact' }])
    assert.deepEqual(await remove(peer, 0, -1), [44, -1])
    await peer.ask(createTopics, 7, {
      topics: [{ name: '__transaction_state', numPartitions: 1, replicationFactor: 1 }],
    })
    assert.deepEqual(await remove(peer, 0, -1, '__transaction_state'), [17, -1])
  })
})

describe('OffsetForLeaderEpoch', () => {
  const ask = async (peer: Peer, leaderEpoch: number, more: object = {}): Promise<number[]> => {
    const partitions = [{ partition: 0, leaderEpoch, currentLeaderEpoch: -1, ...more }]
    const { topics } = await peer.ask(offsetForLeaderEpoch, 4, { replicaId: -1, topics: [{ topic: 'a', partitions }] })
    const [found] = topics[0].partitions
    return [found.errorCode, found.leaderEpoch, found.endOffset]
  }

  it('tells where each run of the broker ended', async () => {
    const { world, peer } = await open()
    await send(peer, 'a', 0, [at(0), at(1)])
    const epochOf = (one: World): number => one.broker.vhost('/').streams.topics.get('a')!.partitions[0].log.leaderEpoch
    const first = epochOf(world)
    await world.broker.engine.close()
    const later = await World.open({ disk: world.disk })
    const second = epochOf(later)
    assert.ok(second > first)
    const other = later.connect()
    await send(other, 'a', 0, [at(2)])
    assert.deepEqual(await ask(other, first), [0, first, 2])
    assert.deepEqual(await ask(other, second), [0, second, 3])
    assert.deepEqual(await ask(other, second + 1), [0, -1, -1])
    assert.deepEqual(await ask(other, -1), [0, -1, -1])
    assert.deepEqual(await ask(other, first, { currentLeaderEpoch: first }), [74, -1, -1])
    assert.deepEqual(await ask(other, first, { currentLeaderEpoch: second + 1 }), [75, -1, -1])
    assert.deepEqual(await ask(other, first, { partition: 9 }), [3, -1, -1])
  })
})

describe('DescribeLogDirs', () => {
  it('tells how large partitions are', async () => {
    const { peer } = await open()
    await send(peer, 'a', 1, [at(0, 'x'.repeat(1000))])
    for (let version = 1; version <= describeLogDirs.versionMax; version++) {
      const { results } = await peer.ask(describeLogDirs, version, { topics: null })
      assert.equal(results[0].logDir, 'memory')
      const [empty, filled] = results[0].topics[0].partitions
      assert.equal(empty.partitionSize, 0)
      assert.ok(filled.partitionSize > 1000 && filled.partitionSize < 1200)
      assert.equal(filled.isFutureKey, false)
    }
    const topics = [
      { topic: 'a', partitions: [1, 5] },
      { topic: 'none', partitions: [0] },
    ]
    const { results } = await peer.ask(describeLogDirs, 4, { topics })
    assert.deepEqual(
      results[0].topics.map(({ name, partitions }) => [name, ...partitions.map((one) => one.partitionIndex)]),
      [['a', 1]],
    )
  })
})

describe('DescribeProducers', () => {
  it('tells whom a partition remembers', async () => {
    const { peer } = await open()
    await send(peer, 'a', 0, [at(0), at(7)], { producerId: 5, producerEpoch: 2, baseSequence: 0 })
    const { topics } = await peer.ask(describeProducers, 0, {
      topics: [
        { name: 'a', partitionIndexes: [0, 9] },
        { name: 'no good', partitionIndexes: [0] },
      ],
    })
    assert.deepEqual(topics[0].partitions[0].activeProducers, [
      {
        producerId: 5,
        producerEpoch: 2,
        lastSequence: 1,
        lastTimestamp: NOW + 7,
        coordinatorEpoch: -1,
        currentTxnStartOffset: -1,
      },
    ])
    assert.equal(topics[0].partitions[1].errorCode, 3)
    assert.equal(topics[1].partitions[0].errorCode, 17)
  })
})

describe('a deleted topic', () => {
  it('is unknown to all who ask for its records', async () => {
    const { peer } = await open()
    await send(peer, 'a', 0, [at(0)])
    await peer.ask(deleteTopics, 6, { topics: [{ name: 'a' }] })
    assert.deepEqual(await offset(peer, -1), [-3])
  })
})
