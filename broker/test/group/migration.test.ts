/** Groups whose clients change over to the consumer protocol, or back, one by one (KIP-848). */
import { strict as assert } from 'node:assert'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { ConsumerGroup } from '../../src/broker/group/consumer-group.ts'
import type { StreamSettings } from '../../src/broker/stream-settings.ts'
import { TopicWorld } from '../topic/harness.ts'
import { SESSION_MS as CLASSIC_SESSION_MS, protocol } from './calls.ts'
import { Client, GROUP, SESSION_MS } from './consumer-clients.ts'
import { ClassicConsumer } from './migration-clients.ts'

type Anyone = Client | ClassicConsumer

const groupOf = (world: TopicWorld) => world.broker.vhost('/').streams.groups.get(GROUP)

async function opened(settings: Partial<StreamSettings> = {}): Promise<TopicWorld> {
  const world = await TopicWorld.open({ groupInitialRebalanceDelayMs: 0, ...settings })
  world.create('t', { partitions: 4 })
  world.create('u', { partitions: 3 })
  return world
}

function act(one: Anyone): void {
  if (one instanceof ClassicConsumer) {
    one.act()
    return
  }
  one.beat()
  one.finishRevoking()
}

function close(one: Anyone): void {
  if (one instanceof ClassicConsumer) one.close()
  else one.leave(one.instanceId !== null)
}

/** Names of partitions, whatever the client calls them. */
function ownedBy(world: TopicWorld, one: Anyone): string[] {
  if (one instanceof ClassicConsumer) return [...one.owned]
  return [...one.owned].flatMap((key) => {
    const [topicId, partition] = key.split(' ')
    const topic = world.topics.byId(topicId!)
    return topic === undefined ? [] : [`${topic.name} ${partition}`]
  })
}

function checkOneOwner(world: TopicWorld, all: readonly Anyone[]): void {
  const owners = new Map<string, string>()
  for (const one of all) {
    for (const partition of ownedBy(world, one)) {
      assert.equal(owners.get(partition), undefined, `${partition}: ${owners.get(partition)} and ${one.id}`)
      owners.set(partition, one.id)
    }
  }
}

async function settle(world: TopicWorld, all: readonly Anyone[], rounds = 12): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const one of all) {
      act(one)
      await world.pass(0)
      checkOneOwner(world, all)
    }
  }
}

const sizes = (...all: Anyone[]) => all.map(({ owned }) => owned.size)

