/** The lag of partitions over time: kept from the first commit on, bounded, and forgotten with its group. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Group } from '../../src/broker/group/group.ts'
import { resetOffsets } from '../../src/broker/operations/reset-offsets.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { LagHistories } from '../../src/http/stats/lag-histories.ts'
import { Stats } from '../../src/http/stats/stats.ts'
import { World } from '../kafka/world.ts'

const SECOND = 1000

/** A broker with a topic of so many partitions, and groups that commit in them. */
async function opened(partitions: number) {
  const world = await World.open()
  const { streams } = world.broker.vhost('/')
  const { topics, groups } = streams
  const topic = topics.create(topics.check({ ...ofDefaults('orders'), partitions }, 1))
  await world.settle()
  const commit = async (id: string, upTo = partitions): Promise<Group> => {
    await resetOffsets(streams, id, topic, topic.partitions.slice(0, upTo), 'latest', world.clock.now())
    return groups.get(id)!
  }
  return { world, groups, commit }
}

test('there is a history before anybody looks, from the first commit on', async () => {
  const { world, groups, commit } = await opened(2)
  const stats = new Stats(world.broker, world.clock)
  await stats.sample()
  const group = await commit('billing')
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    world.clock.advance(5 * SECOND)
    times.unshift(world.clock.now())
    await stats.sample()
  }
  stats.lags.look(group)
  const kept = stats.lags.of(group, 'orders', 1, world.clock.now())
  assert.deepEqual(
    kept,
    times.map((timestamp) => ({ timestamp, sample: 0 })),
  )
  groups.delete(group)
  await stats.sample()
  assert.deepEqual(stats.lags.of(group, 'orders', 1, 77), [{ timestamp: 77, sample: 0 }])
})

test('samples are those of the group and partition, for ten minutes', async () => {
  const { commit } = await opened(100)
  const [a, b] = [await commit('a', 70), await commit('b', 3)]
  let now = 0
  const lagOf = (group: Group, _: string, partition: number): number => now + partition * 1000 + (group === a ? 0 : 500)
  const lags = new LagHistories(lagOf)
  for (now = 1; now <= 130; now++) {
    // The second group comes later, and its places lie beyond the columns that there are.
    for (const group of now < 100 ? [a] : [a, b]) lags.sample(group, now)
    lags.retain(() => true)
  }
  const values = (group: Group, partition: number): number[] =>
    lags.of(group, 'orders', partition, now).map(({ timestamp, sample }) => {
      assert.equal(sample, timestamp + partition * 1000 + (group === a ? 0 : 500))
      return timestamp
    })
  const down = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from - i)
  assert.deepEqual(values(a, 69), down(130, 121))
  assert.deepEqual(values(b, 2), down(130, 31))
})

test('there are so many places; who looks gets those of groups that nobody looked at', async () => {
  const { commit } = await opened(4)
  const [a, b, c] = [await commit('a'), await commit('b'), await commit('c')]
  let now = 0
  const lags = new LagHistories(() => 7, 8)
  const sampled = (times: number): void => {
    for (const end = now + times; now < end; ) {
      now++
      for (const group of [a, b, c]) lags.sample(group, now)
      lags.retain(() => true)
    }
  }
  const lengths = (): number[] => [a, b, c].map((group) => lags.of(group, 'orders', 3, now).length)
  sampled(10)
  assert.deepEqual(lengths(), [10, 10, 1])
  lags.look(a)
  lags.look(c)
  sampled(4)
  assert.deepEqual(lengths(), [14, 1, 4])
  // One that goes makes room, and what comes in its place has nothing of it.
  lags.retain((group) => group !== a)
  sampled(0)
  for (let i = 0; i < 2; i++) {
    now++
    for (const group of [b, c]) lags.sample(group, now)
    lags.retain((group) => group !== a)
  }
  assert.deepEqual(lengths(), [1, 2, 6])
})

test('a partition that the group has no offset in any more gives its place back', async () => {
  const { commit } = await opened(4)
  const group = await commit('a')
  const lags = new LagHistories(() => 7, 4)
  const other = await commit('b', 1)
  lags.sample(group, 1)
  lags.sample(other, 1)
  lags.retain(() => true)
  assert.equal(lags.of(other, 'orders', 0, 2)[0].timestamp, 2)
  group.offsets.delete('orders', 3)
  lags.sample(group, 3)
  lags.sample(other, 3)
  assert.deepEqual(lags.of(other, 'orders', 0, 4), [{ timestamp: 3, sample: 7 }])
})
