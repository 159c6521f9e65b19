/** What a row of the table is, and the few steps that all rows share. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Job, Metrics } from '../load/job.ts'
import type { Broker, Peer } from '../peers/broker.ts'

export type PeerName = 'signalbox' | 'rabbitmq'

/** One column of the comparison: a broker and the arguments its queues are declared with. */
export interface Contender {
  label: string
  peer: PeerName
  queueArguments: Record<string, string>
}

export const signalbox: Contender = { label: 'signalbox', peer: 'signalbox', queueArguments: {} }
export const classic: Contender = { label: 'rabbitmq', peer: 'rabbitmq', queueArguments: {} }
export const quorum: Contender = {
  label: 'rabbitmq-quorum',
  peer: 'rabbitmq',
  queueArguments: { 'x-queue-type': 'quorum' },
}

/** A goal is a bound on a metric of ours, or on its ratio to the same metric of another contender. */
export interface Goal {
  metric: string
  against?: string
  atLeast?: number
  atMost?: number
}

export interface Options {
  seconds: number
  warmupSeconds: number
  ackEvery: number
  backlog: number
  connections: number
  idleSeconds: number
}

export interface Run {
  peer: Peer
  queueArguments: Record<string, string>
  /** A fresh folder on the disk under test, gone after the run. */
  directory: string
  options: Options
  /** Set by the row: the version of the broker that was measured. */
  version: string
}

export interface Row {
  name: string
  title: string
  /** What a rate of this row promises, for each contender. */
  durability: Record<string, string>
  contenders: Contender[]
  /** Rounds when the row is too long for the usual number. */
  roundsMax?: number
  /** Metrics printed, in order; all are stored. */
  shown: string[]
  goals: Goal[]
  measure(run: Run): Promise<Metrics>
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

/** Runs a load in a process of its own. */
export function load<J extends Job>(name: string, job: J): Promise<Metrics> {
  return new Promise((resolve, reject) => {
    const worker = fork(join(import.meta.dirname, '../load/worker.ts'))
    worker.on('message', (answer: { metrics?: Metrics; error?: string }) => {
      if (answer.metrics) resolve(answer.metrics)
      else reject(new Error(`load ${name}: ${answer.error}`))
    })
    worker.on('exit', (code, signal) => reject(new Error(`load ${name} ended early: ${code ?? signal}`)))
    worker.send({ load: name, job })
  })
}
