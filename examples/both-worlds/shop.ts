/**
 * What stands where:
 *
 *   shop (Java, Kafka) ──> topic orders ──bound──> queue work ──> workers (AMQP) ──> exchange events ──bound──> topic history
 *                             │                     │   ^ fails: again after a rest                              │
 *                             │                     v fails three times                                          v
 *                             │                    queue broken                                     audit (Kafka)
 *                             └──────> analytics (Kafka), days later, from offset 0
 */
import type { Channel } from 'amqplib'

const prefix = 'examples.both-worlds'
export const orders = { topic: `${prefix}.orders`, numPartitions: 4 }
export const history = { topic: `${prefix}.history`, numPartitions: 2 }
export const work = `${prefix}.work`
export const broken = `${prefix}.broken`
export const events = `${prefix}.events`

export interface Order {
  readonly order: number
  readonly customer: string
  readonly cents: number
}

/** As OrderProducer.java makes them. */
export function orderOf(order: number): Order {
  return { order, customer: `customer-${order % 500}`, cents: (order * 31) % 10_000 }
}

/** Nobody can work on these. */
export const isPoison = ({ order }: Order): boolean => order % 997 === 0
/** These fail the first time. */
export const isUnlucky = ({ order }: Order): boolean => order % 101 === 1

export async function declareAll(channel: Channel): Promise<void> {
  await channel.assertQueue(broken, { durable: true })
  await channel.assertQueue(work, {
    durable: true,
    arguments: {
      'x-delayed-retry-type': 'all',
      'x-delayed-retry-min': 50,
      'x-delivery-limit': 2, // the third return is the last
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': broken,
    },
  })
  await channel.bindQueue(work, orders.topic, '#') // the topic, seen as an exchange
  await channel.assertExchange(events, 'topic', { durable: true })
  await channel.bindExchange(history.topic, events, 'order.#') // and the other way round
}

export async function deleteAll(channel: Channel): Promise<void> {
  for (const queue of [work, broken]) await channel.deleteQueue(queue)
  await channel.deleteExchange(events)
}
