/**
 * What tools say that are no packages of any registry: their requests in their order and versions, as they were seen when
 * the tools ran against a broker (kaf and kafka_exporter on sarama, kcl on franz-go), or as they are made (Redpanda
 * Console, on franz-go too). What is looked at is what the tools show.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alterConfigs } from '../../src/wire/kafka/messages/alter-configs.ts'
import { apiVersions } from '../../src/wire/kafka/messages/api-versions.ts'
import { createAcls } from '../../src/wire/kafka/messages/create-acls.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { deleteGroups } from '../../src/wire/kafka/messages/delete-groups.ts'
import { deleteRecords } from '../../src/wire/kafka/messages/delete-records.ts'
import { deleteTopics } from '../../src/wire/kafka/messages/delete-topics.ts'
import { describeAcls } from '../../src/wire/kafka/messages/describe-acls.ts'
import { describeCluster } from '../../src/wire/kafka/messages/describe-cluster.ts'
import { describeConfigs } from '../../src/wire/kafka/messages/describe-configs.ts'
import { describeGroups } from '../../src/wire/kafka/messages/describe-groups.ts'
import { describeLogDirs } from '../../src/wire/kafka/messages/describe-log-dirs.ts'
import { describeProducers } from '../../src/wire/kafka/messages/describe-producers.ts'
import { describeUserScramCredentials } from '../../src/wire/kafka/messages/describe-user-scram-credentials.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import { findCoordinator } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { incrementalAlterConfigs } from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { listGroups } from '../../src/wire/kafka/messages/list-groups.ts'
import { listOffsets } from '../../src/wire/kafka/messages/list-offsets.ts'
import { listPartitionReassignments } from '../../src/wire/kafka/messages/list-partition-reassignments.ts'
import { listTransactions } from '../../src/wire/kafka/messages/list-transactions.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { offsetCommit } from '../../src/wire/kafka/messages/offset-commit.ts'
import { offsetDelete } from '../../src/wire/kafka/messages/offset-delete.ts'
import { offsetFetch } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { encodeRequest } from './requests.ts'
import { send } from './topics-batches.ts'
import { type Peer, World } from './world.ts'

const NOW = Date.UTC(2026, 0, 1)
const [TOPIC, BROKER] = [2, 4]
const [EARLIEST, LATEST] = [-2, -1]
const [ANY, READ, ALLOW, LITERAL] = [1, 3, 3, 3]

/** A topic of three partitions, five records in the second, of which `readers` have read three. */
async function open(): Promise<{ world: World; peer: Peer; topicId: string }> {
  const world = await World.open()
  const peer = world.connect()
  const configs = [{ name: 'retention.ms', value: '7200000' }]
  const wanted = { name: 'orders', numPartitions: 3, replicationFactor: 1, configs }
  const { topics } = await peer.ask(createTopics, 7, { topics: [wanted] })
  const values = Array.from({ length: 5 }, (_, at) => ({ value: `value ${at}`, timestamp: NOW + at }))
  await send(peer, 'orders', 1, values)
  const partitions = [{ partitionIndex: 1, committedOffset: 3, committedMetadata: null }]
  await peer.ask(offsetCommit, 9, { groupId: 'readers', topics: [{ name: 'orders', partitions }] })
  return { world, peer, topicId: topics[0].topicId }
}

async function offsetsOf(peer: Peer, version: number, timestamp: number): Promise<number[]> {
  const partitions = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, timestamp }))
  const { topics } = await peer.ask(listOffsets, version, { replicaId: -1, topics: [{ name: 'orders', partitions }] })
  const answered = topics[0].partitions.toSorted((one, other) => one.partitionIndex - other.partitionIndex)
  return answered.map(({ errorCode, offset }) => (errorCode === 0 ? offset : -errorCode))
}

async function configOf(peer: Peer, version: number, resourceType: number, resourceName: string, name: string) {
  const resources = [{ resourceType, resourceName, configurationKeys: null }]
  const { results } = await peer.ask(describeConfigs, version, { resources, includeSynonyms: true })
  assert.equal(results[0].errorCode, 0)
  const found = results[0].configs.find((config) => config.name === name)
  return found && { value: found.value, isDefault: found.isDefault, source: found.configSource }
}

