/** The classic protocol, one rule a test. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { GroupWorld, protocol, REBALANCE_MS, SESSION_MS } from './calls.ts'

test('members that come during the first delay share the first generation; the first one leads', async () => {
  const world = await GroupWorld.open({ groupInitialRebalanceDelayMs: 3000 })
  const first = world.join()
  await world.world.pass(2000)
  const second = world.join()
  await world.world.pass(999)
  assert.ok(first.waits && second.waits)
  assert.equal(world.group.state, 'PreparingRebalance')
  await world.world.pass(1)
  assert.ok(first.waits, 'the second member extends the delay')
  await world.world.pass(3000)
  const { generation, leader, memberId, members, protocol: elected, protocolType } = first.answer
  assert.equal(generation, 1)
  assert.equal(leader, memberId)
  assert.deepEqual([elected, protocolType], ['range', 'consumer'])
  assert.deepEqual(
    members.map((member) => member.memberId),
    [memberId, second.answer.memberId],
  )
  assert.deepEqual([second.answer.generation, second.answer.leader, second.answer.members], [1, leader, []])
  assert.equal(world.group.state, 'CompletingRebalance')
})

test('the first delay ends at the rebalance timeout, however many come', async () => {
  const world = await GroupWorld.open({ groupInitialRebalanceDelayMs: 3000 })
  const joins = [world.join({ rebalanceTimeoutMs: 7000 })]
  for (let seconds = 0; seconds < 6; seconds++) {
    await world.world.pass(1000)
    joins.push(world.join({ rebalanceTimeoutMs: 7000 }))
  }
  await world.world.pass(999)
  assert.ok(joins[0].waits)
  await world.world.pass(1)
  for (const { answer } of joins) assert.equal(answer.generation, 1)
})

test('a client that knows KIP-394 comes twice', async () => {
  const world = await GroupWorld.open()
  const { error, memberId, generation } = world.join({ knowsMemberIdRequired: true, clientId: 'c' }).answer
  assert.deepEqual([error, generation], ['member-id-required', -1])
  assert.match(memberId, /^c-[0-9a-f-]{36}$/)
  assert.equal(world.group.state, 'Empty')
  const again = world.join({ knowsMemberIdRequired: true, memberId })
  await world.world.pass(0)
  assert.deepEqual([again.answer.error, again.answer.memberId], [null, memberId])
})

test('a promised id is good for a session timeout, and holds up a rebalance until then', async () => {
  const world = await GroupWorld.open()
  const [leader] = await world.stable(1)
  const { memberId } = world.join({ knowsMemberIdRequired: true }).answer
  const again = world.join({ memberId: leader })
  await world.world.pass(SESSION_MS - 1)
  assert.ok(again.waits)
  await world.world.pass(1)
  assert.equal(again.answer.generation, 2)
  assert.equal(world.join({ memberId }).answer.error, 'unknown-member-id')
})

test('what cannot join', async () => {
  const world = await GroupWorld.open()
  assert.equal(world.join({ protocols: [] }).answer.error, 'inconsistent-group-protocol')
  assert.equal(world.join({ protocolType: '' }).answer.error, 'inconsistent-group-protocol')
  assert.equal(world.join({ memberId: 'nobody' }).answer.error, 'unknown-member-id')
  const [leader] = await world.stable(2)
  assert.equal(world.join({ protocolType: 'connect' }).answer.error, 'inconsistent-group-protocol')
  assert.equal(world.join({ protocols: [protocol('other', ['t'])] }).answer.error, 'inconsistent-group-protocol')
  assert.equal(world.join({ memberId: 'nobody' }).answer.error, 'unknown-member-id')
  assert.equal(world.heartbeat(leader, 1), null)
})

test('a full group takes nobody more, in and out of a rebalance', async () => {
  const world = await GroupWorld.open({ groupMaxSize: 2 })
  const [leader, follower] = await world.stable(2)
  const full = world.join().answer
  assert.deepEqual([full.error, full.memberId], ['group-max-size-reached', ''])
  assert.equal(world.heartbeat(follower, 1), null)
  const again = world.join({ memberId: leader })
  const instead = world.join()
  assert.equal(world.join({ memberId: follower }).answer.error, 'group-max-size-reached')
  assert.deepEqual([again.answer.generation, instead.answer.generation], [2, 2])
})

test('the protocol that most members like best, of those that all know', async () => {
  const world = await GroupWorld.open()
  const known = (...names: string[]) => ({ protocols: names.map((name) => protocol(name, ['t'])) })
  const joins = [
    world.join(known('a', 'b', 'c')),
    world.join(known('x', 'c', 'b')),
    world.join(known('c', 'b', 'a')),
    world.join(known('b', 'c')),
  ]
  await world.world.pass(0)
  assert.equal(joins[0].answer.protocol, 'b')
  assert.deepEqual(joins[0].answer.members[1].metadata, protocol('b', ['t']).metadata)
})

test('followers wait for what the leader assigns; later ones get it at once', async () => {
  const world = await GroupWorld.open()
  const joins = [world.join(), world.join(), world.join()]
  await world.world.pass(0)
  const [leader, early, late] = joins.map(({ answer }) => answer.memberId)
  const follower = world.sync(early, 1)
  await world.world.settle()
  assert.ok(follower.waits)
  const assigning = world.sync(leader, 1, { [leader]: 'L', [early]: 'E' })
  assert.ok(assigning.waits, 'not before it is durable')
  await world.world.settle()
  assert.equal(Buffer.from(assigning.answer.assignment).toString(), 'L')
  assert.equal(Buffer.from(follower.answer.assignment).toString(), 'E')
  assert.deepEqual([follower.answer.protocol, follower.answer.protocolType], ['range', 'consumer'])
  assert.equal(world.sync(late, 1).answer.assignment.length, 0)
  assert.equal(world.group.state, 'Stable')
})

test('calls that do not fit are told why', async () => {
  const world = await GroupWorld.open()
  assert.equal(world.heartbeat('nobody', 1), 'unknown-member-id')
  const [id] = await world.stable(1)
  assert.equal(world.heartbeat(id, 0), 'illegal-generation')
  assert.equal(world.sync(id, 2).answer.error, 'illegal-generation')
  assert.equal(world.sync('nobody', 1).answer.error, 'unknown-member-id')
  const other = world.join()
  assert.equal(world.heartbeat(id, 1), 'rebalance-in-progress')
  assert.equal(world.sync(id, 1).answer.error, 'rebalance-in-progress')
  assert.ok(other.waits)
  const identity = { memberId: id, instanceId: null, generation: 1, assignments: new Map() }
  for (const names of [
    { protocolType: 'connect', protocol: null },
    { protocolType: null, protocol: 'other' },
  ]) {
    world.group.sync({ ...identity, ...names }, ({ error }) => assert.equal(error, 'inconsistent-group-protocol'))
  }
})

test('a new member makes all others join again, and whoever does not is gone', async () => {
  const world = await GroupWorld.open()
  const [leader, follower] = await world.stable(2)
  const third = world.join()
  await world.world.pass(SESSION_MS - 1)
  assert.equal(world.heartbeat(follower, 1), 'rebalance-in-progress')
  const again = world.join({ memberId: leader })
  await world.world.pass(SESSION_MS - 1)
  assert.ok(third.waits)
  await world.world.pass(1)
  assert.deepEqual(
    again.answer.members.map(({ memberId }) => memberId),
    [leader, third.answer.memberId],
  )
  assert.equal(again.answer.generation, 2)
  assert.equal(world.heartbeat(follower, 2), 'unknown-member-id')
})

test('a member that is heard of but does not join again is gone when the rebalance timeout passes', async () => {
  const world = await GroupWorld.open()
  const [leader, follower] = await world.stable(2)
  const again = world.join({ memberId: follower, topics: ['t', 'u'] })
  for (let passed = 0; passed < REBALANCE_MS; passed += 5000) {
    assert.ok(again.waits)
    assert.equal(world.heartbeat(leader, 1), 'rebalance-in-progress')
    await world.world.pass(5000)
  }
  assert.deepEqual([again.answer.leader, again.answer.generation], [follower, 2])
  assert.equal(again.answer.members.length, 1)
})

test('a follower with nothing new to say learns its generation; a leader makes the group rebalance', async () => {
  const world = await GroupWorld.open()
  const [leader, follower] = await world.stable(2)
  const same = world.join({ memberId: follower }).answer
  assert.deepEqual([same.error, same.generation, same.leader, same.members], [null, 1, leader, []])
  assert.equal(world.group.state, 'Stable')
  const again = world.join({ memberId: leader })
  assert.ok(again.waits)
  assert.equal(world.heartbeat(follower, 1), 'rebalance-in-progress')
})

test('a member that is not heard of for its session timeout is gone', async () => {
  const world = await GroupWorld.open()
  const [leader, follower] = await world.stable(2)
  await world.world.pass(SESSION_MS - 1)
  assert.equal(world.heartbeat(leader, 1), null)
  await world.world.pass(1)
  assert.equal(world.heartbeat(follower, 1), 'unknown-member-id')
  assert.equal(world.heartbeat(leader, 1), 'rebalance-in-progress')
  await world.world.pass(SESSION_MS)
  assert.equal(world.group.state, 'Empty')
  assert.equal(world.group.generation, 2)
})

test('commits keep a member as heartbeats do', async () => {
  const world = await GroupWorld.open()
  const [id] = await world.stable(1)
  await world.world.pass(SESSION_MS - 1)
  world.group.committed(id)
  await world.world.pass(SESSION_MS - 1)
  assert.equal(world.heartbeat(id, 1), null)
})

test('members that do not sync in time are gone, and the others rebalance', async () => {
  const world = await GroupWorld.open()
  const joins = [world.join({ rebalanceTimeoutMs: 8000 }), world.join({ rebalanceTimeoutMs: 8000 })]
  await world.world.pass(0)
  const [leader, silent] = joins.map(({ answer }) => answer.memberId)
  const sync = world.sync(leader, 1, { [leader]: 'L' })
  await world.world.pass(7999)
  assert.equal(sync.answer.error, null)
  assert.equal(world.heartbeat(silent, 1), null)
  await world.world.pass(1)
  assert.equal(world.heartbeat(silent, 1), 'unknown-member-id')
  assert.equal(world.heartbeat(leader, 1), 'rebalance-in-progress')
})

test('a leader that goes before it assigned lets the others join again', async () => {
  const world = await GroupWorld.open()
  const joins = [world.join(), world.join()]
  await world.world.pass(0)
  const [leader, follower] = joins.map(({ answer }) => answer.memberId)
  const waiting = world.sync(follower, 1)
  assert.deepEqual(world.leave(leader), [null])
  assert.equal(waiting.answer.error, 'rebalance-in-progress')
  const again = world.join({ memberId: follower })
  assert.deepEqual([again.answer.leader, again.answer.generation], [follower, 2])
})

test('a member that joins while others sync makes them join again', async () => {
  const world = await GroupWorld.open()
  const joins = [world.join(), world.join()]
  await world.world.pass(0)
  const [, follower] = joins.map(({ answer }) => answer.memberId)
  const waiting = world.sync(follower, 1)
  world.join()
  assert.equal(waiting.answer.error, 'rebalance-in-progress')
  assert.equal(world.group.state, 'PreparingRebalance')
})

test('a call that is asked again from another connection leaves none without an answer', async () => {
  const world = await GroupWorld.open()
  const [leader, follower] = await world.stable(2)
  const lost = world.join({ memberId: leader })
  const asked = world.join({ memberId: leader })
  assert.equal(lost.answer.error, 'rebalance-in-progress')
  const other = world.join({ memberId: follower })
  assert.deepEqual([asked.answer.generation, other.answer.generation], [2, 2])
  const lostSync = world.sync(follower, 2)
  const askedSync = world.sync(follower, 2)
  assert.equal(lostSync.answer.error, 'rebalance-in-progress')
  world.sync(leader, 2, { [follower]: 'F' })
  await world.world.settle()
  assert.equal(Buffer.from(askedSync.answer.assignment).toString(), 'F')
})

test('a new member whose client gave up is gone after five minutes', async () => {
  const world = await GroupWorld.open()
  const long = { rebalanceTimeoutMs: 3_000_000, sessionTimeoutMs: 3_000_000 }
  const [leader] = await world.stable(1, () => long)
  const lost = world.join(long)
  await world.world.pass(299_999)
  assert.ok(lost.waits)
  await world.world.pass(1)
  assert.equal(lost.answer.error, 'unknown-member-id')
  assert.equal(world.heartbeat(leader, 1), 'rebalance-in-progress')
})

test('several leave at once, each with an answer of its own', async () => {
  const world = await GroupWorld.open()
  const [first, second, third] = await world.stable(3)
  assert.deepEqual(world.leave(second, 'nobody', first), [null, 'unknown-member-id', null])
  assert.equal(world.heartbeat(third, 1), 'rebalance-in-progress')
  assert.deepEqual(world.leave(third), [null])
  assert.equal(world.group.state, 'Empty')
})

test('one who leaves with a promised id does not trouble the others', async () => {
  const world = await GroupWorld.open()
  const [id] = await world.stable(1)
  const { memberId } = world.join({ knowsMemberIdRequired: true }).answer
  assert.deepEqual(world.leave(memberId), [null])
  assert.equal(world.heartbeat(id, 1), null)
  assert.equal(world.join({ memberId }).answer.error, 'unknown-member-id')
})

test('whoever answers may call again at once', async () => {
  const world = await GroupWorld.open()
  const [leader, follower] = await world.stable(2)
  let answered = 0
  const request = (memberId: string) => ({ ...joinRequest(), memberId })
  world.group.join(request(leader), () => {
    answered++
    world.leave(leader, follower)
  })
  world.group.join(request(follower), () => answered++)
  assert.equal(answered, 2)
  assert.equal(world.group.state, 'Empty')
})

function joinRequest() {
  return {
    instanceId: null,
    clientId: '',
    clientHost: '/',
    sessionTimeoutMs: SESSION_MS,
    rebalanceTimeoutMs: REBALANCE_MS,
    protocolType: 'consumer',
    protocols: [protocol('range', ['t'])],
    knowsMemberIdRequired: true,
    knowsSkipAssignment: true,
  }
}
