/**
 * What jobs are made of in the broker. The exchange takes what is added; each job has a queue of its own
 * (receiving/work-queue.ts).
 *
 *   NAME ──JOB──> NAME:JOB ──given up──> NAME:JOB:dead
 *
 * In front of the exchange, where asked for, what delays and what drops duplicates:
 *
 *   NAME:delayed ──> NAME      NAME:deduplicated ──> NAME      NAME:delayed:deduplicated ──> NAME:deduplicated
 */
import type { BrokerInfo } from '../connection/broker-info.ts'
import type { Declaration } from '../connection/topology.ts'
import { queueName, workQueue } from '../receiving/work-queue.ts'
import type { JobType } from './settings.ts'

/** @throws UnsupportedByBroker for a setting that the broker knows nothing of */
export function jobDeclarations(queue: string, job: JobType, broker: BrokerInfo): Declaration[] {
  return [
    { kind: 'exchange', name: queue, type: 'direct', options: { durable: true } },
    ...workQueue(queue, job, broker),
    { kind: 'binding', from: queue, to: queueName(queue, job.name), key: job.name },
  ]
}
