/** Groups as their clients see them: every API in every version, over a session. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { deleteGroups } from '../../src/wire/kafka/messages/delete-groups.ts'
import { describeGroups } from '../../src/wire/kafka/messages/describe-groups.ts'
import { findCoordinator } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { heartbeat } from '../../src/wire/kafka/messages/heartbeat.ts'
import { joinGroup } from '../../src/wire/kafka/messages/join-group.ts'
import { leaveGroup } from '../../src/wire/kafka/messages/leave-group.ts'
import { listGroups } from '../../src/wire/kafka/messages/list-groups.ts'
import { syncGroup } from '../../src/wire/kafka/messages/sync-group.ts'
import type { Api } from '../../src/wire/kafka/schema.ts'
import { protocol } from '../group/calls.ts'
import { type Peer, World } from './world.ts'

const NONE = 0
const INVALID_GROUP_ID = 24
const UNKNOWN_MEMBER_ID = 25
const INVALID_SESSION_TIMEOUT = 26
const INCONSISTENT_GROUP_PROTOCOL = 23
const INVALID_REQUEST = 42
const NON_EMPTY_GROUP = 68
const GROUP_ID_NOT_FOUND = 69
const MEMBER_ID_REQUIRED = 79

const OPERATIONS_UNASKED = -2_147_483_648

async function open(): Promise<{ world: World; peer: Peer }> {
  const world = await World.open()
  const peer = world.connect()
  await peer.ask(createTopics, 7, { topics: [{ name: 't', numPartitions: 2, replicationFactor: 1 }] })
  return { world, peer }
}

const joining = (groupId: string, more: object = {}) => ({
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 20_000,
  memberId: '',
  groupInstanceId: null,
  protocolType: 'consumer',
  protocols: [protocol('range', ['t'])],
  ...more,
})

function* versions(api: Api): Iterable<number> {
  for (let version = api.versionMin; version <= api.versionMax; version++) yield version
}

/** A request arrives, and the group it is for begins. */
async function begun(world: World): Promise<void> {
  await world.settle()
  await world.pass(1)
}

/** Joins and syncs. @returns the member's id */
async function member(world: World, peer: Peer, groupId: string, more: object = {}): Promise<string> {
  peer.send(joinGroup, 3, joining(groupId, more))
  await begun(world)
  const { errorCode, generationId, memberId } = peer.answer(joinGroup)!.response
  assert.equal(errorCode, NONE)
  const assignments = [{ memberId, assignment: Buffer.from('all') }]
  assert.equal((await peer.ask(syncGroup, 2, { groupId, generationId, memberId, assignments })).errorCode, NONE)
  return memberId
}

describe('JoinGroup', () => {
  it('takes a member in, in every version', async () => {
    const { world, peer } = await open()
    for (const version of versions(joinGroup)) {
      const groupId = `g${version}`
      let memberId = ''
      if (version >= 4) {
        const promised = await peer.ask(joinGroup, version, joining(groupId))
        assert.deepEqual([promised.errorCode, promised.generationId, promised.leader], [MEMBER_ID_REQUIRED, -1, ''])
        assert.equal(promised.protocolName, version < 7 ? '' : null)
        memberId = promised.memberId
      }
      peer.send(joinGroup, version, joining(groupId, { memberId }))
      await begun(world)
      const answer = peer.answer(joinGroup)!.response
      assert.match(answer.memberId, /^test-/)
      assert.deepEqual(answer, {
        throttleTimeMs: 0,
        errorCode: NONE,
        generationId: 1,
        protocolType: version >= 7 ? 'consumer' : null,
        protocolName: 'range',
        leader: answer.memberId,
        skipAssignment: false,
        memberId: answer.memberId,
        members: [{ memberId: answer.memberId, groupInstanceId: null, metadata: protocol('range', ['t']).metadata }],
      })
    }
  })

  it('gives a leader that comes back its group as it is', async () => {
    const { world, peer } = await open()
    for (const version of [5, 9]) {
      const instance = joining(`g${version}`, { groupInstanceId: 'i' })
      peer.send(joinGroup, version, instance)
      await begun(world)
      const first = peer.answer(joinGroup)!.response
      const sync = { groupId: instance.groupId, generationId: 1, memberId: first.memberId, groupInstanceId: 'i' }
      const named = { protocolType: 'consumer', protocolName: 'range' }
      assert.equal((await peer.ask(syncGroup, 5, { ...sync, ...named, assignments: [] })).errorCode, NONE)
      const back = await peer.ask(joinGroup, version, instance)
      assert.deepEqual([back.errorCode, back.generationId, back.skipAssignment], [NONE, 1, version >= 9])
      assert.equal(back.leader, version >= 9 ? back.memberId : first.memberId)
      assert.equal(back.members.length, version >= 9 ? 1 : 0)
    }
  })

  it('refuses ids and timeouts that are out of bounds', async () => {
    const { peer } = await open()
    const code = async (groupId: string, more: object) => {
      return (await peer.ask(joinGroup, 3, joining(groupId, more))).errorCode
    }
    assert.equal(await code('', {}), INVALID_GROUP_ID)
    assert.equal(await code('g', { sessionTimeoutMs: 5999 }), INVALID_SESSION_TIMEOUT)
    assert.equal(await code('g', { sessionTimeoutMs: 1_800_001 }), INVALID_SESSION_TIMEOUT)
    assert.equal(await code('g', { memberId: 'nobody' }), UNKNOWN_MEMBER_ID)
    assert.equal(await code('g', { protocolType: '' }), INCONSISTENT_GROUP_PROTOCOL)
  })

  it('outlives the connection it came by', async () => {
    const { world, peer } = await open()
    const memberId = await member(world, peer, 'g')
    const other = world.connect()
    other.send(joinGroup, 3, joining('g'))
    await world.settle()
    other.cut()
    const third = world.connect()
    const beat = { groupId: 'g', generationId: 1, memberId }
    assert.equal((await third.ask(heartbeat, 3, beat)).errorCode, 27)
    third.send(joinGroup, 3, joining('g', { memberId }))
    await world.settle()
    assert.equal(third.answer(joinGroup)!.response.members.length, 2)
    assert.deepEqual(world.bugs(), [])
  })
})

