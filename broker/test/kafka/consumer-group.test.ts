import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { consumerGroupDescribe } from '../../src/wire/kafka/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { joinGroup } from '../../src/wire/kafka/messages/join-group.ts'
import { listGroups } from '../../src/wire/kafka/messages/list-groups.ts'
import { offsetCommit } from '../../src/wire/kafka/messages/offset-commit.ts'
import type { RequestInput } from '../../src/wire/kafka/schema.ts'
import { type Peer, World } from './world.ts'

const JOIN = {
  groupId: 'g',
  memberId: 'm1',
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: ['t'],
  topicPartitions: [],
}
const CALM = { groupId: 'g', memberId: 'm1', memberEpoch: 1 }
const CLASSIC = {
  groupId: 'classic',
  memberId: '',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
}

async function made(): Promise<{ world: World; peer: Peer; topicId: string }> {
  const world = await World.open()
  const { topics } = world.broker.vhost('/').streams
  const topic = topics.create(topics.check({ ...ofDefaults('t'), partitions: 3 }, 1))
  return { world, peer: world.connect(), topicId: topic.id }
}

const beat = (peer: Peer, request: RequestInput<typeof consumerGroupHeartbeat>, version = 1) =>
  peer.ask(consumerGroupHeartbeat, version, request)

describe('ConsumerGroupHeartbeat', () => {
  it('joins, stays and leaves', async () => {
    const { peer, topicId } = await made()
    assert.deepEqual(await beat(peer, JOIN), {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      memberId: 'm1',
      memberEpoch: 1,
      heartbeatIntervalMs: 5000,
      assignment: { topicPartitions: [{ topicId, partitions: [0, 1, 2] }] },
    })
    const stays = await beat(peer, CALM)
    assert.deepEqual([stays.errorCode, stays.memberEpoch, stays.assignment], [0, 1, null])
    const leaves = await beat(peer, { ...CALM, memberEpoch: -1 })
    assert.deepEqual([leaves.errorCode, leaves.memberEpoch, leaves.assignment], [0, -1, null])
    assert.equal((await beat(peer, CALM)).errorCode, 25)
  })

  it('gives a member of the first version its id', async () => {
    const { peer } = await made()
    const { memberId, errorCode } = await beat(peer, { ...JOIN, memberId: '' }, 0)
    assert.equal(errorCode, 0)
    assert.match(memberId!, /^[0-9a-f-]{36}$/)
    assert.equal((await beat(peer, { ...CALM, memberId: memberId! }, 0)).errorCode, 0)
  })

  const refused: [what: string, request: RequestInput<typeof consumerGroupHeartbeat>, code: number, text: RegExp][] = [
    ['no group', { ...JOIN, groupId: ' ' }, 42, /GroupId/],
    ['no member id', { ...JOIN, memberId: '' }, 42, /MemberId/],
    ['an empty instance id', { ...JOIN, instanceId: '' }, 42, /InstanceId/],
    ['an empty rack', { ...JOIN, rackId: '' }, 42, /RackId/],
    ['an unknown epoch', { ...JOIN, memberEpoch: -3 }, 42, /MemberEpoch is invalid/],
    ['no rebalance timeout', { ...JOIN, rebalanceTimeoutMs: -1 }, 42, /RebalanceTimeoutMs/],
    ['partitions at a join', { ...JOIN, topicPartitions: null }, 42, /TopicPartitions must be empty/],
    ['no subscription', { ...JOIN, subscribedTopicNames: null }, 42, /Either SubscribedTopicNames/],
    ['going away without an instance', { ...CALM, memberEpoch: -2 }, 42, /InstanceId can't be null/],
    ['an assignor there is not', { ...JOIN, serverAssignor: 'mine' }, 112, /Supported assignors: uniform, range/],
    ['a pattern that is none', { ...JOIN, subscribedTopicRegex: '(' }, 128, /not a valid regular expression/],
    ['a group there is not', CALM, 69, /Consumer group g not found/],
  ]
  for (const [what, request, code, text] of refused) {
    it(`refuses ${what}, and makes no group`, async () => {
      const { world, peer } = await made()
      const { errorCode, errorMessage } = await beat(peer, request)
      assert.equal(errorCode, code)
      assert.match(errorMessage!, text)
      assert.equal(world.broker.vhost('/').streams.groups.get('g'), undefined)
    })
  }

  it('does not join classic members, nor they it, and takes over an empty group', async () => {
    const { world, peer } = await made()
    const { memberId } = await peer.ask(joinGroup, 5, CLASSIC)
    peer.send(joinGroup, 5, { ...CLASSIC, memberId })
    await world.pass(100)
    assert.equal(peer.answer(joinGroup)!.response.errorCode, 0)
    const { errorCode, errorMessage } = await beat(peer, { ...JOIN, groupId: 'classic' })
    assert.deepEqual([errorCode, errorMessage], [69, 'Group classic is not a consumer group.'])
    await world.pass(10_001)
    assert.equal((await beat(peer, { ...JOIN, groupId: 'classic' })).errorCode, 0)
    assert.equal((await peer.ask(joinGroup, 5, CLASSIC)).errorCode, 23)
    const { groups } = await peer.ask(listGroups, 5, {})
    assert.deepEqual(
      groups.map(({ groupId, groupType, groupState }) => [groupId, groupType, groupState]),
      [['classic', 'consumer', 'Stable']],
    )
  })

  it('is answered when the group is durable, and the group goes on after a crash', async () => {
    const { world, peer } = await made()
    peer.send(consumerGroupHeartbeat, 1, JOIN)
    peer.pump()
    assert.equal(world.broker.vhost('/').streams.groups.get('g')!.state, 'Stable')
    assert.equal(peer.answers.length, 0)
    await world.settle()
    assert.equal(peer.answer(consumerGroupHeartbeat)!.response.memberEpoch, 1)
    const again = (await World.open({ disk: world.disk })).connect()
    const stays = await beat(again, CALM)
    assert.deepEqual([stays.errorCode, stays.memberEpoch, stays.assignment], [0, 1, null])
  })

  it('gives the epoch that commits must name', async () => {
    const { peer } = await made()
    await beat(peer, JOIN)
    const commit = async (generationIdOrMemberEpoch: number, memberId = 'm1', version = 9) => {
      const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }]
      const request = { groupId: 'g', memberId, generationIdOrMemberEpoch, topics: [{ name: 't', partitions }] }
      return (await peer.ask(offsetCommit, version, request)).topics[0]!.partitions[0]!.errorCode
    }
    assert.deepEqual([await commit(1), await commit(0), await commit(2)], [0, 113, 113])
    assert.deepEqual([await commit(1, 'x'), await commit(-1, '')], [25, 25])
  })
})