describe('kaf', () => {
  it('makes, describes, changes and deletes topics', async () => {
    const { peer } = await open()
    const topic = { name: 'made', numPartitions: 1, replicationFactor: 1 }
    const made = await peer.ask(createTopics, 2, { topics: [{ ...topic, configs: [] }] })
    assert.equal(made.topics[0].errorCode, 0)
    const { topics, brokers, controllerId } = await peer.ask(metadata, 5, { topics: null })
    assert.deepEqual(topics.map(({ name, partitions }) => [name, partitions.length]).toSorted(), [
      ['made', 1],
      ['orders', 3],
    ])
    assert.deepEqual([brokers.length, controllerId], [1, brokers[0].nodeId])
    const [first] = topics.find(({ name }) => name === 'orders')!.partitions
    assert.deepEqual([first.replicaNodes, first.isrNodes, first.offlineReplicas], [[controllerId], [controllerId], []])
    assert.equal((await configOf(peer, 1, TOPIC, 'orders', 'retention.ms'))?.value, '7200000')
    assert.deepEqual(await offsetsOf(peer, 1, LATEST), [0, 5, 0])
    const configs = [{ name: 'cleanup.policy', value: 'compact' }]
    const resources = [{ resourceType: TOPIC, resourceName: 'made', configs }]
    assert.equal((await peer.ask(alterConfigs, 0, { resources })).responses[0].errorCode, 0)
    assert.equal((await configOf(peer, 1, TOPIC, 'made', 'cleanup.policy'))?.value, 'compact')
    const { responses } = await peer.ask(deleteTopics, 1, { topicNames: ['made', 'nosuch'] })
    assert.deepEqual(responses.map(({ name, errorCode }) => `${name} ${errorCode}`).toSorted(), ['made 0', 'nosuch 3'])
  })

  it('shows groups with their offsets, and sets none: its OffsetCommit is one that Kafka 4 refuses, too', async () => {
    const { world, peer } = await open()
    const listed = (await peer.ask(listGroups, 1, {})).groups
    assert.deepEqual(
      listed.map(({ groupId }) => groupId),
      ['readers'],
    )
    assert.equal((await peer.ask(findCoordinator, 1, { key: 'readers', keyType: 0 })).nodeId, 1)
    const [group] = (await peer.ask(describeGroups, 1, { groups: ['readers'] })).groups
    assert.deepEqual([group.errorCode, group.groupState, group.members.length], [0, 'Empty', 0])
    const asked = [{ name: 'orders', partitionIndexes: [0, 1, 2] }]
    const { topics } = await peer.ask(offsetFetch, 3, { groupId: 'readers', topics: asked })
    assert.deepEqual(
      topics[0].partitions.map(({ committedOffset }) => committedOffset),
      [-1, 3, -1],
    )
    peer.write(encodeRequest(offsetCommit, 2, 99, { groupId: 'readers', topics: [] }).fill(1, 7, 8))
    await world.settle()
    assert.deepEqual(world.closingReasons(), ['OffsetCommit version 1 is not supported, 2 to 10 are'])
  })
})

describe('kafka_exporter', () => {
  for (const [version, listing, offsets] of [
    ['4.0.0', 10, 4],
    ['2.0.0', 6, 3],
  ] as const) {
    it(`as for Kafka ${version} has all for its page: offsets, replicas, members and lag of groups`, async () => {
      const { peer } = await open()
      const { topics } = await peer.ask(metadata, listing, { topics: null })
      const replicas = topics[0].partitions.map((each) => [each.leaderId, each.replicaNodes, each.isrNodes])
      assert.deepEqual(replicas, Array(3).fill([1, [1], [1]]))
      assert.deepEqual(await offsetsOf(peer, offsets, EARLIEST), [0, 0, 0])
      const current = await offsetsOf(peer, offsets, LATEST)
      assert.deepEqual(current, [0, 5, 0])
      const groups = (await peer.ask(listGroups, 0, {})).groups.map(({ groupId }) => groupId)
      assert.deepEqual(groups, ['readers'])
      const described = await peer.ask(describeGroups, 0, { groups })
      assert.deepEqual(
        described.groups.map(({ errorCode, members }) => [errorCode, members.length]),
        [[0, 0]],
      )
      const fetched = await peer.ask(offsetFetch, 4, { groupId: 'readers', topics: null })
      assert.equal(fetched.errorCode, 0)
      const lags = fetched.topics.flatMap(({ name, partitions }) =>
        partitions.map((each) => [name, each.partitionIndex, current[each.partitionIndex] - each.committedOffset]),
      )
      assert.deepEqual(lags, [['orders', 1, 2]])
    })
  }
})

