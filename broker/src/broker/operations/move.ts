/** Moving messages from a queue to another, or to an exchange as if published there. */
import type { MessageDraft, MessageView } from '../../record/message.ts'
import type { Broker } from '../broker.ts'
import { names } from '../dead-letters.ts'
import { deathKeys } from '../queue/death.ts'
import { checkTakesMessages } from '../queue/over-topic.ts'
import type { Queue } from '../queue/queue.ts'
import type { Route } from '../queue/route.ts'
import { ROUTING_KEY_BYTES_MAX } from '../queue/settings.ts'
import { Refusal } from '../refusal.ts'
import type { Vhost } from '../vhost.ts'
import { copyMessage } from './copy.ts'
import { exchangeOf, keyOf } from './filter.ts'
import { anywhere, type Permit } from './permit.ts'
import { type Selection, type TransferResult, transfer } from './transfer.ts'

/**
 * To a queue messages go with the exchange and routing key they were published with. To an exchange they go with the
 * routing key given, or each with its own keys.
 */
export type Destination = { readonly queue: string } | { readonly exchange: string; readonly routingKey?: string }

/**
 * Copies are durable and the messages gone when the promise resolves. Consumers go on meanwhile; what they hold stays
 * with them. A message that reaches no queue, or only full ones that refuse it, or may not go there, stays.
 * @throws Refusal not-found if the destination is not there, precondition-failed for too long a routing key
 *   or a queue over a topic
 */
export async function move(
  broker: Broker,
  vhost: Vhost,
  queue: Queue,
  to: Destination,
  selection: Selection = {},
  permit: Permit = anywhere,
): Promise<TransferResult> {
  if ('queue' in to) checkTakesMessages(vhost.queue(to.queue, null))
  else {
    vhost.exchange(to.exchange)
    checkRoutingKey(to.routingKey)
  }
  const nowMs = broker.clock.now()
  return transfer(broker, queue, selection, (view, copy, route) => {
    copyMessage(view, copy, nowMs)
    if ('queue' in to) {
      copy.names = names(exchangeOf(view), keyOf(view))
      return permit('', to.queue) && sendTo(vhost, to.queue, route)
    }
    const keys = keysOf(broker, view, to.routingKey)
    return permitsAll(permit, to.exchange, keys) && routeCopy(broker, vhost, to.exchange, keys, copy, route)
  })
}

export function permitsAll(permit: Permit, exchange: string, keys: readonly string[]): boolean {
  return keys.every((key) => permit(exchange, key))
}

/** @throws Refusal precondition-failed for a text that no message can have as its key. */
export function checkRoutingKey(key = ''): void {
  if (Buffer.byteLength(key) <= ROUTING_KEY_BYTES_MAX) return
  throw new Refusal('precondition-failed', `routing key takes more than ${ROUTING_KEY_BYTES_MAX} bytes`)
}

/** @returns whether the queue is there and takes messages. */
export function sendTo(vhost: Vhost, name: string, route: Route): boolean {
  const queue = vhost.queues.get(name)
  const target = queue?.settings.sourceTopic === null ? queue : null
  route.leadTo(target)
  return target !== null
}

/** @returns whether it reaches a queue or a topic. */
export function routeCopy(
  broker: Broker,
  vhost: Vhost,
  name: string,
  keys: readonly string[],
  copy: MessageDraft,
  route: Route,
): boolean {
  const exchange = vhost.exchanges.get(name)
  if (exchange === undefined) return false
  const { properties, propertiesPos, propertiesLen } = copy
  const headers = broker.properties.headers(properties, propertiesPos, propertiesLen)
  vhost.routeKeys(exchange, keys, headers, route, broker.properties.lookIn(properties, propertiesPos, propertiesLen))
  if (route.targets === 0) return false
  exchange.publishedIn++
  exchange.publishedOut += route.targets
  copy.names = names(name, keys[0])
  return true
}

function keysOf(broker: Broker, view: MessageView, override: string | undefined): string[] {
  const headers = broker.properties.headers(view.buffer, view.propertiesPos, view.propertiesLen)
  return deathKeys(headers, keyOf(view), override ?? null)
}
