/** What Signalbox and Apache Kafka are both asked, in this order; what one said before is part of what it is asked next. */
import { ZERO_UUID } from '../../src/wire/kafka/field.ts'
import * as addOffsets from '../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import * as alter from '../../src/wire/kafka/messages/alter-configs.ts'
import * as consumerDescribe from '../../src/wire/kafka/messages/consumer-group-describe.ts'
import * as heartbeats from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import * as createParts from '../../src/wire/kafka/messages/create-partitions.ts'
import * as create from '../../src/wire/kafka/messages/create-topics.ts'
import * as deleteGroup from '../../src/wire/kafka/messages/delete-groups.ts'
import * as deleteRecord from '../../src/wire/kafka/messages/delete-records.ts'
import * as deleteTopic from '../../src/wire/kafka/messages/delete-topics.ts'
import * as describeConfig from '../../src/wire/kafka/messages/describe-configs.ts'
import * as describeGroup from '../../src/wire/kafka/messages/describe-groups.ts'
import * as describeProducer from '../../src/wire/kafka/messages/describe-producers.ts'
import * as describeTxn from '../../src/wire/kafka/messages/describe-transactions.ts'
import * as endTransaction from '../../src/wire/kafka/messages/end-txn.ts'
import * as findCoordinators from '../../src/wire/kafka/messages/find-coordinator.ts'
import * as beat from '../../src/wire/kafka/messages/heartbeat.ts'
import * as incremental from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import * as initId from '../../src/wire/kafka/messages/init-producer-id.ts'
import * as join from '../../src/wire/kafka/messages/join-group.ts'
import * as leave from '../../src/wire/kafka/messages/leave-group.ts'
import * as listGroup from '../../src/wire/kafka/messages/list-groups.ts'
import * as listOffset from '../../src/wire/kafka/messages/list-offsets.ts'
import * as meta from '../../src/wire/kafka/messages/metadata.ts'
import * as commit from '../../src/wire/kafka/messages/offset-commit.ts'
import * as offsetDeletes from '../../src/wire/kafka/messages/offset-delete.ts'
import * as offsetFetches from '../../src/wire/kafka/messages/offset-fetch.ts'
import * as epochs from '../../src/wire/kafka/messages/offset-for-leader-epoch.ts'
import * as producing from '../../src/wire/kafka/messages/produce.ts'
import * as sync from '../../src/wire/kafka/messages/sync-group.ts'
import * as txnCommit from '../../src/wire/kafka/messages/txn-offset-commit.ts'
import type { Api } from '../../src/wire/kafka/schema.ts'

/** What one broker said before, for what is asked next. */
export interface Said {
  readonly memberIds: string[]
  epoch: number
  generation: number
  readonly producerIds: { readonly producerId: number; readonly producerEpoch: number }[]
}

export type Question = readonly [label: string, api: Api, version: number, request: (said: Said) => unknown]

const apiOf = (module: object): Api => Object.values(module).find((one) => typeof one?.key === 'number') as Api

const TOPIC = 'diff'
const topic = (name: string, partitions: number, more: object = {}) => ({
  name,
  numPartitions: partitions,
  replicationFactor: 1,
  ...more,
})
const subscription = Buffer.from([0, 1, 0, 0, 0, 1, 0, 4, ...Buffer.from(TOPIC), 255, 255, 255, 255, 0, 0, 0, 0])
const joining = (groupId: string, memberId = '', more: object = {}) => ({
  groupId,
  memberId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: subscription }],
  ...more,
})
const committing = (groupId: string, more: object = {}, name = TOPIC, partition: object = {}) => ({
  groupId,
  generationIdOrMemberEpoch: -1,
  memberId: '',
  topics: [
    {
      name,
      partitions: [
        { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: 'm', ...partition },
      ],
    },
  ],
  ...more,
})
const beating = (groupId: string, more: object = {}) => ({
  groupId,
  memberId: 'member',
  memberEpoch: 0,
  rebalanceTimeoutMs: 10_000,
  subscribedTopicNames: [TOPIC],
  topicPartitions: [],
  ...more,
})
const resource = (resourceType: number, resourceName: string, more: object = {}) => ({
  resourceType,
  resourceName,
  configurationKeys: null,
  ...more,
})
const change = (name: string, value: string | null, configOperation = 0) => ({ name, value, configOperation })
const asked = (partitionIndex: number, timestamp: number) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp })
const member = (said: Said) => said.memberIds.at(-1) ?? ''
const producer = (said: Said) => said.producerIds.at(-1) ?? { producerId: 1, producerEpoch: 0 }

