import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ConsumerGroup } from '../../src/broker/group/consumer-group.ts'
import { assignmentOf, listed, sizeOf } from '../../src/broker/group/consumer-group-assignment.ts'
import { TopicWorld } from '../topic/harness.ts'
import { Client, GROUP, REBALANCE_MS, SESSION_MS } from './consumer-clients.ts'

async function opened(partitions = 4): Promise<TopicWorld> {
  const world = await TopicWorld.open()
  world.create('t', { partitions })
  return world
}

const groupsOf = (world: TopicWorld) => world.broker.vhost('/').streams.groups
const groupOf = (world: TopicWorld): ConsumerGroup => groupsOf(world).consumer(GROUP, false)!

/** Joins a client and lets all others do as they are told until nothing moves. */
function settle(...clients: Client[]): void {
  for (let round = 0; round < 6; round++) {
    for (const one of clients) {
      assert.equal(one.beat(), null)
      one.finishRevoking()
    }
  }
}

const sizes = (...clients: Client[]) => clients.map(({ owned }) => owned.size)

const raw = {
  memberId: 'm',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: REBALANCE_MS,
  topicNames: ['t'],
  topicRegex: null,
  assignor: null,
  owned: assignmentOf([]),
  clientId: 'c',
  clientHost: '/::1',
  maySee: () => true,
}