/** franz-go takes the newest version that both sides have. */
describe('kcl', () => {
  it('finds in every API the version that it speaks', async () => {
    const { peer } = await open()
    const software = { clientSoftwareName: 'kgo', clientSoftwareVersion: '1.21.0' }
    const { apiKeys, finalizedFeatures } = await peer.ask(apiVersions, 4, software)
    const newest = new Map(apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]))
    const seen = [
      ...[
        [1, 18],
        [2, 11],
        [3, 13],
        [9, 10],
        [10, 6],
        [11, 9],
        [14, 5],
        [15, 6],
        [16, 5],
        [19, 7],
        [20, 6],
        [21, 2],
      ],
      ...[
        [29, 3],
        [30, 3],
        [32, 4],
        [37, 3],
        [42, 2],
        [43, 2],
        [44, 1],
        [46, 0],
        [47, 0],
        [50, 0],
        [60, 2],
        [61, 0],
      ],
      ...[
        [65, 0],
        [66, 2],
      ],
    ] as [number, number][]
    for (const [key, version] of seen) assert.equal(newest.get(key), version, `API ${key}`)
    // `quota describe` and `cluster describe-quorum` end with "broker is too old" without having asked
    assert.deepEqual([newest.has(48), newest.has(55)], [false, false])
    assert.deepEqual(finalizedFeatures?.map(({ name }) => name).toSorted(), [
      'group.version',
      'metadata.version',
      'transaction.version',
    ])
  })

  it('shows cluster, groups, folders, users, transactions and producers', async () => {
    const { peer } = await open()
    const cluster = await peer.ask(describeCluster, 2, {})
    assert.deepEqual([cluster.controllerId, cluster.brokers.map(({ brokerId }) => brokerId)], [1, [1]])
    const { groups } = await peer.ask(listGroups, 5, {})
    assert.deepEqual(groups, [{ groupId: 'readers', protocolType: '', groupState: 'Empty', groupType: 'classic' }])
    const [missing] = (await peer.ask(describeGroups, 6, { groups: ['nosuch'] })).groups
    assert.deepEqual([missing.errorCode, missing.errorMessage], [69, 'Group nosuch not found.'])
    const { results } = await peer.ask(describeLogDirs, 4, { topics: null })
    const sizes = results[0].topics[0].partitions.map((each) => [each.partitionSize > 0, each.offsetLag])
    assert.deepEqual(sizes.toSorted(), [
      [false, 0],
      [false, 0],
      [true, 0],
    ])
    const users = await peer.ask(describeUserScramCredentials, 0, { users: null })
    assert.equal(users.errorCode, 0)
    assert.deepEqual((await peer.ask(listTransactions, 2, {})).transactionStates, [])
    const asked = [{ name: 'orders', partitionIndexes: [1] }]
    const { topics } = await peer.ask(describeProducers, 0, { topics: asked })
    assert.deepEqual([topics[0].partitions[0].errorCode, topics[0].partitions[0].activeProducers], [0, []])
  })

  it('changes settings, shortens a partition, deletes offsets and groups', async () => {
    const { peer } = await open()
    const configs = [{ name: 'retention.ms', configOperation: 0, value: '3600000' }]
    const resources = [{ resourceType: TOPIC, resourceName: 'orders', configs }]
    assert.equal((await peer.ask(incrementalAlterConfigs, 1, { resources })).responses[0].errorCode, 0)
    assert.equal((await configOf(peer, 4, TOPIC, 'orders', 'retention.ms'))?.value, '3600000')
    const trimmed = [{ name: 'orders', partitions: [{ partitionIndex: 1, offset: 2 }] }]
    const shorter = await peer.ask(deleteRecords, 2, { topics: trimmed, timeoutMs: 5000 })
    assert.deepEqual(shorter.topics[0].partitions, [{ partitionIndex: 1, lowWatermark: 2, errorCode: 0 }])
    assert.deepEqual(await offsetsOf(peer, 11, EARLIEST), [0, 2, 0])
    const offsets = [{ name: 'orders', partitions: [{ partitionIndex: 1 }] }]
    const forgotten = await peer.ask(offsetDelete, 0, { groupId: 'readers', topics: offsets })
    assert.deepEqual([forgotten.errorCode, forgotten.topics[0].partitions[0].errorCode], [0, 0])
    await peer.ask(deleteGroups, 2, { groupsNames: ['readers'] })
    assert.deepEqual((await peer.ask(listGroups, 5, {})).groups, [])
  })
})

