/** kill -9 while Kafka clients and AMQP clients write to one topic and the queues bound to it are worked on. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { generator } from '../fuzz/random.ts'
import {
  EVENTS,
  KeyedProducer,
  KeyedPublisher,
  KeyedTransactions,
  keyOf,
  kindOf,
  QueueReader,
  type Random,
  recordOf,
  TOPIC,
  TopicWorker,
} from './both-worlds-load.ts'
import { BrokerProcess, freePort } from './broker-process.ts'
import { kafkaAt } from './kafka-load.ts'
import { connect, drain, parse } from './numbered-load.ts'

const PARTITIONS = 3
/** Of the last records of the partitions. */
const END = 'end'
const ABORTED_MIN = 5
const SETTLE_MS = 60_000

interface Row {
  readonly id: string
  readonly number: number
  readonly partition: number
  readonly offset: number
}

/**
 * All who write, and the queues: `all` and `even` are bound to the topic, `over` stands over it, and all three are worked
 * on all the time; `kept` is bound too, and read at the end.
 */
class Scene {
  readonly producers: KeyedProducer[]
  readonly transactions: KeyedTransactions
  readonly publishers: KeyedPublisher[]
  readonly worker: TopicWorker
  readonly queues: QueueReader[]
  readonly kept: QueueReader

  constructor(kafka: Kafka, seed: number) {
    let next = seed
    const random = (): Random => generator(next++)
    this.producers = [new KeyedProducer(kafka, 'p0', random()), new KeyedProducer(kafka, 'p1', random())]
    this.transactions = new KeyedTransactions(kafka, 't', random())
    this.publishers = [new KeyedPublisher(TOPIC, 'direct', random()), new KeyedPublisher(EVENTS, 'routed', random())]
    this.worker = new TopicWorker('over', random())
    this.queues = [new QueueReader('all', random()), new QueueReader('even', random()), this.worker]
    this.kept = new QueueReader('kept', random())
  }

  /** Enough, by now. */
  async hasAborted(): Promise<void> {
    while (this.transactions.aborted < ABORTED_MIN) await sleep(50)
  }

  get writers() {
    return [...this.producers, this.transactions, ...this.publishers]
  }
}

/**
 * Every record of the topic comes to each queue that it matches, in the order of its partition, and a second time only
 * as redelivered; what was confirmed in either world is in the topic, and of aborted transactions nothing anywhere.
 */
