import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamRefusal } from '../../src/broker/stream-refusal.ts'
import { type ConfigChange, checkTopicConfigs, withChanges } from '../../src/broker/topic/config-changes.ts'
import { TOPIC_CONFIGS, TOPIC_DEFAULTS } from '../../src/broker/topic/config-table.ts'
import { TopicWorld } from './harness.ts'

function checked(name: string, value: string): string {
  try {
    return checkTopicConfigs(new Map([[name, value]])).get(name)!
  } catch (error) {
    if (error instanceof StreamRefusal && error.code === 'invalid-config') return error.message
    throw error
  }
}

test('every default is a value that would be taken', () => {
  for (const row of TOPIC_CONFIGS.values()) {
    if (row.hidden === undefined) assert.equal(checked(row.name, row.default), row.default)
  }
})

test('values are checked by type and bounds, and refused in the words of Kafka', () => {
  const invalid = (value: string, name: string, why: string): string =>
    `Invalid value ${value} for configuration ${name}: ${why}`
  const rows: [name: string, value: string, expected: string | null][] = [
    ['retention.ms', ' 1000 ', '1000'],
    ['retention.ms', '-1', '-1'],
    ['retention.ms', '-2', 'Value must be at least -1'],
    ['retention.ms', '9223372036854775807', '9223372036854775807'],
    ['retention.ms', '9223372036854775808', 'Not a number of type LONG'],
    ['retention.ms', '1e3', 'Not a number of type LONG'],
    ['retention.ms', '', 'Not a number of type LONG'],
    ['retention.ms', '+007', '7'],
    ['retention.bytes', '-5', '-5'],
    ['segment.bytes', '1048576', '1048576'],
    ['segment.bytes', '1048575', 'Value must be at least 1048576'],
    ['segment.bytes', '2147483648', 'Not a number of type INT'],
    ['max.message.bytes', '0', '0'],
    ['max.message.bytes', '-1', 'Value must be at least 0'],
    ['min.cleanable.dirty.ratio', '0.25', '0.25'],
    ['min.cleanable.dirty.ratio', '1.5', 'Value must be no more than 1'],
    ['min.cleanable.dirty.ratio', 'x', 'Not a number of type DOUBLE'],
    ['cleanup.policy', 'compact, delete', 'compact,delete'],
    ['cleanup.policy', '', ''],
    ['cleanup.policy', 'delete,delete', 'delete'],
    ['compression.zstd.level', '100', 'Value must be no more than 22'],
    ['cleanup.policy', 'remove', 'String must be one of: compact, delete'],
    ['compression.type', 'brotli', 'String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer'],
    ['compression.gzip.level', '-1', '-1'],
    ['compression.gzip.level', '0', 'Value must be between 1 and 9 or equal to -1'],
    ['message.timestamp.type', 'LogAppendTime', 'LogAppendTime'],
    ['preallocate', 'TRUE', 'true'],
    ['preallocate', 'yes', 'Expected value to be either true or false'],
    ['durability', 'written', 'written'],
    ['durability', 'maybe', 'String must be one of: synced, written'],
    ['leader.replication.throttled.replicas', '*', '*'],
    ['leader.replication.throttled.replicas', '0:1,1:1', '0:1,1:1'],
    ['min.insync.replicas', '0', 'Value must be at least 1'],
  ]
  for (const [name, value, expected] of rows) {
    const got = checked(name, value)
    if (got !== expected) assert.equal(got, invalid(value.trim(), name, expected!))
  }
  assert.equal(checked('no.such', '1'), 'Unknown topic config name: no.such')
  assert.match(checked('remote.storage.enable', 'true'), /^Tiered Storage functionality is disabled in the broker/)
  assert.equal(checked('cleanup.policy', 'delete,,compact'), "Configuration 'cleanup.policy' values must not be empty.")
})

test('a smallest lag of compaction above the largest is refused', () => {
  const both = new Map([
    ['min.compaction.lag.ms', '10'],
    ['max.compaction.lag.ms', '5'],
  ])
  assert.throws(() => checkTopicConfigs(both), {
    message: 'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)',
  })
})

