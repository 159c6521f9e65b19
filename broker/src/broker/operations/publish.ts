/**
 * Publishing by somebody who is no AMQP channel: the same rights, the same way, the same counters, and the firehose sees
 * it. Trade: exchange and key are looked up with every message, which a channel does once.
 */
import { NO_BYTES } from '../../base/bytes.ts'
import { MessageDraft } from '../../record/message.ts'
import type { User } from '../access/access.ts'
import type { Rights } from '../access/rights.ts'
import type { Broker } from '../broker.ts'
import { keepBack, NOT_DELAYED, type Publication } from '../delay/keep-back.ts'
import { tracePublish } from '../firehose.ts'
import type { MessageProperties } from '../property-blocks.ts'
import { expirationMs } from '../queue/expiration.ts'
import { Route } from '../queue/route.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../routing/exchange.ts'
import type { Vhost } from '../vhost.ts'

export interface PublishingClient {
  readonly broker: Broker
  readonly vhost: Vhost
  readonly rights: Rights
  readonly user: User
  /** Its connection as lists and traces name it. */
  readonly connection: string
  /** Where it calls from. */
  readonly address: string
}

export interface OutsideMessage {
  /** '' is the default exchange. */
  readonly exchange: string
  readonly key: string
  readonly properties: MessageProperties
  readonly body: Uint8Array
  /** Unroutable ones count as returned, not as dropped. */
  readonly mandatory?: boolean
}

export interface PublishOutcome {
  /** A queue, a topic, a requester, or the lane of those that are due later has it or had its say. */
  readonly routed: boolean
  /** A full queue, or a topic that takes no such message, did not take it. */
  readonly refused: boolean
  /** The durable number of what became of it, 0 for none: for `broker.durability.after`. */
  readonly durable: number
}

const PERSISTENT = 2
const NAME_BYTES_MAX = 255

const draft = new MessageDraft()
const route = new Route()
/** Of a message that is kept back. */
const nowhere = new Route()

/** @throws Refusal not-found, access-refused, precondition-failed: nothing was published */
export function publish(client: PublishingClient, message: OutsideMessage): PublishOutcome {
  const exchange = checkPublish(client, message.exchange, message.key)
  checkUser(client.user, message.properties.user_id)
  const publication = fill(client.broker, exchange, message)
  const keys = selectedKeys(client, exchange, message.key)
  client.broker.outside.published++
  client.broker.outsideSizes.add(message.body.length)
  const outcome = send(client, publication, message, keys)
  draft.bodyBytes = NO_BYTES
  return outcome
}

/** Resolves when so many messages have what they were promised; with the highest of their durable numbers. */
export async function confirmed({ broker, vhost }: PublishingClient, durable: number, count: number): Promise<void> {
  await new Promise<void>((resolve) => broker.durability.after(durable, resolve))
  vhost.fates.confirmed += count
  broker.outside.confirmed += count
}

/** Whether the client may publish there. @throws Refusal not-found, access-refused */
export function checkPublish({ vhost, rights }: PublishingClient, name: string, key: string): Exchange {
  rights.require('write', 'exchange', name)
  if (name === '') rights.requireDefault(key)
  const exchange = vhost.exchange(name)
  if (exchange.internal) {
    throw new Refusal('access-refused', `cannot publish to internal exchange '${name}' in vhost '${vhost.name}'`)
  }
  if (exchange.type === 'topic') rights.requireTopic('write', name, key)
  return exchange
}

/** @throws Refusal precondition-failed */
function checkUser(user: User, claimed: string | undefined): void {
  if (claimed === undefined || claimed === user.name || user.tags.includes('impersonator')) return
  const text = `user_id property set to '${claimed}' but authenticated user was '${user.name}'`
  throw new Refusal('precondition-failed', text)
}

