/**
 * MirrorMaker 2 in its dedicated mode: topics, records and the places of groups go from the broker of the run to a
 * Signalbox of its own. The records are written in a transaction first, whose marker takes an offset that the copy has
 * not, so that the offsets of groups must be translated, not copied.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs, { type IHeaders, type KafkaMessage } from 'kafkajs'
import { kafkaVersion } from '../../../bench/peers/install.ts'
import { startBroker } from '../../broker.ts'
import { brokerUrl, expectSame, freshName, proveAll } from '../../node/proof.ts'
import { eventually } from './eventually.ts'
import { type JavaProcess, startJava } from './java-process.ts'

const PARTITIONS = 3
/** Of each partition. */
const [WRITTEN, LIVE, LATER] = [100, 10, 5]
/** Two clusters' workers, one after the other, and what they make first. */
const SECONDS_TO_START = 75
const CONFIGS = { 'cleanup.policy': 'compact,delete', 'retention.ms': '86400001', 'segment.bytes': '2000000' }

const { Kafka, logLevel, ConfigResourceTypes } = kafkajs
const folder = mkdtempSync(join(tmpdir(), 'kafka-mirror-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const target = await startBroker()
const [from, to] = [brokerUrl(), target.addresses.kafka!].map((broker) => ({
  broker,
  kafka: new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }),
})) as [Cluster, Cluster]
const topic = freshName('orders')
const [copy, group] = [`source.${topic}`, freshName('mirrored')]

interface Cluster {
  readonly broker: string
  readonly kafka: kafkajs.Kafka
}

/** What must be equal on both sides, as text. */
type Seen = readonly [key: string, value: string | null, timestamp: string, headers: string]

const admins = { from: from.kafka.admin(), to: to.kafka.admin() }
await Promise.all([admins.from.connect(), admins.to.connect()])

function startMirror(): JavaProcess {
  const everySecond = [
    'refresh.topics',
    'refresh.groups',
    'sync.topic.configs',
    'emit.checkpoints',
    'sync.group.offsets',
  ]
  const alone = ['', 'checkpoints.topic.', 'heartbeats.topic.', 'offset-syncs.topic.', 'offset.storage.']
  const settings = {
    clusters: 'source, target',
    'source.bootstrap.servers': from.broker,
    'target.bootstrap.servers': to.broker,
    // the rest of the class path need not be searched for plugins, which takes most of the start
    'source.plugin.discovery': 'service_load',
    'target.plugin.discovery': 'service_load',
    'source->target.enabled': 'true',
    'source->target.topics': topic,
    'source->target.groups': group,
    'target->source.enabled': 'false',
    'sync.group.offsets.enabled': 'true',
    'offset.lag.max': '0',
    ...Object.fromEntries(everySecond.map((name) => [`${name}.interval.seconds`, '1'])),
    ...Object.fromEntries(
      [...alone, 'status.storage.', 'config.storage.'].map((name) => [`${name}replication.factor`, '1']),
    ),
  }
  return startJava('org.apache.kafka.connect.mirror.MirrorMaker', join(folder, 'mirror.properties'), settings)
}

const partitionsOf = <T>(what: (partition: number) => T) => Array.from({ length: PARTITIONS }, (_, at) => what(at))

/** Records `first` to `last` of each partition. */
async function write(first: number, last: number, inTransaction = false): Promise<void> {
  const producer = from.kafka.producer(
    inTransaction ? { transactionalId: freshName('mirror'), maxInFlightRequests: 1, idempotent: true } : {},
  )
  await producer.connect()
  const messages = partitionsOf((partition) =>
    Array.from({ length: last - first }, (_, at) => ({
      partition,
      key: `key ${(first + at) % 7}`,
      value: at % 10 === 9 ? null : `order ${first + at} of ${partition}`,
      timestamp: String(Date.now() - 1000 + at),
      headers: { number: String(first + at), same: ['one', 'two'] },
    })),
  ).flat()
  const sender = inTransaction ? await producer.transaction() : producer
  await sender.send({ topic, messages })
  if ('commit' in sender) await sender.commit()
  await producer.disconnect()
}

const seenIn = ({ key, value, timestamp, headers }: KafkaMessage): Seen => [
  String(key),
  value && String(value),
  timestamp,
  JSON.stringify(Object.entries(headers as IHeaders).map(([name, of]) => [name, String(of)])),
]

/** Reads as a group until there are `counts` of each partition and leaves. `commits` is what it commits then. */
async function read(
  { kafka }: Cluster,
  where: string,
  as: string,
  counts: number[],
  commits: number[] | null = null,
): Promise<{ records: Seen[][]; offsets: number[][] }> {
  const [records, offsets] = [partitionsOf((): Seen[] => []), partitionsOf((): number[] => [])]
  const consumer = kafka.consumer({ groupId: as, maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topic: where, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    async eachMessage({ partition, message }) {
      records[partition]!.push(seenIn(message))
      offsets[partition]!.push(Number(message.offset))
    },
  })
  const lengths = () => records.map(({ length }) => length)
  await eventually(
    () => lengths().every((length, partition) => length >= counts[partition]!),
    () => `${where} gave ${lengths()} of ${counts}; ${mirror.words()}`,
  )
  if (commits) {
    await consumer.commitOffsets(
      commits.map((offset, partition) => ({ topic: where, partition, offset: String(offset) })),
    )
  }
  await consumer.disconnect()
  return { records, offsets }
}

async function ends(of: keyof typeof admins, where: string): Promise<number[]> {
  const offsets = await admins[of].fetchTopicOffsets(where)
  return offsets.toSorted((one, other) => one.partition - other.partition).map(({ offset }) => Number(offset))
}