export async function killUnderBothWorlds(
  dataDir: string,
  rounds: number,
  flags: readonly string[] = [],
): Promise<string> {
  const seed = Number(process.env.FIRST_SEED ?? Math.floor(Math.random() * 1_000_000))
  try {
    return `${await run(dataDir, rounds, flags, seed)}, seed ${seed}`
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).stack}`, { cause: error })
  }
}

async function run(dataDir: string, rounds: number, flags: readonly string[], seed: number): Promise<string> {
  const random = generator(seed - 1)
  const all = [...flags, '--kafka-port', String(await freePort())]
  let broker = await BrokerProcess.start(dataDir, all)
  try {
    const kafka = kafkaAt(broker.kafka)
    const durability = random(2) === 0 ? 'synced' : 'written'
    await declare(broker.url, kafka, durability)
    const scene = new Scene(kafka, seed)
    const lasting = Promise.all([...scene.producers, scene.transactions].map((load) => load.run()))
    for (let round = 0; round < rounds; round++) {
      const running = Promise.allSettled([
        ...scene.publishers.map((load) => load.run(broker.url)),
        ...scene.queues.map((reader) => reader.work(broker.url)),
      ])
      await sleep(500 + random(1000))
      await broker.kill()
      await running
      broker = await BrokerProcess.start(dataDir, all)
    }
    const publishing = scene.publishers.map((load) => load.run(broker.url))
    await within(scene.hasAborted(), 'transactions are aborted')
    for (const load of scene.writers) load.stop()
    await within(Promise.all([lasting, ...publishing]), 'the writers end')
    await readToEnd(kafka, broker.url, scene, 0)
    assert.equal(await broker.stop(), 0)
    // Whatever was copied a second time would now be there.
    broker = await BrokerProcess.start(dataDir, all)
    await readToEnd(kafka, broker.url, scene, 1)
    const grave = await within(drain(broker.url, 'grave'), 'the dead letters are read')
    const rows = await within(readTopic(kafka), 'a consumer reads the topic')
    assert.equal(await broker.stop(), 0)
    checkTopic(rows, scene)
    for (const reader of [...scene.queues, scene.kept]) checkQueue(reader, rows)
    checkGrave(scene.worker, new Set(grave.map(({ publisher, number }) => `${publisher}:${number}`)))
    assert.equal(scene.kept.redelivered, 0, 'kept: redelivered, though nobody had it before')
    return report(rows, scene, rounds, durability)
  } finally {
    await broker.kill()
  }
}

async function declare(url: string, kafka: Kafka, durability: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const configEntries = [{ name: 'durability', value: durability }]
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS, configEntries }] })
  await admin.disconnect()
  const connection = await connect(url)
  const channel = await connection.createChannel()
  for (const queue of ['all', 'even', 'kept']) await channel.assertQueue(queue, { durable: true })
  await channel.bindQueue('all', TOPIC, '#')
  await channel.bindQueue('kept', TOPIC, '#')
  await channel.bindQueue('even', TOPIC, '', { 'x-match': 'all', kind: 'even' })
  await channel.assertExchange('graves', 'fanout')
  await channel.assertQueue('grave', { durable: true })
  await channel.bindQueue('grave', 'graves', '')
  const over = { 'x-source-topic': TOPIC, 'x-delivery-limit': 2, 'x-dead-letter-exchange': 'graves' }
  await channel.assertQueue('over', { durable: true, arguments: over })
  await channel.assertExchange(EVENTS, 'topic', { durable: true })
  await channel.bindExchange(TOPIC, EVENTS, '*')
  await connection.close()
}

/** Writes a last record to each partition, and takes everything up to it out of the queues. */
async function readToEnd(kafka: Kafka, url: string, scene: Scene, round: number): Promise<void> {
  const numbers = Array.from({ length: PARTITIONS }, (_, partition) => 2 * (round * PARTITIONS + partition))
  const producer = kafka.producer()
  await producer.connect()
  const messages = numbers.map((number, partition) => ({ ...recordOf(END, number), partition }))
  await producer.send({ topic: TOPIC, messages })
  await producer.disconnect()
  const ids = numbers.map((number) => `${END}:${number}`)
  const readers = [...scene.queues, scene.kept]
  const reading = readers.map((reader) => reader.finish(url, ids))
  await within(Promise.all(reading), 'the last records come to the queues')
  const connection = await connect(url)
  const channel = await connection.createChannel()
  for (const { queue } of readers) {
    assert.equal((await channel.checkQueue(queue)).messageCount, 0, `${queue} is not empty`)
  }
  await connection.close()
}

/** What a consumer of committed records finds, up to the last records. */
async function readTopic(kafka: Kafka): Promise<Row[]> {
  const rows: Row[] = []
  const consumer = kafka.consumer({ groupId: 'judge', maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
  let left = 2 * PARTITIONS
  await new Promise<void>((resolve, reject) => {
    const take = async (partition: number, message: { offset: string; key: Buffer | null; value: Buffer | null }) => {
      const { publisher, number } = parse({ content: message.value!, fields: { redelivered: false } })
      assert.equal(String(message.key), keyOf(number))
      rows.push({ id: `${publisher}:${number}`, number, partition, offset: Number(message.offset) })
      if (publisher === END && --left === 0) resolve()
    }
    consumer.run({ eachMessage: ({ partition, message }) => take(partition, message).catch(reject) }).catch(reject)
  })
  await consumer.disconnect()
  return rows
}

function checkTopic(rows: readonly Row[], { writers, transactions }: Scene): void {
  const present = new Set(rows.map(({ id }) => id))
  assert.equal(present.size, rows.length, 'records are in the topic twice')
  for (const { name, confirmed } of writers) {
    const lost = [...confirmed].filter((number) => !present.has(`${name}:${number}`))
    assert.deepEqual(lost, [], `confirmed to ${name}, and not in the topic`)
  }
  const isThere = (number: number) => present.has(`${transactions.name}:${number}`)
  assert.deepEqual([...transactions.never].filter(isThere), [], 'never committed, and in the topic')
  for (const numbers of transactions.unclear) {
    const there = numbers.filter(isThere)
    assert.ok(there.length === 0 || there.length === numbers.length, `half a transaction: ${there} of ${numbers}`)
  }
  const homes = new Map<string, number>()
  const last = new Map<string, number>()
  for (const { id, number, partition } of rows) {
    const [name] = id.split(':')
    if (name === END) continue
    const key = keyOf(number)
    assert.equal(partition, homes.get(key) ?? partition, `${key} has two partitions`)
    homes.set(key, partition)
    const writer = `${name} in ${partition}`
    assert.ok(number > (last.get(writer) ?? -1), `${writer}: ${number} came after ${last.get(writer)}`)
    last.set(writer, number)
  }
}

function checkQueue(reader: QueueReader, rows: readonly Row[]): void {
  const { queue, seen, twice, wrong } = reader
  assert.deepEqual(wrong, [], `${queue}: not as it was written`)
  assert.deepEqual(twice, [], `${queue}: came again, and not as redelivered`)
  const matching = new Map(
    rows.filter(({ number }) => queue !== 'even' || kindOf(number) === 'even').map((row) => [row.id, row]),
  )
  const foreign = [...seen].filter((id) => !matching.has(id))
  assert.deepEqual(foreign, [], `${queue}: came, and has no business here`)
  const missing = [...matching.keys()].filter((id) => !seen.has(id))
  assert.deepEqual(missing, [], `${queue}: never came`)
  const last = new Map<number, Row>()
  for (const id of seen) {
    const row = matching.get(id)!
    const before = last.get(row.partition)
    assert.ok(before === undefined || before.offset < row.offset, `${queue}: ${id} came after ${before?.id}`)
    last.set(row.partition, row)
  }
}

/** What was refused for good became a dead letter, and nothing else did. */
function checkGrave({ refused, dead }: TopicWorker, grave: ReadonlySet<string>): void {
  const missing = [...dead].filter((id) => !grave.has(id))
  assert.deepEqual(missing, [], 'refused, and no dead letters')
  const foreign = [...grave].filter((id) => !refused.has(id))
  assert.deepEqual(foreign, [], 'dead letters, and never refused')
}

function report(rows: readonly Row[], scene: Scene, rounds: number, durability: string): string {
  const { transactions, worker, queues, writers } = scene
  for (const { name, confirmed } of writers) assert.ok(confirmed.size > 0, `nothing was confirmed to ${name}`)
  const again = queues.reduce((sum, one) => sum + one.redelivered, 0)
  const told = `${rows.length} records (${durability}), ${transactions.aborted} transactions aborted, ${again} redelivered`
  const isEnough = rows.length > rounds * 100 && again > 0 && worker.dead.size > 0
  assert.ok(isEnough, `only ${told}, ${worker.dead.size} dead in ${rounds} rounds`)
  return `${rounds} rounds, ${told}, ${worker.dead.size} dead`
}

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  const late = sleep(SETTLE_MS, null, { ref: false }).then(() => assert.fail(`${what}: not within ${SETTLE_MS} ms`))
  return Promise.race([work, late])
}
