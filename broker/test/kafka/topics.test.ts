import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPartitions } from '../../src/wire/kafka/messages/create-partitions.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { deleteTopics } from '../../src/wire/kafka/messages/delete-topics.ts'
import { describeCluster } from '../../src/wire/kafka/messages/describe-cluster.ts'
import { describeTopicPartitions } from '../../src/wire/kafka/messages/describe-topic-partitions.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { type DecodedResponse, ZERO_UUID } from '../../src/wire/kafka/schema.ts'
import { type Peer, World } from './world.ts'

const wanted = (name: string, more: object = {}) => ({ name, numPartitions: 1, replicationFactor: 1, ...more })

async function open(streams = {}): Promise<{ world: World; peer: Peer }> {
  const world = await World.open({ streams })
  return { world, peer: world.connect() }
}

const asked = (...names: string[]) => names.map((name) => ({ name }))

describe('Metadata', () => {
  it('answers all topics, and the address the client came to, in every version', async () => {
    const { world, peer } = await open()
    await peer.ask(createTopics, 7, { topics: [wanted('a', { numPartitions: 2 }), wanted('__consumer_offsets')] })
    for (let version = metadata.versionMin; version <= metadata.versionMax; version++) {
      const answer = await peer.ask(metadata, version, { topics: version === 0 ? [] : null })
      assert.deepEqual(answer.brokers, [{ nodeId: 1, host: '127.0.0.1', port: 9092, rack: null }], `version ${version}`)
      assert.equal(answer.controllerId, version >= 1 ? 1 : -1)
      assert.equal(answer.clusterId, version >= 2 ? world.kafka.clusterId : null)
      const [first, second] = answer.topics
      assert.deepEqual([first.name, second.name], ['a', '__consumer_offsets'])
      assert.deepEqual([first.isInternal, second.isInternal], [false, version >= 1])
      assert.equal(first.topicId === ZERO_UUID, version < 10)
      const { leaderEpoch } = world.broker.vhost('/').streams.topics.get('a')!.partitions[0].log
      assert.deepEqual(first.partitions[1], {
        errorCode: 0,
        partitionIndex: 1,
        leaderId: 1,
        leaderEpoch: version >= 7 ? leaderEpoch : -1,
        replicaNodes: [1],
        isrNodes: [1],
        offlineReplicas: [],
      })
    }
  })

  it('answers no topic when none is asked for, and each only once', async () => {
    const { peer } = await open()
    await peer.ask(createTopics, 7, { topics: [wanted('a')] })
    assert.deepEqual((await peer.ask(metadata, 1, { topics: [] })).topics, [])
    assert.equal((await peer.ask(metadata, 9, { topics: asked('a', 'a') })).topics.length, 1)
  })

  it('answers each of several ids, beside which the Java client leaves the names empty', async () => {
    const { peer } = await open()
    const { topics } = await peer.ask(createTopics, 7, { topics: [wanted('a'), wanted('b')] })
    const byId = topics.map(({ topicId }) => ({ topicId, name: '' }))
    const answer = await peer.ask(metadata, 13, { topics: byId })
    assert.deepEqual(
      answer.topics.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['a', 0],
        ['b', 0],
      ],
    )
  })

  it('makes a topic that is not there, where client and settings agree', async () => {
    const { peer } = await open({ numPartitions: 3 })
    const refused = await peer.ask(metadata, 4, { topics: asked('a'), allowAutoTopicCreation: false })
    assert.equal(refused.topics[0].errorCode, 3)
    const made = await peer.ask(metadata, 4, { topics: asked('a') })
    assert.equal(made.topics[0].errorCode, 0)
    assert.equal(made.topics[0].partitions.length, 3)
    assert.equal((await peer.ask(metadata, 1, { topics: asked('old') })).topics[0].errorCode, 0)
    const names = await peer.ask(metadata, 9, { topics: asked('no good', 'o_ld', '.', '__cluster_metadata') })
    assert.deepEqual(
      names.topics.map(({ errorCode }) => errorCode),
      [17, 0, 17, 42],
    )
    const { peer: other } = await open({ autoCreateTopicsEnable: false })
    const answer = await other.ask(metadata, 9, { topics: asked('a', 'no good') })
    assert.deepEqual(
      answer.topics.map(({ errorCode }) => errorCode),
      [3, 17],
    )
  })

  it('makes no empty topic in the place of one that Kafka keeps for itself', async () => {
    const { peer } = await open()
    const { topics } = await peer.ask(metadata, 9, { topics: asked('__consumer_offsets', '__transaction_state') })
    assert.deepEqual(
      topics.map(({ errorCode, isInternal }) => [errorCode, isInternal]),
      [
        [3, true],
        [3, true],
      ],
    )
  })

  it('answers by identity from version 12 on', async () => {
    const { peer } = await open()
    const { topics } = await peer.ask(createTopics, 7, { topics: [wanted('a')] })
    const { topicId } = topics[0]
    const unknown = 'abcdefghijklmnopqrstuw'
    const answer = await peer.ask(metadata, 12, {
      topics: [
        { topicId, name: null },
        { topicId: unknown, name: null },
      ],
    })
    assert.deepEqual(
      answer.topics.map((topic) => [topic.errorCode, topic.name, topic.topicId, topic.partitions.length]),
      [
        [0, 'a', topicId, 1],
        [100, null, unknown, 0],
      ],
    )
    const early = await peer.ask(metadata, 10, { topics: [{ topicId, name: 'a' }] })
    assert.equal(early.topics[0].errorCode, 42)
  })

  it('tells what may be done, if asked', async () => {
    const { peer } = await open()
    await peer.ask(createTopics, 7, { topics: [wanted('a')] })
    const plain = await peer.ask(metadata, 8, { topics: null })
    assert.equal(plain.clusterAuthorizedOperations, -2_147_483_648)
    assert.equal(plain.topics[0].topicAuthorizedOperations, -2_147_483_648)
    const told = await peer.ask(metadata, 8, {
      topics: null,
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: true,
    })
    assert.equal(told.clusterAuthorizedOperations, 0b1_1111_1010_0000)
    assert.equal(told.topics[0].topicAuthorizedOperations, 0b1101_1111_1000)
  })
})

