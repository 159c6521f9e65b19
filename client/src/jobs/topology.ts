/**
 * What jobs are made of in the broker. The exchange takes what is added; each job has a queue of its own
 * (receiving/work-queue.ts). What the broker gives up goes by an exchange of headers, so that whoever awaits the result of
 * such a job gets a copy. What a worker gives up it sends to the dead letters itself, and answers.
 *
 *   NAME ──JOB──> NAME:JOB ──given up by the broker──> NAME:JOB:dead (headers) ──────────────────────> NAME:JOB:dead
 *                                                                              └─awaited-by: MAILBOX──> MAILBOX
 *
 * In front of the exchange, where asked for, what delays and what drops duplicates:
 *
 *   NAME:delayed ──> NAME      NAME:deduplicated ──> NAME      NAME:delayed:deduplicated ──> NAME:deduplicated
 */
import type { BrokerInfo } from '../connection/broker-info.ts'
import type { Declaration } from '../connection/topology.ts'
import { deadName, queueName, workQueue } from '../receiving/work-queue.ts'
import type { JobType } from './settings.ts'

/** Of a job: the mailbox of whoever awaits its result. */
export const AWAITED_BY = 'awaited-by'

/** @throws UnsupportedByBroker for a setting that the broker knows nothing of */
export function jobDeclarations(queue: string, job: JobType, broker: BrokerInfo): Declaration[] {
  const dead = deadName(queue, job.name)
  return [
    { kind: 'exchange', name: queue, type: 'direct', options: { durable: true } },
    { kind: 'exchange', name: dead, type: 'headers', options: { durable: true } },
    ...workQueue(queue, job, broker, { deadExchange: dead }),
    { kind: 'binding', from: dead, to: dead, key: '', arguments: EVERYTHING },
    { kind: 'binding', from: queue, to: queueName(queue, job.name), key: job.name },
  ]
}

const EVERYTHING = { 'x-match': 'all' }
/** Of what is awaited by that mailbox. */
export const awaitedBy = (mailbox: string): Record<string, string> => ({ ...EVERYTHING, [AWAITED_BY]: mailbox })
