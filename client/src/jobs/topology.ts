/**
 * What jobs are made of in the broker. The exchange takes what is added; each job has a queue of its own, and its dead
 * letters another.
 *
 *   NAME ──JOB──> NAME.JOB ──given up──> NAME.JOB.dead
 *
 * In front of the exchange, where asked for, what delays and what drops duplicates:
 *
 *   NAME.delayed ──> NAME      NAME.deduplicated ──> NAME      NAME.delayed.deduplicated ──> NAME.deduplicated
 *
 * Signalbox counts and pauses retries in the queue itself. In RabbitMQ they wait elsewhere (retry.ts):
 *
 *   NAME.JOB.retry.MS ──after so many ms──> NAME.JOB
 */
import { type BrokerInfo, isSince } from '../connection/broker-info.ts'
import type { Declaration } from '../connection/topology.ts'
import { UnsupportedByBroker } from '../errors.ts'
import type { JobType } from './settings.ts'

type Arguments = Record<string, unknown>

export const queueName = (queue: string, job: string): string => `${queue}.${job}`
export const deadName = (queue: string, job: string): string => `${queue}.${job}.dead`

/** @throws UnsupportedByBroker for a setting that the broker knows nothing of */
export function jobDeclarations(queue: string, job: JobType, broker: BrokerInfo): Declaration[] {
  return [
    { kind: 'exchange', name: queue, type: 'direct', options: { durable: true } },
    ...workQueue(queue, job, broker),
    { kind: 'binding', from: queue, to: queueName(queue, job.name), key: job.name },
  ]
}

/** A queue with retries, and that of its dead letters: one of its own unless said. */
export function workQueue(
  queue: string,
  job: JobType,
  broker: BrokerInfo,
  { more = {}, dead = deadName(queue, job.name) }: { readonly more?: Arguments; readonly dead?: string } = {},
): Declaration[] {
  const name = queueName(queue, job.name)
  const deadLetters = {
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': dead,
    'x-dead-letter-strategy': 'at-least-once',
  }
  const own = broker.isSignalbox ? signalboxArguments(job, deadLetters) : rabbitmqArguments(job, deadLetters, broker)
  return [
    durableQueue(dead, broker.isSignalbox ? classic : unlimitedQuorum(broker)),
    durableQueue(name, { ...own, ...more }),
  ]
}

/** A queue in RabbitMQ from which messages go to a job's own queue after that time. */
export function waitingQueue(queue: string, job: string, ms: number): Declaration {
  return durableQueue(waitingName(queue, job, ms), {
    ...quorumThatPassesOn(queueName(queue, job)),
    'x-message-ttl': ms,
  })
}

export const waitingName = (queue: string, job: string, ms: number): string => `${queue}.${job}.retry.${ms}`

const classic: Arguments = { 'x-queue-type': 'classic' }

function signalboxArguments({ retry, priorityMax, ordered, dispatch }: JobType, deadLetters: Arguments): Arguments {
  const { attempts, backoff, minMs, maxMs } = retry
  return {
    ...classic,
    ...deadLetters,
    'x-delivery-limit': attempts - 1,
    ...(attempts > 1 &&
      minMs > 0 && {
        'x-delayed-retry-type': 'failed',
        'x-delayed-retry-min': minMs,
        'x-delayed-retry-max': maxMs,
        'x-delayed-retry-backoff': backoff,
      }),
    ...(priorityMax > 0 && { 'x-max-priority': priorityMax }),
    ...(ordered && { 'x-ordered-by-key': true }),
    ...(dispatch !== 'round-robin' && { 'x-dispatch': dispatch }),
  }
}

function rabbitmqArguments(job: JobType, deadLetters: Arguments, { name }: BrokerInfo): Arguments {
  if (job.ordered) throw new UnsupportedByBroker('queue: ordered', name, 'its queues know no order by key')
  if (job.dispatch !== 'round-robin') {
    throw new UnsupportedByBroker('queue: dispatch', name, 'its queues serve consumers in turn')
  }
  if (job.priorityMax === 0) {
    return {
      ...quorumThatPassesOn(String(deadLetters['x-dead-letter-routing-key'])),
      'x-delivery-limit': job.retry.attempts - 1,
    }
  }
  const { 'x-dead-letter-strategy': _, ...atMostOnce } = deadLetters
  return { ...classic, ...atMostOnce, 'x-max-priority': job.priorityMax }
}

/** It loses nothing on the way: that needs a queue that refuses rather than drops. */
function quorumThatPassesOn(to: string): Arguments {
  return {
    'x-queue-type': 'quorum',
    'x-overflow': 'reject-publish',
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': to,
    'x-dead-letter-strategy': 'at-least-once',
  }
}

/** Since 4.0 quorum queues drop what was looked at twenty times. */
function unlimitedQuorum(broker: BrokerInfo): Arguments {
  return { 'x-queue-type': 'quorum', ...(isSince(broker, 4, 0) && { 'x-delivery-limit': -1 }) }
}

function durableQueue(name: string, args: Arguments): Declaration {
  return { kind: 'queue', name, options: { durable: true, arguments: args } }
}
