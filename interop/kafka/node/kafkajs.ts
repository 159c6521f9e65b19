/** KafkaJS: the library most Node services on Kafka were written with; classic groups, transactions, its own admin. */
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs, { type Admin, type Consumer, type IHeaders, type KafkaMessage } from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import * as snappy from 'snappy'
import { brokerUrl, expectSame, freshName, installedVersion, proveAll } from '../../node/proof.ts'
import { CHECKS_AT_ONCE, eventually } from './eventually.ts'

const { Kafka, logLevel, CompressionTypes, CompressionCodecs, ConfigResourceTypes } = kafkajs
const kafka = new Kafka({ clientId: 'interop', brokers: [brokerUrl()], logLevel: logLevel.NOTHING })

// The codecs it leaves to plug-ins, as their authors plug them in.
CompressionCodecs[CompressionTypes.ZSTD] = () => codec(promisify(zstdCompress), promisify(zstdDecompress))
CompressionCodecs[CompressionTypes.LZ4] = () => codec(compressFrame, decompressFrame)
CompressionCodecs[CompressionTypes.Snappy] = () => codec(snappy.compress, (bytes) => snappy.uncompress(bytes) as never)

function codec(compress: (bytes: Buffer) => Promise<Buffer>, decompress: (bytes: Buffer) => Promise<Buffer>) {
  return { compress: ({ buffer }: { buffer: Buffer }) => compress(buffer), decompress }
}

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

async function freshTopic(purpose: string, numPartitions = 1): Promise<string> {
  const topic = freshName(purpose)
  await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true }))
  return topic
}

async function produce(topic: string, messages: object[], options: object = {}): Promise<unknown> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, ...options })
  await producer.connect()
  try {
    return await producer.send({ topic, acks: -1, messages: messages as never, ...options })
  } finally {
    await producer.disconnect()
  }
}

interface Seen {
  partition: number
  message: KafkaMessage
}

/** A member that keeps what it is given; `leave` ends it with its offsets committed. */
async function member(groupId: string, topics: (string | RegExp)[], options: object = {}) {
  const consumer: Consumer = kafka.consumer({ groupId, heartbeatInterval: 500, maxWaitTimeInMs: 300, ...options })
  const seen: Seen[] = []
  let assigned: Record<string, number[]> = {}
  consumer.on('consumer.group_join', ({ payload }) => {
    assigned = payload.memberAssignment
  })
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ partition, message }) => void seen.push({ partition, message }) })
  return { consumer, seen, partitions: (topic: string) => assigned[topic] ?? [], leave: () => consumer.disconnect() }
}

async function consume(topic: string, count: number): Promise<Seen[]> {
  const reader = await member(freshName('reader'), [topic])
  await eventually(
    () => reader.seen.length >= count,
    () => `${reader.seen.length} of ${count} messages came`,
  )
  await reader.leave()
  return reader.seen.toSorted(
    (a, b) => a.partition - b.partition || Number(a.message.offset) - Number(b.message.offset),
  )
}

const asText = (headers: IHeaders | undefined) =>
  Object.entries(headers ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)])

async function produceConsume(): Promise<string> {
  const topic = await freshTopic('produce', 3)
  const sent = Array.from({ length: 300 }, (_, number) => ({
    partition: number % 3,
    key: number % 5 === 0 ? null : `key ${number}`,
    value: number % 7 === 0 ? null : `value ${number} ž`,
    timestamp: String(1_700_000_000_000 + number),
    headers: number % 2 === 0 ? { number: String(number), twice: ['a', 'b'] } : {},
  }))
  await produce(topic, sent)
  const seen = (await consume(topic, sent.length)).map(({ partition, message }) => [
    partition,
    message.offset,
    message.key === null ? null : String(message.key),
    message.value === null ? null : String(message.value),
    message.timestamp,
    asText(message.headers),
  ])
  const expected = [0, 1, 2].flatMap((partition) =>
    sent
      .filter((message) => message.partition === partition)
      .map((message, at) => [
        partition,
        String(at),
        message.key,
        message.value,
        message.timestamp,
        asText(message.headers as IHeaders),
      ]),
  )
  expectSame('records', seen, expected)
  return `${seen.length} records in 3 partitions with keys, headers, timestamps, nulls`
}

