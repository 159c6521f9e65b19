import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { intervalMs, intervalText } from '../../src/broker/stream/interval.ts'
import { TopicWorld } from '../topic/harness.ts'
import { declareStream, streamOf } from './taker.ts'

const namesOf = (world: TopicWorld) => [...world.broker.vhost('/').streamQueues.keys()].sort()

test('each partition is a stream, and a topic with one is one itself', async () => {
  const world = await TopicWorld.open()
  world.create('one', { partitions: 1 })
  const two = world.create('two', { partitions: 2 })
  assert.deepEqual(namesOf(world), ['one', 'one-0', 'two-0', 'two-1'])
  assert.equal(streamOf(world, 'one'), streamOf(world, 'one-0'))
  assert.deepEqual([streamOf(world, 'one').name, streamOf(world, 'two-1').name], ['one', 'two-1'])
  await world.append(two.partitions[1], 'x')
  assert.deepEqual([streamOf(world, 'two-0').ready, streamOf(world, 'two-1').ready], [0, 1])
  await world.restart()
  assert.deepEqual(namesOf(world), ['one', 'one-0', 'two-0', 'two-1'])
  world.topics.delete(world.topics.get('two')!)
  assert.deepEqual(namesOf(world), ['one', 'one-0'])
})

test('a topic that gets more partitions is no stream any more, its partitions are', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('a', { partitions: 1 })
  const stream = streamOf(world, 'a')
  const vhost = world.broker.vhost('/')
  vhost.bind('amq.direct', stream, 'k', {})
  world.topics.addPartitions(topic, 2)
  assert.deepEqual(namesOf(world), ['a-0', 'a-1', 'a-2'])
  assert.equal(streamOf(world, 'a-0'), stream)
  assert.equal(stream.name, 'a-0')
  // What was bound to the stream stays bound to the partition, over a start too.
  await world.restart()
  const [binding] = world.broker.vhost('/').exchange('amq.direct').bindings()
  assert.equal(binding.destination, streamOf(world, 'a-0'))
  world.topics.delete(world.topics.get('a')!)
  assert.deepEqual([...world.broker.vhost('/').exchange('amq.direct').bindings()], [])
})

test('a topic named as the partition of another keeps its name', async () => {
  for (const order of [
    ['a', 'a-0'],
    ['a-0', 'a'],
  ]) {
    const world = await TopicWorld.open()
    for (const name of order) world.create(name, { partitions: 1 })
    assert.deepEqual(namesOf(world), ['a', 'a-0', 'a-0-0'])
    assert.equal(streamOf(world, 'a-0').topic.name, 'a-0')
    world.topics.delete(world.topics.get('a-0')!)
    assert.deepEqual(namesOf(world), ['a', 'a-0'])
    assert.equal(streamOf(world, 'a-0').topic.name, 'a')
    world.topics.delete(world.topics.get('a')!)
    assert.deepEqual(namesOf(world), [])
  }
})

test('a declared stream is a topic with its bounds as settings, and the reverse', async () => {
  const world = await TopicWorld.open()
  const stream = declareStream(world, 's', { 'x-max-age': '2h', 'x-max-length-bytes': 5000 })
  const { config } = stream.topic
  assert.deepEqual(
    [config.retentionMs, config.retentionBytes, config.cleanupPolicy],
    [7_200_000, 5000, { delete: true, compact: false }],
  )
  assert.equal(declareStream(world, 'for-ever').topic.config.retentionMs, -1)
  assert.equal(
    declareStream(world, 'small', { 'x-stream-max-segment-size-bytes': 5000 }).topic.config.segmentBytes,
    5000,
  )

  const ofKafka = world.create('k', {
    configsOf: { 'retention.ms': '86400000', 'retention.bytes': '7', 'segment.bytes': '2000000' },
  })
  assert.deepEqual(streamOf(world, 'k').arguments, {
    'x-queue-type': 'stream',
    'x-max-age': '1D',
    'x-max-length-bytes': 7,
    'x-stream-max-segment-size-bytes': 2_000_000,
  })
  world.topics.alterConfigs(ofKafka, new Map([['retention.ms', '60000']]))
  assert.deepEqual(streamOf(world, 'k').arguments, { 'x-queue-type': 'stream', 'x-max-age': '1m' })
  // To declare it needs no more than its type.
  assert.equal(declareStream(world, 'k'), streamOf(world, 'k'))
  assert.equal(declareStream(world, 'k-0', { 'x-max-age': '60s' }), streamOf(world, 'k'))
  assert.throws(() => declareStream(world, 'k', { 'x-max-age': '2m' }), { code: 'precondition-failed' })
})

