/** Offsets of groups as clients commit, fetch and delete them, in every version. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { offsetCommit } from '../../src/wire/kafka/messages/offset-commit.ts'
import { offsetDelete } from '../../src/wire/kafka/messages/offset-delete.ts'
import { offsetFetch } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { ZERO_UUID } from '../../src/wire/kafka/schema.ts'
import { protocol } from '../group/calls.ts'
import { type Peer, World } from './world.ts'

const NONE = 0
const UNKNOWN_TOPIC_OR_PARTITION = 3
const OFFSET_METADATA_TOO_LARGE = 12
const ILLEGAL_GENERATION = 22
const UNKNOWN_MEMBER_ID = 25
const GROUP_ID_NOT_FOUND = 69
const GROUP_SUBSCRIBED_TO_TOPIC = 86
const UNSTABLE_OFFSET_COMMIT = 88
const UNKNOWN_TOPIC_ID = 100

async function open(): Promise<{ world: World; peer: Peer; id: string }> {
  const world = await World.open()
  const peer = world.connect()
  const topics = ['t', 'u'].map((name) => ({ name, numPartitions: 3, replicationFactor: 1 }))
  await peer.ask(createTopics, 7, { topics })
  return { world, peer, id: world.broker.vhost('/').streams.topics.get('t')!.id }
}

const offset = (partitionIndex: number, committedOffset: number, committedMetadata: string | null = null) => ({
  partitionIndex,
  committedOffset,
  committedLeaderEpoch: 4,
  committedMetadata,
})

const codes = (answer: { topics: readonly { partitions: readonly { errorCode: number }[] }[] }) => {
  return answer.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
}

describe('OffsetCommit and OffsetFetch', () => {
  it('keep what consumers without a group commit, in every version', async () => {
    const { world, peer, id } = await open()
    for (let version = offsetCommit.versionMin; version <= offsetCommit.versionMax; version++) {
      const named = version < 10 ? { name: 't' } : { topicId: id }
      const topics = [{ ...named, partitions: [offset(0, version, 'why'), offset(1, 7), offset(3, 1)] }]
      const commit = await peer.ask(offsetCommit, version, { groupId: 'g', topics })
      assert.deepEqual(codes(commit), [[NONE, NONE, UNKNOWN_TOPIC_OR_PARTITION]])
      assert.deepEqual([commit.topics[0].name, commit.topics[0].topicId], version < 10 ? ['t', ZERO_UUID] : ['', id])
      const kept = world.broker.vhost('/').streams.groups.get('g')!.offsets.get('t', 0)!
      assert.deepEqual([kept.offset, kept.leaderEpoch, kept.metadata], [version, version >= 6 ? 4 : -1, 'why'])
    }
    for (let version = offsetFetch.versionMin; version <= offsetFetch.versionMax; version++) {
      const expected = [
        {
          partitionIndex: 0,
          committedOffset: 10,
          committedLeaderEpoch: version >= 5 ? 4 : -1,
          metadata: 'why',
          errorCode: 0,
        },
        {
          partitionIndex: 1,
          committedOffset: 7,
          committedLeaderEpoch: version >= 5 ? 4 : -1,
          metadata: '',
          errorCode: 0,
        },
        { partitionIndex: 2, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
      ]
      const named = version < 10 ? { name: 't' } : { topicId: id }
      const asked = [{ ...named, partitionIndexes: [0, 1, 2] }]
      if (version < 8) {
        const answer = await peer.ask(offsetFetch, version, { groupId: 'g', topics: asked as never })
        assert.deepEqual(answer.topics, [{ name: 't', partitions: expected }])
        if (version < 2) continue
        const all = await peer.ask(offsetFetch, version, { groupId: 'g', topics: null })
        assert.deepEqual(all.topics, [{ name: 't', partitions: expected.slice(0, 2) }])
      } else {
        const groups = [
          { groupId: 'g', topics: asked },
          { groupId: 'g', topics: null },
          { groupId: 'none', topics: asked },
        ]
        const answer = await peer.ask(offsetFetch, version, { groups: [...groups, { groupId: 'none', topics: null }] })
        const topic = { name: version < 10 ? 't' : '', topicId: version < 10 ? ZERO_UUID : id }
        const nothing = expected.map(({ partitionIndex }) => ({ ...expected[2], partitionIndex }))
        assert.deepEqual(answer.groups, [
          { groupId: 'g', topics: [{ ...topic, partitions: expected }], errorCode: 0 },
          { groupId: 'g', topics: [{ ...topic, partitions: expected.slice(0, 2) }], errorCode: 0 },
          { groupId: 'none', topics: [{ ...topic, partitions: nothing }], errorCode: 0 },
          { groupId: 'none', topics: [], errorCode: 0 },
        ])
      }
    }
  })

  it('refuse what does not fit, partition by partition', async () => {
    const { peer } = await open()
    const long = 'x'.repeat(4097)
    const topics = [
      { name: 'nowhere', partitions: [offset(0, 1)] },
      { name: 't', partitions: [offset(0, 1, long), offset(1, 1, long.slice(1))] },
    ]
    const commit = await peer.ask(offsetCommit, 9, { groupId: 'g', topics })
    assert.deepEqual(codes(commit), [[UNKNOWN_TOPIC_OR_PARTITION], [OFFSET_METADATA_TOO_LARGE, NONE]])
    const unknown = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [offset(0, 1)] }]
    assert.deepEqual(codes(await peer.ask(offsetCommit, 10, { groupId: 'g', topics: unknown })), [[UNKNOWN_TOPIC_ID]])
    const asked = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitionIndexes: [0] }]
    const { groups } = await peer.ask(offsetFetch, 10, { groups: [{ groupId: 'g', topics: asked }] })
    assert.equal(groups[0].topics[0].partitions[0].errorCode, UNKNOWN_TOPIC_ID)
  })

  it('refuse who is no member of the generation', async () => {
    const { world, peer } = await open()
    const commit = async (version: number, groupId: string, memberId: string, generation: number) => {
      const topics = [{ name: 't', partitions: [offset(0, 1)] }]
      const request = { groupId, memberId, generationIdOrMemberEpoch: generation, topics }
      return codes(await peer.ask(offsetCommit, version, request))[0][0]
    }
    assert.equal(await commit(8, 'none', 'm', 1), ILLEGAL_GENERATION)
    assert.equal(await commit(9, 'none', 'm', 1), GROUP_ID_NOT_FOUND)
    const memberId = await stable(world)
    assert.equal(await commit(8, 'g', memberId, 1), NONE)
    assert.equal(await commit(8, 'g', memberId, 2), ILLEGAL_GENERATION)
    assert.equal(await commit(8, 'g', 'm', 1), UNKNOWN_MEMBER_ID)
    assert.equal(await commit(8, 'g', '', -1), UNKNOWN_MEMBER_ID)
  })

  it('tell whoever needs stable offsets to ask again while a transaction is open', async () => {
    const { world, peer } = await open()
    const { groups } = world.broker.vhost('/').streams
    const nobody = { memberId: '', instanceId: null, generation: -1, transactional: true }
    const entry = { topic: 't', partition: 0, offset: 5, leaderEpoch: 0, metadata: '', committedMs: 0, expiresMs: -1 }
    groups.stageTransactional('g', nobody, 1, [entry])
    const fetch = async (requireStable: boolean, version = 7) => {
      const topics = [{ name: 't', partitionIndexes: [0, 1] }]
      const request = version < 8 ? { groupId: 'g', topics } : { groups: [{ groupId: 'g', topics }] }
      const answer = await peer.ask(offsetFetch, version, { ...request, requireStable })
      const [topic] = version < 8 ? answer.topics : answer.groups[0].topics
      return topic.partitions.map((one) => [one.committedOffset, one.errorCode])
    }
    const unstable = [
      [-1, UNSTABLE_OFFSET_COMMIT],
      [-1, NONE],
    ]
    assert.deepEqual(await fetch(true), unstable)
    assert.deepEqual(await fetch(true, 8), unstable)
    assert.deepEqual(await fetch(false), [
      [-1, NONE],
      [-1, NONE],
    ])
    groups.endTransaction('g', 1, true)
    assert.deepEqual(await fetch(true), [
      [5, NONE],
      [-1, NONE],
    ])
  })

  it('answer when it is durable', async () => {
    const { world, peer } = await open()
    peer.send(offsetCommit, 8, { groupId: 'g', topics: [{ name: 't', partitions: [offset(0, 1)] }] })
    peer.pump()
    assert.equal(world.broker.vhost('/').streams.groups.get('g')!.offsets.get('t', 0)!.offset, 1)
    const other = world.connect()
    other.send(offsetFetch, 7, { groupId: 'g', topics: null })
    other.pump()
    other.runTurn()
    peer.runTurn()
    assert.deepEqual([peer.answers.length, other.answers.length], [0, 0])
    await world.settle()
    assert.deepEqual(codes(peer.answer(offsetCommit)!.response), [[NONE]])
    assert.equal(other.answer(offsetFetch)!.response.topics[0].partitions[0].committedOffset, 1)
  })
})

describe('OffsetDelete', () => {
  it('forgets offsets, but for topics that members consume', async () => {
    const { world, peer } = await open()
    const request = (groupId: string) => ({
      groupId,
      topics: ['t', 'u', 'nowhere'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })),
    })
    assert.equal((await peer.ask(offsetDelete, 0, request('none'))).errorCode, GROUP_ID_NOT_FOUND)
    const both = ['t', 'u'].map((name) => ({ name, partitions: [offset(0, 1)] }))
    await peer.ask(offsetCommit, 8, { groupId: 'g', topics: both })
    await stable(world)
    const answer = await peer.ask(offsetDelete, 0, request('g'))
    assert.deepEqual(codes(answer), [[GROUP_SUBSCRIBED_TO_TOPIC], [NONE], [UNKNOWN_TOPIC_OR_PARTITION]])
    const { topics } = await peer.ask(offsetFetch, 7, { groupId: 'g', topics: null })
    assert.deepEqual(
      topics.map(({ name }) => name),
      ['t'],
    )
  })

  it('leaves groups of other programs alone while they have members', async () => {
    const { world, peer } = await open()
    await stable(world, 'connect')
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]
    assert.equal((await peer.ask(offsetDelete, 0, { groupId: 'g', topics })).errorCode, 68)
  })
})

/** One member of group g that consumes t. @returns its id */
async function stable(world: World, protocolType = 'consumer'): Promise<string> {
  const group = world.broker.vhost('/').streams.groups.classic('g', true)!
  const identity = { instanceId: null, clientId: 'c', clientHost: '/', protocolType }
  const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 }
  const knows = { knowsMemberIdRequired: false, knowsSkipAssignment: false }
  let memberId = ''
  group.join({ memberId, ...identity, ...timeouts, ...knows, protocols: [protocol('range', ['t'])] }, (answer) => {
    memberId = answer.memberId
  })
  await world.pass(1)
  const named = { protocolType: null, protocol: null }
  group.sync({ memberId, instanceId: null, generation: 1, ...named, assignments: new Map() }, () => {})
  await world.settle()
  return memberId
}