describe('CreateTopics', () => {
  it('answers in every version, with all settings from 5 on', async () => {
    const { peer } = await open()
    for (let version = createTopics.versionMin; version <= createTopics.versionMax; version++) {
      const name = `v${version}`
      const configs = [{ name: 'retention.ms', value: '5' }]
      const { topics } = await peer.ask(createTopics, version, {
        topics: [wanted(name, { numPartitions: 2, configs })],
      })
      assert.equal(topics[0].errorCode, 0)
      assert.equal(topics[0].numPartitions, version >= 5 ? 2 : -1)
      assert.equal(topics[0].replicationFactor, version >= 5 ? 1 : -1)
      assert.equal(topics[0].topicId === ZERO_UUID, version < 7)
      const found = new Map(topics[0].configs?.map((config) => [config.name, config]))
      if (version < 5) continue
      assert.deepEqual(found.get('retention.ms'), {
        name: 'retention.ms',
        value: '5',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
      })
      assert.equal(found.get('segment.bytes')?.configSource, 5)
      assert.equal(found.has('internal.segment.bytes'), false)
    }
  })

  it('refuses each topic by itself, and makes none when only validating', async () => {
    const { peer } = await open()
    const topics = [
      wanted('a'),
      wanted('twice'),
      wanted('twice'),
      wanted('b', { replicationFactor: 2 }),
      wanted('c', { configs: [{ name: 'nonsense', value: '1' }] }),
      wanted('d', { configs: [{ name: 'retention.ms', value: 'soon' }] }),
    ]
    for (const validateOnly of [true, false]) {
      const answer = await peer.ask(createTopics, 5, { topics, validateOnly })
      assert.deepEqual(
        answer.topics.map(({ name, errorCode, errorMessage }) => [name, errorCode, errorMessage]),
        [
          ['a', 0, null],
          [
            'b',
            38,
            'Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached because only 1 broker(s) are registered.',
          ],
          ['c', 40, 'Unknown topic config name: nonsense'],
          ['d', 40, 'Invalid value soon for configuration retention.ms: Not a number of type LONG'],
          ['twice', 42, 'Duplicate topic name.'],
        ],
      )
    }
    const again = await peer.ask(createTopics, 5, { topics: [wanted('a')] })
    assert.deepEqual([again.topics[0].errorCode, again.topics[0].errorMessage], [36, "Topic 'a' already exists."])
  })

  it('makes not too many partitions at once', async () => {
    const { peer } = await open()
    const topics = ['a', 'b'].map((name) => wanted(name, { numPartitions: 5001 }))
    const answer = await peer.ask(createTopics, 5, { topics })
    assert.deepEqual(
      answer.topics.map(({ errorCode }) => errorCode),
      [44, 44],
    )
    assert.deepEqual((await peer.ask(metadata, 9, { topics: null })).topics, [])
  })

  it('answers only when the topic is durable', async () => {
    const { world, peer } = await open()
    peer.send(createTopics, 7, { topics: [wanted('a')] })
    peer.pump()
    assert.ok(world.broker.vhost('/').streams.topics.get('a'))
    peer.runTurn()
    assert.equal(peer.answers.length, 0)
    await world.settle()
    assert.equal(peer.answers.length, 1)
    const { engine } = world.broker
    await engine.close()
    const later = await World.open({ disk: world.disk })
    const { topics } = await later.connect().ask(metadata, 9, { topics: null })
    assert.deepEqual(
      topics.map(({ name }) => name),
      ['a'],
    )
  })
})

