import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alterConfigs } from '../../src/wire/kafka/messages/alter-configs.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { describeConfigs } from '../../src/wire/kafka/messages/describe-configs.ts'
import { incrementalAlterConfigs } from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { listConfigResources } from '../../src/wire/kafka/messages/list-config-resources.ts'
import type { DecodedResponse } from '../../src/wire/kafka/schema.ts'
import { type Peer, World } from './world.ts'

const TOPIC = 2
const BROKER = 4
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]

type Entry = DecodedResponse<typeof describeConfigs>['results'][number]['configs'][number]

async function open(streams = {}): Promise<{ world: World; peer: Peer }> {
  const world = await World.open({ streams })
  const peer = world.connect()
  await peer.ask(createTopics, 7, { topics: [{ name: 'a', numPartitions: 1, replicationFactor: 1 }] })
  return { world, peer }
}

async function entries(peer: Peer, resourceType: number, resourceName: string): Promise<Map<string, Entry>> {
  const resources = [{ resourceType, resourceName, configurationKeys: null }]
  const { results } = await peer.ask(describeConfigs, 4, {
    resources,
    includeSynonyms: true,
    includeDocumentation: true,
  })
  assert.equal(results[0].errorCode, 0, results[0].errorMessage ?? '')
  return new Map(results[0].configs.map((entry) => [entry.name, entry]))
}

interface Change {
  readonly name: string
  readonly value?: string | null
  readonly configOperation?: number
}

async function alter(
  peer: Peer,
  resourceType: number,
  resourceName: string,
  configs: Change[],
  validateOnly = false,
): Promise<string> {
  const filled = configs.map((one) => ({ value: null, configOperation: SET, ...one }))
  const request = { resources: [{ resourceType, resourceName, configs: filled }], validateOnly }
  const { responses } = await peer.ask(incrementalAlterConfigs, 1, request)
  return `${responses[0].errorCode} ${responses[0].errorMessage}`
}