export const questions: Question[] = []
const ask = (label: string, module: object, version: number | readonly number[], request: unknown): void => {
  for (const one of [version].flat() as number[]) {
    const made = typeof request === 'function' ? (request as (said: Said) => unknown) : () => request
    questions.push([`${label} v${one}`, apiOf(module), one, made])
  }
}

// ---- topics
ask('create', create, 7, {
  topics: [topic(TOPIC, 2), topic('b@d', 1), topic('', 1), topic('.', 1), topic('rf', 1, { replicationFactor: 3 })],
  timeoutMs: 9000,
})
ask('create again and wrongly', create, [5, 7], {
  topics: [
    topic(TOPIC, 2),
    topic('zero', 0),
    topic('minus', -2),
    topic('cfg', 1, { configs: [{ name: 'retention.ms', value: 'x' }] }),
    topic('cfg2', 1, { configs: [{ name: 'no.such', value: '1' }] }),
    topic('cfg3', 1, { configs: [{ name: 'retention.ms', value: null }] }),
    topic('di.ff', 1),
    topic('twice', 1),
    topic('twice', 1),
  ],
  timeoutMs: 9000,
})
ask('validate only', create, 7, { topics: [topic('never', 3)], timeoutMs: 9000, validateOnly: true })
ask('manual assignment', create, 7, {
  topics: [
    { name: 'manual', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
    { name: 'manual2', numPartitions: 1, replicationFactor: 1, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
  ],
  timeoutMs: 9000,
})
ask('metadata', meta, [1, 5, 8, 9, 12, 13], {
  topics: [{ name: TOPIC }, { name: 'missing' }, { name: 'b@d' }],
  allowAutoTopicCreation: false,
  includeTopicAuthorizedOperations: true,
  includeClusterAuthorizedOperations: true,
})
ask('metadata by unknown id', meta, [12, 13], {
  topics: [{ topicId: 'abcdefghijklmnopqrstug', name: null }],
  allowAutoTopicCreation: false,
})
ask('metadata of none', meta, 12, { topics: [], allowAutoTopicCreation: false })
ask('more partitions', createParts, 3, {
  topics: [
    { name: TOPIC, count: 1, assignments: null },
    { name: 'missing', count: 3, assignments: null },
    { name: '', count: 2, assignments: null },
  ],
  timeoutMs: 9000,
})
ask('delete topics', deleteTopic, [5, 6], {
  topicNames: ['missing'],
  topics: [
    { name: 'missing', topicId: ZERO_UUID },
    { name: null, topicId: 'abcdefghijklmnopqrstug' },
  ],
  timeoutMs: 9000,
})
ask('delete records', deleteRecord, 2, {
  topics: [
    {
      name: TOPIC,
      partitions: [
        { partitionIndex: 0, offset: 5 },
        { partitionIndex: 7, offset: 0 },
        { partitionIndex: 1, offset: -1 },
      ],
    },
    { name: 'missing', partitions: [{ partitionIndex: 0, offset: 0 }] },
  ],
  timeoutMs: 9000,
})

// ---- records
ask('list offsets', listOffset, [1, 4, 7, 8, 9, 10], {
  replicaId: -1,
  isolationLevel: 0,
  topics: [
    {
      name: TOPIC,
      partitions: [asked(0, -1), asked(1, -2), asked(0, -3), asked(0, 5), asked(9, -1), asked(1, -4), asked(1, -5)],
    },
    { name: 'missing', partitions: [asked(0, -1)] },
  ],
  timeoutMs: 1000,
})
ask('list offsets at an epoch', listOffset, 8, {
  replicaId: -1,
  isolationLevel: 1,
  topics: [
    {
      name: TOPIC,
      partitions: [
        { ...asked(0, -1), currentLeaderEpoch: 99 },
        { ...asked(1, -1), currentLeaderEpoch: 0 },
        asked(1, -7),
        asked(1, -1),
        asked(1, -1),
      ],
    },
  ],
})
ask('leader epochs', epochs, [3, 4], {
  replicaId: -1,
  topics: [
    {
      topic: TOPIC,
      partitions: [
        { partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 },
        { partition: 0, currentLeaderEpoch: 99, leaderEpoch: 0 },
        { partition: 0, currentLeaderEpoch: -1, leaderEpoch: 99 },
        { partition: 9, currentLeaderEpoch: -1, leaderEpoch: 0 },
      ],
    },
    { topic: 'missing', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] },
  ],
})
const produce = (acks: number, name: string, index: number, records: Buffer | null) => ({
  transactionalId: null,
  acks,
  timeoutMs: 1000,
  topicData: [{ name, partitionData: [{ index, records }] }],
})
ask('produce garbage', producing, [3, 8, 9, 12], produce(1, TOPIC, 0, Buffer.alloc(70, 2)))
ask('produce nothing', producing, [9, 12], produce(1, TOPIC, 0, Buffer.alloc(0)))
ask('produce null', producing, [9, 12], produce(1, TOPIC, 0, null))
ask('produce elsewhere', producing, [9, 12], produce(-1, 'missing', 0, Buffer.alloc(70)))
ask('produce to no partition', producing, 9, produce(-1, TOPIC, 9, Buffer.alloc(70)))
ask('produce with acks 2', producing, 9, produce(2, TOPIC, 0, Buffer.alloc(70)))
ask('produce by unknown id', producing, 13, {
  transactionalId: null,
  acks: 1,
  timeoutMs: 1000,
  topicData: [{ topicId: 'abcdefghijklmnopqrstug', partitionData: [{ index: 0, records: Buffer.alloc(70) }] }],
})

// ---- classic groups
ask('coordinator', findCoordinators, [1, 2, 3, 4, 6], { key: 'g', keyType: 0, coordinatorKeys: ['g', ''] })
ask('coordinator of an unknown kind', findCoordinators, [3, 6], { key: 'g', keyType: 9, coordinatorKeys: ['g'] })
ask('join without a name', join, 9, joining(''))
ask('join with a short session', join, [5, 9], joining('g', '', { sessionTimeoutMs: 1 }))
ask('join unknown', join, [5, 9], joining('g', 'nobody'))
ask('join without protocols', join, 9, joining('g', '', { protocols: [] }))
ask('sync, heartbeat and leave nowhere', sync, [3, 5], {
  groupId: 'nowhere',
  memberId: 'm',
  generationId: 1,
  protocolType: 'consumer',
  protocolName: 'range',
})
ask('heartbeat nowhere', beat, 4, { groupId: 'nowhere', memberId: 'm', generationId: 1 })
ask('leave nowhere', leave, [2, 5], { groupId: 'nowhere', memberId: 'm', members: [{ memberId: 'm' }] })
ask('join, first', join, 9, joining('g'))
ask('join, second', join, 9, (said: Said) => joining('g', member(said)))
ask('describe joining', describeGroup, 6, { groups: ['g'] })
ask('commit before sync', commit, [8, 9], (said: Said) =>
  committing('g', { memberId: member(said), generationIdOrMemberEpoch: 1 }),
)
ask('sync wrongly', sync, 5, (said: Said) => ({
  groupId: 'g',
  memberId: member(said),
  generationId: 1,
  protocolType: 'connect',
  protocolName: 'range',
  assignments: [],
}))
ask('sync at another generation', sync, 5, (said: Said) => ({
  groupId: 'g',
  memberId: member(said),
  generationId: 7,
  protocolType: 'consumer',
  protocolName: 'range',
  assignments: [],
}))
ask('sync', sync, 5, (said: Said) => ({
  groupId: 'g',
  memberId: member(said),
  generationId: 1,
  protocolType: 'consumer',
  protocolName: 'range',
  assignments: [{ memberId: member(said), assignment: Buffer.from([0, 1, 0, 0, 0, 0, 255, 255, 255, 255]) }],
}))
ask('heartbeat', beat, 4, (said: Said) => ({ groupId: 'g', memberId: member(said), generationId: 1 }))
ask('heartbeat at another generation', beat, 4, (said: Said) => ({
  groupId: 'g',
  memberId: member(said),
  generationId: 2,
}))
ask('heartbeat with an instance', beat, 4, (said: Said) => ({
  groupId: 'g',
  memberId: member(said),
  generationId: 1,
  groupInstanceId: 'i',
}))
ask('join of another type', join, 9, joining('g', '', { protocolType: 'connect' }))
ask('join of another protocol', join, 9, joining('g', '', { protocols: [{ name: 'other', metadata: subscription }] }))
ask('commit', commit, [2, 5, 8, 9], (said: Said) =>
  committing('g', { memberId: member(said), generationIdOrMemberEpoch: 1 }),
)
ask('commit of nobody', commit, [8, 9], committing('g'))
ask('commit at another generation', commit, [8, 9], (said: Said) =>
  committing('g', { memberId: member(said), generationIdOrMemberEpoch: 5 }),
)
ask('commit too much', commit, 9, committing('free', {}, TOPIC, { committedMetadata: 'x'.repeat(5000) }))
ask('commit null', commit, 9, committing('free', {}, TOPIC, { committedMetadata: null }))
ask('commit elsewhere', commit, 9, committing('free2', {}, 'missing'))
ask('commit to no partition', commit, 9, committing('free2', {}, TOPIC, { partitionIndex: 9 }))
ask(
  'commit of a member nowhere',
  commit,
  [8, 9],
  committing('nowhere', { memberId: 'm', generationIdOrMemberEpoch: 3 }),
)
ask('commit without a name', commit, [8, 9], committing(''))
ask('fetch offsets', offsetFetches, [1, 5, 7], {
  groupId: 'free',
  topics: [
    { name: TOPIC, partitionIndexes: [0, 1, 9] },
    { name: 'missing', partitionIndexes: [0] },
  ],
  requireStable: true,
})
ask('fetch all offsets', offsetFetches, [2, 7], { groupId: 'free', topics: null })
ask('fetch offsets of several', offsetFetches, [8, 9], {
  groups: [
    { groupId: 'free', topics: null },
    { groupId: 'nowhere', topics: [{ name: TOPIC, partitionIndexes: [0] }] },
    { groupId: '', topics: null },
    { groupId: 'g', memberId: 'x', memberEpoch: 1, topics: null },
  ],
})
ask('delete offsets', offsetDeletes, 0, {
  groupId: 'g',
  topics: [
    { name: TOPIC, partitions: [{ partitionIndex: 0 }] },
    { name: 'missing', partitions: [{ partitionIndex: 0 }] },
  ],
})
ask('delete offsets nowhere', offsetDeletes, 0, {
  groupId: 'nowhere',
  topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0 }] }],
})
ask('describe', describeGroup, [0, 4, 5, 6], {
  groups: ['g', 'nowhere', 'free', ''],
  includeAuthorizedOperations: true,
})
ask('list', listGroup, [0, 3, 4, 5], { statesFilter: [], typesFilter: [] })
ask('list stable', listGroup, 5, { statesFilter: ['STABLE'], typesFilter: ['Classic'] })
ask('list wrongly', listGroup, 5, { statesFilter: ['nonsense'], typesFilter: ['nonsense'] })
ask('consumer describe', consumerDescribe, 1, { groupIds: ['g', 'nowhere', ''], includeAuthorizedOperations: true })
ask('delete groups', deleteGroup, 2, { groupsNames: ['g', 'nowhere', ''] })
ask('leave', leave, 5, (said: Said) => ({
  groupId: 'g',
  members: [{ memberId: 'x' }, { memberId: member(said) }, { memberId: '', groupInstanceId: 'i' }],
}))
ask('delete empty groups', deleteGroup, 2, { groupsNames: ['g', 'free'] })