describe('DeleteTopics', () => {
  it('deletes by name, and by identity from version 6 on', async () => {
    const { peer } = await open()
    for (let version = deleteTopics.versionMin; version <= deleteTopics.versionMax; version++) {
      const made = await peer.ask(createTopics, 7, { topics: [wanted('a'), wanted('b')] })
      const request =
        version < 6
          ? { topicNames: ['a', 'b', 'c'] }
          : { topics: [{ name: 'a' }, { name: null, topicId: made.topics[1].topicId }, { name: 'c' }] }
      const { responses } = await peer.ask(deleteTopics, version, request)
      assert.deepEqual(
        new Map(responses.map(({ name, errorCode }) => [name, errorCode])),
        new Map([
          ['c', 3],
          ['a', 0],
          ['b', 0],
        ]),
      )
      assert.deepEqual((await peer.ask(metadata, 9, { topics: null })).topics, [])
    }
  })

  it('refuses what is named twice, in both ways, or not at all', async () => {
    const { peer } = await open()
    const made = await peer.ask(createTopics, 7, { topics: [wanted('a'), wanted('b')] })
    const [a, b] = made.topics.map(({ topicId }) => topicId)
    const unknown = 'abcdefghijklmnopqrstuw'
    const topics = [
      { name: null },
      { name: 'a', topicId: a },
      { name: 'x' },
      { name: 'x' },
      { name: null, topicId: unknown },
      { name: 'b' },
      { name: null, topicId: b },
    ]
    const { responses } = await peer.ask(deleteTopics, 6, { topics })
    assert.deepEqual(responses.map(({ errorCode, errorMessage }) => `${errorCode} ${errorMessage}`).sort(), [
      '100 This server does not host this topic ID.',
      '42 Duplicate topic name.',
      '42 Neither topic name nor id were specified.',
      '42 The provided topic name maps to an ID that was already supplied.',
      '42 You may not specify both topic name and topic id.',
    ])
    assert.equal((await peer.ask(metadata, 9, { topics: null })).topics.length, 2)
  })
})

