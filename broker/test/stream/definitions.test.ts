import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionsTarget } from '../../src/broker/broker-definitions.ts'
import { exportDefinitions } from '../../src/broker/definitions/export.ts'
import { importDefinitions } from '../../src/broker/definitions/import.ts'
import { TopicWorld } from '../topic/harness.ts'
import { declareStream, streamOf } from './taker.ts'

test('streams go out and come in as queues, other topics as exchanges', async () => {
  const world = await TopicWorld.open()
  declareStream(world, 's', { 'x-max-age': '7D', 'x-max-length-bytes': 5000 })
  world.create('k', { partitions: 3 })
  world.create('one', { partitions: 1 })
  const vhost = world.broker.vhost('/')
  vhost.bind('amq.direct', streamOf(world, 's'), 'key', {})
  const text = exportDefinitions(definitionsTarget(world.broker), '4.0.0')
  const { queues, exchanges } = JSON.parse(text)
  const named = ({ name }: { name: string }) => name
  assert.deepEqual(queues.map(named), ['s'])
  assert.equal(queues[0].type, 'stream')
  assert.deepEqual(exchanges.map(named).sort(), ['k', 'one'])

  const other = await TopicWorld.open()
  assert.deepEqual(importDefinitions(text, definitionsTarget(other.broker)).skipped, [])
  assert.deepEqual(streamOf(other, 's').arguments, streamOf(world, 's').arguments)
  assert.deepEqual(
    ['s', 'k', 'one'].map((name) => other.topics.get(name)?.partitions.length),
    [1, 3, 1],
  )
  const [binding] = other.broker.vhost('/').exchange('amq.direct').bindings()
  assert.deepEqual([binding.destination, binding.key], [streamOf(other, 's'), 'key'])
  // Once more changes nothing.
  assert.deepEqual(importDefinitions(text, definitionsTarget(other.broker)).skipped, [])
})

/** All that another broker gets from what this one says of itself. */
async function copyOf(world: TopicWorld): Promise<TopicWorld> {
  const text = exportDefinitions(definitionsTarget(world.broker), '4.0.0')
  const other = await TopicWorld.open()
  assert.deepEqual(importDefinitions(text, definitionsTarget(other.broker)).skipped, [])
  assert.equal(exportDefinitions(definitionsTarget(other.broker), '4.0.0'), text)
  return other
}

test('topics keep their settings, whoever set them', async () => {
  const world = await TopicWorld.open()
  world.create('compacted', { partitions: 2, configsOf: { 'cleanup.policy': 'compact', 'min.insync.replicas': '1' } })
  world.create('kept', { partitions: 1, configsOf: { 'retention.ms': '-1' } })
  world.create('__consumer_offsets', { partitions: 1 })
  const durable = { durable: true, autoDelete: false, internal: false }
  const args = { 'x-partitions': 2, 'x-max-length-bytes': 1_000_000 }
  world.broker.vhost('/').declareExchange('bounded', 'x-topic-log', { ...durable, arguments: args })
  const altered = declareStream(world, 'altered', { 'x-max-age': '7D' }).topic
  world.topics.alterConfigs(altered, new Map([...altered.overrides, ['retention.ms', '1500'], ['segment.ms', '60000']]))
  const other = await copyOf(world)
  for (const { name, overrides, partitions } of world.topics.all()) {
    const copy = other.topics.get(name)!
    assert.deepEqual(Object.fromEntries(copy.overrides), Object.fromEntries(overrides), name)
    assert.equal(copy.partitions.length, partitions.length, name)
  }
})

test('bindings to and from topics come along, to their partitions too', async () => {
  const world = await TopicWorld.open()
  world.create('orders', { partitions: 2 })
  world.create('events', { partitions: 1 })
  declareStream(world, 'log')
  const vhost = world.broker.vhost('/')
  const jobs = { name: 'jobs', durable: true, autoDelete: false, exclusiveTo: null, arguments: {} }
  vhost.bind('orders', vhost.declareQueue(jobs, null), 'order.*', {})
  vhost.bind('orders', vhost.declareQueue(jobs, null), '', { 'x-match': 'all', kind: 'refund' })
  vhost.bind('orders', streamOf(world, 'log'), '#', {})
  vhost.bind('orders', vhost.exchange('amq.fanout'), '#', {})
  for (const topic of ['log', 'orders']) {
    vhost.declareQueue({ ...jobs, name: `over ${topic}`, arguments: { 'x-source-topic': topic } }, null)
  }
  vhost.bind('amq.direct', vhost.exchange('orders'), 'in', {})
  vhost.bind('amq.direct', streamOf(world, 'orders-1'), 'one', {})
  vhost.bind('amq.direct', streamOf(world, 'events'), 'two', {})
  const exclusive = { ...jobs, name: 'mine', durable: false, exclusiveTo: { exclusiveQueues: new Set<never>() } }
  vhost.bind('amq.direct', vhost.declareQueue(exclusive as never, null), 'not mine', {})
  const other = await copyOf(world)
  const bindings = (of: TopicWorld) =>
    [...of.broker.vhost('/').exchanges.values()].flatMap((exchange) =>
      [...exchange.bindings()].map(({ source, destination, key }) => `${source} ${key} ${destination.name}`),
    )
  assert.deepEqual(
    bindings(other).sort(),
    bindings(world)
      .filter((binding) => !binding.includes('mine'))
      .sort(),
  )
  assert.equal(bindings(other).length, 7)
  assert.notEqual(other.broker.vhost('/').queues.get('over log'), undefined)
})

test('a classic queue stays one where queues are something else by default', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const jobs = { name: 'jobs', durable: true, autoDelete: false, exclusiveTo: null, arguments: {} }
  vhost.declareQueue(jobs, null)
  vhost.update({ defaultQueueType: 'stream' })
  const text = exportDefinitions(definitionsTarget(world.broker), '4.0.0')
  const other = await TopicWorld.open()
  assert.deepEqual(importDefinitions(text, definitionsTarget(other.broker)).skipped, [])
  assert.equal(other.broker.vhost('/').queue('jobs', null).settings.type, 'classic')
})