describe('DescribeConfigs', () => {
  it('lists every setting of a topic with default, type, source and synonyms', async () => {
    const { peer } = await open()
    const found = await entries(peer, TOPIC, 'a')
    const names = [...found.keys()]
    assert.deepEqual(names, names.toSorted())
    // What Kafka 4.3 lists for a topic, and ours.
    const expected =
      'cleanup.policy=delete compression.gzip.level=-1 compression.lz4.level=9 compression.type=producer compression.zstd.level=3 delete.retention.ms=86400000 durability=synced file.delete.delay.ms=60000 flush.messages=9223372036854775807 flush.ms=9223372036854775807 follower.replication.throttled.replicas= index.interval.bytes=4096 leader.replication.throttled.replicas= local.retention.bytes=-2 local.retention.ms=-2 max.compaction.lag.ms=9223372036854775807 max.message.bytes=1048588 message.timestamp.after.max.ms=3600000 message.timestamp.before.max.ms=9223372036854775807 message.timestamp.type=CreateTime min.cleanable.dirty.ratio=0.5 min.compaction.lag.ms=0 min.insync.replicas=1 preallocate=false remote.log.copy.disable=false remote.log.delete.on.disable=false remote.storage.enable=false retention.bytes=-1 retention.ms=604800000 segment.bytes=1073741824 segment.index.bytes=10485760 segment.jitter.ms=0 segment.ms=604800000 unclean.leader.election.enable=false'
    assert.equal([...found.values()].map(({ name, value }) => `${name}=${value}`).join(' '), expected)
    for (const entry of found.values()) {
      assert.equal(entry.configSource, 5)
      assert.equal(entry.readOnly, false)
      assert.ok(entry.documentation)
    }
    const types: [string, number][] = [
      ['preallocate', 1],
      ['compression.type', 2],
      ['segment.bytes', 3],
      ['retention.ms', 5],
      ['min.cleanable.dirty.ratio', 6],
      ['cleanup.policy', 7],
    ]
    for (const [name, type] of types) assert.equal(found.get(name)?.configType, type)
    assert.deepEqual(found.get('retention.ms')?.synonyms, [])
    assert.deepEqual(found.get('max.message.bytes')?.synonyms, [
      { name: 'message.max.bytes', value: '1048588', source: 5 },
    ])
  })

  it('answers in every version, only what is asked for', async () => {
    const { peer } = await open()
    for (let version = describeConfigs.versionMin; version <= describeConfigs.versionMax; version++) {
      const resources = [{ resourceType: TOPIC, resourceName: 'a', configurationKeys: ['segment.ms', 'none'] }]
      const { results } = await peer.ask(describeConfigs, version, { resources })
      const [entry] = results[0].configs
      assert.equal(results[0].configs.length, 1)
      assert.equal(entry.value, '604800000')
      assert.equal(entry.configSource, version >= 1 ? 5 : -1)
      assert.equal(entry.configType, version >= 3 ? 5 : 0)
      assert.deepEqual(entry.synonyms, [])
      assert.ok(!entry.documentation)
    }
  })

  it('tells where a value comes from, and what would hold without it', async () => {
    const { peer } = await open({ topicDefaults: { 'retention.ms': '7000' } })
    assert.equal((await entries(peer, TOPIC, 'a')).get('retention.ms')?.configSource, 4)
    await alter(peer, BROKER, '', [{ name: 'log.retention.ms', value: '6000' }])
    await alter(peer, BROKER, '1', [{ name: 'log.retention.ms', value: '5000' }])
    await alter(peer, TOPIC, 'a', [{ name: 'retention.ms', value: '4000' }])
    const entry = (await entries(peer, TOPIC, 'a')).get('retention.ms')
    assert.equal(entry?.configSource, 1)
    assert.deepEqual(entry?.synonyms, [
      { name: 'retention.ms', value: '4000', source: 1 },
      { name: 'log.retention.ms', value: '5000', source: 2 },
      { name: 'log.retention.ms', value: '6000', source: 3 },
      { name: 'log.retention.ms', value: '7000', source: 4 },
      { name: 'log.retention.hours', value: '168', source: 5 },
    ])
  })

  it('tells of the broker what holds', async () => {
    const { peer } = await open({ numPartitions: 5 })
    const found = await entries(peer, BROKER, '1')
    const rows: [string, string | null, number, boolean][] = [
      ['num.partitions', '5', 4, true],
      ['auto.create.topics.enable', 'true', 5, true],
      ['node.id', '1', 4, true],
      ['log.dirs', 'memory', 4, true],
      ['advertised.listeners', 'PLAINTEXT://127.0.0.1:9092', 4, true],
      ['message.max.bytes', '1048588', 5, false],
      ['log.retention.ms', null, 5, false],
      ['log.retention.hours', '168', 5, true],
      ['broker.rack', null, 5, true],
    ]
    for (const [name, value, source, readOnly] of rows) {
      const entry = found.get(name)
      assert.deepEqual([entry?.value, entry?.configSource, entry?.readOnly], [value, source, readOnly], name)
    }
    assert.equal((await entries(peer, BROKER, '')).size, 0)
    await alter(peer, BROKER, '', [{ name: 'message.max.bytes', value: '77' }])
    const [altered] = (await entries(peer, BROKER, '')).values()
    assert.deepEqual([altered.name, altered.value, altered.configSource], ['message.max.bytes', '77', 3])
    assert.equal((await entries(peer, BROKER, '1')).get('message.max.bytes')?.value, '77')
  })

  it('refuses what there is not', async () => {
    const { peer } = await open()
    const resources = [
      { resourceType: TOPIC, resourceName: 'none', configurationKeys: null },
      { resourceType: TOPIC, resourceName: 'no good', configurationKeys: null },
      { resourceType: BROKER, resourceName: '2', configurationKeys: null },
      { resourceType: BROKER, resourceName: 'one', configurationKeys: null },
      { resourceType: 8, resourceName: '1', configurationKeys: null },
    ]
    const { results } = await peer.ask(describeConfigs, 4, { resources })
    assert.deepEqual(
      results.map(({ errorCode, errorMessage }) => `${errorCode} ${errorMessage}`),
      [
        '3 ',
        "17 Topic name is invalid: 'no good' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        '42 Unexpected broker id, expected 1, but received 2',
        '42 Node id must be an integer, but it is: one',
        '42 Unsupported resource type: 8',
      ],
    )
  })
})

