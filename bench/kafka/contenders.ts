/** Who is compared, with the same promise on both sides, and the topics and loads that the rows share. */
import { join } from 'node:path'
import type { Metrics } from '../load/job.ts'
import type { Broker } from '../peers/broker.ts'
import { type Contender, type Run, withBroker } from '../rows/row.ts'
import { java, measured, numbersIn } from './tools.ts'
import { Wire } from './wire.ts'

/** `written`: acknowledged once the operating system has it, Kafka's default. `synced`: once the disk has it. */
export type Promised = 'written' | 'synced'

/** By broker, the settings of a topic that make the promise. */
const settingsOf: Record<Promised, Record<string, Record<string, string>>> = {
  written: { signalbox: { durability: 'written' }, kafka: {} },
  synced: { signalbox: { durability: 'synced' }, kafka: { 'flush.messages': '1' } },
}

const words = {
  signalbox: { written: 'durability=written: in the page cache', synced: 'durability=synced: on the disk' },
  kafka: { written: 'default: in the page cache', synced: 'flush.messages=1: on the disk' },
}

export const kafkaContenders = (promised: Promised): Contender[] =>
  (['kafka', 'signalbox'] as const).map((peer) => ({
    label: peer,
    peer,
    queueArguments: {},
    durability: words[peer][promised],
  }))

/** Starts the broker, hands it to `work` with a topic of the promise, stops it. */
export function onTopics<T>(
  run: Run,
  topics: string[],
  promised: Promised,
  work: (broker: Broker, jars: string) => Promise<T>,
): Promise<T> {
  if (run.kafkaJars === undefined) throw new Error("Kafka's tools are missing")
  const jars = run.kafkaJars
  return withBroker(run, async (broker) => {
    await makeTopics(run, broker, topics, promised)
    return work(broker, jars)
  })
}

async function makeTopics(run: Run, broker: Broker, topics: string[], promised: Promised): Promise<void> {
  const wire = await Wire.open(broker.address)
  await wire.createTopics(topics, settingsOf[promised][run.name])
  for (const topic of topics)
    while (!(await wire.hasLeader(topic))) await new Promise((resolve) => setTimeout(resolve, 5))
  wire.close()
}

export interface ProducerLoad {
  topic: string
  megabytes: number
  recordBytes: number
  acks: '1' | 'all'
  compression: 'none' | 'lz4'
}

const producerTool = 'org.apache.kafka.tools.ProducerPerformance'

/** kafka-producer-perf-test; a tenth of the records is its own warm-up and left out of the numbers. */
export function produce(broker: Broker, jars: string, load: ProducerLoad): Promise<Metrics> {
  const records = Math.ceil((load.megabytes * 1e6) / load.recordBytes)
  const options = ['--topic', load.topic, '--num-records', records, '--record-size', load.recordBytes]
  const settings = [`acks=${load.acks}`, `compression.type=${load.compression}`]
  const command = [
    ...[producerTool, '--bootstrap-server', addressOf(broker), ...options.map(String), '--throughput', '-1'],
    ...['--warmup-records', String(Math.ceil(records / 10)), '--command-property', ...settings],
  ]
  return measured(broker, jars, command, (out) => {
    const line = out.slice(out.lastIndexOf('steady state records sent') - 20)
    return numbersIn(
      line,
      /(?<recordsPerSecond>[\d.]+) records\/sec \((?<MiBPerSecond>[\d.]+) MB\/sec\), (?<meanMs>[\d.]+) ms avg.*?(?<p50Ms>\d+) ms 50th.*?(?<p99Ms>\d+) ms 99th/,
    )
  })
}

const consumerTool = 'org.apache.kafka.tools.ConsumerPerformance'

/** kafka-consumer-perf-test; the time in which its group forms is left out. */
export function consume(broker: Broker, jars: string, topic: string, records: number): Promise<Metrics> {
  const command = [
    consumerTool,
    '--bootstrap-server',
    addressOf(broker),
    '--topic',
    topic,
    '--num-records',
    String(records),
  ]
  return measured(broker, jars, command, (out) => {
    const row = out.trim().split('\n').at(-1)!.split(', ').map(Number)
    if (!(row[4] >= records)) throw new Error(`only ${row[4]} of ${records} records came: ${out}`)
    return { MiBPerSecond: row[8], recordsPerSecond: row[9], rebalanceMs: row[6] }
  })
}

const manyTopics = join(import.meta.dirname, 'ManyTopics.java')

/** One producer that writes to topics `${prefix}0` … in turn. */
export async function produceToMany(broker: Broker, jars: string, topics: number, run: Run): Promise<Metrics> {
  const { seconds, warmupSeconds } = run.options
  const command = [manyTopics, addressOf(broker), manyPrefix, String(topics), String(warmupSeconds), String(seconds)]
  return measured(broker, jars, command, (out) =>
    numbersIn(out, /(?<recordsPerSecond>[\d.]+) records\/s, p50 (?<p50Ms>[\d.]+) ms, p99 (?<p99Ms>[\d.]+) ms/),
  )
}

export const manyPrefix = 'many-'

/** Before a measured run, so that no compiler and no cache is cold. */
export const warmUp = (broker: Broker, jars: string, load: ProducerLoad) =>
  java(jars, [
    ...[producerTool, '--bootstrap-server', addressOf(broker), '--topic', load.topic, '--throughput', '-1'],
    ...['--num-records', String(Math.ceil((load.megabytes * 1e6) / load.recordBytes))],
    ...['--record-size', String(load.recordBytes)],
    ...['--command-property', `acks=${load.acks}`, `compression.type=${load.compression}`],
  ])

const addressOf = ({ address }: Broker) => `${address.host}:${address.port}`