// ---- consumer groups
for (const [label, more] of [
  ['without a name', { groupId: '' }],
  ['with an empty instance', { instanceId: '' }],
  ['with an empty rack', { rackId: '' }],
  ['without a member', { memberId: '' }],
  ['without a timeout', { rebalanceTimeoutMs: -1 }],
  ['with partitions', { topicPartitions: [{ topicId: ZERO_UUID, partitions: [0] }] }],
  ['without topics', { subscribedTopicNames: null }],
  ['at epoch -3', { memberEpoch: -3 }],
  ['at epoch 5', { memberEpoch: 5 }],
  ['away without instance', { memberEpoch: -2 }],
  ['with an unknown assignor', { serverAssignor: 'x' }],
  ['with a bad pattern', { subscribedTopicNames: null, subscribedTopicRegex: '(' }],
] as const) {
  ask(`beat ${label}`, heartbeats, 1, beating('k', more))
}
ask('beat', heartbeats, 1, beating('k'))
ask('beat again', heartbeats, 1, (said: Said) =>
  beating('k', { memberEpoch: said.epoch, rebalanceTimeoutMs: -1, subscribedTopicNames: null, topicPartitions: null }),
)
ask('beat ahead', heartbeats, 1, beating('k', { memberEpoch: 9 }))
ask('beat of nobody', heartbeats, 1, beating('k', { memberId: 'other', memberEpoch: 2 }))
ask('leave of nobody', heartbeats, 1, beating('k', { memberId: 'other', memberEpoch: -1 }))
ask('consumer commit', commit, [8, 9], (said: Said) =>
  committing('k', { memberId: 'member', generationIdOrMemberEpoch: said.epoch }),
)
ask('consumer commit behind', commit, 9, (said: Said) =>
  committing('k', { memberId: 'member', generationIdOrMemberEpoch: said.epoch - 1 }),
)
ask('consumer commit ahead', commit, 9, (said: Said) =>
  committing('k', { memberId: 'member', generationIdOrMemberEpoch: said.epoch + 1 }),
)
ask('consumer commit of nobody', commit, 9, committing('k'))
ask('consumer fetch', offsetFetches, 9, (said: Said) => ({
  groups: [
    { groupId: 'k', memberId: 'member', memberEpoch: said.epoch, topics: null },
    { groupId: 'k', memberId: 'member', memberEpoch: 14, topics: null },
    { groupId: 'k', memberId: 'x', memberEpoch: 14, topics: null },
  ],
}))
ask('consumer described', consumerDescribe, [0, 1], { groupIds: ['k'], includeAuthorizedOperations: true })
ask('consumer as classic', describeGroup, [5, 6], { groups: ['k'] })
ask('classic joins consumers', join, 9, joining('k'))
ask('classic joins consumers again', join, 9, (said: Said) => joining('k', member(said)))
ask('classic syncs with consumers', sync, 5, (said: Said) => ({
  groupId: 'k',
  memberId: member(said),
  generationId: said.generation,
  protocolType: 'consumer',
  protocolName: 'range',
}))
ask('classic beats among consumers', beat, 4, (said: Said) => ({
  groupId: 'k',
  memberId: member(said),
  generationId: said.generation,
}))
ask('both described', consumerDescribe, 1, { groupIds: ['k'] })
ask('garbage joins consumers', join, 9, (said: Said) =>
  joining('k', `${member(said)}x`, { protocols: [{ name: 'range', metadata: Buffer.from([1]) }] }),
)
ask('connect joins consumers', join, 9, joining('k', '', { protocolType: 'connect' }))
ask('consumer leaves', heartbeats, 1, beating('k', { memberEpoch: -1 }))
ask('downgraded', listGroup, 5, { statesFilter: [], typesFilter: [] })
ask('downgraded beats', beat, 4, (said: Said) => ({
  groupId: 'k',
  memberId: member(said),
  generationId: said.generation,
}))
ask('last leaves', leave, 5, (said: Said) => ({ groupId: 'k', members: [{ memberId: member(said) }] }))

