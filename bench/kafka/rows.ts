/** The rows that compare with Apache Kafka, in the order of the table. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Metrics } from '../load/job.ts'
import { memory } from '../load/process-counters.ts'
import type { Broker } from '../peers/broker.ts'
import type { Goal, Row, Run } from '../rows/row.ts'
import {
  consume,
  kafkaContenders,
  manyPrefix,
  onTopics,
  type ProducerLoad,
  type Promised,
  produce,
  produceToMany,
  warmUp,
} from './contenders.ts'
import { batchOf, Wire } from './wire.ts'

const memoryGoal: Goal = { metric: 'rssMaxMB', against: 'kafka', atMost: 0.2 }
const atLeastAsFast: Goal[] = [
  { metric: 'MiBPerSecond', against: 'kafka', atLeast: 1 },
  { metric: 'p99Ms', against: 'kafka', atMost: 1 },
  memoryGoal,
]
const shownOfLoad = ['brokerCores', 'clientCores', 'flushesPerSecond', 'rssMB', 'rssMaxMB']
const shownOfProducer = ['MiBPerSecond', 'recordsPerSecond', 'p50Ms', 'p99Ms', ...shownOfLoad]
const SIZES = [
  { label: '100b', recordBytes: 100 },
  { label: '1kib', recordBytes: 1024 },
]

/** Clients try again at this one. */
const NOT_LEADER = 6

type Shape = Omit<ProducerLoad, 'topic' | 'megabytes'>

function producerRow(name: string, promised: Promised, shape: Shape, goals: Goal[]): Row {
  const { recordBytes, acks, compression } = shape
  return {
    name,
    title: `kafka-producer-perf-test: ${recordBytes} B, acks=${acks}, compression ${compression}, ${promised}`,
    contenders: kafkaContenders(promised),
    shown: shownOfProducer,
    goals,
    measure: (run) =>
      onTopics(run, ['warm-up', 'measured'], promised, async (broker, jars) => {
        const { megabytes, warmupMegabytes } = run.options
        await warmUp(broker, jars, { ...shape, topic: 'warm-up', megabytes: warmupMegabytes })
        return produce(broker, jars, { ...shape, topic: 'measured', megabytes })
      }),
  }
}

const producerRows = SIZES.flatMap(({ label, recordBytes }) =>
  (['1', 'all'] as const).flatMap((acks) =>
    (['none', 'lz4'] as const).map((compression) => {
      const shape = { recordBytes, acks, compression }
      return producerRow(`produce-${label}-${acks}-${compression}`, 'written', shape, atLeastAsFast)
    }),
  ),
)

const syncedRows = SIZES.map(({ label, recordBytes }) =>
  producerRow(`synced-${label}`, 'synced', { recordBytes, acks: 'all', compression: 'none' }, [
    { metric: 'MiBPerSecond', against: 'kafka', atLeast: 3 },
    memoryGoal,
  ]),
)

function consumerRow(name: string, title: string, before: (run: Run, broker: Broker) => Promise<Broker>): Row {
  const shape: Shape = { recordBytes: 1024, acks: '1', compression: 'none' }
  return {
    name,
    title,
    contenders: kafkaContenders('written'),
    shown: ['MiBPerSecond', 'recordsPerSecond', 'rebalanceMs', ...shownOfLoad],
    goals: [{ metric: 'MiBPerSecond', against: 'kafka', atLeast: 1 }, memoryGoal],
    measure: (run) =>
      onTopics(run, ['warm-up', 'measured'], 'written', async (first, jars) => {
        const { megabytes, warmupMegabytes } = run.options
        await warmUp(first, jars, { ...shape, topic: 'warm-up', megabytes: warmupMegabytes })
        await warmUp(first, jars, { ...shape, topic: 'measured', megabytes })
        const broker = await before(run, first)
        try {
          await consume(broker, jars, 'warm-up', Math.floor((warmupMegabytes * 1e6) / shape.recordBytes))
          return await consume(broker, jars, 'measured', Math.floor((megabytes * 1e6) / shape.recordBytes))
        } finally {
          if (broker !== first) await broker.stop()
        }
      }),
  }
}

const consumerRows = [
  consumerRow('consume-cached', 'kafka-consumer-perf-test: 1 KiB, just written', async (_run, broker) => broker),
  consumerRow('consume-cold', 'kafka-consumer-perf-test: 1 KiB, from the disk', async (run, broker) => {
    await broker.stop()
    execFileSync('sync')
    writeFileSync('/proc/sys/vm/drop_caches', '3\n')
    return run.peer.start(join(run.directory, 'broker'))
  }),
]

