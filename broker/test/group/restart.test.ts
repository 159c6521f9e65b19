/** What of groups outlives the process. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { GroupWorld, SESSION_MS } from './calls.ts'

const committer = (memberId: string, generation: number) => {
  return { memberId, instanceId: null, generation, transactional: false }
}

test('members go on under their generation, or are gone when their session ends', async () => {
  const world = await GroupWorld.open()
  const [leader, follower] = await world.stable(2)
  const before = world.group
  await world.world.restart()
  assert.notEqual(world.group, before)
  assert.deepEqual([world.group.state, world.group.generation, world.group.protocol], ['Stable', 1, 'range'])
  assert.equal(world.heartbeat(leader, 1), null)
  assert.equal(Buffer.from(world.sync(follower, 1).answer.assignment).toString(), '1')
  assert.equal(world.groups.committing('g', committer(follower, 1)), world.group)
  assert.equal(world.groups.committing('g', committer(follower, 2)), 'illegal-generation')
  const same = world.join({ memberId: follower }).answer
  assert.deepEqual([same.generation, same.leader], [1, leader])
  assert.ok(world.group.isSubscribedTo('t') && !world.group.isSubscribedTo('u'))
  await world.world.pass(SESSION_MS - 1)
  assert.equal(world.heartbeat(leader, 1), null)
  await world.world.pass(1)
  assert.equal(world.heartbeat(leader, 1), 'rebalance-in-progress')
})

test('a generation that was not assigned is begun again', async () => {
  const world = await GroupWorld.open()
  const [leader] = await world.stable(1)
  const second = world.join()
  const again = world.join({ memberId: leader })
  assert.equal(again.answer.generation, 2)
  await world.world.restart()
  assert.equal(world.heartbeat(leader, 2), 'illegal-generation')
  assert.equal(world.heartbeat(second.answer.memberId, 2), 'unknown-member-id')
  assert.equal(world.heartbeat(leader, 1), null)
})

test('an empty group stays empty, and goes on counting', async () => {
  const world = await GroupWorld.open()
  const [id] = await world.stable(1)
  world.leave(id)
  await world.world.restart()
  assert.deepEqual([world.group.state, world.group.generation, world.group.protocolType], ['Empty', 2, 'consumer'])
  assert.equal(world.heartbeat(id, 1), 'unknown-member-id')
  const next = world.join()
  await world.world.pass(0)
  assert.equal(next.answer.generation, 3)
})

test('static members are found again', async () => {
  const world = await GroupWorld.open()
  await world.stable(2, (index) => ({ instanceId: `i${index}` }))
  await world.world.restart()
  const back = world.join({ instanceId: 'i1' })
  await world.world.settle()
  const { memberId, generation } = back.answer
  assert.equal(generation, 1)
  await world.world.restart()
  assert.equal(Buffer.from(world.sync(memberId, 1, {}, 'i1').answer.assignment).toString(), '1')
})

test('a deleted group stays deleted', async () => {
  const world = await GroupWorld.open()
  const [id] = await world.stable(1)
  world.leave(id)
  world.groups.delete(world.group)
  await world.world.restart()
  assert.equal(world.groups.get('g'), undefined)
})
