/** What every API answers to those who may not: a row for each one that is served. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { errorCode } from '../../src/kafka/error-codes.ts'
import { HANDLERS } from '../../src/kafka/handlers.ts'
import { addOffsetsToTxn } from '../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import { alterConfigs } from '../../src/wire/kafka/messages/alter-configs.ts'
import { alterPartitionReassignments } from '../../src/wire/kafka/messages/alter-partition-reassignments.ts'
import { alterUserScramCredentials } from '../../src/wire/kafka/messages/alter-user-scram-credentials.ts'
import { apiVersions } from '../../src/wire/kafka/messages/api-versions.ts'
import { consumerGroupDescribe } from '../../src/wire/kafka/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { createAcls } from '../../src/wire/kafka/messages/create-acls.ts'
import { createPartitions } from '../../src/wire/kafka/messages/create-partitions.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { deleteAcls } from '../../src/wire/kafka/messages/delete-acls.ts'
import { deleteGroups } from '../../src/wire/kafka/messages/delete-groups.ts'
import { deleteRecords } from '../../src/wire/kafka/messages/delete-records.ts'
import { deleteTopics } from '../../src/wire/kafka/messages/delete-topics.ts'
import { describeAcls } from '../../src/wire/kafka/messages/describe-acls.ts'
import { describeCluster } from '../../src/wire/kafka/messages/describe-cluster.ts'
import { describeConfigs } from '../../src/wire/kafka/messages/describe-configs.ts'
import { describeGroups } from '../../src/wire/kafka/messages/describe-groups.ts'
import { describeLogDirs } from '../../src/wire/kafka/messages/describe-log-dirs.ts'
import { describeProducers } from '../../src/wire/kafka/messages/describe-producers.ts'
import { describeTopicPartitions } from '../../src/wire/kafka/messages/describe-topic-partitions.ts'
import { describeTransactions } from '../../src/wire/kafka/messages/describe-transactions.ts'
import { describeUserScramCredentials } from '../../src/wire/kafka/messages/describe-user-scram-credentials.ts'
import { electLeaders } from '../../src/wire/kafka/messages/elect-leaders.ts'
import { endTxn } from '../../src/wire/kafka/messages/end-txn.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import { findCoordinator } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { heartbeat } from '../../src/wire/kafka/messages/heartbeat.ts'
import { incrementalAlterConfigs } from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { initProducerId } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { joinGroup } from '../../src/wire/kafka/messages/join-group.ts'
import { leaveGroup } from '../../src/wire/kafka/messages/leave-group.ts'
import { listConfigResources } from '../../src/wire/kafka/messages/list-config-resources.ts'
import { listGroups } from '../../src/wire/kafka/messages/list-groups.ts'
import { listOffsets } from '../../src/wire/kafka/messages/list-offsets.ts'
import { listPartitionReassignments } from '../../src/wire/kafka/messages/list-partition-reassignments.ts'
import { listTransactions } from '../../src/wire/kafka/messages/list-transactions.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { offsetCommit } from '../../src/wire/kafka/messages/offset-commit.ts'
import { offsetDelete } from '../../src/wire/kafka/messages/offset-delete.ts'
import { offsetFetch } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { offsetForLeaderEpoch } from '../../src/wire/kafka/messages/offset-for-leader-epoch.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import { saslAuthenticate } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { syncGroup } from '../../src/wire/kafka/messages/sync-group.ts'
import { txnOffsetCommit } from '../../src/wire/kafka/messages/txn-offset-commit.ts'
import { writeTxnMarkers } from '../../src/wire/kafka/messages/write-txn-markers.ts'
import type { Api, RequestInput } from '../../src/wire/kafka/schema.ts'
import { type Peer, World } from './world.ts'

const TOPIC = errorCode('topic-authorization-failed')
const GROUP = errorCode('group-authorization-failed')
const CLUSTER = errorCode('cluster-authorization-failed')
const TRANSACTIONAL_ID = errorCode('transactional-id-authorization-failed')

/** mallory has no rights; eve has them on the group `g` and the transactional id `tx`, and on no topic. */
type Who = 'mallory' | 'eve'

interface Row {
  readonly api: Api
  readonly version: number
  readonly who: Who
  readonly code: number
  readonly request: (topicId: string) => unknown
}