async function compression(): Promise<string> {
  const topic = await freshTopic('compression')
  const kinds = ['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const
  for (const kind of kinds) {
    const messages = Array.from({ length: 40 }, (_, number) => ({ value: `${kind} ${number} `.padEnd(500, 'abc') }))
    await produce(topic, messages, { compression: CompressionTypes[kind] })
  }
  const seen = (await consume(topic, 40 * kinds.length)).map(({ message }) => String(message.value))
  const expected = kinds.flatMap((kind) =>
    Array.from({ length: 40 }, (_, number) => `${kind} ${number} `.padEnd(500, 'abc')),
  )
  expectSame('values', seen, expected)
  return `${kinds.length} codecs`
}

async function autoCreate(): Promise<string> {
  const topic = freshName('auto')
  await produce(topic, [{ value: 'first' }], { allowAutoTopicCreation: true })
  const { topics } = await withAdmin((admin) => admin.fetchTopicMetadata({ topics: [topic] }))
  expectSame('partitions of the topic made by a produce', topics[0]!.partitions.length, 1)
  expectSame(
    'values',
    (await consume(topic, 1)).map(({ message }) => String(message.value)),
    ['first'],
  )
  return 'a topic made by asking for its metadata'
}

async function groups(): Promise<string> {
  const topic = await freshTopic('groups', 4)
  const group = freshName('group')
  const first = await member(group, [topic])
  await eventually(
    () => first.partitions(topic).length === 4,
    () => `alone it has ${first.partitions(topic)}`,
  )
  const second = await member(group, [topic])
  const both = () => [first.partitions(topic).length, second.partitions(topic).length]
  await eventually(
    () => both().join() === '2,2',
    () => `the two have ${both()}`,
  )
  const numbered = (from: number) =>
    Array.from({ length: 200 }, (_, at) => ({ partition: at % 4, value: String(from + at) }))
  await produce(topic, numbered(0))
  const total = () => first.seen.length + second.seen.length
  await eventually(
    () => total() >= 200,
    () => `${total()} of 200 came`,
  )
  expectSame('shares of the two', [first.seen.length, second.seen.length], [100, 100])
  const described = await withAdmin((admin) => admin.describeGroups([group]))
  expectSame(
    'the group described',
    [described.groups[0]!.state, described.groups[0]!.protocolType, described.groups[0]!.members.length],
    ['Stable', 'consumer', 2],
  )
  await second.leave()
  await eventually(
    () => first.partitions(topic).length === 4,
    () => `left alone it has ${first.partitions(topic)}`,
  )
  await produce(topic, numbered(200))
  await eventually(
    () => total() >= 400,
    () => `${total()} of 400 came`,
  )
  await first.leave()
  const values = [...first.seen, ...second.seen].map(({ message }) => Number(message.value))
  expectSame(
    'all values',
    values.toSorted((a, b) => a - b),
    Array.from({ length: 400 }, (_, number) => number),
  )
  return 'a second member joins and leaves; 400 messages, each once'
}

async function resume(): Promise<string> {
  const topic = await freshTopic('resume')
  const group = freshName('resume')
  await produce(
    topic,
    Array.from({ length: 50 }, (_, number) => ({ value: String(number) })),
  )
  const before = await member(group, [topic])
  await eventually(
    () => before.seen.length >= 50,
    () => `${before.seen.length} of 50 came`,
  )
  await before.leave()
  await produce(
    topic,
    Array.from({ length: 50 }, (_, number) => ({ value: String(50 + number) })),
  )
  const after = await member(group, [topic])
  await eventually(
    () => after.seen.length >= 50,
    () => `${after.seen.length} of the next 50 came`,
  )
  expectSame('the first after the resumption', after.seen[0]!.message.offset, '50')
  await after.consumer.commitOffsets([{ topic, partition: 0, offset: '77', metadata: 'by hand' }])
  await after.consumer.stop()
  const [offsets] = await withAdmin((admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }))
  expectSame('committed', offsets!.partitions, [{ partition: 0, offset: '77', metadata: 'by hand' }])
  await after.leave()
  return 'a new member goes on at the committed offset; offset with metadata read back'
}

