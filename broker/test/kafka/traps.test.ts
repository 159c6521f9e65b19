/**
 * What brokers that are not Apache Kafka got wrong in the first words with Kafka's clients; each was found by somebody in
 * production, and is named after what the client then did.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HANDLERS } from '../../src/kafka/handlers.ts'
import { apiVersions } from '../../src/wire/kafka/messages/api-versions.ts'
import { consumerGroupDescribe } from '../../src/wire/kafka/messages/consumer-group-describe.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { deleteTopics } from '../../src/wire/kafka/messages/delete-topics.ts'
import { describeGroups } from '../../src/wire/kafka/messages/describe-groups.ts'
import { describeTopicPartitions } from '../../src/wire/kafka/messages/describe-topic-partitions.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import { heartbeat } from '../../src/wire/kafka/messages/heartbeat.ts'
import { joinGroup } from '../../src/wire/kafka/messages/join-group.ts'
import { listOffsets } from '../../src/wire/kafka/messages/list-offsets.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import { saslAuthenticate } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { ZERO_UUID } from '../../src/wire/kafka/schema.ts'
import { batchOf } from './batches.ts'
import { decodeAnswer, encodeRequest } from './requests.ts'
import { type Peer, World } from './world.ts'

const software = { clientSoftwareName: 'apache-kafka-java', clientSoftwareVersion: '4.3.0' }

/** What ApiVersions says, by key. */
async function advertised(peer: Peer) {
  const { apiKeys } = await peer.ask(apiVersions, 4, software)
  return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]))
}

async function open(options = {}): Promise<{ world: World; peer: Peer }> {
  const world = await World.open(options)
  return { world, peer: world.connect() }
}

async function createTopic(peer: Peer, name: string, numPartitions = 1): Promise<string> {
  const { topics } = await peer.ask(createTopics, 7, { topics: [{ name, numPartitions, replicationFactor: 1 }] })
  assert.equal(topics[0].errorCode, 0, topics[0].errorMessage ?? '')
  return topics[0].topicId
}

const topicsOf = async (peer: Peer, version: number, name: string, allow = false) =>
  (await peer.ask(metadata, version, { topics: [{ name }], allowAutoTopicCreation: allow })).topics

const fetchOf = (topicId: string, maxWaitMs = 0) => ({
  maxWaitMs,
  minBytes: 1,
  maxBytes: 1 << 20,
  topics: [{ topicId, partitions: [{ partition: 0, partitionMaxBytes: 1 << 20 }] }],
})

describe('1: librdkafka compresses only for a broker that advertises Produce from version 0', () => {
  it('and versions 0 to 2 are refused all the same', async () => {
    const { world, peer } = await open()
    const { min, max } = (await advertised(peer)).get(0)!
    assert.deepEqual([min, max], [0, 13])
    peer.write(encodeRequest(produce, 3, 1, {}).fill(2, 7, 8))
    await world.settle()
    assert.deepEqual([peer.ended, world.closingReasons()], [true, ['Produce version 2 is not supported, 3 to 13 are']])
  })

  it('and its other features look at ranges', async () => {
    const { peer } = await open()
    const ranges = await advertised(peer)
    const spoken = (key: number, version: number) => {
      const range = ranges.get(key)
      return range !== undefined && range.min <= version && version <= range.max
    }
    const rows: [feature: string, needs: [key: number, version: number][]][] = [
      [
        'message format 2',
        [
          [0, 3],
          [1, 4],
        ],
      ],
      [
        'zstd',
        [
          [0, 7],
          [1, 10],
        ],
      ],
      [
        'consumer groups of the newer protocol',
        [
          [68, 0],
          [8, 9],
          [9, 9],
        ],
      ],
      ['idempotence', [[22, 0]]],
      [
        'transactions',
        [
          [22, 0],
          [24, 0],
          [25, 0],
          [26, 0],
          [28, 0],
        ],
      ],
      [
        'platformatic',
        [
          [1, 12],
          [3, 9],
          [8, 8],
          [9, 8],
          [10, 4],
          [11, 6],
          [15, 5],
          [19, 7],
          [20, 6],
        ],
      ],
      [
        'KafkaJS',
        [
          [0, 7],
          [1, 11],
          [3, 6],
          [8, 5],
          [9, 4],
          [10, 1],
          [11, 5],
          [12, 3],
          [13, 3],
          [14, 3],
          [19, 3],
        ],
      ],
    ]
    for (const [feature, needs] of rows) {
      for (const [key, version] of needs) assert.ok(spoken(key, version), `${feature}: API ${key} version ${version}`)
    }
    // Groups need OffsetCommit and OffsetFetch to overlap with 1 and above.
    assert.ok(ranges.get(8)!.max >= 1 && ranges.get(9)!.max >= 1)
  })
})

