/** kill -9 under real Kafka clients: idempotent producers, transactions that read, process and write, a group. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { batchLength, nextOffset } from '../../src/record/batch.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import { Client } from '../kafka/client.ts'
import { committed, type Visible } from '../log/partition/compacted-log.ts'
import { BrokerProcess, freePort } from './broker-process.ts'
import {
  GroupLoad,
  IdempotentLoad,
  INPUT,
  kafkaAt,
  OUTPUT,
  OUTPUTS_EACH,
  PARTITIONS,
  TOPICS,
  TransactionalLoop,
} from './kafka-load.ts'

const PRODUCERS = 2
const READ_COMMITTED = 1
const SETTLE_MS = 15_000

/** All that was confirmed is there, once and in order; transactions are whole; groups go on where they were. */
export async function killUnderKafka(dataDir: string, rounds: number, flags: readonly string[] = []): Promise<string> {
  const port = await freePort()
  const all = [...flags, '--kafka-port', String(port)]
  let broker = await BrokerProcess.start(dataDir, all)
  try {
    const kafka = kafkaAt(broker.kafka)
    await createTopics(kafka)
    const producers = Array.from({ length: PRODUCERS }, (_, i) => new IdempotentLoad(kafka, `p${i}`))
    const loop = new TransactionalLoop(kafka)
    const group = new GroupLoad(kafka)
    const running = Promise.all([...producers, loop].map((load) => load.run()))
    await group.run()
    for (let round = 0; round < rounds; round++) {
      await sleep(200 + Math.random() * 1300)
      await broker.kill()
      broker = await BrokerProcess.start(dataDir, all)
    }
    await sleep(1000)
    for (const load of [...producers, loop]) load.stop()
    await running
    await caughtUp(group, broker.kafka)
    await group.stop()
    await checkRecords(broker.kafka, producers)
    await checkLoop(kafka, broker.kafka, loop)
    await checkGroup(kafka, broker.kafka, group)
    assert.equal(await broker.stop(), 0)
    const confirmed = producers.reduce((sum, one) => sum + one.count, 0)
    assert.ok(confirmed > rounds * 100, `only ${confirmed} records were confirmed in ${rounds} rounds`)
    assert.ok(loop.transactions > rounds, `only ${loop.transactions} transactions in ${rounds} rounds`)
    return `${rounds} rounds, ${confirmed} confirmed, ${loop.transactions} transactions, ${loop.aborted} aborted`
  } finally {
    await broker.kill()
  }
}

async function createTopics(kafka: ReturnType<typeof kafkaAt>): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const named = TOPICS.map((topic) => ({
    topic,
    numPartitions: PARTITIONS,
    configEntries: [{ name: 'durability', value: topic }],
  }))
  await admin.createTopics({
    topics: [...named, { topic: INPUT, numPartitions: 1 }, { topic: OUTPUT, numPartitions: OUTPUTS_EACH }],
  })
  await admin.disconnect()
  // Something to read: offsets beyond the end would be lowered.
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: 20_000 }, (_, i) => ({ value: String(i) }))
  await producer.send({ topic: INPUT, messages })
  await producer.disconnect()
}

async function caughtUp(group: GroupLoad, address: string): Promise<void> {
  const ends = await Promise.all(Array.from({ length: PARTITIONS }, (_, i) => readAll(address, 'synced', i)))
  for (let left = SETTLE_MS / 100; left > 0; left--) {
    if (ends.every(({ highWatermark }, i) => group.committed.get(i) === highWatermark)) return
    await sleep(100)
  }
  const found = ends.map(({ highWatermark }, i) => `${group.committed.get(i)} of ${highWatermark}`)
  assert.fail(`the group does not come to the end: ${found.join(', ')}`)
}