async function seekAndTimes(): Promise<string> {
  const topic = await freshTopic('seek')
  const base = 1_700_000_000_000
  for (let block = 0; block < 5; block++) {
    const messages = Array.from({ length: 10 }, (_, at) => ({
      value: String(block * 10 + at),
      timestamp: String(base + (block * 10 + at) * 1000),
    }))
    await produce(topic, messages)
  }
  const times = (at: number) => withAdmin((admin) => admin.fetchTopicOffsetsByTimestamp(topic, at))
  expectSame('offset at a time', await times(base + 33_000), [{ partition: 0, offset: '33' }])
  expectSame('offset between two', await times(base + 32_500), [{ partition: 0, offset: '33' }])
  expectSame('offset after the last', await times(base + 60_000), [{ partition: 0, offset: '50' }])
  const reader = await member(freshName('seek'), [topic])
  reader.consumer.seek({ topic, partition: 0, offset: '42' })
  await eventually(
    () => reader.seen.at(-1)?.message.offset === '49',
    () => 'the last did not come',
  )
  await reader.leave()
  const from42 = reader.seen.map(({ message }) => Number(message.value)).filter((value) => value >= 42)
  expectSame('values from 42 on', from42.slice(-8), [42, 43, 44, 45, 46, 47, 48, 49])
  return 'seek to an offset; offsets for times'
}

async function regex(): Promise<string> {
  const stem = freshName('regex')
  const topics = ['a', 'b', 'c'].map((end) => `${stem}.${end}`)
  await withAdmin((admin) => admin.createTopics({ topics: topics.map((topic) => ({ topic })), waitForLeaders: true }))
  for (const topic of topics) await produce(topic, [{ value: topic }])
  const reader = await member(freshName('regex'), [new RegExp(`^${stem.replaceAll('.', '\\.')}\\.[ab]$`)])
  await eventually(
    () => reader.seen.length >= 2,
    () => `${reader.seen.length} of 2 came`,
  )
  await reader.leave()
  expectSame('values', reader.seen.map(({ message }) => String(message.value)).toSorted(), topics.slice(0, 2))
  return 'two of three topics match'
}

async function largeMessages(): Promise<string> {
  const topic = await freshTopic('large')
  const value = Buffer.alloc(1_000_000, 'large ')
  await produce(topic, [{ value }])
  const refused = await produce(topic, [{ value: Buffer.alloc(1_100_000, 1) }], { retry: { retries: 0 } }).then(
    () => 'taken',
    (error: { type?: string; cause?: { type?: string } }) => error.type ?? error.cause?.type,
  )
  expectSame('1.1 MB', refused, 'MESSAGE_TOO_LARGE')
  await withAdmin((admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'max.message.bytes', value: '8000000' }],
        },
      ],
    }),
  )
  const larger = Buffer.alloc(5_000_000, 'larger ')
  await produce(topic, [{ value: larger }])
  const seen = await consume(topic, 2)
  expectSame('equal', [value.equals(seen[0]!.message.value!), larger.equals(seen[1]!.message.value!)], [true, true])
  return '1 MB taken, 1.1 MB refused, 5 MB taken after max.message.bytes was raised'
}

