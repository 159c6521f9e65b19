/**
 * A queue whose messages are tried again when their handler fails, and at last become dead letters. It belongs to one of
 * several in a place: a job of a queue, a group of a topic, a member of a multicast.
 *
 *   PLACE:NAME ──given up──> PLACE:NAME:dead
 *
 * Signalbox counts and pauses retries in the queue itself. In RabbitMQ they wait elsewhere (retries.ts):
 *
 *   PLACE:NAME:retry:MS ──after so many ms──> PLACE:NAME
 */
import { type BrokerInfo, isSince } from '../connection/broker-info.ts'
import type { Declaration } from '../connection/topology.ts'
import { UnsupportedByBroker } from '../errors.ts'
import { joined } from './names.ts'
import type { Retry } from './retry.ts'

export interface WorkQueue {
  readonly name: string
  readonly retry: Required<Retry>
  /** 0: no priorities. */
  readonly priorityMax: number
  readonly ordered: boolean
  readonly dispatch: Dispatch
}

/** Which of several consumers gets a message: in turn, by chance, the one that could take most beside what it has. */
export type Dispatch = 'round-robin' | 'random' | 'least-loaded'

type Arguments = Record<string, unknown>

export const queueName = (place: string, name: string): string => joined(place, name)
export const deadName = (place: string, name: string): string => joined(place, name, 'dead')

interface WorkQueueParts {
  readonly more?: Arguments
  /** The queue of its dead letters. Default: one of its own. */
  readonly dead?: string
  /** What dead letters go by on the way there. Default: nothing. */
  readonly deadExchange?: string
}

/** A queue with retries, and that of its dead letters. */
export function workQueue(
  place: string,
  queue: WorkQueue,
  broker: BrokerInfo,
  { more = {}, dead = deadName(place, queue.name), deadExchange = '' }: WorkQueueParts = {},
): Declaration[] {
  const name = queueName(place, queue.name)
  const deadLetters = {
    'x-dead-letter-exchange': deadExchange,
    'x-dead-letter-routing-key': dead,
    'x-dead-letter-strategy': 'at-least-once',
  }
  const own = broker.isSignalbox
    ? signalboxArguments(queue, deadLetters)
    : rabbitmqArguments(queue, deadLetters, broker)
  return [
    durableQueue(dead, broker.isSignalbox ? classic : unlimitedQuorum(broker)),
    durableQueue(name, { ...own, ...more }),
  ]
}

/** A queue in RabbitMQ from which messages go to the queue itself after that time. */
export function waitingQueue(place: string, name: string, ms: number): Declaration {
  return durableQueue(waitingName(place, name, ms), {
    ...quorumThatPassesOn({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queueName(place, name) }),
    'x-message-ttl': ms,
  })
}

export const waitingName = (place: string, name: string, ms: number): string => joined(place, name, 'retry', String(ms))

const classic: Arguments = { 'x-queue-type': 'classic' }

function signalboxArguments({ retry, priorityMax, ordered, dispatch }: WorkQueue, deadLetters: Arguments): Arguments {
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

function rabbitmqArguments(queue: WorkQueue, deadLetters: Arguments, { name }: BrokerInfo): Arguments {
  if (queue.ordered) throw new UnsupportedByBroker('queue: ordered', name, 'its queues know no order by key')
  if (queue.dispatch !== 'round-robin') {
    throw new UnsupportedByBroker('queue: dispatch', name, 'its queues serve consumers in turn')
  }
  if (queue.priorityMax === 0) {
    return {
      ...quorumThatPassesOn(deadLetters),
      'x-delivery-limit': queue.retry.attempts - 1,
    }
  }
  const { 'x-dead-letter-strategy': _, ...atMostOnce } = deadLetters
  return { ...classic, ...atMostOnce, 'x-max-priority': queue.priorityMax }
}

/** It loses nothing on the way: that needs a queue that refuses rather than drops. */
function quorumThatPassesOn(deadLetters: Arguments): Arguments {
  return {
    'x-queue-type': 'quorum',
    'x-overflow': 'reject-publish',
    ...deadLetters,
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