suite('a consumer group, step by step', () => {
  test('gives the first member everything, and moves through its states', async () => {
    const world = await opened()
    const group = groupsOf(world).consumer(GROUP, true)!
    assert.equal(group.state, 'Empty')
    const one = new Client(world, 'a', ['t'])
    assert.equal(one.beat(), null)
    assert.deepEqual(
      [one.epoch, one.owned.size, group.epoch, group.assignmentEpoch, group.state],
      [1, 4, 1, 1, 'Stable'],
    )
    one.leave()
    assert.deepEqual([group.state, group.epoch, group.assignmentEpoch], ['Empty', 2, 1])
  })

  test('takes from one before it gives to another', async () => {
    const world = await opened()
    const one = new Client(world, 'a', ['t'])
    const two = new Client(world, 'b', ['t'])
    one.beat()
    two.beat()
    const group = groupOf(world)
    assert.deepEqual([sizes(one, two), two.epoch, group.members.get('b')!.state], [[4, 0], 2, 'unreleased'])
    assert.equal(group.state, 'Reconciling')
    one.beat()
    assert.deepEqual([one.epoch, group.members.get('a')!.state], [1, 'unrevoked'])
    assert.equal(sizeOf(group.members.get('a')!.assigned), 2)
    one.beat()
    two.beat()
    assert.deepEqual([one.epoch, sizes(one, two)], [1, [4, 0]])
    one.finishRevoking()
    one.beat()
    assert.deepEqual([one.epoch, one.owned.size], [2, 2])
    two.beat()
    assert.deepEqual([sizes(one, two), group.state], [[2, 2], 'Stable'])
  })

  test('says an assignment only to those for whom it is new, or who say everything', async () => {
    const world = await opened()
    const group = groupsOf(world).consumer(GROUP, true)!
    assert.equal(sizeOf(group.heartbeat(raw).assignment!), 4)
    const calm = { ...raw, memberEpoch: 1, topicNames: null, rebalanceTimeoutMs: -1, owned: null }
    assert.equal(group.heartbeat(calm).assignment, null)
    const full = { ...raw, memberEpoch: 1, owned: group.members.get('m')!.assigned }
    assert.equal(sizeOf(group.heartbeat(full).assignment!), 4)
  })

  test('accepts the epoch before from one that missed the answer, and no other', async () => {
    const world = await opened()
    const group = groupsOf(world).consumer(GROUP, true)!
    group.heartbeat(raw)
    const { assigned } = group.members.get('m')!
    world.create('u')
    const wider = { ...raw, memberEpoch: 1, topicNames: ['t', 'u'], owned: assigned }
    assert.equal(group.heartbeat(wider).memberEpoch, 2)
    assert.equal(group.heartbeat(wider).memberEpoch, 2)
    const refused = (changes: Partial<typeof wider>) =>
      assert.throws(() => group.heartbeat({ ...wider, ...changes }), { code: 'fenced-member-epoch' })
    refused({ memberEpoch: 3 })
    refused({ memberEpoch: 0 })
    refused({ owned: assignmentOf([['elsewhere', [0]]]) })
    refused({ owned: null as never })
    assert.throws(() => group.heartbeat({ ...wider, memberId: 'x' }), { code: 'unknown-member-id' })
  })

  test('removes a member whose session ends, and keeps one that beats', async () => {
    const world = await opened()
    const [one, two] = [new Client(world, 'a', ['t']), new Client(world, 'b', ['t'])]
    settle(one, two)
    await world.pass(SESSION_MS - 1)
    one.beat()
    await world.pass(1)
    assert.deepEqual([...groupOf(world).members.keys()], ['a'])
    one.beat()
    assert.equal(one.owned.size, 4)
    assert.equal(two.beat(), 'unknown-member-id')
  })

  test('removes a member that beats but does not give up what it must', async () => {
    const world = await opened()
    const [one, two] = [new Client(world, 'a', ['t']), new Client(world, 'b', ['t'])]
    one.beat()
    two.beat()
    for (let passed = 0; passed <= REBALANCE_MS; passed += 10_000) {
      one.beat()
      two.beat()
      await world.pass(10_000)
    }
    assert.deepEqual([...groupOf(world).members.keys()], ['b'])
    two.beat()
    assert.equal(two.owned.size, 4)
  })

  test('a static member that is away keeps its partitions, and comes back to them under a new id', async () => {
    const world = await opened()
    const [one, two] = [new Client(world, 'a', ['t'], 'i1'), new Client(world, 'b', ['t'])]
    settle(one, two)
    const had = groupOf(world).members.get('a')!.assigned
    const { epoch } = groupOf(world)
    one.leave(true)
    two.beat()
    assert.deepEqual([two.owned.size, groupOf(world).epoch, groupOf(world).members.get('a')!.epoch], [2, epoch, -2])
    one.id = 'a2'
    assert.equal(one.beat(), null)
    assert.deepEqual([groupOf(world).epoch, one.epoch], [epoch, epoch])
    assert.deepEqual(listed(groupOf(world).members.get('a2')!.assigned), listed(had))
    assert.equal(groupOf(world).members.has('a'), false)
    one.leave(true)
    await world.pass(SESSION_MS / 2)
    two.beat()
    await world.pass(SESSION_MS / 2)
    two.beat()
    assert.equal(two.owned.size, 4)
  })

  test("nobody gets what is a static member's while it is away", async () => {
    const world = await opened()
    const [one, two] = [new Client(world, 'a', ['t'], 'i1'), new Client(world, 'b', ['t'])]
    settle(one)
    one.leave(true)
    settle(two)
    assert.deepEqual([two.owned.size, groupOf(world).members.get('b')!.state], [0, 'unreleased'])
    one.id = 'a2'
    settle(one, two)
    assert.deepEqual(sizes(one, two), [2, 2])
  })

  test('an instance id is one member at a time', async () => {
    const world = await opened()
    const one = new Client(world, 'a', ['t'], 'i1')
    one.beat()
    assert.equal(new Client(world, 'b', ['t'], 'i1').beat(), 'unreleased-instance-id')
    one.leave(true)
    assert.equal(new Client(world, 'b', ['t'], 'i1').beat(), null)
    const group = groupOf(world)
    const late = { ...raw, memberId: 'a', instanceId: 'i1', memberEpoch: 1 }
    assert.throws(() => group.heartbeat(late), { code: 'fenced-instance-id' })
    assert.throws(() => group.heartbeat({ ...late, instanceId: 'i2' }), { code: 'unknown-member-id' })
    assert.throws(() => group.leave('a', 'i1', true), { code: 'fenced-instance-id' })
    assert.throws(() => group.leave('a', null, false), { code: 'unknown-member-id' })
  })

  test('follows the topics: made, widened, deleted', async () => {
    const world = await opened()
    const one = new Client(world, 'a', ['t', 'later'])
    settle(one)
    world.create('later', { partitions: 2 })
    one.beat()
    assert.deepEqual([one.owned.size, one.epoch], [6, 2])
    world.topics.addPartitions(world.topics.get('later')!, 1)
    one.beat()
    assert.deepEqual([one.owned.size, one.epoch], [7, 3])
    world.topics.delete(world.topics.get('t')!)
    settle(one)
    assert.deepEqual([one.owned.size, one.epoch], [3, 4])
    settle(one)
    assert.equal(one.epoch, 4)
  })

  test('follows a pattern, as far as its member may see', async () => {
    const world = await opened()
    const group = groupsOf(world).consumer(GROUP, true)!
    world.create('orders.eu', { partitions: 2 })
    world.create('orders.secret', { partitions: 2 })
    const patterned = {
      ...raw,
      topicNames: [],
      topicRegex: 'orders\\..*',
      maySee: (name: string) => name !== 'orders.secret',
    }
    assert.deepEqual(listed(group.heartbeat(patterned).assignment!), [[world.topics.get('orders.eu')!.id, [0, 1]]])
    assert.equal(group.isSubscribedTo('orders.eu'), true)
    assert.equal(group.isSubscribedTo('orders.secret'), false)
    world.create('orders.us')
    const calm = {
      ...patterned,
      topicNames: null,
      topicRegex: null,
      memberEpoch: 1,
      owned: null,
      rebalanceTimeoutMs: -1,
    }
    const { assignment, memberEpoch } = group.heartbeat(calm)
    assert.deepEqual([sizeOf(assignment!), memberEpoch], [3, 2])
    const plain = { ...calm, topicRegex: '', topicNames: ['t'], memberEpoch: 2 }
    group.heartbeat(plain)
    assert.deepEqual(group.members.get('m')!.matchedNames, [])
  })

  test('uses the assignor most members ask for', async () => {
    const world = await opened()
    const clients = ['a', 'b', 'c'].map((id) => new Client(world, id, ['t']))
    clients[0]!.beat({ assignor: 'range' })
    assert.equal(groupOf(world).assignor, 'range')
    clients[1]!.beat({ assignor: 'uniform' })
    assert.equal(groupOf(world).assignor, 'uniform')
    clients[2]!.beat({ assignor: 'range' })
    assert.equal(groupOf(world).assignor, 'range')
  })

  test('takes no more members than the setting says', async () => {
    const world = await TopicWorld.open({ groupMaxSize: 1 })
    world.create('t')
    assert.equal(new Client(world, 'a', ['t']).beat(), null)
    assert.equal(new Client(world, 'b', ['t']).beat(), 'group-max-size-reached')
    assert.equal(new Client(world, 'a', ['t']).beat(), null)
  })

  test('lets a member commit what it has had since the epoch it knows', async () => {
    const world = await opened(2)
    const [one, two] = [new Client(world, 'a', ['t']), new Client(world, 'b', ['t'])]
    settle(one)
    settle(two, one)
    const topicId = world.topics.get('t')!.id
    const partitionOf = ({ owned }: Client): number => Number([...owned][0]!.split(' ')[1])
    const kept = partitionOf(one)
    const commit = (memberId: string, generation: number, ...partitions: number[]) => {
      const committer = { memberId, instanceId: null, generation, transactional: false }
      return groupOf(world).refusesCommit(
        committer,
        partitions.map((partition) => [topicId, partition]),
      )
    }
    assert.deepEqual([one.epoch, two.epoch], [2, 2])
    assert.equal(commit('a', 1, kept), null)
    assert.equal(commit('a', 1, kept, 1 - kept), 'stale-member-epoch')
    assert.equal(commit('b', 1, partitionOf(two)), 'stale-member-epoch')
    assert.equal(commit('a', 3, kept), 'stale-member-epoch')
    await world.restart()
    assert.equal(commit('a', 1, kept), null)
    assert.equal(commit('a', 0, kept), 'stale-member-epoch')
  })

  test('lets members commit at their epoch only, and tools when nobody is there', async () => {
    const world = await opened()
    const group = groupsOf(world).consumer(GROUP, true)!
    const partition = [world.topics.get('t')!.id, 0] as const
    const commit = (memberId: string, generation: number) =>
      group.refusesCommit({ memberId, instanceId: null, generation, transactional: false }, [partition])
    assert.equal(commit('', -1), null)
    group.heartbeat(raw)
    assert.equal(commit('', -1), 'unknown-member-id')
    assert.equal(commit('m', 1), null)
    assert.equal(commit('m', 0), 'stale-member-epoch')
    assert.equal(commit('m', 2), 'stale-member-epoch')
    assert.equal(commit('x', 1), 'unknown-member-id')
    assert.equal(group.refusesFetch(null, -1), null)
    assert.equal(group.refusesFetch('m', 1), null)
    assert.equal(group.refusesFetch('m', 0), 'stale-member-epoch')
    assert.equal(group.refusesFetch('x', 1), 'unknown-member-id')
  })

  test('outlives the process, with who is in it and how far', async () => {
    const world = await opened()
    const [one, two] = [new Client(world, 'a', ['t'], 'i1'), new Client(world, 'b', ['t'])]
    settle(one)
    two.beat()
    one.beat()
    const shown = (group: ConsumerGroup) => ({
      ...[group.epoch, group.assignmentEpoch, group.state, group.assignor],
      members: [...group.members.values()].map(({ assigned, revoking, target, ...rest }) => ({
        ...rest,
        parts: [assigned, revoking, target].map(listed),
      })),
    })
    const before = shown(groupOf(world))
    await world.restart()
    assert.deepEqual(shown(groupOf(world)), before)
    settle(one, two)
    assert.deepEqual([sizes(one, two), groupOf(world).epoch], [[2, 2], 2])
    await world.restart()
    await world.pass(SESSION_MS)
    assert.deepEqual([groupOf(world).members.size, groupOf(world).epoch], [0, 4])
    await world.restart()
    assert.deepEqual([groupOf(world).members.size, groupOf(world).epoch, groupOf(world).state], [0, 4, 'Empty'])
  })

  test('the round of the newest change moves with changes only', async () => {
    const world = await opened()
    const one = new Client(world, 'a', ['t'])
    one.beat()
    const group = groupOf(world)
    assert.ok(group.lastRound > world.engine.durableRound)
    await world.settle()
    assert.ok(group.lastRound <= world.engine.durableRound)
    const { lastRound } = group
    one.beat()
    assert.equal(group.lastRound, lastRound)
  })

  test('an id is of one kind at a time, and an empty group becomes the other with its offsets', async () => {
    const world = await opened()
    const groups = groupsOf(world)
    const classic = groups.classic(GROUP, true)!
    const offset = {
      topic: 't',
      partition: 0,
      offset: 0,
      leaderEpoch: -1,
      metadata: 'kept',
      committedMs: 1,
      expiresMs: -1,
    }
    classic.offsets.commit(offset)
    const one = new Client(world, 'a', ['t'])
    one.beat()
    assert.equal(groups.get(GROUP)!.kind, 'consumer')
    assert.equal(groups.get(GROUP)!.offsets.get('t', 0)!.metadata, 'kept')
    assert.equal(groups.classic(GROUP, true), undefined)
    await world.restart()
    assert.equal(groupsOf(world).get(GROUP)!.kind, 'consumer')
    one.leave()
    assert.equal(groupsOf(world).classic(GROUP, true)!.offsets.get('t', 0)!.metadata, 'kept')
    await world.restart()
    assert.equal(groupsOf(world).get(GROUP)!.kind, 'classic')
  })
})