describe('Redpanda Console', () => {
  it('finds what its pages need, and knows that there are no quotas', async () => {
    const { peer } = await open()
    const { apiKeys } = await peer.ask(apiVersions, 4, { clientSoftwareName: 'RPConsole', clientSoftwareVersion: '3' })
    const served = new Set(apiKeys.map(({ apiKey }) => apiKey))
    // settings, groups, records, offsets, reassignments, users, ACLs, topics: what its table of pages names
    for (const key of [32, 15, 16, 21, 8, 42, 47, 46, 44, 45, 50, 51, 29, 30, 31, 19, 20, 37]) {
      assert.ok(served.has(key), `API ${key}`)
    }
    assert.equal(served.has(48), false)
  })

  it('shows topics, brokers, their settings and where each value is from', async () => {
    const { peer } = await open()
    const { topics, brokers } = await peer.ask(metadata, 13, { topics: null })
    assert.deepEqual([topics.length, topics[0].partitions.length, topics[0].isInternal], [1, 3, false])
    const explicit = { value: '7200000', source: 1 }
    const { value, source } = (await configOf(peer, 4, TOPIC, 'orders', 'retention.ms'))!
    assert.deepEqual({ value, source }, explicit)
    const ofBroker = await configOf(peer, 4, BROKER, String(brokers[0].nodeId), 'broker.id')
    assert.deepEqual([ofBroker?.value, ofBroker?.source], [String(brokers[0].nodeId), 4])
    assert.deepEqual((await peer.ask(listPartitionReassignments, 0, { topics: null })).topics, [])
  })

  it('shows the lag of a group by topic id, and moves its offset', async () => {
    const { peer, topicId } = await open()
    const committed = async () => {
      const { groups } = await peer.ask(offsetFetch, 10, { groups: [{ groupId: 'readers', topics: null }] })
      assert.equal(groups[0].errorCode, 0)
      const [topic] = groups[0].topics
      return [topic.topicId, topic.partitions.map((each) => [each.partitionIndex, each.committedOffset])]
    }
    assert.deepEqual(await committed(), [topicId, [[1, 3]]])
    assert.deepEqual(await offsetsOf(peer, 11, LATEST), [0, 5, 0])
    const partitions = [{ partitionIndex: 1, committedOffset: 0, committedMetadata: null }]
    const moved = await peer.ask(offsetCommit, 10, { groupId: 'readers', topics: [{ topicId, partitions }] })
    assert.equal(moved.topics[0].partitions[0].errorCode, 0)
    assert.deepEqual(await committed(), [topicId, [[1, 0]]])
  })

  it('counts ACLs, and reads the last records of a partition', async () => {
    const { peer, topicId } = await open()
    const pattern = { resourceType: TOPIC, resourceName: 'orders', resourcePatternType: LITERAL }
    const rule = { principal: 'User:alice', host: '*', operation: READ, permissionType: ALLOW }
    assert.equal((await peer.ask(createAcls, 3, { creations: [{ ...pattern, ...rule }] })).results[0].errorCode, 0)
    const nobody = { resourceNameFilter: null, principalFilter: null, hostFilter: null }
    const filters = { resourceTypeFilter: ANY, patternTypeFilter: ANY, operation: ANY, permissionType: ANY }
    const { errorCode, resources } = await peer.ask(describeAcls, 3, { ...filters, ...nobody })
    assert.deepEqual([errorCode, resources.length, resources[0].acls], [0, 1, [rule]])
    const partitions = [{ partition: 1, fetchOffset: 0, partitionMaxBytes: 1 << 20 }]
    const wanted = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, topics: [{ topicId, partitions }] }
    const { responses } = await peer.ask(fetch, 18, wanted)
    const [read] = responses[0].partitions
    assert.deepEqual([read.errorCode, read.highWatermark, read.records !== null], [0, 5, true])
  })
})
