/** How what is drawn is named: the same in the topology and in the ways of a message. */
import type { Exchange } from '../../broker/routing/exchange.ts'
import type { RouteTarget } from '../../broker/routing/target.ts'
import { StreamQueue } from '../../broker/stream/stream-queue.ts'
import type { Vhost } from '../../broker/vhost.ts'

/** The exchange of a topic is the topic. */
export function exchangeId({ type, name }: Pick<Exchange, 'type' | 'name'>): string {
  return type === 'x-topic-log' ? `topic:${name}` : `exchange:${name}`
}

export function targetId(target: RouteTarget, vhost: Vhost): string {
  if (target instanceof StreamQueue) return `topic:${target.topic.name}`
  if (target.kind === 'topic') return `topic:${target.name}`
  if (target.kind === 'queue') return `queue:${target.name}`
  const exchange = vhost.exchanges.get(target.name)
  return exchange === undefined ? `exchange:${target.name}` : exchangeId(exchange)
}
