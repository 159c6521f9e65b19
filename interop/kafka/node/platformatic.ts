/** @platformatic/kafka: the newer library for Node, streams of messages, classic groups and KIP-848. */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  Admin,
  Consumer,
  type ConsumerOptions,
  type Message,
  type MessageToProduce,
  ProduceAcks,
  Producer,
  type StreamOptions,
} from '@platformatic/kafka'
import { brokerUrl, expectSame, freshName, installedVersion, proveAll } from '../../node/proof.ts'
import { CHECKS_AT_ONCE, eventually } from './eventually.ts'

const base = { clientId: 'interop', bootstrapBrokers: [brokerUrl()] }
const READ_COMMITTED = 1
const MAX_WAIT_MS = 200
const ACCEPTED = { acks: ProduceAcks.ALL }

type Sent = MessageToProduce<Buffer, Buffer, Buffer, Buffer>
type Seen = Message<Buffer, Buffer, Buffer, Buffer>

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(base)
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

async function freshTopic(purpose: string, partitions = 1): Promise<string> {
  const topic = freshName(purpose)
  await withAdmin((admin) => admin.createTopics({ topics: [topic], partitions, replicas: 1 }))
  return topic
}

async function produce(messages: Sent[], options: object = {}): Promise<void> {
  const producer = new Producer({ ...base, ...options })
  try {
    await producer.send({ messages, ...ACCEPTED })
  } finally {
    await producer.close()
  }
}

const bytes = (text: string | number) => Buffer.from(String(text))
const values = (topic: string, from: number, to: number, partitions = 1): Sent[] =>
  Array.from({ length: to - from }, (_, at) => ({ topic, partition: at % partitions, value: bytes(from + at) }))
const textOf = ({ value }: Seen) => String(value)

/** A member that keeps what it is given; `leave` commits what it has seen. */
async function member(
  groupId: string,
  topic: string,
  options: Partial<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>> = {},
  from: Partial<StreamOptions> = {},
) {
  const consumer = new Consumer({
    ...base,
    groupId,
    maxWaitTime: MAX_WAIT_MS,
    autocommit: 100,
    ...options,
  } as ConsumerOptions<Buffer, Buffer, Buffer, Buffer>)
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    ...from,
  } as never)
  const seen: Seen[] = []
  stream.on('data', (message) => seen.push(message))
  let wrong: Error | undefined
  stream.on('error', (error) => {
    wrong = error
  })
  return {
    consumer,
    seen,
    partitions: () => consumer.assignments?.find((one) => one.topic === topic)?.partitions ?? [],
    async leave() {
      await stream.close()
      await consumer.close()
      if (wrong) throw wrong
    },
  }
}

async function readAll(
  topic: string,
  count: number,
  options: object = {},
  from: object = { mode: 'earliest' },
): Promise<Seen[]> {
  const reader = await member(freshName('reader'), topic, options, from)
  await eventually(
    () => new Set(reader.seen.map(({ partition, offset }) => `${partition} ${offset}`)).size >= count,
    () => `${reader.seen.length} of ${count} messages came`,
  )
  await reader.leave()
  // A stream that joins its group anew may begin anew: an offset it shows twice is one message.
  const byPlace = new Map(reader.seen.map((message) => [`${message.partition} ${message.offset}`, message]))
  expectSame('messages', byPlace.size, count)
  return [...byPlace.values()].toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
}

async function produceConsume(): Promise<string> {
  const topic = await freshTopic('produce', 3)
  const sent = Array.from({ length: 300 }, (_, number) => ({
    partition: number % 3,
    key: `key ${number}`,
    value: `value ${number} ž`,
    timestamp: 1_700_000_000_000 + number,
    headers: number % 2 === 0 ? [['number', String(number)]] : [],
  }))
  await produce(
    sent.map(({ partition, key, value, timestamp, headers }) => ({
      topic,
      partition,
      key: bytes(key),
      value: bytes(value),
      timestamp: BigInt(timestamp),
      headers: new Map(headers.map(([name, header]) => [bytes(name!), bytes(header!)])),
    })),
  )
  const seen = (await readAll(topic, sent.length)).map(({ partition, offset, key, value, timestamp, headers }) => [
    ...[partition, Number(offset), String(key), String(value), Number(timestamp)],
    [...headers].map(([name, header]) => [String(name), String(header)]),
  ])
  const expected = [0, 1, 2].flatMap((partition) =>
    sent
      .filter((one) => one.partition === partition)
      .map(({ key, value, timestamp, headers }, at) => [partition, at, key, value, timestamp, headers]),
  )
  expectSame('records', seen, expected)
  return `${seen.length} records in 3 partitions with keys, headers, timestamps`
}

