import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamRefusal } from '../../src/broker/stream-refusal.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import type { Topic } from '../../src/broker/topic/topic.ts'
import { NODE_ID, TopicWorld } from './harness.ts'

function refusal(task: () => unknown): string {
  try {
    task()
  } catch (error) {
    if (error instanceof StreamRefusal) return `${error.code}: ${error.message}`
    throw error
  }
  return 'no refusal'
}

test('a topic has what it was made with, or the defaults', async () => {
  const world = await TopicWorld.open({ numPartitions: 3 })
  const plain = world.create('plain')
  assert.equal(plain.partitions.length, 3)
  assert.match(plain.id, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
  assert.equal(plain.config.retentionMs, 604_800_000)
  const own = world.create('own', {
    partitions: 1,
    configsOf: { 'retention.ms': '1000', 'cleanup.policy': 'compact,delete' },
  })
  assert.equal(own.config.retentionMs, 1000)
  assert.deepEqual(own.config.cleanupPolicy, { delete: true, compact: true })
  assert.equal(world.topics.get('own'), own)
  assert.equal(world.topics.byId(own.id), own)
  assert.equal(world.create('__consumer_offsets').internal, true)
})

test('names are refused as Kafka refuses them', async () => {
  const world = await TopicWorld.open()
  const invalid = (why: string): string => `invalid-topic-exception: Topic name is invalid: ${why}`
  const long = 'x'.repeat(250)
  const characters = "contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
  const rows: [string, string][] = [
    ['', invalid('the empty string is not allowed')],
    ['.', invalid("'.' is not allowed")],
    ['..', invalid("'..' is not allowed")],
    [long, invalid(`the length of '${long}' is longer than the max allowed length 249`)],
    ['a b', invalid(`'a b' ${characters}`)],
    ['ü', invalid(`'ü' ${characters}`)],
    ['a\n', invalid(`'a\n' ${characters}`)],
    ['__cluster_metadata', 'invalid-request: Creation of internal topic __cluster_metadata is prohibited.'],
    ['x'.repeat(249), 'no refusal'],
    ['A-z.0_9', 'no refusal'],
    ['A-z.0_9', "topic-already-exists: Topic 'A-z.0_9' already exists."],
    ['A-z_0.9', "invalid-topic-exception: Topic 'A-z_0.9' collides with existing topic: A-z.0_9"],
  ]
  for (const [name, expected] of rows)
    assert.equal(
      refusal(() => world.create(name)),
      expected,
    )
})

test('numbers of partitions, replication factors and assignments are checked', async () => {
  const world = await TopicWorld.open()
  const assigned = (...ids: number[][]) => ids.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  const manual = (what: string): string =>
    `invalid-request: A manual partition assignment was specified, but ${what} was not set to -1.`
  const replica = (what: string): string =>
    `invalid-replica-assignment: The manual partition assignment includes ${what}.`
  const rows: [Parameters<TopicWorld['create']>[1], string][] = [
    [{ partitions: 0 }, 'invalid-partitions: Number of partitions was set to an invalid non-positive value.'],
    [{ partitions: -2 }, 'invalid-partitions: Number of partitions was set to an invalid non-positive value.'],
    [
      { replicationFactor: 0 },
      'invalid-replication-factor: Replication factor must be larger than 0, or -1 to use the default value.',
    ],
    [
      { replicationFactor: 3 },
      'invalid-replication-factor: Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered.',
    ],
    [{ partitions: 10_001 }, 'policy-violation: Excessively large number of partitions per request.'],
    [{ assignments: assigned([1]), replicationFactor: 1 }, manual('replication factor')],
    [{ assignments: assigned([1]), partitions: 1 }, manual('numPartitions')],
    [{ assignments: assigned([1], [2]) }, replica('broker 2, but no such broker is registered')],
    [{ assignments: assigned([]) }, replica('an empty replica list')],
    [{ assignments: assigned([1, 1]) }, replica('the broker 1 more than once')],
    [
      { assignments: [...assigned([1]), ...assigned([1])] },
      'invalid-replica-assignment: Found multiple manual partition assignments for partition 0',
    ],
    [
      { assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
      'invalid-replica-assignment: partitions should be a consecutive 0-based integer sequence',
    ],
    [
      { configs: [{ name: 'retention.ms', value: null }] },
      'invalid-config: Null value not supported for topic configs: retention.ms',
    ],
  ]
  for (const [wanted, expected] of rows)
    assert.equal(
      refusal(() => world.create('a', wanted)),
      expected,
    )
  assert.equal(world.topics.get('a'), undefined)
  assert.equal(world.create('a', { assignments: assigned([1], [1]) }).partitions.length, 2)
})

test('any replication factor is taken where a setting says so', async () => {
  const world = await TopicWorld.open({ acceptAnyReplicationFactor: true })
  assert.equal(world.create('a', { replicationFactor: 3 }).partitions.length, 1)
})

test('checking a topic makes none', async () => {
  const world = await TopicWorld.open()
  const { version } = world.topics
  assert.equal(world.topics.check({ ...ofDefaults('a'), partitions: 4 }, NODE_ID).partitions, 4)
  assert.equal(world.topics.get('a'), undefined)
  assert.equal(world.topics.version, version)
})

test('topics, their records and their settings survive a restart', async () => {
  const world = await TopicWorld.open()
  const made = world.create('a', { partitions: 2, configsOf: { 'max.message.bytes': '500' } })
  await world.append(made.partitions[1], 'one')
  world.topics.addPartitions(made, 1)
  world.topics.alterDefaults('all-brokers', new Map([['log.retention.ms', '5000']]))
  world.topics.alterDefaults('broker', new Map([['log.roll.ms', '6000']]))
  await world.restart()
  const found = world.topics.get('a')!
  assert.equal(found.id, made.id)
  assert.equal(found.partitions.length, 3)
  assert.deepEqual(
    found.partitions.map(({ log }) => log.highWatermark),
    [0, 1, 0],
  )
  assert.equal(found.config.maxMessageBytes, 500)
  assert.equal(found.config.retentionMs, 5000)
  assert.equal(found.config.segmentMs, 6000)
  assert.ok(found.partitions[1].log.leaderEpoch > made.partitions[1].log.leaderEpoch)
})

test('a deleted topic is gone for good, and one made again under its name is another', async () => {
  const world = await TopicWorld.open()
  const changes: [Topic, string, number][] = []
  world.topics.onChanged((topic, what) => changes.push([topic, what, topic.partitions.length]))
  const first = world.create('a')
  world.topics.addPartitions(first, 2)
  await world.append(first.partitions[0], 'old')
  const waits: unknown[] = []
  first.partitions[0].whenDurable(100, (error) => waits.push(error))
  world.topics.delete(first)
  assert.deepEqual(changes, [
    [first, 'created', 1],
    [first, 'widened', 3],
    [first, 'deleted', 3],
  ])
  assert.deepEqual(waits, ['unknown-topic-or-partition'])
  assert.equal(world.topics.get('a'), undefined)
  assert.equal(world.topics.byId(first.id), undefined)
  const second = world.create('a')
  assert.notEqual(second.id, first.id)
  assert.equal(second.partitions[0].log.endOffset, 0)
  world.topics.delete(first)
  assert.equal(world.topics.get('a'), second)
  await world.restart()
  assert.equal(world.topics.byId(first.id), undefined)
  assert.equal(world.topics.get('a')!.partitions[0].log.endOffset, 0)
  assert.equal(world.engine.partitions.size, 1)
  world.create('A.b')
  world.topics.delete(world.topics.get('A.b')!)
  assert.equal(world.create('A_b').name, 'A_b')
})

test('a start deletes logs without a topic, and makes the logs that a topic lacks', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('a', { partitions: 2 })
  await world.settle()
  world.engine.deletePartition(topic.partitions[1].log)
  const owner = JSON.stringify(['partition', '/', 'nobody', 0])
  world.engine.createPartition(owner, 'nobody-0', {
    durability: 'synced',
    segmentBytes: 1 << 20,
    segmentMs: 1e9,
    indexIntervalBytes: 4096,
  })
  await world.restart()
  assert.equal(world.topics.get('a')!.partitions.length, 2)
  const owners = [...world.engine.partitions.values()].map((log) => log.owner).sort()
  assert.deepEqual(
    owners,
    [0, 1].map((index) => JSON.stringify(['partition', '/', topic.id, index])),
  )
})

test('topics of a deleted vhost are gone, those of others stay', async () => {
  const world = await TopicWorld.open()
  world.create('a')
  const other = world.broker.declareVhost('other').streams.topics
  const topic = other.create(other.check(ofDefaults('a'), NODE_ID))
  other.alterDefaults('broker', new Map([['log.retention.ms', '1']]))
  assert.notEqual(topic, world.topics.get('a'))
  await world.settle()
  world.broker.deleteVhost('other')
  await world.restart()
  assert.equal(world.engine.partitions.size, 1)
  assert.equal(world.broker.declareVhost('other').streams.topics.get('a'), undefined)
  assert.equal(world.broker.vhost('other').streams.topics.defaults.alteredFor('broker').size, 0)
})

test('altered settings hold at once, also for the partitions', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('a')
  world.topics.alterConfigs(topic, new Map([['max.message.bytes', '100']]))
  await assert.rejects(world.append(topic.partitions[0], 'x'.repeat(100)), /message-too-large/)
  world.topics.alterConfigs(topic, new Map())
  await world.append(topic.partitions[0], 'x'.repeat(100))
  world.topics.alterDefaults('all-brokers', new Map([['message.max.bytes', '100']]))
  await assert.rejects(world.append(topic.partitions[0], 'x'.repeat(100)), /message-too-large/)
  world.topics.alterDefaults('broker', new Map([['message.max.bytes', '1000']]))
  await world.append(topic.partitions[0], 'x'.repeat(100))
})

test('a recovered partition keeps to the settings of its topic', async () => {
  const world = await TopicWorld.open()
  const made = world.create('a')
  await world.append(made.partitions[0], 'x'.repeat(80))
  await world.restart({ durability: 'written', topicDefaults: { 'internal.segment.bytes': '100' } })
  const { log } = world.topics.get('a')!.partitions[0]
  for (let i = 0; i < 2; i++) await world.append(world.topics.get('a')!.partitions[0], 'x'.repeat(80))
  assert.deepEqual(
    log.segments.map(({ baseOffset }) => baseOffset),
    [0, 1, 2],
  )
})
