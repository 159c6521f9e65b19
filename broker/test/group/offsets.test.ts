/** Committed offsets: who may commit, what a transaction holds back, what outlives a start, what is forgotten when. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import type { TopicPartitionOffset } from '../../src/broker/group/offsets.ts'
import type { StreamSettings } from '../../src/broker/stream-settings.ts'
import { GroupWorld, type Joining, protocol } from './calls.ts'

const MINUTES = 60_000
const NOBODY = { memberId: '', instanceId: null, generation: -1, transactional: false }
const PRODUCER = 7

async function open(settings: Partial<StreamSettings> = {}): Promise<GroupWorld> {
  const world = await GroupWorld.open(settings)
  const topic = world.world.create('t', { partitions: 2 })
  world.world.create('u')
  for (let n = 0; n < 20; n++) await world.world.append(topic.partitions[0], String(n))
  for (let n = 0; n < 2; n++) await world.world.append(topic.partitions[1], String(n))
  return world
}

function at(world: GroupWorld, offset: number, more: Partial<TopicPartitionOffset> = {}): TopicPartitionOffset {
  const committedMs = world.world.clock.now()
  return {
    topic: 't',
    partition: 0,
    offset,
    leaderEpoch: 1,
    metadata: `m${offset}`,
    committedMs,
    expiresMs: -1,
    ...more,
  }
}

const seen = (world: GroupWorld, topic = 't', partition = 0) => {
  return world.groups.get('g')?.offsets.get(topic, partition)?.offset
}

/** Keeps time going until the group's offsets have been looked through. */
async function passMinutes(world: GroupWorld, minutes: number): Promise<void> {
  for (let passed = 0; passed < minutes; passed += 10) await world.world.pass(10 * MINUTES)
}

test('who may commit when', async () => {
  const world = await open()
  const refused = (more: object) => world.group.refusesCommit({ ...NOBODY, ...more })
  assert.equal(world.groups.committing('none', { ...NOBODY, generation: 1 }), 'illegal-generation')
  assert.equal(world.groups.get('none'), undefined)
  assert.equal(refused({}), null)
  assert.equal(refused({ memberId: 'm', generation: 1 }), 'unknown-member-id')
  const joins = [world.join({ instanceId: 'i' }), world.join()]
  await world.world.pass(0)
  const [fixed, loose] = joins.map(({ answer }) => answer.memberId)
  const member = { memberId: loose, generation: 1 }
  assert.equal(refused(member), 'rebalance-in-progress')
  assert.equal(refused({ ...member, transactional: true }), null)
  world.sync(fixed, 1, {}, 'i')
  await world.world.settle()
  assert.equal(refused(member), null)
  assert.equal(refused({}), 'unknown-member-id')
  assert.equal(refused({ transactional: true }), null)
  assert.equal(refused({ memberId: loose, generation: 2 }), 'illegal-generation')
  assert.equal(refused({ memberId: loose, generation: -1 }), 'illegal-generation')
  assert.equal(refused({ memberId: fixed, generation: 1, instanceId: 'i' }), null)
  assert.equal(refused({ memberId: loose, generation: 1, instanceId: 'i' }), 'fenced-instance-id')
  world.join()
  assert.equal(refused(member), null, 'what was consumed before the rebalance may be committed during it')
})

test('what was committed outlives a start, to the last word', async () => {
  const world = await open()
  const { offsets } = world.group
  offsets.commit(at(world, 3))
  offsets.commit(at(world, 5, { expiresMs: 99 }))
  offsets.commit(at(world, 0, { partition: 1, leaderEpoch: -1, metadata: '"\u0000é' }))
  const before = [offsets.get('t', 0), offsets.get('t', 1)]
  await world.world.restart()
  assert.deepEqual([world.group.offsets.get('t', 0), world.group.offsets.get('t', 1)], before)
  world.group.offsets.delete('t', 1)
  await world.world.restart()
  assert.deepEqual([seen(world), seen(world, 't', 1)], [5, undefined])
})

test('offsets beyond the end of their partition are lowered to it at a start, and those of no partition are gone', async () => {
  const world = await open()
  world.group.offsets.commit(at(world, 21))
  world.group.offsets.commit(at(world, 1, { topic: 'u' }))
  world.group.offsets.commit(at(world, 1, { topic: 'nowhere' }))
  world.groups.stageTransactional('g', NOBODY, PRODUCER, [at(world, 20, { partition: 1 }), at(world, 9)])
  await world.world.restart()
  assert.deepEqual([seen(world), seen(world, 'u'), seen(world, 'nowhere')], [20, 0, undefined])
  const { lastRound } = world.group.offsets
  assert.ok(lastRound > 0 && world.world.broker.durability.reached(lastRound), 'and that is durable')
  world.groups.endTransaction('g', PRODUCER, true)
  assert.deepEqual([seen(world), seen(world, 't', 1)], [9, 2])
})

test('offsets of a transaction are seen when it commits, and never when it aborts', async () => {
  const world = await open()
  world.group.offsets.commit(at(world, 1))
  assert.equal(world.groups.stageTransactional('g', NOBODY, PRODUCER, [at(world, 5)]), world.group)
  world.groups.stageTransactional('g', NOBODY, PRODUCER, [at(world, 6), at(world, 2, { partition: 1 })])
  const { offsets } = world.group
  assert.deepEqual([seen(world), offsets.isUnstable('t', 0), offsets.isUnstable('u', 0)], [1, true, false])
  await world.world.restart()
  assert.deepEqual([seen(world), world.group.offsets.isUnstable('t', 0)], [1, true])
  world.groups.endTransaction('g', 8, true)
  assert.equal(seen(world), 1)
  world.groups.endTransaction('g', PRODUCER, true)
  world.groups.endTransaction('g', PRODUCER, false)
  assert.deepEqual([seen(world), seen(world, 't', 1), world.group.offsets.isUnstable('t', 0)], [6, 2, false])
  world.groups.stageTransactional('g', NOBODY, PRODUCER, [at(world, 8)])
  world.groups.endTransaction('g', PRODUCER, false)
  await world.world.restart()
  assert.deepEqual([seen(world), world.group.offsets.isUnstable('t', 0)], [6, false])
})

