/**
 * The firehose: while a vhost is traced, each message that is published there and each one that is delivered is copied
 * to the topic exchange `amq.rabbitmq.trace`, its body as it is, all else about it in headers. Copies are not traced,
 * so a queue of copies makes no further ones. Trade: it looks at every message, so it is for debugging only.
 */
import { Bytes } from '../base/bytes.ts'
import type { MessageDraft, MessageView } from '../record/message.ts'
import type { Broker } from './broker.ts'
import type { OwnBody } from './own-messages.ts'
import type { Queue } from './queue/queue.ts'
import type { Route } from './queue/route.ts'
import { type Headers, type HeaderValue, noHeaders } from './routing/headers.ts'
import type { Vhost } from './vhost.ts'

const TRACE_EXCHANGE = 'amq.rabbitmq.trace'

export type TracingBroker = Pick<Broker, 'properties' | 'messages' | 'node'>

/** Who publishes, or is delivered to. */
export interface TracedClient {
  readonly broker: TracingBroker
  readonly vhost: Vhost
  /** As the connection is listed. */
  readonly connection: string
  /** 0: its protocol has none. */
  readonly channel: number
  readonly user: string
}

const number = (value: number): HeaderValue => ({ type: 'I', value })

/** The message was routed, maybe nowhere. */
export function tracePublish(
  client: TracedClient,
  exchangeName: string,
  keys: readonly string[],
  draft: MessageDraft,
  route: Route,
): void {
  if (!isWatched(client)) return
  const { properties, propertiesPos, propertiesLen } = draft
  const details = {
    ...aboutMessage(client, exchangeName, keys),
    ...aboutClient(client),
    routed_queues: route.queues.map((queue) => queue.name),
  }
  const block = client.broker.properties.describe(details, properties, propertiesPos, propertiesLen)
  copy(client, `publish.${exchangeName}`, block, draft)
}

/** The message goes to a consumer, or is fetched. */
export function traceDelivery(
  client: TracedClient,
  queue: Pick<Queue, 'name'>,
  view: MessageView,
  redelivered: boolean,
): void {
  if (!isWatched(client)) return
  const { buffer, propertiesPos, propertiesLen } = view
  const exchange = utf8.decode(buffer.subarray(view.exchangePos, view.exchangePos + view.exchangeLen))
  if (exchange === TRACE_EXCHANGE) return
  const key = utf8.decode(buffer.subarray(view.keyPos, view.keyPos + view.keyLen))
  const { properties } = client.broker
  const keys = [key, ...copies(properties.headers(buffer, propertiesPos, propertiesLen))]
  const details = {
    ...aboutMessage(client, exchange, keys),
    redelivered: number(redelivered ? 1 : 0),
    ...aboutClient(client),
  }
  copy(client, `deliver.${queue.name}`, properties.describe(details, buffer, propertiesPos, propertiesLen), {
    bodyBytes: new Bytes(buffer, view.data),
    bodyPos: view.bodyPos,
    bodyLen: view.bodyLen,
    bodyParts: view.bodyParts,
  })
}

/** Anything to do at all? Asked before a message is looked into. */
function isWatched({ vhost }: TracedClient): boolean {
  return (vhost.exchanges.get(TRACE_EXCHANGE)?.bindingCount ?? 0) > 0
}

function copy({ broker, vhost }: TracedClient, key: string, block: Uint8Array, body: OwnBody): void {
  broker.messages.publish(vhost, vhost.exchange(TRACE_EXCHANGE), key, block, noHeaders, false, body)
}

function aboutMessage({ broker }: TracedClient, exchange: string, keys: readonly string[]): Headers {
  return { exchange_name: exchange, routing_keys: keys, node: broker.node }
}

function aboutClient({ vhost, connection, channel, user }: TracedClient): Headers {
  return { vhost: vhost.name, connection, channel: number(channel), user }
}

/** The keys that stand in header CC. */
function copies(headers: Headers | null): string[] {
  const list = headers?.CC
  return Array.isArray(list) ? list.map(String) : []
}

const utf8 = new TextDecoder()