describe('SyncGroup, Heartbeat, LeaveGroup', () => {
  it('give a member its partitions, hear of it and let it go, in every version', async () => {
    const { world, peer } = await open()
    for (const version of versions(syncGroup)) {
      const groupId = `g${version}`
      peer.send(joinGroup, 3, joining(groupId))
      await begun(world)
      const { memberId } = peer.answer(joinGroup)!.response
      const assignments = [{ memberId, assignment: Buffer.from('all') }]
      const named = { protocolType: 'consumer', protocolName: 'range' }
      const request = { groupId, generationId: 1, memberId, assignments, ...(version >= 5 && named) }
      const answer = await peer.ask(syncGroup, version, request)
      assert.deepEqual([answer.errorCode, Buffer.from(answer.assignment).toString()], [NONE, 'all'])
      assert.equal(answer.protocolName, version >= 5 ? 'range' : null)
      assert.equal(answer.protocolType, version >= 5 ? 'consumer' : null)
    }
    const beat = { groupId: 'g3', generationId: 1, memberId: await renewed(world, peer) }
    for (const version of versions(heartbeat)) {
      assert.equal((await peer.ask(heartbeat, version, beat)).errorCode, NONE)
      assert.equal((await peer.ask(heartbeat, version, { ...beat, groupId: 'none' })).errorCode, UNKNOWN_MEMBER_ID)
    }
    for (const version of versions(leaveGroup)) {
      const memberId = await member(world, peer, `l${version}`)
      const leave = { groupId: `l${version}`, memberId, members: [{ memberId }, { memberId: 'nobody' }] }
      const left = await peer.ask(
        leaveGroup,
        version,
        version < 3 ? { ...leave, members: [] } : { ...leave, memberId: '' },
      )
      assert.equal(left.errorCode, NONE)
      if (version >= 3) {
        assert.deepEqual(
          left.members.map((one) => [one.memberId, one.errorCode]),
          [
            [memberId, NONE],
            ['nobody', UNKNOWN_MEMBER_ID],
          ],
        )
      }
      const none = await peer.ask(leaveGroup, version, {
        groupId: 'none',
        ...(version < 3 ? { memberId: 'm' } : { members: [{ memberId: 'm' }] }),
      })
      assert.equal(version < 3 ? none.errorCode : none.members[0].errorCode, UNKNOWN_MEMBER_ID)
    }
  })

  it('want both names of the protocol from version 5 on', async () => {
    const { world, peer } = await open()
    const memberId = await member(world, peer, 'g')
    const request = { groupId: 'g', generationId: 1, memberId, assignments: [] }
    assert.equal((await peer.ask(syncGroup, 5, request)).errorCode, INCONSISTENT_GROUP_PROTOCOL)
    assert.equal((await peer.ask(syncGroup, 4, request)).errorCode, NONE)
  })
})

/** A member of group g3 under generation 1, in place of whoever was there. */
async function renewed(world: World, peer: Peer): Promise<string> {
  const { groups } = world.broker.vhost('/').streams
  const group = groups.classic('g3', true)!
  for (const { id } of [...group.members]) group.leave([{ memberId: id, instanceId: null }])
  groups.delete(group)
  return member(world, peer, 'g3')
}

describe('FindCoordinator', () => {
  it('answers this broker at the address the client came to, in every version', async () => {
    const { peer } = await open()
    const found = { nodeId: 1, host: '127.0.0.1', port: 9092, errorCode: NONE, errorMessage: '' }
    for (const version of versions(findCoordinator)) {
      for (const keyType of version === 0 ? [0] : [0, 1]) {
        const request = version < 4 ? { key: 'g', keyType } : { keyType, coordinatorKeys: ['g', 'h'] }
        const answer = await peer.ask(findCoordinator, version, request)
        if (version >= 4)
          assert.deepEqual(answer.coordinators, [
            { key: 'g', ...found },
            { key: 'h', ...found },
          ])
        else assert.deepEqual([answer.errorCode, answer.nodeId, answer.host, answer.port], [NONE, 1, '127.0.0.1', 9092])
      }
    }
  })

  it('has none for share groups', async () => {
    const { peer } = await open()
    const { coordinators } = await peer.ask(findCoordinator, 6, { keyType: 2, coordinatorKeys: ['g:id:0'] })
    assert.deepEqual(
      [coordinators[0].errorCode, coordinators[0].nodeId, coordinators[0].port],
      [INVALID_REQUEST, -1, -1],
    )
  })
})