suite('a group that changes over', () => {
  for (const cooperative of [false, true]) {
    test(`goes on with ${cooperative ? 'cooperative' : 'eager'} classic members, and back`, async () => {
      const world = await opened()
      const classic = [0, 1].map((n) => new ClassicConsumer(world, `c${n}`, ['t'], cooperative))
      await settle(world, classic)
      assert.deepEqual([groupOf(world)!.kind, sizes(...classic)], ['classic', [2, 2]])
      const before = classic.map(({ memberId }) => memberId)
      const modern = new Client(world, 'm', ['t'])
      const all = [...classic, modern]
      await settle(world, all)
      const group = groupOf(world)
      assert.ok(group instanceof ConsumerGroup)
      assert.deepEqual([group.state, sizes(...all).sort()], ['Stable', [1, 1, 2]])
      assert.deepEqual(
        classic.map(({ memberId }) => memberId),
        before,
      )
      assert.deepEqual(new Set(classic.map(({ generation }) => generation)), new Set([group.epoch]))
      modern.leave()
      await settle(world, classic)
      assert.deepEqual([groupOf(world)!.kind, groupOf(world)!.state, sizes(...classic)], ['classic', 'Stable', [2, 2]])
    })
  }

  test('ends as a consumer group when the last classic member is gone', async () => {
    const world = await opened()
    const classic = new ClassicConsumer(world, 'c', ['t'], false)
    await settle(world, [classic])
    const modern = new Client(world, 'm', ['t'])
    await settle(world, [classic, modern])
    classic.close()
    await settle(world, [modern])
    assert.deepEqual([groupOf(world)!.kind, groupOf(world)!.state, sizes(modern)], ['consumer', 'Stable', [4]])
  })

  test('keeps its offsets, and lets classic members commit at their epoch', async () => {
    const world = await opened()
    const { groups } = world.broker.vhost('/').streams
    const classic = new ClassicConsumer(world, 'c', ['t'], true)
    await settle(world, [classic])
    groupOf(world)!.offsets.commit({
      topic: 't',
      partition: 0,
      offset: 0,
      leaderEpoch: -1,
      metadata: 'kept',
      committedMs: 0,
      expiresMs: -1,
    })
    const modern = new Client(world, 'm', ['t'])
    await settle(world, [classic, modern])
    assert.equal(groupOf(world)!.offsets.get('t', 0)!.metadata, 'kept')
    const commit = (generation: number) => {
      const committer = { memberId: classic.memberId, instanceId: null, generation, transactional: false }
      return groups.committing(GROUP, committer, [[world.topics.get('u')!.id, 0]])
    }
    assert.equal(commit(classic.generation), groupOf(world))
    assert.equal(commit(classic.generation - 1), 'illegal-generation')
    modern.leave()
    await settle(world, [classic])
    assert.equal(groupOf(world)!.offsets.get('t', 0)!.metadata, 'kept')
  })

  test('outlives the broker on either side', async () => {
    const world = await opened()
    const classic = new ClassicConsumer(world, 'c', ['t'], false)
    const modern = new Client(world, 'm', ['t'])
    await settle(world, [classic, modern])
    await world.restart()
    assert.equal(groupOf(world)!.kind, 'consumer')
    const { memberId } = classic
    await settle(world, [classic, modern])
    assert.deepEqual([classic.memberId, sizes(classic, modern)], [memberId, [2, 2]])
    modern.leave()
    await world.restart()
    assert.deepEqual([groupOf(world)!.kind, groupOf(world)!.state], ['classic', 'PreparingRebalance'])
    await settle(world, [classic])
    assert.deepEqual([groupOf(world)!.state, sizes(classic)], ['Stable', [4]])
  })

  test('gives the place of a static member to its successor of the other protocol', async () => {
    const world = await opened()
    const others = new ClassicConsumer(world, 'c', ['t'], false)
    const before = new ClassicConsumer(world, 's', ['t'], false, 'i')
    await settle(world, [others, before])
    before.close()
    const after = new Client(world, 's2', ['t'], 'i')
    await settle(world, [others, after])
    assert.deepEqual([groupOf(world)!.kind, sizes(others, after)], ['consumer', [2, 2]])
    after.leave(true)
    const back = new ClassicConsumer(world, 's3', ['t'], false, 'i')
    await settle(world, [others, back])
    assert.deepEqual([groupOf(world)!.kind, sizes(others, back)], ['classic', [2, 2]])
  })

  test('tells classic members of topics that grow, and removes the silent', async () => {
    const world = await opened({ groupConsumerMigrationPolicy: 'upgrade' })
    const classic = [0, 1].map((n) => new ClassicConsumer(world, `c${n}`, ['t', 'later'], true))
    const modern = new Client(world, 'm', ['t'])
    await settle(world, [...classic, modern])
    modern.leave()
    await settle(world, classic)
    assert.equal(groupOf(world)!.kind, 'consumer')
    world.create('later', { partitions: 2 })
    await settle(world, classic)
    assert.deepEqual(sizes(...classic), [3, 3])
    await world.pass(CLASSIC_SESSION_MS - 1)
    act(classic[0]!)
    await world.pass(1)
    assert.equal((groupOf(world) as ConsumerGroup).members.size, 1)
  })

  test('does not, if the policy, what members said or their protocol is against it', async () => {
    for (const policy of ['disabled', 'downgrade'] as const) {
      const world = await opened({ groupConsumerMigrationPolicy: policy })
      const classic = new ClassicConsumer(world, 'c', ['t'], false)
      await settle(world, [classic])
      assert.equal(new Client(world, 'm', ['t']).beat(), 'group-id-not-found')
      assert.equal(groupOf(world)!.kind, 'classic')
    }
    for (const [protocolType, metadata] of [
      ['connect', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
      ['consumer', Buffer.from([0, 1, 0, 0, 0, 9])],
    ] as const) {
      const world = await opened()
      const request = {
        memberId: '',
        instanceId: null,
        clientId: 'c',
        clientHost: '/::1',
        sessionTimeoutMs: CLASSIC_SESSION_MS,
        rebalanceTimeoutMs: 1000,
        protocolType,
        protocols: [{ name: 'p', metadata }],
        knowsMemberIdRequired: false,
        knowsSkipAssignment: true,
      }
      world.broker
        .vhost('/')
        .streams.groups.classic(GROUP, true)!
        .join(request, () => {})
      await world.pass(0)
      assert.equal(new Client(world, 'm', ['t']).beat(), 'group-id-not-found')
    }
  })

  test('does not, if the way back could not be told: members answer by the protocol they like best', async () => {
    const world = await opened()
    const { groups } = world.broker.vhost('/').streams
    const range = protocol('range', ['t'])
    for (const protocols of [[range], [{ name: 'own', metadata: new Uint8Array(3) }, range]]) {
      const request = {
        memberId: '',
        instanceId: null,
        clientId: 'c',
        clientHost: '/::1',
        sessionTimeoutMs: CLASSIC_SESSION_MS,
        rebalanceTimeoutMs: 1000,
        protocolType: 'consumer',
        protocols,
        knowsMemberIdRequired: false,
        knowsSkipAssignment: true,
      }
      groups.classic(GROUP, true)!.join(request, () => {})
    }
    await world.pass(0)
    assert.equal(groups.classic(GROUP, false)!.protocol, 'range')
    const modern = new Client(world, 'm', ['t'])
    const error = modern.beat()
    if (error === null) modern.leave(false)
    assert.equal(error, 'group-id-not-found')
  })
})

const step = fc.record({
  what: fc.constantFrom('act', 'act', 'act', 'act', 'come', 'go', 'restart', 'pass', 'grow'),
  who: fc.nat(3),
  modern: fc.boolean(),
  cooperative: fc.boolean(),
  isStatic: fc.boolean(),
})

test('random clients of both protocols never share a partition, and come to rest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(step, { minLength: 10, maxLength: 70 }), async (cooperative, steps) => {
      const world = await opened()
      const all: (Anyone | null)[] = [null, null, null, null]
      let ids = 0
      const living = () => all.filter((one) => one !== null)
      for (const { what, who, modern, isStatic } of steps) {
        const one = all[who]!
        if (what === 'come' && one === null) {
          const instanceId = isStatic ? `i${who}` : null
          const id = `${modern ? 'm' : 'c'}${ids++}`
          all[who] = modern
            ? new Client(world, id, ['t', 'u'], instanceId)
            : new ClassicConsumer(world, id, ['t'], cooperative, instanceId)
        } else if (what === 'go' && one !== null) {
          close(one)
          all[who] = null
        } else if (what === 'restart') {
          await world.restart()
          for (const client of living()) if (client instanceof ClassicConsumer) client.disconnect()
        } else if (what === 'pass') {
          await world.pass(4000)
        } else if (what === 'grow') {
          const topic = world.topics.get('t')!
          if (topic.partitions.length < 8) world.topics.addPartitions(topic, topic.partitions.length + 1)
        } else if (one !== null) act(one)
        await world.pass(0)
        for (const client of living()) client.timePassesTo(world.clock.now())
        checkOneOwner(world, living())
      }
      await world.pass(SESSION_MS)
      for (const client of living()) client.timePassesTo(world.clock.now())
      await settle(world, living(), 20)
      const group = groupOf(world)
      if (living().length > 0) {
        assert.equal(group!.state, 'Stable')
        assert.equal(group!.kind, living().some((one) => one instanceof Client) ? 'consumer' : 'classic')
        const owned = new Set(living().flatMap((one) => ownedBy(world, one)))
        assert.ok(world.topics.get('t')!.partitions.every(({ index }) => owned.has(`t ${index}`)))
      }
      world.broker.vhost('/').streams.stop()
    }),
    { numRuns: 60 },
  )
})