test('partitions of several are not deleted one by one', async () => {
  const world = await TopicWorld.open()
  world.create('a', { partitions: 2 })
  assert.throws(() => world.broker.vhost('/').deleteStream('a-1', false, false), {
    code: 'precondition-failed',
    message: "queue 'a-1' in vhost '/' is partition 1 of topic 'a': delete the topic or its exchange 'a'",
  })
  assert.equal(world.broker.vhost('/').deleteStream('nothing', false, false), 0)
})

test('a queue and a stream do not share a name', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const queue = (name: string) => ({ name, durable: true, autoDelete: false, exclusiveTo: null, arguments: {} })
  vhost.declareQueueOrStream(queue('a-0'), null)
  assert.throws(() => declareStream(world, 'a'), { code: 'precondition-failed', message: /queue 'a-0'/ })
  declareStream(world, 'b')
  assert.throws(() => vhost.declareQueueOrStream(queue('b-0'), null), {
    code: 'precondition-failed',
    message: "inequivalent arg 'x-queue-type' for queue 'b-0' in vhost '/': received 'classic' but current is 'stream'",
  })
})

test('a stream counts as a queue against the limit of its vhost', async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  vhost.limits = { 'max-queues': 1 }
  declareStream(world, 'a')
  declareStream(world, 'a')
  assert.throws(() => declareStream(world, 'b'), { code: 'precondition-failed' })
  const queue = { name: 'c', durable: true, autoDelete: false, exclusiveTo: null, arguments: {} }
  const refused = { message: /^cannot declare queue 'c': queue limit in vhost '\/' \(1\) is reached$/ }
  assert.throws(() => vhost.declareQueue(queue, null), refused)
  const exchange = { durable: true, autoDelete: false, internal: false, arguments: {} }
  assert.throws(() => vhost.declareExchange('c', 'x-topic-log', exchange), refused)
  vhost.declareExchange('a', 'x-topic-log', exchange)
  vhost.deleteExchange('a', false)
  vhost.declareQueue(queue, null)
  assert.throws(() => declareStream(world, 'b'), { code: 'precondition-failed' })
  // Kafka's clients are not held to it, as they know no such limit; their topics count.
  world.create('d')
  vhost.limits = { 'max-queues': 2 }
  assert.throws(() => declareStream(world, 'b'), { code: 'precondition-failed' })
})

test('lengths of time', () => {
  const rows: [string, number | null, string?][] = [
    ['1s', 1000],
    ['90s', 90_000],
    ['60s', 60_000, '1m'],
    ['24h', 86_400_000, '1D'],
    ['30D', 2_592_000_000, '1M'],
    ['365D', 31_536_000_000, '1Y'],
    ['007D', 604_800_000, '7D'],
    ['0s', null],
    ['1', null],
    ['s', null],
    ['1x', null],
    ['-1s', null],
    ['1.5h', null],
    ['9999999999999999Y', null],
  ]
  for (const [text, ms, shown = text] of rows) {
    assert.equal(intervalMs(text), ms, text)
    if (ms !== null) assert.equal(intervalText(ms), shown)
  }
  assert.equal(intervalText(1500), '2s')
  assert.equal(intervalText(0), '1s')
})

test("a topic's exchange declared again is compared in what is given, with what its topic says now", async () => {
  const world = await TopicWorld.open()
  const vhost = world.broker.vhost('/')
  const declare = (args: Headers) =>
    vhost.declareExchange('t', 'x-topic-log', { durable: true, autoDelete: false, internal: false, arguments: args })
  const args = { 'x-partitions': 2, 'x-max-age': '7D', 'alternate-exchange': 'amq.fanout' }
  const exchange = declare(args)
  for (const same of [args, {}, { 'x-max-age': '168h' }]) assert.equal(declare(same), exchange)
  for (const [other, name] of [
    [{ 'x-max-age': '8D' }, 'x-max-age'],
    [{ 'x-max-length-bytes': 1000 }, 'x-max-length-bytes'],
    [{ 'x-partitions': 3 }, 'x-partitions'],
  ] as const) {
    assert.throws(() => declare(other), { message: new RegExp(`^inequivalent arg '${name}' for exchange 't'`) })
  }
})