describe('2: a client of tomorrow asks for ApiVersions in a version that is not known yet', () => {
  it('and is answered in version 0, with the versions to try', async () => {
    const { world, peer } = await open()
    for (const version of [5, 99, 32767]) {
      const octets = encodeRequest(apiVersions, 4, 7, software)
      octets.writeInt16BE(version, 6)
      peer.write(octets)
      await world.settle()
      const { correlationId, response } = decodeAnswer(apiVersions, 0, peer.answers.shift()!)
      assert.equal(correlationId, 7)
      assert.equal(response.errorCode, 35)
      assert.deepEqual(response.apiKeys, [{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
    }
    assert.equal((await peer.ask(apiVersions, 4, software)).errorCode, 0)
  })
})

describe('3: the header of the answer to ApiVersions is that of version 0 for ever', () => {
  it('so the error code stands right behind the correlation id, and elsewhere tagged fields do', async () => {
    const { world, peer } = await open()
    for (const version of [0, 1, 2, 3, 4]) {
      peer.send(apiVersions, version, software)
      await world.settle()
      const bytes = peer.answers.shift()!
      assert.equal(bytes.readInt16BE(4), 0, `version ${version}`)
      // The number of APIs: an i32, from 3 on a varint of one more.
      const count = version < 3 ? bytes.readInt32BE(6) : bytes[6] - 1
      assert.equal(count, HANDLERS.length, `version ${version}`)
    }
    peer.send(heartbeat, 4, { groupId: 'g', memberId: 'm' })
    await world.settle()
    assert.equal(peer.answers.shift()![4], 0)
  })
})

describe('4: finalized features switch what a Java client sends', () => {
  it('transaction.version 2 comes with all the APIs it needs', async () => {
    const { peer } = await open()
    const { finalizedFeatures, finalizedFeaturesEpoch } = await peer.ask(apiVersions, 3, software)
    const levels = Object.fromEntries(finalizedFeatures.map((feature) => [feature.name, feature.maxVersionLevel]))
    assert.equal(levels['transaction.version'], 2)
    assert.equal(levels['group.version'], 1)
    assert.ok(finalizedFeaturesEpoch >= 0)
    const ranges = await advertised(peer)
    for (const [key, version] of [
      [0, 12],
      [28, 5],
      [26, 5],
    ])
      assert.ok(ranges.get(key)!.max >= version)
  })

  it('and a feature that begins at version 0 is told from version 4 on (KAFKA-17011)', async () => {
    const { peer } = await open()
    const supported = async (version: number) =>
      (await peer.ask(apiVersions, version, software)).supportedFeatures.map(({ name, minVersion, maxVersion }) => [
        name,
        minVersion,
        maxVersion,
      ])
    assert.ok((await supported(3)).every(([, minVersion]) => minVersion !== 0))
    const all = await supported(4)
    assert.deepEqual(
      all.filter(([name]) => name === 'transaction.version'),
      [['transaction.version', 0, 2]],
    )
    assert.deepEqual(
      all.filter(([name]) => name === 'group.version'),
      [['group.version', 0, 1]],
    )
  })

  it('and a client that calls itself something odd is refused', async () => {
    const { peer } = await open()
    for (const clientSoftwareName of ['', 'a b', '-a', 'a-', 'ä']) {
      const { errorCode } = await peer.ask(apiVersions, 3, { ...software, clientSoftwareName })
      assert.equal(errorCode, 42, clientSoftwareName)
    }
  })
})

describe('5: topic ids are stable, never zero, and new for a topic made again', () => {
  it('and a Fetch by the old one is told so', async () => {
    const { world, peer } = await open()
    const first = await createTopic(peer, 't')
    assert.match(first, /^[\w-]{22}$/)
    assert.notEqual(first, ZERO_UUID)
    for (const version of [10, 11, 12, 13]) assert.equal((await topicsOf(peer, version, 't'))[0].topicId, first)
    const again = await World.open({ disk: world.disk })
    const later = again.connect()
    assert.equal((await topicsOf(later, 12, 't'))[0].topicId, first)
    assert.equal((await later.ask(fetch, 13, fetchOf(first))).responses[0].partitions[0].errorCode, 0)

    await later.ask(deleteTopics, 6, { topics: [{ name: 't' }] })
    const second = await createTopic(later, 't')
    assert.notEqual(second, first)
    const answer = await later.ask(fetch, 13, fetchOf(first))
    assert.equal(answer.responses[0].partitions[0].errorCode, 100)
  })
})

describe('6: a partition without a leader silences librdkafka for good', () => {
  it('so each has one from the answer that made it on, with an epoch that never falls', async () => {
    const { world, peer } = await open()
    const [made] = await topicsOf(peer, 9, 'auto', true)
    await createTopic(peer, 'wide', 5)
    const [wide] = await topicsOf(peer, 9, 'wide')
    for (const { partitions } of [made, wide]) {
      assert.ok(partitions.length > 0)
      for (const { errorCode, leaderId, leaderEpoch, replicaNodes, isrNodes } of partitions) {
        assert.deepEqual(
          { errorCode, leaderId, replicaNodes, isrNodes },
          { errorCode: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] },
        )
        assert.ok(leaderEpoch >= 0)
      }
    }
    const again = await World.open({ disk: world.disk })
    const [after] = await topicsOf(again.connect(), 9, 'wide')
    assert.ok(after.partitions[0].leaderEpoch >= wide.partitions[0].leaderEpoch)
    assert.equal(after.partitions[0].leaderId, 1)
  })
})

describe('7: Metadata makes the topics it is asked for', () => {
  it('always before version 4, when the client allows it later', async () => {
    const { peer } = await open({ streams: { numPartitions: 3 } })
    for (const version of [0, 1, 3]) {
      const [topic] = await topicsOf(peer, version, `old-${version}`)
      assert.deepEqual([topic.errorCode, topic.partitions.length], [0, 3])
    }
    assert.equal((await topicsOf(peer, 4, 'new'))[0].errorCode, 3)
    assert.equal((await topicsOf(peer, 4, 'new', true))[0].errorCode, 0)
    assert.equal((await topicsOf(peer, 4, 'new'))[0].errorCode, 0)
  })

  it('unless auto.create.topics.enable is off', async () => {
    const { peer } = await open({ streams: { autoCreateTopicsEnable: false } })
    assert.equal((await topicsOf(peer, 1, 't'))[0].errorCode, 3)
    assert.equal((await topicsOf(peer, 9, 't', true))[0].errorCode, 3)
  })
})

describe('8: an advertised name may resolve to an address that nobody listens on', () => {
  it('so clients are sent to the very address they came to, unless a setting names another', async () => {
    const { world } = await open()
    const rows: [localAddress: string, host: string][] = [
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '::1'],
      ['::ffff:10.0.0.5', '10.0.0.5'],
    ]
    for (const [localAddress, host] of rows) {
      const peer = world.connect({}, { localAddress, localPort: 19_092 })
      const { brokers } = await peer.ask(metadata, 9, { topics: [] })
      assert.deepEqual([brokers[0].host, brokers[0].port], [host, 19_092])
    }
    const named = world.connect({ advertised: { host: 'kafka.example', port: 443 } })
    const { brokers } = await named.ask(metadata, 9, { topics: [] })
    assert.deepEqual([brokers[0].host, brokers[0].port], ['kafka.example', 443])
  })
})

describe('9: what is advertised and silent hangs its clients', () => {
  for (const { api } of HANDLERS) {
    it(`${api.name} answers in every version, or says why not by hanging up`, async () => {
      const { world, peer } = await open()
      const { min, max } = (await advertised(peer)).get(api.key)!
      assert.deepEqual([min, max], [api.advertisedFrom, api.versionMax])
      for (let version = min; version <= max; version++) {
        const client = world.connect()
        const octets = encodeRequest(api, Math.max(version, api.versionMin), 9, {})
        octets.writeInt16BE(version, 6)
        client.write(octets)
        await world.settle()
        await world.pass(1000)
        // Produce asks for no answer by default: acks=0.
        const isSilent = api === produce && version >= api.versionMin
        if (!isSilent) assert.ok(client.answers.length === 1 || client.ended, `version ${version}`)
        if (client.answers.length === 1) assert.equal(decodeAnswer(api, version, client.answers[0]).correlationId, 9)
      }
      assert.deepEqual(world.bugs(), [])
    })
  }

  it('and what would do nothing is not advertised', async () => {
    const { peer } = await open()
    const ranges = await advertised(peer)
    const nothing = { 'delegation tokens': [38, 39, 40, 41], quotas: [48, 49], telemetry: [71, 72] }
    for (const [what, keys] of Object.entries(nothing)) {
      for (const key of keys) assert.equal(ranges.has(key), false, `${what}: ${key}`)
    }
  })
})

describe('10: SaslHandshake in version 0 is followed by bare tokens', () => {
  it('and in version 1 by SaslAuthenticate', async () => {
    const { world } = await open()
    const old = world.connect({ sasl: true })
    await old.ask(saslHandshake, 0, { mechanism: 'PLAIN' })
    old.write(Buffer.from('\0\0\0\x0c\0guest\0guest', 'latin1'))
    await world.settle()
    assert.deepEqual(old.answers.splice(0), [Buffer.alloc(0)])
    const client = world.connect({ sasl: true })
    await client.ask(saslHandshake, 1, { mechanism: 'PLAIN' })
    const { errorCode } = await client.ask(saslAuthenticate, 0, { authBytes: Buffer.from('\0guest\0guest') })
    assert.equal(errorCode, 0)
    for (const peer of [old, client]) assert.equal((await peer.ask(metadata, 1, { topics: [] })).brokers.length, 1)
  })
})

describe('11: answers keep the order of the requests', () => {
  it('so a Fetch that waits for records holds up what comes behind it', async () => {
    const { world, peer } = await open()
    const id = await createTopic(peer, 't')
    const fetchId = peer.send(fetch, 13, fetchOf(id, 500))
    const metadataId = peer.send(metadata, 9, { topics: [] })
    await world.settle()
    assert.equal(peer.answers.length, 0)
    await world.pass(600)
    assert.deepEqual([peer.answer(fetch)!.correlationId, peer.answer(metadata)!.correlationId], [fetchId, metadataId])
  })

  it('and records that arrive end the waiting', async () => {
    const { world, peer } = await open()
    const id = await createTopic(peer, 't')
    peer.send(fetch, 13, fetchOf(id, 30_000))
    await world.settle()
    assert.equal(peer.answers.length, 0)
    const producer = world.connect()
    const records = batchOf(['a', 'b'])
    const { responses } = await producer.ask(produce, 9, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
    })
    assert.equal(responses[0].partitionResponses[0].errorCode, 0)
    await world.settle()
    const { partitions } = peer.answer(fetch)!.response.responses[0]
    assert.equal(partitions[0].highWatermark, 2)
    assert.ok(partitions[0].records!.length >= records.length)
  })

  it('and Produce with acks=0 has no answer at all, but an error ends the connection', async () => {
    const { world, peer } = await open()
    await createTopic(peer, 't')
    const silent = (index: number) => ({
      acks: 0,
      topicData: [{ name: 't', partitionData: [{ index, records: batchOf(['a']) }] }],
    })
    peer.send(produce, 9, silent(0))
    await world.settle()
    assert.deepEqual([peer.answers.length, peer.ended], [0, false])
    const other = world.connect()
    const partitions = [{ partitionIndex: 0, timestamp: -1 }]
    const { topics } = await other.ask(listOffsets, 6, { topics: [{ name: 't', partitions }] })
    assert.equal(topics[0].partitions[0].offset, 1)
    peer.send(produce, 9, silent(7))
    await world.settle()
    assert.deepEqual([peer.answers.length, peer.ended], [0, true])
  })
})

describe('12: the Java admin client asks the newer API first', () => {
  it('DescribeTopicPartitions for topics', async () => {
    const { peer } = await open()
    const id = await createTopic(peer, 't', 2)
    const { topics } = await peer.ask(describeTopicPartitions, 0, { topics: [{ name: 't' }, { name: 'u' }] })
    const [found, missing] = topics
    assert.deepEqual([found.errorCode, found.topicId, found.partitions.length], [0, id, 2])
    assert.equal(missing.errorCode, 3)
  })

  it('ConsumerGroupDescribe for groups, which sends it to DescribeGroups for a classic one', async () => {
    const { world, peer } = await open()
    const member = world.connect()
    const join = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(4) }],
    }
    member.send(joinGroup, 3, join)
    await world.settle()
    await world.pass(10)
    assert.equal(member.answer(joinGroup)!.response.errorCode, 0)
    const { groups } = await peer.ask(consumerGroupDescribe, 0, { groupIds: ['g'] })
    assert.equal(groups[0].errorCode, 69)
    const classic = await peer.ask(describeGroups, 5, { groups: ['g'] })
    assert.deepEqual([classic.groups[0].errorCode, classic.groups[0].members.length], [0, 1])
  })
})
