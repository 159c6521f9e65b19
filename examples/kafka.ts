/** What the examples for Kafka clients share: KafkaJS set up, topics made afresh, and reading a topic from some offset. */
import { randomUUID } from 'node:crypto'
import kafkajs, { type Admin, type ITopicConfig, type Kafka, type KafkaMessage } from 'kafkajs'

// KafkaJS sets some timers to the past, and Node says so.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') console.warn(warning)
})

/** How soon the death of a member of a group is noticed; brokers that are not set up for it allow no less than 6 s. */
export const sessionMs = process.env.KAFKA_BROKER ? 6000 : 3000

export function kafkaClient(broker: string): Kafka {
  return new kafkajs.Kafka({ clientId: 'examples', brokers: [broker], logLevel: kafkajs.logLevel.NOTHING })
}

/** Makes topics, without what a run that was cut short may have left in those of the same name. */
export async function makeTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await deleteTopics(admin, topics)
  await admin.createTopics({ topics, waitForLeaders: true })
}

export async function deleteTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  const there = await admin.listTopics()
  const left = topics.map(({ topic }) => topic).filter((topic) => there.includes(topic))
  if (left.length > 0) await admin.deleteTopics({ topics: left })
}

export interface Reading {
  /** Where to begin in each partition; at the beginning, if it is not said. */
  readonly from?: readonly { partition: number; offset: string }[]
  readonly readUncommitted?: boolean
}

/** Gives `take` the records of a topic up to where it ends now, those of each partition in order. */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  take: (message: KafkaMessage, partition: number) => void,
  { from = [], readUncommitted = false }: Reading = {},
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const begin = new Map(from.map(({ partition, offset }) => [partition, BigInt(offset)]))
  const end = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]))
  const unread = new Set([...end.keys()].filter((partition) => end.get(partition)! > (begin.get(partition) ?? 0n)))

  const groupId = `examples.reader.${randomUUID()}`
  const consumer = kafka.consumer({ groupId, readUncommitted, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const started = consumer.run({
      autoCommit: false,
      async eachBatch({ batch: { partition, messages } }) {
        for (const message of messages) {
          const offset = BigInt(message.offset)
          if (offset >= (begin.get(partition) ?? 0n) && offset < end.get(partition)!) take(message, partition)
          if (offset + 1n >= end.get(partition)!) unread.delete(partition)
        }
        if (unread.size === 0) resolve()
      },
    })
    started.then(() => {
      for (const { partition, offset } of from) consumer.seek({ topic, partition, offset })
    }, reject)
    if (unread.size === 0) resolve()
  })
  await consumer.disconnect()
  await admin.deleteGroups([groupId])
  await admin.disconnect()
}