describe('ConsumerGroupDescribe', () => {
  it('tells what the group and each member is, has and is to have', async () => {
    const { peer, topicId } = await made()
    await beat(peer, { ...JOIN, serverAssignor: 'range', rackId: 'r' })
    await beat(peer, { ...JOIN, memberId: 'm2', instanceId: 'i2' })
    const { groups } = await peer.ask(consumerGroupDescribe, 1, { groupIds: ['g', 'other', ''] })
    const [group, other, none] = groups
    assert.deepEqual([other!.errorCode, other!.errorMessage], [69, 'Group other not found.'])
    assert.equal(none!.errorCode, 24)
    const { members, ...rest } = group!
    assert.deepEqual(rest, {
      errorCode: 0,
      errorMessage: null,
      groupId: 'g',
      groupState: 'Reconciling',
      groupEpoch: 2,
      assignmentEpoch: 2,
      assignorName: 'range',
      authorizedOperations: -2_147_483_648,
    })
    const all = (partitions: number[]) => ({ topicPartitions: [{ topicId, topicName: 't', partitions }] })
    const common = {
      clientId: 'test',
      clientHost: '/127.0.0.1',
      subscribedTopicNames: ['t'],
      subscribedTopicRegex: '',
    }
    assert.deepEqual(members, [
      {
        ...{ memberId: 'm1', instanceId: null, rackId: 'r', memberEpoch: 1, memberType: 1, ...common },
        assignment: all([0, 1, 2]),
        targetAssignment: all([2]),
      },
      {
        ...{ memberId: 'm2', instanceId: 'i2', rackId: null, memberEpoch: 2, memberType: 1, ...common },
        assignment: { topicPartitions: [] },
        targetAssignment: all([0, 1]),
      },
    ])
  })
})