async function administer(admin: Admin): Promise<string> {
  const topic = freshName('admin')
  const configEntries = [{ name: 'retention.ms', value: '123456' }]
  const create = { topics: [{ topic, numPartitions: 2, replicationFactor: 1, configEntries }], waitForLeaders: true }
  expectSame('createTopics', await admin.createTopics(create), true)
  expectSame('the same again', await admin.createTopics(create), false)
  expectSame('listed', (await admin.listTopics()).includes(topic), true)
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
  await eventually(
    async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions.length === 3,
    () => 'it has not 3 partitions',
  )
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  })
  const entry = (name: string) => resources[0]!.configEntries.find((one) => one.configName === name)
  expectSame('retention.ms', entry('retention.ms')?.configValue, '123456')
  expectSame(
    'cleanup.policy',
    [entry('cleanup.policy')?.configValue, entry('cleanup.policy')?.isDefault],
    ['delete', true],
  )
  await produce(
    topic,
    Array.from({ length: 10 }, (_, number) => ({ partition: 1, value: String(number) })),
  )
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '4' }] })
  const offsets = (await admin.fetchTopicOffsets(topic)).toSorted((a, b) => a.partition - b.partition)
  expectSame('offsets after deleteTopicRecords', offsets[1], { partition: 1, offset: '10', high: '10', low: '4' })
  const cluster = await admin.describeCluster()
  expectSame('brokers', [cluster.brokers.length, cluster.controller], [1, cluster.brokers[0]!.nodeId])
  const group = freshName('admin')
  await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 1, offset: '6' }] })
  expectSame(
    'listGroups',
    (await admin.listGroups()).groups.some(({ groupId }) => groupId === group),
    true,
  )
  await admin.resetOffsets({ groupId: group, topic, earliest: true })
  await admin.deleteGroups([group])
  expectSame(
    'after deleteGroups',
    (await admin.listGroups()).groups.some(({ groupId }) => groupId === group),
    false,
  )
  await admin.deleteTopics({ topics: [topic] })
  await eventually(
    async () => !(await admin.listTopics()).includes(topic),
    () => 'the topic is still listed',
  )
  return 'topics, partitions, configs, records, cluster, group offsets, groups'
}

async function idempotence(): Promise<string> {
  const topic = await freshTopic('idempotent')
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  await producer.connect()
  for (let batch = 0; batch < 20; batch++) {
    await producer.send({ topic, messages: [{ value: `${batch} a` }, { value: `${batch} b` }] })
  }
  await producer.disconnect()
  const seen = (await consume(topic, 40)).map(({ message }) => String(message.value))
  expectSame(
    'values',
    seen,
    Array.from({ length: 40 }, (_, at) => `${at >> 1} ${at % 2 === 0 ? 'a' : 'b'}`),
  )
  return '20 batches of one producer id'
}

async function transactions(): Promise<string> {
  const topic = await freshTopic('transactions')
  const group = freshName('transactions')
  const transactionalId = freshName('id')
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (const outcome of ['commit', 'abort', 'commit'] as const) {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: `${outcome} 1` }, { value: `${outcome} 2` }] })
    if (outcome === 'abort') await transaction.abort()
    else {
      const partitions = [{ partition: 0, offset: '5' }]
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] })
      await transaction.commit()
    }
  }
  await producer.disconnect()
  await produce(topic, [{ value: 'end' }])
  const committed = await readTo(topic, 'end', false)
  expectSame('read_committed', committed, ['commit 1', 'commit 2', 'commit 1', 'commit 2', 'end'])
  const all = await readTo(topic, 'end', true)
  expectSame('read_uncommitted', all.length, 7)
  const [offsets] = await withAdmin((admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }))
  expectSame('offset committed in the transaction', offsets!.partitions[0]!.offset, '5')
  return 'commit, abort, offsets in a transaction; read_committed and read_uncommitted'
}

async function readTo(topic: string, last: string, readUncommitted: boolean): Promise<string[]> {
  const reader = await member(freshName('isolation'), [topic], { readUncommitted })
  const values = () => reader.seen.map(({ message }) => String(message.value))
  await eventually(
    () => values().includes(last),
    () => `only ${values()} came`,
  )
  await reader.leave()
  return values()
}

await proveAll(
  'kafkajs',
  installedVersion('kafkajs'),
  {
    'produce-consume': produceConsume,
    compression,
    'auto-create': autoCreate,
    groups,
    resume,
    'seek-and-times': seekAndTimes,
    regex,
    'large-messages': largeMessages,
    admin: () => withAdmin(administer),
    idempotence,
    transactions,
  },
  CHECKS_AT_ONCE,
)