function row<A extends Api>(
  api: A,
  version: number,
  who: Who,
  code: number,
  request: RequestInput<A> | ((topicId: string) => RequestInput<A>),
): Row {
  return { api, version, who, code, request: typeof request === 'function' ? request : () => request }
}

const anyAcl = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }
const newAcl = { resourceType: 2, resourceName: 't', principal: 'User:x', host: '*', operation: 3, permissionType: 3 }
const topicResource = { resourceType: 2, resourceName: 'secret' }
const brokerResource = { resourceType: 4, resourceName: '' }
const setting = { name: 'retention.ms', value: '1', configOperation: 0 }
const join = { memberId: 'm', memberEpoch: 0, rebalanceTimeoutMs: 1000, topicPartitions: [] }
const inTransaction = { transactionalId: 'tx', producerId: 1, producerEpoch: 0 }
const commit = { partitionIndex: 0, committedOffset: 0, committedMetadata: '' }
const oneBatch = { acks: 1, topicData: [{ name: 'secret', partitionData: [{ index: 0, records: null }] }] }
const classicJoin = {
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
}

const ROWS: readonly Row[] = [
  row(produce, 9, 'mallory', TRANSACTIONAL_ID, { ...oneBatch, transactionalId: 'tx' }),
  row(produce, 9, 'eve', TOPIC, {
    acks: 1,
    topicData: [{ name: 'secret', partitionData: [{ index: 0, records: null }] }],
  }),
  row(produce, 13, 'eve', TOPIC, (topicId) => ({
    acks: 1,
    topicData: [{ topicId, partitionData: [{ index: 0, records: null }] }],
  })),
  row(fetch, 11, 'mallory', TOPIC, { sessionEpoch: -1, topics: [{ topic: 'secret', partitions: [{ partition: 0 }] }] }),
  row(fetch, 17, 'mallory', TOPIC, (topicId) => ({
    sessionEpoch: -1,
    topics: [{ topicId, partitions: [{ partition: 0 }] }],
  })),
  row(listOffsets, 7, 'mallory', TOPIC, {
    topics: [{ name: 'secret', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  }),
  row(metadata, 12, 'mallory', TOPIC, { topics: [{ name: 'secret' }] }),
  row(metadata, 12, 'mallory', TOPIC, { topics: [{ name: 'made-up' }], allowAutoTopicCreation: true }),
  row(metadata, 12, 'mallory', TOPIC, (topicId) => ({ topics: [{ topicId, name: null }] })),
  row(offsetCommit, 8, 'mallory', GROUP, { groupId: 'g', topics: [{ name: 'secret', partitions: [commit] }] }),
  row(offsetCommit, 8, 'eve', TOPIC, { groupId: 'g', topics: [{ name: 'secret', partitions: [commit] }] }),
  row(offsetCommit, 10, 'eve', TOPIC, (topicId) => ({ groupId: 'g', topics: [{ topicId, partitions: [commit] }] })),
  row(offsetFetch, 7, 'mallory', GROUP, { groupId: 'g', topics: [{ name: 'secret', partitionIndexes: [0] }] }),
  row(offsetFetch, 9, 'mallory', GROUP, { groups: [{ groupId: 'g', topics: null }] }),
  row(offsetFetch, 9, 'eve', TOPIC, {
    groups: [{ groupId: 'g', topics: [{ name: 'secret', partitionIndexes: [0] }] }],
  }),
  row(findCoordinator, 3, 'mallory', GROUP, { key: 'g', keyType: 0 }),
  row(findCoordinator, 4, 'mallory', TRANSACTIONAL_ID, { coordinatorKeys: ['tx'], keyType: 1 }),
  row(joinGroup, 9, 'mallory', GROUP, classicJoin),
  row(heartbeat, 4, 'mallory', GROUP, { groupId: 'g', generationId: 1, memberId: 'm' }),
  row(leaveGroup, 5, 'mallory', GROUP, { groupId: 'g', members: [{ memberId: 'm' }] }),
  row(syncGroup, 5, 'mallory', GROUP, {
    groupId: 'g',
    generationId: 1,
    memberId: 'm',
    protocolType: 'consumer',
    protocolName: 'range',
  }),
  row(describeGroups, 5, 'mallory', GROUP, { groups: ['g'] }),
  row(createTopics, 7, 'mallory', TOPIC, { topics: [{ name: 'mine', numPartitions: 1, replicationFactor: 1 }] }),
  row(deleteTopics, 5, 'mallory', TOPIC, { topicNames: ['secret'] }),
  row(deleteTopics, 6, 'mallory', TOPIC, (topicId) => ({ topics: [{ topicId, name: null }] })),
  row(deleteRecords, 2, 'mallory', TOPIC, {
    topics: [{ name: 'secret', partitions: [{ partitionIndex: 0, offset: 0 }] }],
  }),
  row(initProducerId, 4, 'mallory', CLUSTER, { transactionalId: null, producerId: -1, producerEpoch: -1 }),
  row(initProducerId, 4, 'mallory', TRANSACTIONAL_ID, {
    transactionalId: 'tx',
    transactionTimeoutMs: 1000,
    producerId: -1,
    producerEpoch: -1,
  }),
  row(offsetForLeaderEpoch, 4, 'mallory', TOPIC, {
    topics: [{ topic: 'secret', partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  }),
  row(addPartitionsToTxn, 3, 'mallory', TRANSACTIONAL_ID, {
    v3AndBelowTransactionalId: 'tx',
    v3AndBelowTopics: [{ name: 'secret', partitions: [0] }],
  }),
  row(addPartitionsToTxn, 3, 'eve', TOPIC, {
    v3AndBelowTransactionalId: 'tx',
    v3AndBelowTopics: [{ name: 'secret', partitions: [0] }],
  }),
  row(addPartitionsToTxn, 5, 'eve', CLUSTER, { transactions: [{ ...inTransaction, verifyOnly: true, topics: [] }] }),
  row(addOffsetsToTxn, 3, 'mallory', TRANSACTIONAL_ID, { ...inTransaction, groupId: 'g' }),
  row(addOffsetsToTxn, 3, 'eve', GROUP, { ...inTransaction, groupId: 'other' }),
  row(endTxn, 3, 'mallory', TRANSACTIONAL_ID, { ...inTransaction, committed: true }),
  row(writeTxnMarkers, 1, 'mallory', CLUSTER, {
    markers: [{ producerId: 1, producerEpoch: 0, topics: [{ name: 'secret', partitionIndexes: [0] }] }],
  }),
  row(txnOffsetCommit, 3, 'mallory', TRANSACTIONAL_ID, {
    ...inTransaction,
    groupId: 'g',
    topics: [{ name: 'secret', partitions: [commit] }],
  }),
  row(txnOffsetCommit, 3, 'eve', GROUP, {
    ...inTransaction,
    groupId: 'other',
    topics: [{ name: 'secret', partitions: [commit] }],
  }),
  row(txnOffsetCommit, 3, 'eve', TOPIC, {
    ...inTransaction,
    groupId: 'g',
    topics: [{ name: 'secret', partitions: [commit] }],
  }),
  row(describeAcls, 3, 'mallory', CLUSTER, anyAcl),
  row(createAcls, 3, 'mallory', CLUSTER, { creations: [newAcl] }),
  row(deleteAcls, 3, 'mallory', CLUSTER, { filters: [anyAcl] }),
  row(describeConfigs, 4, 'mallory', TOPIC, { resources: [topicResource] }),
  row(describeConfigs, 4, 'mallory', CLUSTER, { resources: [{ ...brokerResource, resourceName: '1' }] }),
  row(alterConfigs, 2, 'mallory', TOPIC, { resources: [{ ...topicResource, configs: [setting] }] }),
  row(alterConfigs, 2, 'mallory', CLUSTER, { resources: [{ ...brokerResource, configs: [] }] }),
  row(describeLogDirs, 4, 'mallory', CLUSTER, { topics: null }),
  row(createPartitions, 3, 'mallory', TOPIC, { topics: [{ name: 'secret', count: 5, assignments: null }] }),
  row(deleteGroups, 2, 'mallory', GROUP, { groupsNames: ['g'] }),
  row(electLeaders, 2, 'mallory', CLUSTER, { topicPartitions: null }),
  row(incrementalAlterConfigs, 1, 'mallory', TOPIC, { resources: [{ ...topicResource, configs: [setting] }] }),
  row(incrementalAlterConfigs, 1, 'mallory', CLUSTER, { resources: [{ ...brokerResource, configs: [] }] }),
  row(alterPartitionReassignments, 0, 'mallory', CLUSTER, { topics: [] }),
  row(listPartitionReassignments, 0, 'mallory', CLUSTER, { topics: null }),
  row(offsetDelete, 0, 'mallory', GROUP, {
    groupId: 'g',
    topics: [{ name: 'secret', partitions: [{ partitionIndex: 0 }] }],
  }),
  row(offsetDelete, 0, 'eve', TOPIC, {
    groupId: 'g',
    topics: [{ name: 'secret', partitions: [{ partitionIndex: 0 }] }],
  }),
  row(describeUserScramCredentials, 0, 'mallory', CLUSTER, { users: null }),
  row(alterUserScramCredentials, 0, 'mallory', CLUSTER, { deletions: [{ name: 'guest', mechanism: 1 }] }),
  row(describeProducers, 0, 'mallory', TOPIC, { topics: [{ name: 'secret', partitionIndexes: [0] }] }),
  row(describeTransactions, 0, 'mallory', TRANSACTIONAL_ID, { transactionalIds: ['tx'] }),
  row(consumerGroupHeartbeat, 1, 'mallory', GROUP, { ...join, groupId: 'c', subscribedTopicNames: [] }),
  row(consumerGroupHeartbeat, 1, 'eve', TOPIC, { ...join, groupId: 'c', subscribedTopicNames: ['secret'] }),
  row(consumerGroupDescribe, 1, 'mallory', GROUP, { groupIds: ['c'] }),
  row(consumerGroupDescribe, 1, 'eve', TOPIC, { groupIds: ['c'] }),
  row(listConfigResources, 1, 'mallory', CLUSTER, {}),
  row(describeTopicPartitions, 0, 'mallory', TOPIC, { topics: [{ name: 'secret' }], responsePartitionLimit: 10 }),
]

/** They refuse nobody, and tell those who have no rights nothing of what there is. */
const OPEN: readonly { readonly api: Api; readonly tells: (peer: Peer) => Promise<unknown> }[] = [
  {
    api: metadata,
    tells: async (peer) => (await peer.ask(metadata, 12, { topics: null })).topics.map(({ name }) => name),
  },
  { api: fetch, tells: async (peer) => (await peer.ask(fetch, 12, { sessionEpoch: -1, topics: [] })).responses },
  { api: listGroups, tells: async (peer) => (await peer.ask(listGroups, 5, {})).groups.map(({ groupId }) => groupId) },
  {
    api: listTransactions,
    tells: async (peer) =>
      (await peer.ask(listTransactions, 1, { durationFilter: -1 })).transactionStates.map((one) => one.transactionalId),
  },
  {
    api: offsetFetch,
    tells: async (peer) =>
      (await peer.ask(offsetFetch, 9, { groups: [{ groupId: 'g', topics: null }] })).groups[0]!.topics,
  },
  {
    api: describeTopicPartitions,
    tells: async (peer) =>
      (await peer.ask(describeTopicPartitions, 0, { topics: [], responsePartitionLimit: 10 })).topics,
  },
]

/** They are about the connection and the broker, and have nothing to hide. */
const OF_THE_CONNECTION: readonly Api[] = [apiVersions, saslHandshake, saslAuthenticate, describeCluster]

interface Made {
  readonly world: World
  readonly guest: Peer
  readonly topicId: string
}

/** With a topic, a group of each kind and a transactional id. */
async function made(): Promise<Made> {
  const world = await World.open()
  const { access } = world.broker
  const { topics, groups } = world.broker.vhost('/').streams
  const topic = topics.create(topics.check({ ...ofDefaults('secret'), partitions: 1 }, 1))
  const offset = {
    topic: 'secret',
    partition: 0,
    offset: 0,
    leaderEpoch: -1,
    metadata: '',
    committedMs: 0,
    expiresMs: -1,
  }
  groups.classic('g', true)!.offsets.commit(offset)
  for (const name of ['mallory', 'eve']) access.putUser({ name, tags: [], ...hashPassword('secret') })
  access.setPermissions({ user: 'mallory', vhost: '/', configure: '', write: '', read: '' })
  access.setPermissions({ user: 'eve', vhost: '/', configure: '^[gc]$', write: '^tx$', read: '^[gc]$' })
  const guest = world.connect()
  const begun = { transactionalId: 'tx', transactionTimeoutMs: 1000, producerId: -1, producerEpoch: -1 }
  assert.equal((await guest.ask(initProducerId, 4, begun)).errorCode, 0)
  const joined = await guest.ask(consumerGroupHeartbeat, 1, {
    ...join,
    groupId: 'c',
    memberId: 'first',
    subscribedTopicNames: ['secret'],
  })
  assert.equal(joined.errorCode, 0)
  return { world, guest, topicId: topic.id }
}

async function loggedIn(world: World, name: string): Promise<Peer> {
  const peer = world.connect({ sasl: true }, { address: '192.0.2.7', loopback: false })
  await peer.ask(saslHandshake, 1, { mechanism: 'PLAIN' })
  const { errorCode: code } = await peer.ask(saslAuthenticate, 2, { authBytes: Buffer.from(`\0${name}\0secret`) })
  assert.equal(code, 0)
  return peer
}

/** All that are not 0, wherever they stand. */
function errorCodes(value: unknown): Set<number> {
  const codes = new Set<number>()
  if (typeof value !== 'object' || value === null) return codes
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === 'number' && /errorcode$/i.test(name) && one !== 0) codes.add(one)
    for (const code of errorCodes(one)) codes.add(code)
  }
  return codes
}

const ask = (peer: Peer, { api, version, request }: Row, topicId: string) =>
  peer.ask(api, version, request(topicId) as RequestInput<Api>)

describe('a user without rights', () => {
  const known = new Set([...ROWS, ...OPEN].map(({ api }) => api.key).concat(OF_THE_CONNECTION.map(({ key }) => key)))

  for (const { api } of HANDLERS) {
    it(`is thought of where ${api.name} is served`, () => assert.ok(known.has(api.key)))
  }

  for (const one of ROWS) {
    it(`is refused ${one.api.name} v${one.version} as ${one.who} with ${one.code}`, async () => {
      const { world, guest, topicId } = await made()
      const peer = await loggedIn(world, one.who)
      assert.deepEqual(errorCodes(await ask(peer, one, topicId)), new Set([one.code]))
      assert.equal(errorCodes(await ask(guest, one, topicId)).has(one.code), false, 'it is refused whoever asks')
    })
  }

  for (const { api, tells } of OPEN) {
    it(`is told nothing by ${api.name}`, async () => {
      const { world, guest } = await made()
      assert.deepEqual(await tells(await loggedIn(world, 'mallory')), [])
      if (api !== fetch) assert.notDeepEqual(await tells(guest), [])
    })
  }
})

describe('a client without a login', () => {
  for (const { api } of HANDLERS) {
    it(`is refused ${api.name} from another machine`, async () => {
      const { world } = await made()
      const peer = world.connect({}, { address: '192.0.2.7', loopback: false })
      peer.send(api, api.versionMax, {})
      await world.settle()
      assert.deepEqual([peer.answers.length, peer.ended], [0, true])
      assert.match(world.closingReasons().at(-1)!, /only clients of this machine are served/)
    })
  }

  it('works as the user that a setting names, wherever it is, with the rights of that user', async () => {
    const world = await World.open({ settings: { anonymous: 'visitor' } })
    world.broker.access.putUser({ name: 'visitor', tags: [], ...hashPassword('secret') })
    world.broker.access.setPermissions({ user: 'visitor', vhost: '/', configure: '', write: '', read: '^open' })
    const { topics } = world.broker.vhost('/').streams
    for (const name of ['open', 'shut']) topics.create(topics.check(ofDefaults(name), 1))
    const peer = world.connect({}, { address: '192.0.2.7', loopback: false })
    const answer = await peer.ask(metadata, 12, { topics: [{ name: 'open' }, { name: 'shut' }] })
    assert.deepEqual(
      answer.topics.map(({ errorCode: code }) => code),
      [0, TOPIC],
    )
  })
})