/** The draft becomes the message. @throws Refusal precondition-failed for properties or a key that have no room */
function fill(
  broker: Broker,
  exchange: Exchange,
  { exchange: name, key, properties, body, mandatory }: OutsideMessage,
) {
  const { priority, expiration, delivery_mode: mode } = properties
  draft.arrival = broker.clock.now()
  draft.expiry = 0
  if (expiration !== undefined) {
    const digits = Buffer.from(expiration)
    draft.expiry = draft.arrival + expirationMs(digits, 0, digits.length)
  }
  draft.properties = broker.properties.write(properties)
  draft.propertiesPos = 0
  draft.propertiesLen = draft.properties.length
  draft.names = namesOf(name, key)
  draft.body = body
  draft.bodyPos = 0
  draft.bodyLen = body.length
  draft.bodyParts = null
  draft.priority = priority ?? 0
  draft.hasPriority = priority !== undefined
  draft.persistent = mode === PERSISTENT
  return { exchange, key, names: draft.namesBytes, mandatory: mandatory ?? false }
}

/** @throws Refusal precondition-failed */
function namesOf(exchange: string, key: string): Uint8Array {
  const name = Buffer.from(exchange)
  const routingKey = Buffer.from(key)
  if (routingKey.length > NAME_BYTES_MAX) {
    throw new Refusal('precondition-failed', `a routing key has ${NAME_BYTES_MAX} octets at most`)
  }
  return Buffer.concat([Buffer.of(name.length), name, Buffer.of(routingKey.length), routingKey])
}

/** The keys of a message that names more than its own, null for any other. Takes BCC out of it. @throws Refusal */
function selectedKeys({ broker, rights }: PublishingClient, exchange: Exchange, key: string): readonly string[] | null {
  const { properties } = draft
  const selected = broker.properties.selectedKeys(key, properties, 0, properties.length)
  if (selected === null) return null
  for (const one of selected.keys) {
    if (exchange.type === 'topic') rights.requireTopic('write', exchange.name, one)
    if (exchange.name === '') rights.requireDefault(one)
  }
  if (selected.blind) {
    draft.properties = broker.properties.edit(properties, 0, properties.length, { remove: ['BCC'] })
    draft.propertiesLen = draft.properties.length
  }
  return selected.keys
}

function send(
  client: PublishingClient,
  publication: Publication,
  { exchange: exchangeName, key, properties, mandatory }: OutsideMessage,
  selected: readonly string[] | null,
): PublishOutcome {
  const { broker, vhost } = client
  const exchange = publication.exchange!
  const { headers } = properties
  const keys = selected ?? [key]
  const traced = (to: Route): void => {
    if (vhost.tracing) tracePublish({ ...client, channel: 0, user: client.user.name }, exchangeName, keys, draft, to)
  }
  const kept = headers === undefined ? NOT_DELAYED : keepBack(broker, vhost, publication, draft, selected)
  if (kept !== NOT_DELAYED) {
    traced(nowhere)
    return { routed: true, refused: false, durable: kept }
  }
  const replied = exchangeName === '' && broker.directReplies.send(keys, draft)
  if (replied && selected === null) return { routed: true, refused: false, durable: 0 }
  const propertyOf = broker.properties.lookIn(draft.properties, 0, draft.propertiesLen)
  const headersNow = headers === undefined ? null : broker.properties.headers(draft.properties, 0, draft.propertiesLen)
  vhost.routeKeys(exchange, keys, headersNow, route, propertyOf)
  vhost.flows.look(vhost.flows.outsider(client.user.name, client.address), exchange, keys, headersNow, propertyOf)
  exchange.publishedIn++
  traced(route)
  const count = route.targets
  if (count === 0 && !replied) {
    const fate = mandatory ? 'returned' : 'dropped'
    vhost.fates[fate]++
    broker.outside[fate]++
  }
  if (route.isEmpty) {
    // A duplicate rests on the message before it.
    return { routed: replied, refused: false, durable: exchange.keyDecides ? 0 : broker.engine.seal() }
  }
  exchange.publishedOut += count
  vhost.fates.routed += count
  broker.outside.routed += count
  const durable = route.append(broker.engine, draft)
  return { routed: replied || count > 0, refused: route.rejected, durable }
}