describe('ListGroups, DescribeGroups, DeleteGroups', () => {
  it('list by state and kind, whatever the case', async () => {
    const { world, peer } = await open()
    await member(world, peer, 'busy')
    world.broker.vhost('/').streams.groups.classic('idle', true)
    world.broker.vhost('/').streams.groups.consumer('new', true)
    for (const version of versions(listGroups)) {
      const { groups } = await peer.ask(listGroups, version, {})
      const state = (name: string) => (version >= 4 ? name : '')
      const kind = (name: string) => (version >= 5 ? name : '')
      assert.deepEqual(groups.slice(0, 2), [
        { groupId: 'busy', protocolType: 'consumer', groupState: state('Stable'), groupType: kind('classic') },
        { groupId: 'idle', protocolType: '', groupState: state('Empty'), groupType: kind('classic') },
      ])
      assert.equal(groups[2].groupId, 'new')
    }
    const ids = async (statesFilter: string[], typesFilter: string[]) => {
      return (await peer.ask(listGroups, 5, { statesFilter, typesFilter })).groups.map(({ groupId }) => groupId)
    }
    assert.deepEqual(await ids(['stable'], []), ['busy'])
    assert.deepEqual(await ids(['Stable', 'Empty'], ['Classic']), ['busy', 'idle'])
    assert.deepEqual(await ids([], ['consumer']), ['new'])
    assert.deepEqual(await ids(['Dead'], []), [])
  })

  it('describe a group with its members, in every version', async () => {
    const { world, peer } = await open()
    const memberId = await member(world, peer, 'g')
    for (const version of versions(describeGroups)) {
      const { groups } = await peer.ask(describeGroups, version, { groups: ['g', 'none'] })
      assert.deepEqual(groups[0], {
        errorCode: NONE,
        errorMessage: null,
        groupId: 'g',
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: [
          {
            memberId,
            groupInstanceId: null,
            clientId: 'test',
            clientHost: '/127.0.0.1',
            memberMetadata: protocol('range', ['t']).metadata,
            memberAssignment: new Uint8Array(Buffer.from('all')),
          },
        ],
        authorizedOperations: OPERATIONS_UNASKED,
      })
      const { errorCode, errorMessage, groupState, members } = groups[1]
      assert.deepEqual([groupState, members], ['Dead', []])
      const told = version >= 6 ? [GROUP_ID_NOT_FOUND, 'Group none not found.'] : [NONE, null]
      assert.deepEqual([errorCode, errorMessage], told)
    }
    const asked = await peer.ask(describeGroups, 5, { groups: ['g'], includeAuthorizedOperations: true })
    assert.notEqual(asked.groups[0].authorizedOperations, OPERATIONS_UNASKED)
    peer.send(joinGroup, 3, joining('g'))
    await world.settle()
    const other = world.connect()
    const { groups } = await other.ask(describeGroups, 5, { groups: ['g'] })
    const [waiting] = groups
    assert.deepEqual([waiting.groupState, waiting.protocolData], ['PreparingRebalance', ''])
    assert.equal(waiting.members[0].memberMetadata.length, 0)
  })

  it('tell of nothing before it is durable', async () => {
    const { world, peer } = await open()
    const { streams } = world.broker.vhost('/')
    const offset = { topic: 't', partition: 0, offset: 1, leaderEpoch: 0, metadata: '', committedMs: 0, expiresMs: -1 }
    streams.groups.classic('g', true)!.offsets.commit(offset)
    const other = world.connect()
    peer.send(listGroups, 4, {})
    other.send(describeGroups, 5, { groups: ['g'] })
    for (const one of [peer, other]) one.pump()
    for (const one of [peer, other]) one.runTurn()
    assert.deepEqual([peer.answers.length, other.answers.length], [0, 0])
    await world.settle()
    assert.equal(peer.answer(listGroups)!.response.groups.length, 1)
    assert.equal(other.answer(describeGroups)!.response.groups[0].errorCode, NONE)
  })

  it('delete groups without members', async () => {
    const { world, peer } = await open()
    for (const version of versions(deleteGroups)) {
      await member(world, peer, `busy${version}`)
      world.broker.vhost('/').streams.groups.classic('idle', true)
      const names = ['idle', 'none', `busy${version}`, 'idle']
      const { results } = await peer.ask(deleteGroups, version, { groupsNames: names })
      assert.deepEqual(
        results.map((one) => [one.groupId, one.errorCode]),
        [
          ['idle', NONE],
          ['none', GROUP_ID_NOT_FOUND],
          [`busy${version}`, NON_EMPTY_GROUP],
        ],
      )
    }
  })
})