const manyTopicsRow: Row = {
  name: 'many-topics',
  title: 'one producer that writes 100 B to each of many topics in turn, acks=all',
  contenders: kafkaContenders('written'),
  shown: ['recordsPerSecond', 'p50Ms', 'p99Ms', ...shownOfLoad],
  goals: [{ metric: 'recordsPerSecond', against: 'kafka', atLeast: 1 }, memoryGoal],
  measure: (run) => {
    const { topics } = run.options
    const names = Array.from({ length: topics }, (_, topic) => `${manyPrefix}${topic}`)
    return onTopics(run, names, 'written', (broker, jars) => produceToMany(broker, jars, topics, run))
  },
}

const idleRow: Row = {
  name: 'idle',
  title: 'resident memory of a broker that was used a little and left alone',
  contenders: kafkaContenders('written'),
  shown: ['rssMB', 'rssMaxMB'],
  goals: [{ metric: 'rssMB', atMost: 120 }],
  measure: (run) =>
    onTopics(run, ['idle'], 'written', async (broker): Promise<Metrics> => {
      const wire = await Wire.open(broker.address)
      await wire.produce('idle', batchOf(100, 100), -1)
      await sleep(run.options.idleSeconds * 1000)
      const { now, max } = memory(broker.pid)
      wire.close()
      return { rssMB: now / 1e6, rssMaxMB: max / 1e6 }
    }),
}

/** From exec until a record is acknowledged in a topic that is there, or is made by asking for it. */
async function firstRecordMs(broker: Broker, topic: string): Promise<number> {
  const since = performance.now()
  const wire = await Wire.open(broker.address)
  while (!(await wire.hasLeader(topic))) await sleep(1)
  let code = await wire.produce(topic, batchOf(1, 100), -1)
  // A leader that is named may not lead yet.
  while (code === NOT_LEADER) {
    await sleep(1)
    code = await wire.produce(topic, batchOf(1, 100), -1)
  }
  wire.close()
  if (code !== 0) throw new Error(`the first record was answered with error ${code}`)
  return broker.readyMs + performance.now() - since
}

const startRow: Row = {
  name: 'start-empty',
  title: 'from the start of the process to the first record acknowledged, in an empty directory',
  contenders: kafkaContenders('written'),
  shown: ['firstRecordMs', 'readyMs', 'rssMB'],
  goals: [{ metric: 'firstRecordMs', against: 'kafka', atMost: 0.2 }],
  measure: (run) =>
    onTopics(run, [], 'written', async (broker) => ({
      firstRecordMs: await firstRecordMs(broker, 'first'),
      readyMs: broker.readyMs,
      rssMB: memory(broker.pid).now / 1e6,
    })),
}

const FILL_RECORDS = 800

const restartRow: Row = {
  name: 'start-after-kill',
  title: 'the same after kill -9, with a log of many gigabytes there',
  contenders: kafkaContenders('written'),
  shown: ['firstRecordMs', 'readyMs', 'filledMiBPerSecond', 'rssMB', 'rssMaxMB'],
  goals: [{ metric: 'firstRecordMs', against: 'kafka', atMost: 0.2 }],
  measure: (run) => {
    const names = Array.from({ length: run.options.logTopics }, (_, topic) => `log-${topic}`)
    return onTopics(run, names, 'written', async (filled): Promise<Metrics> => {
      const filledMiBPerSecond = await fill(filled, names, run.options.logGigabytes)
      await filled.kill()
      const broker = await run.peer.start(join(run.directory, 'broker'))
      try {
        const { readyMs } = broker
        const toFirst = await firstRecordMs(broker, names[0])
        const { now, max } = memory(broker.pid)
        return { firstRecordMs: toFirst, readyMs, filledMiBPerSecond, rssMB: now / 1e6, rssMaxMB: max / 1e6 }
      } finally {
        await broker.stop()
      }
    })
  },
}

/** The topics in turn, with batches of 800 KiB. */
async function fill(broker: Broker, names: string[], gigabytes: number): Promise<number> {
  const wire = await Wire.open(broker.address)
  const batch = batchOf(FILL_RECORDS, 1024)
  const began = performance.now()
  const batches = Math.ceil((gigabytes * 1e9) / batch.length)
  for (let turn = 0; turn < batches; turn++) {
    let code = await wire.produce(names[turn % names.length], batch, 1)
    while (code === NOT_LEADER) {
      await sleep(1)
      code = await wire.produce(names[turn % names.length], batch, 1)
    }
    if (code !== 0) throw new Error(`batch ${turn} was answered with error ${code}`)
  }
  wire.close()
  return (batches * batch.length) / 2 ** 20 / ((performance.now() - began) / 1000)
}

export const kafkaRows: Row[] = [
  ...producerRows,
  ...syncedRows,
  ...consumerRows,
  manyTopicsRow,
  idleRow,
  startRow,
  restartRow,
]
