/** Static members of classic groups (KIP-345, KIP-814): they keep their place when they come back. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { GroupWorld, protocol, SESSION_MS } from './calls.ts'

const asInstance = (index: number) => ({ instanceId: `i${index}` })

test('a static follower that comes back gets its partitions under a new id, and nobody notices', async () => {
  const world = await GroupWorld.open()
  const [leader, follower] = await world.stable(2, asInstance)
  const back = world.join({ instanceId: 'i1' })
  assert.ok(back.waits, 'not before it is durable')
  await world.world.settle()
  const { memberId, generation, leader: leads, skipAssignment, members, error } = back.answer
  assert.notEqual(memberId, follower)
  assert.deepEqual([error, generation, leads, skipAssignment, members], [null, 1, leader, false, []])
  assert.equal(Buffer.from(world.sync(memberId, 1, {}, 'i1').answer.assignment).toString(), '1')
  assert.equal(world.heartbeat(leader, 1), null)
  assert.equal(world.group.heartbeat({ memberId: follower, instanceId: 'i1' }, 1), 'fenced-instance-id')
  assert.equal(world.sync(follower, 1, {}, 'i1').answer.error, 'fenced-instance-id')
  assert.equal(world.join({ memberId: follower, instanceId: 'i1' }).answer.error, 'fenced-instance-id')
  assert.equal(world.heartbeat(follower, 1), 'unknown-member-id')
})

test('a static leader that comes back leads on, and leaves the assignment alone', async () => {
  const world = await GroupWorld.open()
  const [before, follower] = await world.stable(2, asInstance)
  const back = world.join({ instanceId: 'i0' })
  await world.world.settle()
  const { memberId, leader, skipAssignment, members } = back.answer
  assert.deepEqual([leader, skipAssignment], [memberId, true])
  assert.deepEqual(
    members.map((member) => [member.memberId, member.instanceId]),
    [
      [follower, 'i1'],
      [memberId, 'i0'],
    ],
  )
  const old = world.join({ instanceId: 'i0', knowsSkipAssignment: false })
  await world.world.settle()
  assert.deepEqual([old.answer.leader, old.answer.skipAssignment, old.answer.members], [memberId, false, []])
  assert.notEqual(old.answer.memberId, before)
})

test('a static member that comes back wanting another protocol makes the group rebalance', async () => {
  const world = await GroupWorld.open()
  const both = [protocol('range', ['t']), protocol('sticky', ['t'])]
  const [leader] = await world.stable(2, (index) => ({ instanceId: `i${index}`, protocols: both }))
  const back = world.join({ instanceId: 'i1', protocols: [protocol('sticky', ['t'])] })
  assert.ok(back.waits)
  assert.equal(world.heartbeat(leader, 1), 'rebalance-in-progress')
  const again = world.join({ memberId: leader, instanceId: 'i0', protocols: both })
  assert.deepEqual([back.answer.protocol, again.answer.protocol], ['sticky', 'sticky'])
})

test('calls of the one it was are fenced', async () => {
  const world = await GroupWorld.open()
  const joins = [world.join({ instanceId: 'i0' }), world.join({ instanceId: 'i1' })]
  await world.world.pass(0)
  const [, follower] = joins.map(({ answer }) => answer.memberId)
  const waiting = world.sync(follower, 1, {}, 'i1')
  const back = world.join({ instanceId: 'i1' })
  assert.equal(waiting.answer.error, 'fenced-instance-id')
  const other = world.join({ instanceId: 'i1' })
  assert.equal(back.answer.error, 'fenced-instance-id')
  assert.ok(other.waits)
})

test('a static member that is away keeps its place until its session ends', async () => {
  const world = await GroupWorld.open()
  const [leader, away] = await world.stable(2, (index) => ({
    instanceId: `i${index}`,
    sessionTimeoutMs: 100_000,
    rebalanceTimeoutMs: SESSION_MS,
  }))
  const again = world.join({ memberId: leader, instanceId: 'i0', rebalanceTimeoutMs: SESSION_MS })
  await world.world.pass(SESSION_MS)
  assert.deepEqual(
    again.answer.members.map(({ memberId }) => memberId),
    [leader, away],
  )
})

test('a static member that is away and gave the group no time at all does not keep it busy', async () => {
  const world = await GroupWorld.open()
  const [, other] = await world.stable(2, (index) => (index === 0 ? { instanceId: 'i', rebalanceTimeoutMs: 0 } : {}))
  world.leave(other)
  await world.world.pass(SESSION_MS - 1)
  assert.equal(world.group.state, 'PreparingRebalance')
  await world.world.pass(1)
  assert.equal(world.group.state, 'Empty')
})

test('administrators remove static members by their instance', async () => {
  const world = await GroupWorld.open()
  const [leader] = await world.stable(2, asInstance)
  const gone = world.group.leave([
    { memberId: '', instanceId: 'i1' },
    { memberId: '', instanceId: 'nobody' },
    { memberId: 'wrong', instanceId: 'i0' },
  ])
  assert.deepEqual(gone, [null, 'unknown-member-id', 'fenced-instance-id'])
  assert.equal(world.heartbeat(leader, 1), 'rebalance-in-progress')
  assert.equal(world.group.members.size, 1)
})

test('a promised id is no way into the place of a static member', async () => {
  const world = await GroupWorld.open()
  const [leader] = await world.stable(1, () => ({ instanceId: 'i' }))
  const { memberId } = world.join({ knowsMemberIdRequired: true }).answer
  assert.equal(world.join({ memberId, instanceId: 'i' }).answer.error, 'fenced-instance-id')
  assert.equal(world.heartbeat(leader, 1), null)
})