test('changes set, delete, append to and subtract from what is set', () => {
  const current = new Map([
    ['cleanup.policy', 'compact'],
    ['retention.ms', '5'],
  ])
  const after = (...changes: ConfigChange[]): Record<string, string> =>
    Object.fromEntries(withChanges(current, changes, TOPIC_CONFIGS, () => '1:1'))
  const policy = (operation: ConfigChange['operation'], value: string): string =>
    after({ name: 'cleanup.policy', operation, value })['cleanup.policy']
  assert.deepEqual(after({ name: 'retention.ms', operation: 'delete', value: null }), { 'cleanup.policy': 'compact' })
  assert.equal(policy('set', 'delete'), 'delete')
  assert.equal(policy('append', 'delete,compact'), 'compact,delete')
  assert.equal(policy('subtract', 'compact,delete'), '')
  const throttled = 'leader.replication.throttled.replicas'
  assert.equal(after({ name: throttled, operation: 'append', value: '2:1' })[throttled], '1:1,2:1')
  assert.throws(() => after({ name: 'retention.ms', operation: 'append', value: '1' }), {
    message: "Can't APPEND to key retention.ms because its type is not LIST.",
  })
})

test("the broker's settings are the defaults of topics, and tell where they come from", async () => {
  const world = await TopicWorld.open({ topicDefaults: { 'retention.ms': '7000' }, durability: 'written' })
  const { defaults } = world.topics
  const row = TOPIC_CONFIGS.get('retention.ms')!
  assert.equal(world.create('a').config.retentionMs, 7000)
  assert.equal(world.topics.get('a')!.config.durability, 'written')
  world.topics.alterDefaults('all-brokers', new Map([['log.retention.ms', '6000']]))
  world.topics.alterDefaults('broker', new Map([['log.retention.ms', '5000']]))
  assert.deepEqual(defaults.describe(row), [
    { name: 'log.retention.ms', value: '5000', source: 'broker' },
    { name: 'log.retention.ms', value: '6000', source: 'all-brokers' },
    { name: 'log.retention.ms', value: '7000', source: 'static' },
    { name: 'log.retention.hours', value: '168', source: 'default' },
  ])
  assert.equal(world.topics.get('a')!.config.retentionMs, 5000)
  world.topics.alterDefaults('broker', new Map())
  world.topics.alterDefaults('all-brokers', new Map())
  assert.equal(world.topics.get('a')!.config.retentionMs, 7000)
  assert.deepEqual(defaults.describe(TOPIC_CONFIGS.get('segment.bytes')!), [
    { name: 'log.segment.bytes', value: '1073741824', source: 'default' },
  ])
  assert.deepEqual(defaults.describe(TOPIC_CONFIGS.get('segment.ms')!), [])
})

test('what cannot be altered while the broker runs is refused, and nothing of it altered', async () => {
  const world = await TopicWorld.open()
  const both = new Map([
    ['log.retention.ms', '1'],
    ['node.id', '7'],
  ])
  assert.throws(() => world.topics.alterDefaults('broker', both), {
    code: 'invalid-request',
    message: 'Cannot update these configs dynamically: [node.id]',
  })
  assert.throws(() => world.topics.alterDefaults('broker', new Map([['log.retention.ms', '-7']])), {
    message: 'Invalid value -7 for configuration log.retention.ms: Value must be at least -1',
  })
  assert.equal(world.topics.defaults.alteredFor('broker').size, 0)
  assert.ok(TOPIC_DEFAULTS.has('message.max.bytes'))
})

test('defaults that no topic takes end the start', async () => {
  await assert.rejects(TopicWorld.open({ topicDefaults: { 'retention.ms': 'x' } }), /Not a number of type LONG/)
  await assert.rejects(TopicWorld.open({ topicDefaults: { nonsense: '1' } }), /Unknown topic config name: nonsense/)
})

test('segments of the partitions of a topic end at different times, where it asks for that', async () => {
  const world = await TopicWorld.open()
  const ages = (configsOf: Record<string, string>): number[] => {
    const topic = world.create(`t${world.topics.count}`, { partitions: 4, configsOf })
    return topic.partitions.map(({ index }) => topic.logOptions(index).segmentMs)
  }
  assert.deepEqual(ages({ 'segment.ms': '1000' }), [1000, 1000, 1000, 1000])
  const spread = ages({ 'segment.ms': '1000', 'segment.jitter.ms': '400' })
  assert.equal(new Set(spread).size, 4)
  for (const age of spread) assert.ok(age > 600 && age <= 1000)
  for (const age of ages({ 'segment.ms': '2', 'segment.jitter.ms': '99' })) assert.ok(age >= 1 && age <= 2)
})
