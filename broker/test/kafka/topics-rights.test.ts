import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Permission } from '../../src/broker/access/grant.ts'
import { alterConfigs } from '../../src/wire/kafka/messages/alter-configs.ts'
import { alterPartitionReassignments } from '../../src/wire/kafka/messages/alter-partition-reassignments.ts'
import { createPartitions } from '../../src/wire/kafka/messages/create-partitions.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { deleteRecords } from '../../src/wire/kafka/messages/delete-records.ts'
import { deleteTopics } from '../../src/wire/kafka/messages/delete-topics.ts'
import { describeCluster } from '../../src/wire/kafka/messages/describe-cluster.ts'
import { describeConfigs } from '../../src/wire/kafka/messages/describe-configs.ts'
import { describeLogDirs } from '../../src/wire/kafka/messages/describe-log-dirs.ts'
import { describeProducers } from '../../src/wire/kafka/messages/describe-producers.ts'
import { describeTopicPartitions } from '../../src/wire/kafka/messages/describe-topic-partitions.ts'
import { electLeaders } from '../../src/wire/kafka/messages/elect-leaders.ts'
import { incrementalAlterConfigs } from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { listConfigResources } from '../../src/wire/kafka/messages/list-config-resources.ts'
import { listOffsets } from '../../src/wire/kafka/messages/list-offsets.ts'
import { listPartitionReassignments } from '../../src/wire/kafka/messages/list-partition-reassignments.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { offsetForLeaderEpoch } from '../../src/wire/kafka/messages/offset-for-leader-epoch.ts'
import { ZERO_UUID } from '../../src/wire/kafka/schema.ts'
import { type Peer, World } from './world.ts'

const TOPIC_FAILED = 29
const CLUSTER_FAILED = 31

/** A user without any tag, in a vhost where an administrator made topics `open` and `shut`. */
async function open(rights: Partial<Permission>): Promise<{ world: World; peer: Peer; ids: string[] }> {
  const world = await World.open({ settings: { anonymous: 'alice' } })
  const { access } = world.broker
  access.putUser({ ...access.user('guest')!, name: 'alice', tags: [] })
  access.setPermissions({ user: 'alice', vhost: '/', configure: '', write: '', read: '', ...rights })
  const { topics } = world.broker.vhost('/').streams
  const ids: string[] = []
  for (const name of ['open', 'shut']) {
    const wanted = { name, partitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    ids.push(topics.create(topics.check(wanted, 1)).id)
  }
  await world.settle()
  return { world, peer: world.connect(), ids }
}

const both = [{ name: 'open' }, { name: 'shut' }]
const config = (resourceName: string) => ({
  resourceType: 2,
  resourceName,
  configs: [{ name: 'retention.ms', value: '7' }],
})
const broker = { resourceType: 4, resourceName: '1', configs: [], configurationKeys: null }

describe('a user who may read one topic', () => {
  it('sees that one, and does not learn whether another is there', async () => {
    const { peer, ids } = await open({ read: '^open$' })
    const all = await peer.ask(metadata, 12, { topics: null, includeTopicAuthorizedOperations: true })
    assert.deepEqual(
      all.topics.map(({ name }) => name),
      ['open'],
    )
    assert.equal(all.topics[0].topicAuthorizedOperations, (1 << 3) | (1 << 8) | (1 << 10))
    const named = await peer.ask(metadata, 12, { topics: [...both, { name: 'none' }] })
    assert.deepEqual(
      named.topics.map(({ errorCode, topicId }) => [errorCode, topicId]),
      [
        [0, ids[0]],
        [TOPIC_FAILED, ZERO_UUID],
        [TOPIC_FAILED, ZERO_UUID],
      ],
    )
    const identified = await peer.ask(metadata, 12, { topics: [{ name: null, topicId: ids[1] }] })
    assert.deepEqual([identified.topics[0].errorCode, identified.topics[0].name], [TOPIC_FAILED, null])
    const paged = await peer.ask(describeTopicPartitions, 0, { topics: [] })
    assert.deepEqual(
      paged.topics.map(({ name }) => name),
      ['open'],
    )
    const refused = await peer.ask(describeTopicPartitions, 0, { topics: both })
    assert.deepEqual(
      refused.topics.map(({ errorCode }) => errorCode),
      [0, TOPIC_FAILED],
    )
    const cluster = await peer.ask(describeCluster, 0, { includeClusterAuthorizedOperations: true })
    assert.deepEqual([cluster.errorCode, cluster.clusterAuthorizedOperations], [0, 0])
  })

  it('reads offsets, producers and settings of that one only', async () => {
    const { peer } = await open({ read: '^open$' })
    const partitions = [{ partitionIndex: 0, timestamp: -1 }]
    const offsets = await peer.ask(listOffsets, 5, { topics: both.map(({ name }) => ({ name, partitions })) })
    assert.deepEqual(
      offsets.topics.map((topic) => topic.partitions[0].errorCode),
      [0, TOPIC_FAILED],
    )
    const epochs = await peer.ask(offsetForLeaderEpoch, 3, {
      topics: both.map(({ name }) => ({ topic: name, partitions: [{ partition: 0, leaderEpoch: 0 }] })),
    })
    assert.deepEqual(
      epochs.topics.map((topic) => topic.partitions[0].errorCode),
      [0, TOPIC_FAILED],
    )
    const producers = await peer.ask(describeProducers, 0, {
      topics: both.map(({ name }) => ({ name, partitionIndexes: [0] })),
    })
    assert.deepEqual(
      producers.topics.map((topic) => topic.partitions[0].errorCode),
      [0, TOPIC_FAILED],
    )
    const resources = both.map(({ name }) => ({ resourceType: 2, resourceName: name, configurationKeys: null }))
    const configs = await peer.ask(describeConfigs, 2, { resources: [...resources, broker] })
    assert.deepEqual(
      configs.results.map(({ errorCode }) => errorCode),
      [0, TOPIC_FAILED, CLUSTER_FAILED],
    )
  })

  it('changes nothing', async () => {
    const { world, peer, ids } = await open({ read: '^open$', write: '^open$' })
    const made = await peer.ask(createTopics, 7, { topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1 }] })
    assert.equal(made.topics[0].errorCode, TOPIC_FAILED)
    const auto = await peer.ask(metadata, 9, { topics: [{ name: 'open' }, { name: 'opening' }] })
    assert.deepEqual(
      auto.topics.map(({ errorCode }) => errorCode),
      [0, TOPIC_FAILED],
    )
    const wider = await peer.ask(createPartitions, 3, { topics: [{ name: 'open', count: 5, assignments: null }] })
    assert.equal(wider.results[0].errorCode, TOPIC_FAILED)
    const deleted = await peer.ask(deleteTopics, 6, { topics: [{ name: 'open' }, { name: null, topicId: ids[1] }] })
    assert.deepEqual(
      new Map(deleted.responses.map(({ name, errorCode }) => [name, errorCode])),
      new Map([
        ['open', TOPIC_FAILED],
        [null, TOPIC_FAILED],
      ]),
    )
    for (const api of [alterConfigs, incrementalAlterConfigs]) {
      const { responses } = await peer.ask(api, 1, { resources: [config('open'), config('shut'), broker] })
      assert.deepEqual(
        responses.map(({ errorCode }) => errorCode),
        [TOPIC_FAILED, TOPIC_FAILED, CLUSTER_FAILED],
      )
    }
    const records = await peer.ask(deleteRecords, 2, {
      topics: [{ name: 'open', partitions: [{ partitionIndex: 0, offset: 0 }] }],
    })
    assert.equal(records.topics[0].partitions[0].errorCode, TOPIC_FAILED)
    const { topics } = world.broker.vhost('/').streams
    assert.deepEqual(
      [...topics.all()].map(({ name, partitions, overrides }) => [name, partitions.length, overrides.size]),
      [
        ['open', 1, 0],
        ['shut', 1, 0],
      ],
    )
  })

  it('has no part in the cluster', async () => {
    const { peer } = await open({ configure: '.*', read: '.*', write: '.*' })
    assert.equal((await peer.ask(describeLogDirs, 4, { topics: null })).errorCode, CLUSTER_FAILED)
    assert.equal((await peer.ask(electLeaders, 2, { topicPartitions: null })).errorCode, CLUSTER_FAILED)
    assert.equal((await peer.ask(listPartitionReassignments, 0, {})).errorCode, CLUSTER_FAILED)
    assert.equal((await peer.ask(alterPartitionReassignments, 0, { topics: [] })).errorCode, CLUSTER_FAILED)
    assert.equal((await peer.ask(listConfigResources, 1, {})).errorCode, CLUSTER_FAILED)
  })
})