// ---- settings
ask('describe nothing', describeConfig, 4, {
  resources: [
    resource(2, 'missing'),
    resource(2, ''),
    resource(2, 'b@d'),
    resource(4, '7'),
    resource(4, 'x'),
    resource(4, ''),
    resource(32, ''),
  ],
  includeSynonyms: true,
})
ask('describe a topic', describeConfig, [1, 4], { resources: [resource(2, TOPIC)], includeSynonyms: true })
ask('describe a group', describeConfig, 4, {
  resources: [
    resource(32, 'g', {
      configurationKeys: ['consumer.session.timeout.ms', 'consumer.heartbeat.interval.ms', 'nonsense'],
    }),
  ],
  includeSynonyms: true,
})
for (const [label, type, name, config] of [
  ['a group', 32, 'g', change('consumer.session.timeout.ms', '50000')],
  ['a group too low', 32, 'g', change('consumer.session.timeout.ms', '1')],
  ['a group too high', 32, 'g', change('consumer.heartbeat.interval.ms', '99999')],
  ['a group to words', 32, 'g', change('consumer.heartbeat.interval.ms', 'x')],
  ['a group to zero', 32, 'g', change('consumer.heartbeat.interval.ms', '0')],
  ['a group wrongly', 32, 'g', change('nonsense', '1')],
  ['no group', 32, '', change('consumer.session.timeout.ms', '50000')],
  ['a topic', 2, TOPIC, change('retention.ms', '1000')],
  ['a topic to words', 2, TOPIC, change('retention.ms', 'x')],
  ['a topic to null', 2, TOPIC, change('retention.ms', null)],
  ['a topic with no list', 2, TOPIC, change('retention.ms', '1', 2)],
  ['a topic wrongly', 2, TOPIC, change('nonsense', '1')],
  ['a topic oddly', 2, TOPIC, change('retention.ms', '1', 9)],
  ['no topic', 2, 'missing', change('retention.ms', '1')],
  ['another broker', 4, '7', change('log.retention.ms', '1')],
  ['something', 99, 'x', change('x', '1')],
] as const) {
  ask(`alter ${label}`, incremental, 1, {
    resources: [{ resourceType: type, resourceName: name, configs: [config] }],
    validateOnly: false,
  })
}
ask('alter wholly', alter, 2, {
  resources: [
    { resourceType: 32, resourceName: 'g', configs: [{ name: 'consumer.heartbeat.interval.ms', value: '6000' }] },
    { resourceType: 2, resourceName: TOPIC, configs: [{ name: 'retention.ms', value: null }] },
  ],
  validateOnly: false,
})
ask('describe the altered', describeConfig, 4, {
  resources: [
    resource(32, 'g', { configurationKeys: ['consumer.session.timeout.ms', 'consumer.heartbeat.interval.ms'] }),
  ],
  includeSynonyms: true,
})