async function compression(): Promise<string> {
  const topic = await freshTopic('compression')
  const kinds = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
  const expected: string[] = []
  for (const kind of kinds) {
    const texts = Array.from({ length: 40 }, (_, number) => `${kind} ${number} `.padEnd(500, 'abc'))
    await produce(
      texts.map((text) => ({ topic, partition: 0, value: bytes(text) })),
      { compression: kind },
    )
    expected.push(...texts)
  }
  expectSame('values', (await readAll(topic, expected.length)).map(textOf), expected)
  return `${kinds.length} codecs`
}

async function autoCreate(): Promise<string> {
  const topic = freshName('auto')
  await produce([{ topic, value: bytes('first') }], { autocreateTopics: true, retries: 20, retryDelay: 200 })
  expectSame('values', (await readAll(topic, 1)).map(textOf), ['first'])
  return 'a topic made by producing to it'
}

async function groups(groupProtocol: 'classic' | 'consumer'): Promise<string> {
  const topic = await freshTopic('groups', 4)
  const group = freshName('group')
  const options = groupProtocol === 'consumer' ? { groupProtocol } : { groupProtocol, heartbeatInterval: 500 }
  const first = await member(group, topic, options)
  await eventually(
    () => first.partitions().length === 4,
    () => `alone it has ${first.partitions()}`,
  )
  const second = await member(group, topic, options)
  const both = () => [first.partitions().length, second.partitions().length]
  await eventually(
    () => both().join() === '2,2',
    () => `the two have ${both()}`,
  )
  // A fetch from before the assignment changed may still be out, and its answer would be taken.
  await sleep(2 * MAX_WAIT_MS)
  await produce(values(topic, 0, 200, 4))
  const total = () => first.seen.length + second.seen.length
  await eventually(
    () => total() >= 200,
    () => `${total()} of 200 came`,
  )
  expectSame('shares of the two', [first.seen.length, second.seen.length], [100, 100])
  await second.leave()
  await eventually(
    () => first.partitions().length === 4,
    () => `left alone it has ${first.partitions()}`,
  )
  await produce(values(topic, 200, 400, 4))
  await eventually(
    () => total() >= 400,
    () => `${total()} of 400 came`,
  )
  await first.leave()
  const numbers = [...first.seen, ...second.seen].map((message) => Number(textOf(message))).toSorted((a, b) => a - b)
  expectSame(
    'values',
    numbers,
    Array.from({ length: 400 }, (_, number) => number),
  )
  return 'a second member joins and leaves; 400 messages, each once'
}

async function resume(): Promise<string> {
  const topic = await freshTopic('resume')
  const group = freshName('resume')
  await produce(values(topic, 0, 50))
  const before = await member(group, topic, { autocommit: false })
  await eventually(
    () => before.seen.length >= 50,
    () => `${before.seen.length} of 50 came`,
  )
  await before.consumer.commit({ offsets: [{ topic, partition: 0, offset: 42n, leaderEpoch: 0 }] })
  await before.leave()
  const after = await member(group, topic, { autocommit: false })
  await eventually(
    () => after.seen.length >= 8,
    () => `${after.seen.length} of the last 8 came`,
  )
  const committed = await after.consumer.listCommittedOffsets({ topics: [{ topic, partitions: [0] }] })
  expectSame('committed', String(committed.get(topic)?.[0]), '42')
  await after.leave()
  expectSame('values', after.seen.map(textOf), ['42', '43', '44', '45', '46', '47', '48', '49'])
  return 'a new member goes on at the committed offset'
}

