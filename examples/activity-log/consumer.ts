/**
 * One of the three that aggregate. Each partition has an aggregate of its own, which begins at an offset and goes with
 * the partition: it is written to a new file, and then the offset it has come to is committed *with the name of that
 * file* as the metadata of the offset. So offset and aggregate move by one step of the broker. A consumer that dies
 * between the two leaves a file that nobody names, and one that has lost the partition is refused by the broker.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kafkaClient, sessionMs } from '../kafka.ts'
import { type Aggregate, add, parse } from './activity.ts'

const [broker, topic, groupId, folder, storeEvery] = process.argv.slice(2)

interface Part {
  readonly aggregate: Aggregate
  file: string
  unstored: number
}

const kafka = kafkaClient(broker)
const admin = kafka.admin()
const consumer = kafka.consumer({
  groupId,
  sessionTimeout: sessionMs,
  heartbeatInterval: sessionMs / 6,
  maxWaitTimeInMs: 200,
  maxBytesPerPartition: 64 * 1024,
})
const parts = new Map<number, Part>()
let nextFile = 0

consumer.on(consumer.events.GROUP_JOIN, () => parts.clear()) // what is not stored will come again, here or elsewhere
consumer.on(consumer.events.CRASH, ({ payload }) => {
  if (payload.restart) return
  console.log('the consumer crashed:', payload.error)
  process.exit(1)
})

await admin.connect()
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  async eachBatch({ batch, resolveOffset, heartbeat }) {
    const { partition, messages } = batch
    const part = parts.get(partition) ?? (await stored(partition))
    parts.set(partition, part)
    for (const { value } of messages) add(part.aggregate, parse(value!.toString()))
    part.unstored += messages.length
    resolveOffset(batch.lastOffset())
    const isTime = part.unstored >= Number(storeEvery) || batch.offsetLag() === '0'
    process.send!({ counted: messages.length, unstored: part.unstored, isStoring: isTime })
    if (isTime) await store(partition, part, String(BigInt(batch.lastOffset()) + 1n))
    await heartbeat()
  },
})
process.send!('ready')

/** What a partition has come to up to the offset that was committed last, which is where reading begins. */
async function stored(partition: number): Promise<Part> {
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
  const file = partitions.find((each) => each.partition === partition)?.metadata ?? ''
  const entries = file === '' ? [] : JSON.parse(await readFile(join(folder, file), 'utf8'))
  return { aggregate: new Map(entries), file, unstored: 0 }
}

async function store(partition: number, part: Part, offset: string): Promise<void> {
  const file = `${partition}.${process.pid}.${nextFile++}.json`
  await writeFile(join(folder, file), JSON.stringify([...part.aggregate]), { flush: true })
  await consumer.commitOffsets([{ topic, partition, offset, metadata: file }])
  if (part.file !== '') await rm(join(folder, part.file))
  part.file = file
  part.unstored = 0
}

process.once('disconnect', async () => {
  await consumer.disconnect()
  await admin.disconnect()
})
