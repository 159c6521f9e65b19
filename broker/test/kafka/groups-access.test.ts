/** What a user may do with groups, and with topics through them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import { assignmentOf } from '../../src/broker/group/consumer-group-assignment.ts'
import { newMember } from '../../src/broker/group/consumer-group-member.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { consumerGroupDescribe } from '../../src/wire/kafka/messages/consumer-group-describe.ts'
import { deleteGroups } from '../../src/wire/kafka/messages/delete-groups.ts'
import { describeGroups } from '../../src/wire/kafka/messages/describe-groups.ts'
import { findCoordinator } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { heartbeat } from '../../src/wire/kafka/messages/heartbeat.ts'
import { joinGroup } from '../../src/wire/kafka/messages/join-group.ts'
import { leaveGroup } from '../../src/wire/kafka/messages/leave-group.ts'
import { listGroups } from '../../src/wire/kafka/messages/list-groups.ts'
import { offsetCommit } from '../../src/wire/kafka/messages/offset-commit.ts'
import { offsetDelete } from '../../src/wire/kafka/messages/offset-delete.ts'
import { offsetFetch } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { syncGroup } from '../../src/wire/kafka/messages/sync-group.ts'
import { NODE_ID } from '../topic/harness.ts'
import { type Peer, World } from './world.ts'

const NONE = 0
const TOPIC_AUTHORIZATION_FAILED = 29
const GROUP_AUTHORIZATION_FAILED = 30
const TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53

/** A user may read `mine` and `open`, configure `mine`; groups and topics `mine`, `open` and `secret` are there. */
async function open(): Promise<{ world: World; peer: Peer }> {
  const world = await World.open({ settings: { anonymous: 'alice' } })
  const { access } = world.broker
  access.putUser({ name: 'alice', tags: [], ...hashPassword('secret') })
  access.setPermissions({ user: 'alice', vhost: '/', configure: '^mine$', write: '^$', read: '^(mine|open)$' })
  const { topics, groups } = world.broker.vhost('/').streams
  for (const name of ['mine', 'open', 'secret']) {
    topics.create(topics.check(ofDefaults(name), NODE_ID))
    const { offsets } = groups.classic(name, true)!
    for (const topic of ['mine', 'open', 'secret']) {
      offsets.commit({ topic, partition: 0, offset: 0, leaderEpoch: 0, metadata: '', committedMs: 0, expiresMs: -1 })
    }
  }
  await world.settle()
  return { world, peer: world.connect() }
}

const topics = ['open', 'secret'].map((name) => ({ name, partitionIndexes: [0] }))
const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]

describe('a user without rights on a group', () => {
  it('is told so by every API', async () => {
    const { peer, world } = await open()
    const member = { groupId: 'secret', memberId: '', generationId: 1 }
    const join = { ...member, sessionTimeoutMs: 10_000, protocolType: 'consumer', protocols: [] }
    assert.equal((await peer.ask(joinGroup, 9, join)).errorCode, GROUP_AUTHORIZATION_FAILED)
    const sync = { ...member, protocolType: 'consumer', protocolName: 'range', assignments: [] }
    assert.equal((await peer.ask(syncGroup, 5, sync)).errorCode, GROUP_AUTHORIZATION_FAILED)
    assert.equal((await peer.ask(heartbeat, 4, member)).errorCode, GROUP_AUTHORIZATION_FAILED)
    const leave = { groupId: 'secret', members: [{ memberId: 'm' }] }
    assert.equal((await peer.ask(leaveGroup, 5, leave)).errorCode, GROUP_AUTHORIZATION_FAILED)
    const commit = await peer.ask(offsetCommit, 9, { groupId: 'secret', topics: [{ name: 'open', partitions }] })
    assert.equal(commit.topics[0].partitions[0].errorCode, GROUP_AUTHORIZATION_FAILED)
    const old = await peer.ask(offsetFetch, 1, { groupId: 'secret', topics })
    assert.equal(old.topics[0].partitions[0].errorCode, GROUP_AUTHORIZATION_FAILED)
    const fetch = await peer.ask(offsetFetch, 7, { groupId: 'secret', topics })
    assert.deepEqual([fetch.errorCode, fetch.topics], [GROUP_AUTHORIZATION_FAILED, []])
    const both = await peer.ask(offsetFetch, 9, {
      groups: ['secret', 'open'].map((groupId) => ({ groupId, topics: null })),
    })
    assert.deepEqual(
      both.groups.map(({ errorCode }) => errorCode),
      [GROUP_AUTHORIZATION_FAILED, NONE],
    )
    const forget = { groupId: 'open', topics: [] }
    assert.equal((await peer.ask(offsetDelete, 0, forget)).errorCode, GROUP_AUTHORIZATION_FAILED)
    const described = await peer.ask(describeGroups, 6, { groups: ['secret', 'open'] })
    assert.deepEqual(
      described.groups.map(({ errorCode }) => errorCode),
      [GROUP_AUTHORIZATION_FAILED, NONE],
    )
    const { results } = await peer.ask(deleteGroups, 2, { groupsNames: ['open', 'secret', 'mine'] })
    assert.deepEqual(
      results.map(({ errorCode }) => errorCode),
      [GROUP_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, NONE],
    )
    const coordinators = async (keyType: number) => {
      const answer = await peer.ask(findCoordinator, 6, { keyType, coordinatorKeys: ['open', 'secret'] })
      return answer.coordinators.map(({ errorCode }) => errorCode)
    }
    assert.deepEqual(await coordinators(0), [NONE, GROUP_AUTHORIZATION_FAILED])
    assert.deepEqual(await coordinators(1), [NONE, TRANSACTIONAL_ID_AUTHORIZATION_FAILED])
    assert.deepEqual(world.bugs(), [])
  })

  it('does not hear of a topic that a member of another group was given', async () => {
    const { peer, world } = await open()
    const { groups, topics } = world.broker.vhost('/').streams
    const given = assignmentOf([[topics.get('secret')!.id, [0]]])
    const member = { ...newMember('m'), topicNames: ['mine'], assigned: given, target: given }
    groups.consumer('mine', true)!.adopt(1, [member])
    const [described] = (await peer.ask(consumerGroupDescribe, 1, { groupIds: ['mine'] })).groups
    assert.deepEqual([described!.errorCode, described!.members], [TOPIC_AUTHORIZATION_FAILED, []])
  })

  it('does not see it in the list', async () => {
    const { peer } = await open()
    const { groups } = await peer.ask(listGroups, 5, {})
    assert.deepEqual(
      groups.map(({ groupId }) => groupId),
      ['mine', 'open'],
    )
  })
})

describe('a user without rights on a topic', () => {
  it('neither commits nor sees nor deletes its offsets', async () => {
    const { peer } = await open()
    const named = ['open', 'secret'].map((name) => ({ name, partitions }))
    const commit = await peer.ask(offsetCommit, 9, { groupId: 'mine', topics: named })
    const fetch = await peer.ask(offsetFetch, 7, { groupId: 'mine', topics })
    const forget = await peer.ask(offsetDelete, 0, { groupId: 'mine', topics: named })
    for (const answer of [commit, fetch, forget]) {
      const codes = answer.topics.map((topic) => topic.partitions[0].errorCode)
      assert.deepEqual(codes, [NONE, TOPIC_AUTHORIZATION_FAILED])
    }
    const all = await peer.ask(offsetFetch, 7, { groupId: 'open', topics: null })
    assert.deepEqual(
      all.topics.map(({ name }) => name),
      ['mine', 'open'],
    )
  })
})
