/** What is sampled of queues, exchanges, vhosts and the broker. Fields are called as RabbitMQ's `message_stats` calls them. */
import { Broker } from '../../broker/broker.ts'
import type { QueueCounters } from '../../broker/queue/counters.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { Series } from './series.ts'

/** What leaves queues: shown together as soon as any of it was counted. */
export const OUT_FIELDS = [
  'deliver',
  'deliver_no_ack',
  'get',
  'get_no_ack',
  'get_empty',
  'ack',
  'redeliver',
  'deliver_get',
] as const

const QUEUE_FIELDS = ['publish', ...OUT_FIELDS, 'messages_ready', 'messages_unacknowledged', 'messages'] as const

export type QueueField = (typeof QUEUE_FIELDS)[number]
export type QueueSeries = Series<Queue, QueueField>

export function queueSeries(): QueueSeries {
  return new Series<Queue, QueueField>(QUEUE_FIELDS, (queue, into) => {
    into.fill(0)
    addQueue(queue, into)
  })
}

const EXCHANGE_FIELDS = ['publish_in', 'publish_out'] as const

export type ExchangeField = (typeof EXCHANGE_FIELDS)[number]
export type ExchangeSeries = Series<Exchange, ExchangeField>

export function exchangeSeries(): ExchangeSeries {
  return new Series<Exchange, ExchangeField>(EXCHANGE_FIELDS, (exchange, into) => {
    into[0] = exchange.publishedIn
    into[1] = exchange.publishedOut
  })
}

export type TotalSeries = Series<Broker | Vhost, QueueField>

/** Sums over the queues; what deleted queues had counted stays. */
export function totalSeries(): TotalSeries {
  return new Series<Broker | Vhost, QueueField>(QUEUE_FIELDS, (object, into) => {
    into.fill(0)
    const isBroker = object instanceof Broker
    const vhosts = isBroker ? [...object.vhosts.values()] : [object]
    for (const { queues, goneQueues } of vhosts) {
      for (const queue of queues.values()) addQueue(queue, into)
      addCounters(goneQueues, into)
    }
    if (isBroker) addCounters(object.gone.queues, into)
    // What came in, not what went into queues.
    into[0] = isBroker ? object.gone.exchanges.publishedIn : 0
    for (const { exchanges, goneExchanges } of vhosts) {
      for (const exchange of exchanges.values()) into[0] += exchange.publishedIn
      into[0] += goneExchanges.publishedIn
    }
  })
}

function addQueue(queue: Queue, into: Float64Array): void {
  addCounters(queue.counters, into)
  into[9] += queue.ready
  into[10] += queue.unacknowledged
  into[11] += queue.ready + queue.unacknowledged
}

function addCounters(counters: QueueCounters, into: Float64Array): void {
  into[0] += counters.published
  into[1] += counters.delivered
  into[2] += counters.deliveredNoAck
  into[3] += counters.got
  into[4] += counters.gotNoAck
  into[5] += counters.getEmpty
  into[6] += counters.acknowledged
  into[7] += counters.redelivered
  into[8] += counters.delivered + counters.deliveredNoAck + counters.got + counters.gotNoAck
}
