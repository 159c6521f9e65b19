/** What a row of the table is, and the few steps that all rows share. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Job, Metrics } from '../load/job.ts'
import type { Broker, Peer } from '../peers/broker.ts'

export const peerNames = ['signalbox', 'rabbitmq', 'rabbitmq4', 'kafka', 'redis', 'redis-always'] as const
export type PeerName = (typeof peerNames)[number]

/** One column of the comparison: a broker and the arguments its queues are declared with. */
export interface Contender {
  label: string
  peer: PeerName
  queueArguments: Record<string, string>
  /** Messages take the way over a topic that the queue is bound to, of this durability. */
  throughTopic?: 'synced' | 'written'
  /** What its rate promises, where that follows from neither the row nor the queues. */
  durability?: string
}

export const signalbox: Contender = { label: 'signalbox', peer: 'signalbox', queueArguments: {} }
export const classic: Contender = { label: 'rabbitmq', peer: 'rabbitmq', queueArguments: {} }
export const quorum: Contender = {
  label: 'rabbitmq-quorum',
  peer: 'rabbitmq',
  queueArguments: { 'x-queue-type': 'quorum' },
}

/** The same in the newer release, measured where it can be had; goals are set against the older one. */
export const classic4: Contender = { ...classic, label: 'rabbitmq4', peer: 'rabbitmq4' }
export const quorum4: Contender = { ...quorum, label: 'rabbitmq4-quorum', peer: 'rabbitmq4' }

/** A goal is a bound on a metric of ours, or on its ratio to the same metric of another contender. */
export interface Goal {
  metric: string
  against?: string
  atLeast?: number
  atMost?: number
  /** At so much CPU the client process is the limit, which is shown instead of the ratio counted as missed. */
  unlessClientCores?: number
}

export interface Options {
  seconds: number
  warmupSeconds: number
  ackEvery: number
  backlog: number
  backlogPeer?: number
  connections: number
  idleSeconds: number
  megabytes: number
  warmupMegabytes: number
  topics: number
  logGigabytes: number
  logTopics: number
  jobs: number
}

export interface Run {
  name: PeerName
  peer: Peer
  queueArguments: Record<string, string>
  throughTopic: 'synced' | 'written' | undefined
  /** A fresh folder on the disk under test, gone after the run. */
  directory: string
  options: Options
  /** PerfTest's jars, where it can be had. */
  perfTest: string | undefined
  /** Apache Kafka's jars, where they can be had. */
  kafkaJars: string | undefined
  /** The folder that BullMQ is installed in, where it can be had. */
  bullmq: string | undefined
  /** Set by the row: the version of the broker that was measured. */
  version: string
}

/** What a row asks for; what it gets follows from the broker and the kind of queue. */
export type Durability = 'transient' | 'confirmed'

export function durabilityOf(row: Row, contender: Contender): string {
  if (contender.durability) return contender.durability
  if (row.durability === 'transient') return 'none (transient)'
  if (contender.peer === 'signalbox') return 'synced before the confirm'
  if (contender.queueArguments['x-queue-type'] === 'quorum') return 'quorum queue, one node: synced before the confirm'
  if (contender.peer === 'rabbitmq4') return 'classic queue: confirms without a sync'
  return 'classic queue: syncs only when idle; under load it confirms without'
}

export interface Row {
  name: string
  title: string
  durability?: Durability
  contenders: Contender[]
  /** Rounds when the row is too long for the usual number. */
  roundsMax?: number
  /** Metrics printed, in order; all are stored. */
  shown: string[]
  goals: Goal[]
  measure(run: Run, contender: Contender): Promise<Metrics>
}

/** Starts the contender, hands it to `work`, stops it. */
export async function withBroker<T>(run: Run, work: (broker: Broker) => Promise<T>): Promise<T> {
  const broker = await run.peer.start(join(run.directory, 'broker'))
  run.version = broker.version
  try {
    return await work(broker)
  } finally {
    await broker.stop()
  }
}

export function jobFor(run: Run, broker: Broker): Job {
  const { warmupSeconds, seconds } = run.options
  return { address: broker.address, pid: broker.pid, warmupSeconds, seconds, queueArguments: run.queueArguments }
}

/** Runs a load in a process of its own, which is ended when it takes far longer than it should. */
export function load<J extends Job>(name: string, job: J, allowanceSeconds = 120): Promise<Metrics> {
  return new Promise((resolve, reject) => {
    const timeout = (job.warmupSeconds + job.seconds + allowanceSeconds) * 1000
    const worker = fork(join(import.meta.dirname, '../load/worker.ts'), { timeout, killSignal: 'SIGKILL' })
    worker.on('message', (answer: { metrics?: Metrics; error?: string }) => {
      if (answer.metrics) resolve(answer.metrics)
      else reject(new Error(`load ${name}: ${answer.error}`))
    })
    worker.on('exit', (code, signal) => reject(new Error(`load ${name} ended early: ${code ?? signal}`)))
    worker.send({ load: name, job })
  })
}
