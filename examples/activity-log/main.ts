/**
 * A log of user activity goes, keyed by user, to a topic with six partitions, and a group of three processes aggregates
 * it; one of them is killed in the middle. The same is aggregated from the file directly, and compared number by number.
 * Then the topic is read again, because what is read is not gone: all of it, and from a time on.
 *
 *   node examples/activity-log/main.ts [LINES]
 */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { killChild, startChild, stopChild } from '../child.ts'
import { example } from '../example.ts'
import { deleteTopics, kafkaClient, makeTopics, type Reading, readTopic } from '../kafka.ts'
import { type Aggregate, activityLines, add, parse } from './activity.ts'

const count = Number(process.argv[2] ?? 300_000)
const consumers = 3
const storeEvery = 5000
const groupId = 'examples.activity-log.aggregate'
const topic = {
  topic: 'examples.activity-log',
  numPartitions: 6,
  configEntries: [{ name: 'retention.ms', value: '-1' }], // by default records go when they are seven days old
}

await example('activity-log', async ({ kafkaBroker }, prove) => {
  const folder = mkdtempSync(join(tmpdir(), 'activity-log-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const file = join(folder, 'activity.log')
  writeFileSync(file, [...activityLines(count)].join('\n'))
  const text = readFileSync(file, 'utf8')
  const lines = text.split('\n')
  const rate = (seconds: number, share = 1) =>
    `${Math.round((lines.length * share) / seconds)} records/s, ${((text.length * share) / seconds / 1e6).toFixed(1)} MB/s`
  console.log(`${lines.length} lines, ${(text.length / 1e6).toFixed(1)} MB, made up, and the same in every run`)

  const kafka = kafkaClient(kafkaBroker)
  const admin = kafka.admin()
  await admin.connect()
  await makeTopics(admin, [topic])

  const producing = await secondsOf(() => produce(kafka, lines))
  const ends = await partitionEnds(admin)
  prove(`produced: ${rate(producing)}; records in the partitions: ${ends.join(', ')}`, sum(ends) === lines.length)

  const args = [kafkaBroker, topic.topic, groupId, folder, storeEvery]
  const start = () => startChild(new URL('consumer.ts', import.meta.url), args)
  const group = (await Promise.all(Array.from({ length: consumers }, start))).map(([child]) => child)
  const watched = killInTheMiddle(group, lines.length)
  const aggregating = await secondsOf(async () => {
    while ((await committed(admin)).some(({ offset }, partition) => Number(offset) !== ends[partition]))
      await sleep(100)
  })
  prove(
    `aggregated: ${rate(aggregating)}; a consumer was killed with ${watched.unstored} records counted and not stored`,
    watched.unstored > 0,
  )
  const again = watched.counted - lines.length
  prove(`whatever was not stored was read again: ${again} records`, again >= watched.unstored)

  const direct: Aggregate = new Map()
  for (const line of lines) add(direct, parse(line))
  const stored = await storedAggregate(admin, folder)
  const different = [...direct].filter(([key, numbers]) => stored.get(key)?.join() !== numbers.join())
  prove(
    `${stored.size} sums of users and actions, ${different.length} differ from those of the file itself`,
    stored.size === direct.size && different.length === 0,
  )
  await Promise.all(group.filter((child) => !child.killed).map(stopChild))

  const all = await readLines(kafka, {})
  prove(`read again from offset 0: ${rate(all.seconds)}, byte for byte the file`, all.lines.join('\n') === text)

  const from = Math.floor(lines.length * 0.9)
  const time = parse(lines[from]).timeMs
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic.topic, time)
  const late = await readLines(kafka, { from: offsets })
  prove(
    `read from ${new Date(time).toISOString()} on: ${late.lines.length} records, exactly the lines of that time and later`,
    late.lines.join('\n') === lines.slice(from).join('\n'),
  )
  await deleteTopics(admin, [topic])
  await admin.deleteGroups([groupId])
  await admin.disconnect()
})

/** The user is the key: what one user does stays in order, in one partition. */
async function produce(kafka: Kafka, lines: string[]): Promise<void> {
  const createPartitioner = kafkajs.Partitioners.DefaultPartitioner
  const producer = kafka.producer({ createPartitioner, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const batch = 2000
  for (let at = 0; at < lines.length; at += batch) {
    const messages = lines.slice(at, at + batch).map((value) => {
      const { user, timeMs } = parse(value)
      return { key: user, value, timestamp: String(timeMs) }
    })
    await producer.send({ topic: topic.topic, messages })
  }
  await producer.disconnect()
}

/** Kills the last of a group as soon as half of all is read and it has counted what it has not stored. */
function killInTheMiddle(group: ChildProcess[], total: number): { counted: number; unstored: number } {
  const victim = group.at(-1)!
  const watched = { counted: 0, unstored: 0 }
  for (const child of group) {
    child.on(
      'message',
      ({ counted, unstored, isStoring }: { counted: number; unstored: number; isStoring: boolean }) => {
        watched.counted += counted
        const isFarFromStoring = !isStoring && unstored < storeEvery / 2 // the next store must not come before the signal
        if (child !== victim || child.killed || !isFarFromStoring || watched.counted < total / 2) return
        watched.unstored = unstored
        killChild(child)
      },
    )
  }
  return watched
}

async function partitionEnds(admin: Admin): Promise<number[]> {
  const offsets = await admin.fetchTopicOffsets(topic.topic)
  return offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high))
}

/** What the group has committed: the offset of each partition, and the name of the file that belongs to it. */
async function committed(admin: Admin): Promise<{ offset: string; metadata: string | null }[]> {
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic.topic] })
  return partitions.toSorted((a, b) => a.partition - b.partition)
}

/** No user is in two partitions, so the files of the partitions have no sum in common. */
async function storedAggregate(admin: Admin, folder: string): Promise<Aggregate> {
  const files = (await committed(admin)).map(({ metadata }) => join(folder, metadata!))
  const entries = files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')))
  const aggregate: Aggregate = new Map(entries)
  if (aggregate.size !== entries.length) throw new Error('a user is in more than one partition')
  return aggregate
}

/** The lines in the order of their times, which are all different. */
async function readLines(kafka: Kafka, reading: Reading): Promise<{ lines: string[]; seconds: number }> {
  const read: string[] = []
  const seconds = await secondsOf(() =>
    readTopic(kafka, topic.topic, ({ value }) => void read.push(value!.toString()), reading),
  )
  return { lines: read.sort(), seconds } // a line begins with its time
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return (performance.now() - startedMs) / 1000
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