async function seekAndTimes(): Promise<string> {
  const topic = await freshTopic('seek')
  const start = 1_700_000_000_000
  for (let block = 0; block < 5; block++) {
    const messages = values(topic, block * 10, block * 10 + 10)
    await produce(messages.map((message, at) => ({ ...message, timestamp: BigInt(start + (block * 10 + at) * 1000) })))
  }
  const [found] = await withAdmin((admin) =>
    admin.listOffsets({
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: BigInt(start + 32_500) }] }],
    }),
  )
  const { offset, timestamp } = found!.partitions[0]!
  expectSame('by time', [Number(offset), Number(timestamp)], [33, start + 33_000])
  const from = { mode: 'manual', offsets: [{ topic, partition: 0, offset: 45n }] }
  expectSame('from 45', (await readAll(topic, 5, {}, from)).map(textOf), ['45', '46', '47', '48', '49'])
  return 'from an offset; offsets for times'
}

async function largeMessages(): Promise<string> {
  const topic = await freshTopic('large')
  await produce([{ topic, value: Buffer.alloc(1_000_000, 'x') }])
  const refused = await produce([{ topic, value: Buffer.alloc(1_100_000, 'x') }], { retries: 0 }).then(
    () => 'taken',
    (error: Error) => /MESSAGE_TOO_LARGE/.exec(inspect(error, { depth: 8 }))?.[0] ?? inspect(error),
  )
  expectSame('1.1 MB', refused, 'MESSAGE_TOO_LARGE')
  const [seen] = await readAll(topic, 1)
  expectSame('size', seen!.value.length, 1_000_000)
  return '1 MB taken, 1.1 MB refused'
}

async function administer(admin: Admin): Promise<string> {
  const topic = freshName('admin')
  await admin.createTopics({
    topics: [topic],
    partitions: 2,
    replicas: 1,
    configs: [{ name: 'retention.ms', value: '123456' }],
  })
  await admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null as never }] })
  await eventually(
    async () => (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic)?.partitionsCount === 3,
    () => 'it has not 3 partitions',
  )
  const [described] = await admin.describeConfigs({ resources: [{ resourceType: 2, resourceName: topic }] })
  const retention = described!.configs.find(({ name }) => name === 'retention.ms')
  expectSame('retention.ms', retention?.value, '123456')
  await produce(values(topic, 0, 10).map((message) => ({ ...message, partition: 1 })))
  const [deleted] = await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 1, offset: 4n }] }] })
  expectSame('low watermark', String(deleted!.partitions[0]!.lowWatermark), '4')
  expectSame('listed', (await admin.listTopics()).includes(topic), true)
  await admin.deleteTopics({ topics: [topic] })
  await eventually(
    async () => !(await admin.listTopics()).includes(topic),
    () => 'the topic is still listed',
  )
  return 'topics, partitions, configs, records'
}

async function idempotence(): Promise<string> {
  const topic = await freshTopic('idempotence')
  const producer = new Producer({ ...base, idempotent: true })
  for (let batch = 0; batch < 20; batch++) {
    await producer.send({ messages: values(topic, batch * 5, batch * 5 + 5), ...ACCEPTED })
  }
  await producer.close()
  const expected = Array.from({ length: 100 }, (_, number) => String(number))
  expectSame('values', (await readAll(topic, 100)).map(textOf), expected)
  return '20 batches of one producer id'
}

async function transactions(): Promise<string> {
  const topic = await freshTopic('transactions')
  const producer = new Producer({ ...base, idempotent: true, transactionalId: freshName('id') })
  for (const outcome of ['commit', 'abort', 'commit'] as const) {
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: [{ topic, partition: 0, value: bytes(outcome) }], ...ACCEPTED })
    await transaction[outcome]()
  }
  await producer.close()
  const committed = await readAll(topic, 2, { isolationLevel: READ_COMMITTED })
  expectSame('read_committed', committed.map(textOf), ['commit', 'commit'])
  expectSame('read_uncommitted', (await readAll(topic, 3, { isolationLevel: 0 })).length, 3)
  return 'commit, abort; read_committed and read_uncommitted'
}

await proveAll(
  'platformatic-kafka',
  installedVersion('@platformatic/kafka'),
  {
    'produce-consume': produceConsume,
    compression,
    'auto-create': autoCreate,
    groups: () => groups('classic'),
    'kip-848': () => groups('consumer'),
    resume,
    'seek-and-times': seekAndTimes,
    'large-messages': largeMessages,
    admin: () => withAdmin(administer),
    idempotence,
    transactions,
  },
  CHECKS_AT_ONCE,
)