// ---- transactions
ask('producer id', initId, [0, 4, 5], { transactionalId: null, transactionTimeoutMs: 1000 })
ask('producer id of nothing', initId, 4, { transactionalId: '', transactionTimeoutMs: 1000 })
ask('producer id for long', initId, 4, { transactionalId: 'x', transactionTimeoutMs: 999_999_999 })
ask('producer id at once', initId, 4, { transactionalId: 'x', transactionTimeoutMs: 0 })
ask('coordinator of transactions', findCoordinators, 4, { keyType: 1, coordinatorKeys: ['x'] })
ask('transactional id', initId, 5, { transactionalId: 'x', transactionTimeoutMs: 60_000 })
ask('end nothing', endTransaction, [3, 4, 5], (said: Said) => ({
  transactionalId: 'x',
  ...producer(said),
  committed: true,
}))
ask('end elsewhere', endTransaction, [1, 4, 5], (said: Said) => ({
  transactionalId: 'y',
  ...producer(said),
  committed: true,
}))
ask('end as a zombie', endTransaction, [1, 4], (said: Said) => ({
  transactionalId: 'x',
  ...producer(said),
  producerEpoch: 99,
  committed: true,
}))
ask('add offsets', addOffsets, 4, (said: Said) => ({ transactionalId: 'y', ...producer(said), groupId: 'tg' }))
ask('commit in no transaction', txnCommit, [3, 4, 5], (said: Said) => ({
  transactionalId: 'y',
  groupId: 'tg',
  ...producer(said),
  generationId: -1,
  memberId: '',
  topics: committing('tg').topics,
}))
ask('describe transactions', describeTxn, 0, { transactionalIds: ['x', 'y', ''] })
ask('describe producers', describeProducer, 0, {
  topics: [
    { name: TOPIC, partitionIndexes: [0, 9] },
    { name: 'missing', partitionIndexes: [0] },
  ],
})