test('of a commit and a transaction the one that was asked for later holds, also over a start', async () => {
  const world = await open()
  world.groups.stageTransactional('g', NOBODY, PRODUCER, [at(world, 5)])
  world.group.offsets.commit(at(world, 4))
  await world.world.restart()
  world.groups.endTransaction('g', PRODUCER, true)
  assert.equal(seen(world), 4)
  world.groups.stageTransactional('g', NOBODY, PRODUCER, [at(world, 6)])
  await world.world.restart()
  world.groups.endTransaction('g', PRODUCER, true)
  assert.equal(seen(world), 6)
})

test('a deleted topic takes its offsets with it', async () => {
  const world = await open()
  world.group.offsets.commit(at(world, 1))
  world.group.offsets.commit(at(world, 0, { topic: 'u' }))
  world.groups.stageTransactional('g', NOBODY, PRODUCER, [at(world, 5), at(world, 0, { topic: 'u' })])
  world.world.topics.delete(world.world.topics.get('t')!)
  world.groups.endTransaction('g', PRODUCER, true)
  assert.deepEqual([seen(world), seen(world, 'u')], [undefined, 0])
  world.world.create('t')
  await world.world.restart()
  assert.deepEqual([seen(world), seen(world, 'u')], [undefined, 0])
})

test('offsets of a group without members expire after their retention, the group with the last one', async () => {
  const world = await open({ offsetsRetentionMinutes: 60 })
  const [id] = await world.stable(1)
  world.group.offsets.commit(at(world, 1))
  await world.world.pass(9 * MINUTES)
  assert.equal(world.group.state, 'Empty', 'the session ended')
  assert.deepEqual(world.leave(id), ['unknown-member-id'])
  await passMinutes(world, 50)
  assert.equal(seen(world), 1)
  await passMinutes(world, 20)
  assert.equal(world.groups.get('g'), undefined)
  await world.world.restart()
  assert.equal(world.groups.get('g'), undefined)
})

test('offsets of consumers without a group expire after their own commit', async () => {
  const world = await open({ offsetsRetentionMinutes: 60 })
  world.group.offsets.commit(at(world, 1))
  await passMinutes(world, 40)
  world.group.offsets.commit(at(world, 0, { partition: 1 }))
  await passMinutes(world, 30)
  assert.deepEqual([seen(world), seen(world, 't', 1)], [undefined, 0])
})

test('a request that says how long is taken at its word', async () => {
  const world = await open({ offsetsRetentionMinutes: 60 })
  const now = world.world.clock.now()
  world.group.offsets.commit(at(world, 1, { expiresMs: now + 5 * MINUTES }))
  world.group.offsets.commit(at(world, 0, { partition: 1, expiresMs: now + 200 * MINUTES }))
  await passMinutes(world, 10)
  assert.deepEqual([seen(world), seen(world, 't', 1)], [undefined, 0])
  await passMinutes(world, 180)
  assert.equal(seen(world, 't', 1), 0)
  await passMinutes(world, 20)
  assert.equal(world.groups.get('g'), undefined)
})

const kept: [why: string, joining: Joining, topic: string, expires: boolean][] = [
  ['of a topic that members consume do not expire', {}, 't', false],
  ['of a topic that members left alone do', {}, 'u', true],
  ['of members that say nothing the broker can read do not', unreadable(), 'u', false],
  ['of groups of other programs do not', { protocolType: 'connect' }, 'u', false],
]
for (const [why, joining, topic, expires] of kept) {
  test(`offsets ${why}`, async () => {
    const world = await open({ offsetsRetentionMinutes: 60, offsetsRetentionCheckIntervalMs: 5000 })
    const [id] = await world.stable(1, () => joining)
    world.group.offsets.commit(at(world, 0, { topic }))
    for (let passed = 0; passed < 61 * MINUTES; passed += 5000) {
      await world.world.pass(5000)
      assert.equal(world.heartbeat(id, 1), null)
    }
    assert.equal(seen(world, topic), expires ? undefined : 0)
  })
}

function unreadable(): Joining {
  return { protocols: [{ name: 'range', metadata: protocol('range', ['t', 'u']).metadata.subarray(0, 9) }] }
}

test('offsets that a transaction may still change do not expire', async () => {
  const world = await open({ offsetsRetentionMinutes: 60 })
  world.group.offsets.commit(at(world, 1))
  world.groups.stageTransactional('g', NOBODY, PRODUCER, [at(world, 2)])
  await passMinutes(world, 100)
  assert.equal(seen(world), 1)
  world.groups.endTransaction('g', PRODUCER, false)
  await passMinutes(world, 10)
  assert.equal(world.groups.get('g'), undefined)
})

test('a group of the other kind takes an empty group over with its offsets', async () => {
  const world = await open()
  const [id] = await world.stable(1)
  world.group.offsets.commit(at(world, 3))
  assert.equal(world.groups.consumer('g', true), undefined, 'not while it has members')
  world.leave(id)
  const consumer = world.groups.consumer('g', true)!
  assert.equal(consumer.offsets.get('t', 0)?.offset, 3)
  assert.equal(world.groups.classic('g', false), undefined)
  await world.world.restart()
  assert.equal(world.groups.classic('g', true)!.offsets.get('t', 0)?.offset, 3)
})
