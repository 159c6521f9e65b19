// What policies say of topics, in RabbitMQ's words, and what Kafka's clients are told of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topicEntries } from '../../src/kafka/config-entries.ts'
import { TopicWorld } from './harness.ts'

const HOUR_MS = 3_600_000

async function opened() {
  const world = await TopicWorld.open()
  const { policies } = world.broker.vhost('/')
  const entry = (name: string) => {
    const topic = world.topics.get('orders')!
    const found = topicEntries(topic.overrides, world.topics.defaults, topic.limits).find((one) => one.name === name)!
    return [found.value, found.configSource]
  }
  return { world, policies, entry }
}

test('a policy bounds a topic, and the lower of the two holds', async () => {
  const { world, policies, entry } = await opened()
  const topic = world.create('orders', { configsOf: { 'retention.ms': String(2 * HOUR_MS) } })
  const put = (definition: object) =>
    policies.put('policy', 'p', { pattern: '^orders$', applyTo: 'streams', definition })
  put({ 'max-age': '1h', 'max-length-bytes': 5_000_000, 'stream-max-segment-size-bytes': 2_000_000 })
  assert.deepEqual(
    [topic.config.retentionMs, topic.config.retentionBytes, topic.config.segmentBytes],
    [HOUR_MS, 5_000_000, 2_000_000],
  )
  assert.deepEqual(entry('retention.ms'), [String(HOUR_MS), 3])
  assert.deepEqual(entry('retention.bytes'), ['5000000', 3])
  put({ 'max-age': '3h' })
  assert.deepEqual([topic.config.retentionMs, topic.config.retentionBytes], [2 * HOUR_MS, -1])
  assert.deepEqual(entry('retention.ms'), [String(2 * HOUR_MS), 1])
  world.topics.alterConfigs(topic, new Map())
  assert.deepEqual([topic.config.retentionMs, entry('retention.ms')], [3 * HOUR_MS, [String(3 * HOUR_MS), 3]])
  policies.remove('policy', 'p')
  assert.equal(topic.config.retentionMs, 168 * HOUR_MS)
})

test('topics made later, and those of a start, are bounded too; by the name of their first stream as well', async () => {
  const { world, policies } = await opened()
  policies.put('policy', 'p', { pattern: '^orders-', applyTo: 'all', definition: { 'max-length-bytes': 7 } })
  world.create('orders', { partitions: 3 })
  world.create('others')
  const bounds = () => ['orders', 'others'].map((name) => world.topics.get(name)!.config.retentionBytes)
  assert.deepEqual(bounds(), [7, -1])
  await world.restart()
  assert.deepEqual(bounds(), [7, -1])
})