describe('IncrementalAlterConfigs', () => {
  it('sets, deletes, appends and subtracts, and holds at once', async () => {
    const { world, peer } = await open()
    const { config } = world.broker.vhost('/').streams.topics.get('a')!
    assert.equal(config.cleanupPolicy.compact, false)
    const now = () => world.broker.vhost('/').streams.topics.get('a')!
    await alter(peer, TOPIC, 'a', [
      { name: 'cleanup.policy', value: 'compact', configOperation: APPEND },
      { name: 'retention.ms', value: '9' },
    ])
    assert.equal(now().overrides.get('cleanup.policy'), 'delete,compact')
    assert.deepEqual(now().config.cleanupPolicy, { delete: true, compact: true })
    await alter(peer, TOPIC, 'a', [
      { name: 'cleanup.policy', value: 'delete', configOperation: SUBTRACT },
      { name: 'retention.ms', configOperation: DELETE },
    ])
    assert.deepEqual([...now().overrides], [['cleanup.policy', 'compact']])
    assert.equal(now().config.retentionMs, 604_800_000)
  })

  it('alters a resource wholly or not at all, and nothing when only validating', async () => {
    const { world, peer } = await open()
    const good = { name: 'retention.ms', value: '1' }
    const rows: [Change[], string][] = [
      [
        [good, { name: 'segment.ms', value: '0' }],
        '40 Invalid value 0 for configuration segment.ms: Value must be at least 1',
      ],
      [[good, { name: 'none', value: '1' }], '40 Unknown topic config name: none'],
      [[good, good], '42 Error due to duplicate config keys'],
      [[good, { name: 'segment.ms' }, { name: 'flush.ms' }], '42 Null value not supported for : segment.ms, flush.ms'],
      [[good, { name: 'segment.ms', value: '5', configOperation: 9 }], '42 Unknown operations type 9'],
      [[{ ...good, configOperation: APPEND }], "40 Can't APPEND to key retention.ms because its type is not LIST."],
    ]
    for (const [configs, expected] of rows) assert.equal(await alter(peer, TOPIC, 'a', configs), expected)
    assert.equal(await alter(peer, TOPIC, 'a', [good], true), '0 null')
    assert.equal(await alter(peer, TOPIC, 'none', [good]), "3 The topic 'none' does not exist.")
    assert.equal(await alter(peer, TOPIC, '', [good]), '42 Default topic resources are not allowed.')
    assert.equal(await alter(peer, 16, 'a', [good]), '42 Unknown resource type 16')
    assert.equal(await alter(peer, BROKER, '7', [good]), '42 Unexpected broker id, expected 1, but received 7')
    assert.equal(await alter(peer, BROKER, '', [good]), '42 Cannot update these configs dynamically: [retention.ms]')
    assert.equal(world.broker.vhost('/').streams.topics.get('a')!.overrides.size, 0)
    const twice = { resourceType: TOPIC, resourceName: 'a', configs: [] }
    const { responses } = await peer.ask(incrementalAlterConfigs, 0, { resources: [twice, twice] })
    assert.deepEqual(
      responses.map(({ errorCode }) => errorCode),
      [42, 42],
    )
  })

  it('survives a restart', async () => {
    const { world, peer } = await open()
    await alter(peer, TOPIC, 'a', [{ name: 'retention.ms', value: '9' }])
    await alter(peer, BROKER, '', [{ name: 'log.segment.bytes', value: '2000000' }])
    await world.broker.engine.close()
    const later = await World.open({ disk: world.disk })
    const { config } = later.broker.vhost('/').streams.topics.get('a')!
    assert.deepEqual([config.retentionMs, config.segmentBytes], [9, 2_000_000])
  })
})

describe('AlterConfigs', () => {
  it('replaces all that the topic says itself', async () => {
    const { world, peer } = await open()
    await alter(peer, TOPIC, 'a', [{ name: 'retention.ms', value: '9' }])
    for (let version = alterConfigs.versionMin; version <= alterConfigs.versionMax; version++) {
      const configs = [{ name: 'segment.ms', value: String(version + 1) }]
      const { responses } = await peer.ask(alterConfigs, version, {
        resources: [{ resourceType: TOPIC, resourceName: 'a', configs }],
      })
      assert.equal(responses[0].errorCode, 0)
      const { overrides } = world.broker.vhost('/').streams.topics.get('a')!
      assert.deepEqual([...overrides], [['segment.ms', String(version + 1)]])
    }
  })
})

describe('ListConfigResources', () => {
  it('lists topics and the broker', async () => {
    const { peer } = await open()
    assert.deepEqual((await peer.ask(listConfigResources, 0, {})).configResources, [])
    assert.deepEqual((await peer.ask(listConfigResources, 1, {})).configResources, [
      { resourceName: 'a', resourceType: TOPIC },
      { resourceName: '1', resourceType: BROKER },
    ])
    const topics = await peer.ask(listConfigResources, 1, { resourceTypes: [TOPIC] })
    assert.equal(topics.configResources.length, 1)
    assert.equal((await peer.ask(listConfigResources, 1, { resourceTypes: [99] })).errorCode, 35)
  })
})