describe('CreatePartitions', () => {
  it('lets a topic grow, and nothing else', async () => {
    const { peer } = await open()
    await peer.ask(createTopics, 7, {
      topics: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => wanted(name, { numPartitions: 2 })),
    })
    const topics = [
      { name: 'a', count: 4, assignments: null },
      { name: 'b', count: 2, assignments: null },
      { name: 'c', count: 1, assignments: null },
      { name: 'd', count: 3, assignments: [{ brokerIds: [1] }] },
      { name: 'e', count: 3, assignments: [{ brokerIds: [2] }] },
      { name: 'f', count: 4, assignments: [{ brokerIds: [1] }] },
      { name: 'none', count: 4, assignments: null },
    ]
    for (let version = createPartitions.versionMin; version <= createPartitions.versionMax; version++) {
      const { results } = await peer.ask(createPartitions, version, { topics, validateOnly: true })
      assert.deepEqual(
        results.map(({ errorCode, errorMessage }) => [errorCode, errorMessage]),
        [
          [0, null],
          [37, 'Topic already has 2 partition(s).'],
          [37, 'The topic c currently has 2 partition(s); 1 would not be an increase.'],
          [0, null],
          [39, 'The manual partition assignment includes broker 2, but no such broker is registered.'],
          [39, 'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.'],
          [3, null],
        ],
      )
    }
    await peer.ask(createPartitions, 3, { topics })
    const answer = await peer.ask(metadata, 9, { topics: asked('a', 'd', 'e') })
    assert.deepEqual(
      answer.topics.map(({ partitions }) => partitions.length),
      [4, 3, 2],
    )
  })
})

describe('DescribeCluster', () => {
  it('tells the broker, and refuses to speak for controllers', async () => {
    const { world, peer } = await open()
    const answer = await peer.ask(describeCluster, 2, { includeClusterAuthorizedOperations: true })
    assert.equal(answer.clusterId, world.kafka.clusterId)
    assert.equal(answer.controllerId, 1)
    assert.deepEqual(answer.brokers, [{ brokerId: 1, host: '127.0.0.1', port: 9092, rack: null, isFenced: false }])
    assert.ok(answer.clusterAuthorizedOperations > 0)
    assert.equal((await peer.ask(describeCluster, 1, { endpointType: 2 })).errorCode, 114)
    assert.equal((await peer.ask(describeCluster, 1, { endpointType: 7 })).errorCode, 115)
  })
})

describe('DescribeTopicPartitions', () => {
  it('gives so many partitions at a time, and goes on where it stopped', async () => {
    const { peer } = await open()
    await peer.ask(createTopics, 7, {
      topics: [wanted('b', { numPartitions: 3 }), wanted('a', { numPartitions: 2 }), wanted('c')],
    })
    const pages: string[][] = []
    type Answer = DecodedResponse<typeof describeTopicPartitions>
    let cursor: Answer['nextCursor'] = null
    do {
      const answer: Answer = await peer.ask(describeTopicPartitions, 0, {
        topics: [],
        responsePartitionLimit: 2,
        cursor,
      })
      pages.push(
        answer.topics.flatMap(({ name, partitions }) => partitions.map((one) => `${name}-${one.partitionIndex}`)),
      )
      cursor = answer.nextCursor
    } while (cursor !== null)
    assert.deepEqual(pages, [
      ['a-0', 'a-1'],
      ['b-0', 'b-1'],
      ['b-2', 'c-0'],
    ])
  })

  it('tells of topics by name what it does not know', async () => {
    const { peer } = await open()
    await peer.ask(createTopics, 7, { topics: [wanted('a')] })
    const answer = await peer.ask(describeTopicPartitions, 0, { topics: asked('z', 'a', 'no good') })
    assert.deepEqual(
      answer.topics.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['a', 0],
        ['no good', 17],
        ['z', 3],
      ],
    )
    assert.deepEqual(answer.topics[0].partitions[0].eligibleLeaderReplicas, [])
    assert.equal(answer.topics[0].topicAuthorizedOperations, 0b1101_1111_1000)
    const cursor = { topicName: 'q', partitionIndex: 0 }
    const stray = await peer.ask(describeTopicPartitions, 0, { topics: asked('z'), cursor })
    assert.deepEqual(
      stray.topics.map(({ name, errorCode }) => [name, errorCode]),
      [['z', 42]],
    )
    const before = await peer.ask(describeTopicPartitions, 0, { topics: asked('a'), cursor })
    assert.deepEqual(
      before.topics.map(({ name, errorCode }) => [name, errorCode]),
      [['a', 42]],
    )
  })
})