async function checkRecords(address: string, producers: readonly IdempotentLoad[]): Promise<void> {
  for (const topic of TOPICS) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { visible } = await readAll(address, topic, partition)
      for (const producer of producers) {
        const own = visible.filter((one) => one.value!.startsWith(`${producer.name}:`))
        const numbers = own.map((one) => Number(one.value!.split(':')[1]))
        for (let i = 1; i < numbers.length; i++) {
          assert.ok(numbers[i] > numbers[i - 1], `${topic}-${partition}: ${numbers[i]} came after ${numbers[i - 1]}`)
        }
        const present = new Set(numbers)
        const expected = producer.confirmed.get(`${topic}-${partition}`) ?? []
        const lost = expected.filter((number) => !present.has(number))
        assert.deepEqual(lost, [], `${topic}-${partition}: confirmed to ${producer.name}, and lost`)
      }
    }
  }
}

/** Every partition has each number below the group's offset once, in order, and no other. */
async function checkLoop(kafka: ReturnType<typeof kafkaAt>, address: string, loop: TransactionalLoop): Promise<void> {
  const end = (await offsetsOf(kafka, loop.group, INPUT)).get(0) ?? 0
  assert.ok(end >= loop.committed, `the loop is at ${end}, and was at ${loop.committed}`)
  const expected = Array.from({ length: end }, (_, i) => String(i))
  for (let partition = 0; partition < OUTPUTS_EACH; partition++) {
    const { visible, lastStableOffset, highWatermark } = await readAll(address, OUTPUT, partition)
    assert.equal(lastStableOffset, highWatermark, `${OUTPUT}-${partition}: a transaction stays open`)
    assert.deepEqual(
      visible.map((one) => one.value),
      expected,
      `${OUTPUT}-${partition}`,
    )
  }
}

/** It saw everything, at the offsets where it stands, and the broker knows how far it came. */
async function checkGroup(kafka: ReturnType<typeof kafkaAt>, address: string, group: GroupLoad): Promise<void> {
  assert.deepEqual(group.wrong, [])
  const offsets = await offsetsOf(kafka, group.group, 'synced')
  for (let partition = 0; partition < PARTITIONS; partition++) {
    assert.equal(offsets.get(partition) ?? 0, group.committed.get(partition) ?? 0)
    const { visible } = await readAll(address, 'synced', partition)
    const seen = group.seen.get(partition) ?? new Map<number, string>()
    for (const { offset, value } of visible) assert.equal(seen.get(offset), value, `synced-${partition} at ${offset}`)
    assert.equal(seen.size, visible.length, `synced-${partition}: the group saw records that are not there`)
  }
}

async function offsetsOf(
  kafka: ReturnType<typeof kafkaAt>,
  groupId: string,
  topic: string,
): Promise<Map<number, number>> {
  const admin = kafka.admin()
  await admin.connect()
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
  await admin.disconnect()
  return new Map(partitions.map((one) => [one.partition, Math.max(0, Number(one.offset))]))
}

/** What a reader of committed records finds. */
async function readAll(address: string, topic: string, partition: number) {
  const client = await Client.connect(address)
  const visible: Visible[] = []
  for (let fetchOffset = 0; ; ) {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1 << 20 }]
    const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel: READ_COMMITTED }
    const answer = await client.ask(fetch, 11, { ...request, topics: [{ topic, partitions }] })
    const [found] = answer!.responses[0].partitions
    assert.equal(found.errorCode, 0)
    const { highWatermark, lastStableOffset } = found
    if (fetchOffset >= lastStableOffset) {
      client.close()
      return { visible, highWatermark, lastStableOffset }
    }
    const batches: Uint8Array[] = []
    const bytes = found.records!
    for (let at = 0; at < bytes.length; at += batchLength(bytes, at)) {
      batches.push(bytes.subarray(at, at + batchLength(bytes, at)))
    }
    const aborted = (found.abortedTransactions ?? []).map((one) => ({ ...one, lastOffset: -1, lastStableOffset: -1 }))
    visible.push(...committed(batches, aborted, fetchOffset))
    fetchOffset = nextOffset(batches.at(-1)!, 0)
  }
}