async function copyEndsAt(count: number, seconds = 15): Promise<void> {
  let seen: unknown
  const reached = async () => {
    seen = await ends('to', copy).catch((error: Error) => error.message)
    return String(seen) === String(partitionsOf(() => count))
  }
  for (let left = seconds; left > 0; left -= 15) {
    try {
      return await eventually(reached, () => `the copy ends at ${seen}, not ${count}: ${mirror.words()}`)
    } catch (error) {
      if (left <= 15) throw error
    }
  }
}

async function topics(): Promise<string> {
  await copyEndsAt(WRITTEN, SECONDS_TO_START)
  const { topics: found } = await admins.to.fetchTopicMetadata({ topics: [copy] })
  expectSame('partitions', found[0]?.partitions.length, PARTITIONS)
  expectSame('configs', await configsOf('to', copy, Object.keys(CONFIGS)), CONFIGS)
  // one of our own that Apache Kafka has not
  const durability = await configsOf('from', topic, ['durability'])
  const changed: Record<string, string> = {
    'cleanup.policy': 'delete',
    ...durability,
    'retention.ms': '86400002',
    'segment.bytes': '3000000',
  }
  if ('durability' in changed) changed.durability = 'written'
  const configEntries = Object.entries(changed).map(([name, value]) => ({ name, value }))
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }]
  await admins.from.alterConfigs({ validateOnly: false, resources })
  let seen = {}
  const followed = async () => {
    seen = await configsOf('to', copy, Object.keys(changed))
    return JSON.stringify(seen) === JSON.stringify(changed)
  }
  await eventually(followed, () => `the copy's settings are ${JSON.stringify(seen)}`)
  return `${copy.split('.')[0]}.* with ${PARTITIONS} partitions and its settings, a later change too`
}

/** By name, in the order of the names. */
async function configsOf(of: keyof typeof admins, name: string, names: string[]): Promise<Record<string, string>> {
  const resources = [{ type: ConfigResourceTypes.TOPIC, name, configNames: names }]
  const described = await admins[of].describeConfigs({ includeSynonyms: false, resources })
  const entries = described.resources[0]!.configEntries.map((one) => [one.configName, one.configValue] as const)
  return Object.fromEntries(entries.toSorted(([one], [other]) => names.indexOf(one) - names.indexOf(other)))
}

/** Both topics are read whole by a group of their own: offsets are where the copies are compared without. */
async function sameRecords(count: number): Promise<void> {
  const all = partitionsOf(() => count)
  const [original, copied] = await Promise.all([
    read(from, topic, freshName('all'), all),
    read(to, copy, freshName('all'), all),
  ])
  for (const partition of original.records.keys()) {
    expectSame(`partition ${partition}`, copied.records[partition], original.records[partition])
    expectSame(`records of ${partition}`, original.records[partition]!.length, count)
  }
}

async function records(): Promise<string> {
  await sameRecords(WRITTEN)
  expectSame(
    'ends with the marker',
    await ends('from', topic),
    partitionsOf(() => WRITTEN + 1),
  )
  return `${PARTITIONS * WRITTEN} keys, values, headers, timestamps, nulls, by partition and in order`
}

async function live(): Promise<string> {
  await write(WRITTEN, WRITTEN + LIVE)
  await copyEndsAt(WRITTEN + LIVE)
  await sameRecords(WRITTEN + LIVE)
  return `${PARTITIONS * LIVE} more follow`
}

/** Partition 0 is left in the middle, for which MirrorMaker may know an earlier place only, never a later one. */
async function groups(): Promise<string> {
  const end = WRITTEN + LIVE
  const committed = [end - 5, end + 1, end + 1]
  await read(
    from,
    topic,
    group,
    partitionsOf(() => end),
    committed,
  )
  let translated: number[] = []
  const arrived = async () => {
    const offsets = await admins.to.fetchOffsets({ groupId: group, topics: [copy] })
    const partitions = offsets[0]!.partitions.toSorted((one, other) => one.partition - other.partition)
    translated = partitions.map(({ offset }) => Number(offset))
    return translated[0]! > 0 && translated[1] === end && translated[2] === end
  }
  await eventually(arrived, () => `offsets ${committed} became ${translated}: ${mirror.words()}`)
  if (translated[0]! > end - 6) throw new Error(`offset ${committed[0]} became ${translated[0]}`)
  await write(end, end + LATER)
  await copyEndsAt(end + LATER)
  const left = translated.map((offset) => end + LATER - offset)
  const { offsets } = await read(to, copy, group, left)
  expectSame(
    'where the group goes on',
    offsets.map(([first]) => first),
    translated,
  )
  expectSame(
    'how much it reads',
    offsets.map(({ length }) => length),
    left,
  )
  return `${committed} here are ${translated} there, and the group goes on there`
}

async function restart(): Promise<string> {
  await mirror.stop()
  const end = WRITTEN + LIVE + LATER
  await write(end, end + LATER)
  mirror = startMirror()
  await copyEndsAt(end + LATER, SECONDS_TO_START)
  await sameRecords(end + LATER)
  await mirror.stop()
  await target.stop()
  return 'stopped and started again, it goes on where it was, with nothing twice'
}

const configEntries = Object.entries(CONFIGS).map(([name, value]) => ({ name, value }))
await admins.from.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, configEntries }] })
await write(0, WRITTEN, true)
let mirror = startMirror()
await proveAll('mirror-maker', kafkaVersion, { topics, records, live, groups, restart })
