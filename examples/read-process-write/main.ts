/**
 * A processor reads orders and writes invoices, and is killed five times while it does so, at random moments. Every order
 * must have exactly one invoice, in the order of the orders, for whoever reads only what is committed.
 *
 *   node examples/read-process-write/main.ts [ORDERS]
 */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { killChild, startChild, stopChild } from '../child.ts'
import { example } from '../example.ts'
import { deleteTopics, kafkaClient, makeTopics, readTopic } from '../kafka.ts'
import { groupId, invoiceOf, invoices, orderOf, orders } from './orders.ts'

const count = Number(process.argv[2] ?? 10_000)
const kills = 5
/** What is sent together is read together, and becomes one transaction for each partition. */
const ordersAtOnce = 400
/** As long as a transaction may well take. */
const delayMaxMs = 40
const endOfInvoices = 'end'

await example('read-process-write', async ({ kafkaBroker }, prove) => {
  const kafka = kafkaClient(kafkaBroker)
  const admin = kafka.admin()
  await admin.connect()
  await makeTopics(admin, [orders, invoices])
  await sendOrders(kafka)

  const start = async () => (await startChild(new URL('processor.ts', import.meta.url), [kafkaBroker]))[0]
  const watched = { committed: 0 }
  for (let kill = 1; kill <= kills; kill++) {
    const processor = await start()
    await untilCommitted(processor, watched, (kill * count) / (kills + 1))
    if (kill > 1) await sleep(Math.random() * delayMaxMs)
    await killChild(processor)
  }
  const last = await start()
  while (!(await isDone(admin))) await sleep(100)
  await stopChild(last)
  await sendEnds(kafka)

  const all = await readInvoices(kafka, true)
  const aborted = total(all) - count
  prove(`killed ${kills} times: ${aborted} invoices were written in transactions that nobody ended`, aborted > 0)
  const read = await readInvoices(kafka, false)
  const unique = new Set(read.flat())
  prove(
    `who reads what is committed sees none of these: ${total(read)} invoices for ${count} orders`,
    total(read) === count,
  )
  prove(`no order has two: ${unique.size} different invoices`, unique.size === count)
  const expected = await readExpected(kafka)
  const wrong = expected.filter((part, partition) => part.join() !== read[partition].join()).length
  prove(
    `each is the right one, in the order of the orders: ${expected.length - wrong} of ${expected.length} partitions`,
    wrong === 0 && total(expected) === count,
  )

  await deleteTopics(admin, [orders, invoices])
  await admin.deleteGroups([groupId])
  await admin.disconnect()
})

/** Resolves when so many invoices are committed and the next ones are written. */
function untilCommitted(processor: ChildProcess, watched: { committed: number }, due: number): Promise<void> {
  return new Promise((resolve, reject) => {
    processor.once('exit', (code) => reject(new Error(`the processor ended by itself with ${code}`)))
    processor.on('message', ({ written, committed = 0 }: { written?: number; committed?: number }) => {
      watched.committed += committed
      if (written !== undefined && watched.committed >= due) resolve()
    })
  })
}

async function sendOrders(kafka: Kafka): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  for (let first = 0; first < count; first += ordersAtOnce) {
    const numbers = Array.from({ length: Math.min(ordersAtOnce, count - first) }, (_, at) => first + at)
    const messages = numbers.map((number) => ({ key: `${number % 97}`, value: orderOf(number) }))
    await producer.send({ topic: orders.topic, messages })
  }
  await producer.disconnect()
}

/** Behind the last invoice of each partition, so that its reader knows. */
async function sendEnds(kafka: Kafka): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = Array.from({ length: invoices.numPartitions }, (_, partition) => ({
    partition,
    value: endOfInvoices,
  }))
  await producer.send({ topic: invoices.topic, messages })
  await producer.disconnect()
}

/** Whether the committed offsets are behind the last orders. */
async function isDone(admin: Admin): Promise<boolean> {
  const ends = await admin.fetchTopicOffsets(orders.topic)
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [orders.topic] })
  return ends.every(({ partition, high }) =>
    partitions.some((one) => one.partition === partition && one.offset === high),
  )
}

async function readInvoices(kafka: Kafka, readUncommitted: boolean): Promise<string[][]> {
  const read = await readValues(kafka, invoices.topic, readUncommitted)
  return read.map((part) => part.filter((value) => value !== endOfInvoices))
}

async function readExpected(kafka: Kafka): Promise<string[][]> {
  return (await readValues(kafka, orders.topic, false)).map((part) => part.map(invoiceOf))
}

/** By partition. */
async function readValues(kafka: Kafka, topic: string, readUncommitted: boolean): Promise<string[][]> {
  const read: string[][] = Array.from({ length: orders.numPartitions }, () => [])
  await readTopic(kafka, topic, ({ value }, partition) => void read[partition].push(value!.toString()), {
    readUncommitted,
  })
  return read
}

function total(parts: string[][]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}