describe('a user who may configure topics of a name', () => {
  it('makes, alters and deletes those, also by asking for them', async () => {
    const { world, peer } = await open({ configure: '^my-' })
    const topics = ['my-own', 'other'].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }))
    const made = await peer.ask(createTopics, 7, { topics })
    assert.deepEqual(
      made.topics.map(({ errorCode, errorMessage }) => [errorCode, errorMessage]),
      [
        [0, null],
        [TOPIC_FAILED, 'Authorization failed.'],
      ],
    )
    assert.equal((await peer.ask(metadata, 9, { topics: [{ name: 'my-second' }] })).topics[0].errorCode, 0)
    const { responses } = await peer.ask(alterConfigs, 1, { resources: [config('my-own')] })
    assert.equal(responses[0].errorCode, 0)
    const deleted = await peer.ask(deleteTopics, 6, { topics: [{ name: 'my-own' }, { name: 'shut' }] })
    assert.deepEqual(
      new Map(deleted.responses.map(({ name, errorCode }) => [name, errorCode])),
      new Map([
        ['shut', TOPIC_FAILED],
        ['my-own', 0],
      ]),
    )
    assert.equal(world.broker.vhost('/').streams.topics.get('shut')?.name, 'shut')
  })
})

describe('on one node', () => {
  it('no partition moves, and none needs an election', async () => {
    const world = await World.open()
    const peer = world.connect()
    await peer.ask(createTopics, 7, { topics: [{ name: 'a', numPartitions: 1, replicationFactor: 1 }] })
    assert.deepEqual((await peer.ask(listPartitionReassignments, 0, { topics: null })).topics, [])
    const move = (partitionIndex: number, replicas: number[] | null, name = 'a') => ({
      name,
      partitions: [{ partitionIndex, replicas }],
    })
    const moved = await peer.ask(alterPartitionReassignments, 1, {
      topics: [move(0, [1]), move(0, null), move(0, [2]), move(9, [1]), move(0, [1], 'none')],
    })
    assert.deepEqual(
      moved.responses.map((topic) => topic.partitions[0].errorCode),
      [0, 85, 39, 3, 3],
    )
    for (let version = electLeaders.versionMin; version <= electLeaders.versionMax; version++) {
      const topicPartitions = [{ topic: 'a', partitions: [0, 1] }]
      const elected = await peer.ask(electLeaders, version, { topicPartitions })
      assert.deepEqual(
        elected.replicaElectionResults[0].partitionResult.map(({ errorCode }) => errorCode),
        [84, 3],
      )
    }
    assert.equal((await peer.ask(electLeaders, 2, { electionType: 7, topicPartitions: [] })).errorCode, 42)
    assert.deepEqual((await peer.ask(electLeaders, 2, { topicPartitions: null })).replicaElectionResults, [])
  })
})
