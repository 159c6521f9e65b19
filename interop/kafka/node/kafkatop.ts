/** kafkatop, a monitor on librdkafka: what it shows of topics and of the lag of groups, as JSON. */
import kafkajs from 'kafkajs'
import { kafkaVenv } from '../../install.ts'
import { brokerUrl, expectSame, freshName, proveAll } from '../../node/proof.ts'
import { runTool } from './tool.ts'

const broker = brokerUrl()
const { Kafka, logLevel } = kafkajs
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING })
const admin = kafka.admin()
await admin.connect()
const [topic, group] = [freshName('watched'), freshName('watched')]
await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] })
const producer = kafka.producer()
await producer.connect()
await producer.send({ topic, messages: Array.from({ length: 20 }, (_, at) => ({ partition: 1, value: `${at}` })) })
await producer.disconnect()
const reach = (offset: number) =>
  admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 1, offset: `${offset}` }] })
await reach(5)

async function kafkatop(...options: string[]): Promise<unknown> {
  const { code, out, err } = await runTool([`${kafkaVenv}/kafkatop`, '--kafka-broker', broker, '--text', ...options])
  if (code !== 0) throw new Error(`kafkatop ${options.join(' ')} ended with ${code}: ${err || out}`)
  return JSON.parse(out)
}

async function lag(): Promise<string> {
  for (const [offset, left] of [
    [5, 15],
    [20, 0],
  ] as const) {
    await reach(offset)
    const groups = await kafkatop('--summary-json', '--all', '--group-filter-pattern', group)
    const seen = { partitions: 1, lag_max: left, lag_min: left }
    expectSame(`at ${offset}`, groups, { [group]: { state: 'ConsumerGroupState.EMPTY', topics: { [topic]: seen } } })
  }
  return 'of a group before and after it has read all'
}

async function topics(): Promise<string> {
  const { topics: found } = (await kafkatop('--topicinfo-parts')) as {
    topics: Record<string, { partitions: number; partinfo: { id: number; leader: number; replicas: number[] }[] }>
  }
  const { partitions, partinfo } = found[topic]!
  const replicas = partinfo.map(({ leader, replicas }) => replicas.length === 1 && replicas[0] === leader)
  expectSame('partitions and leaders', [partitions, replicas], [3, [true, true, true]])
  return 'partitions, leaders, replicas'
}

await proveAll('kafkatop', '1.16', { lag, topics })
