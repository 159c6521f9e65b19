/**
 * A message is complete: checked, routed, appended. The order of checks and the texts are RabbitMQ's.
 * `publish` runs per message and makes no object unless a property asks for a closer look.
 */

import { keepBack, NOT_DELAYED } from '../broker/delay/keep-back.ts'
import { isReplyName } from '../broker/direct-replies.ts'
import { expirationMs } from '../broker/queue/expiration.ts'
import { Route } from '../broker/queue/route.ts'
import { Refusal } from '../broker/refusal.ts'
import type { Headers } from '../broker/routing/headers.ts'
import { type MessageDraft, MessageView } from '../record/message.ts'
import { ReplyCode } from '../wire/amqp/constants.ts'
import { areEntries } from '../wire/amqp/field-size.ts'
import { decodeTable } from '../wire/amqp/field-table.ts'
import { PropertyScan } from '../wire/amqp/properties.ts'
import type { Channel } from './channel.ts'
import { REFUSED } from './confirms.ts'
import { writeContent } from './delivery.ts'
import { tracePublish } from './firehose.ts'
import type { PublishTarget } from './publish-target.ts'
import { ProtocolError } from './reply.ts'
import { REPLY_QUEUE_BYTES, replyPropertyBlock } from './reply-to.ts'
import { maySelect } from './sender-selected.ts'

// Bits of the property flags (AMQP 0-9-1 §4.2.6.1).
const HEADERS = 1 << 13
const DELIVERY_MODE = 1 << 12
const LOOK = HEADERS | (1 << 11) | (1 << 9) | (1 << 8) | (1 << 4) | 3 // headers, priority, reply-to, expiration, user-id, odd flags

const PERSISTENT = 2

const scan = new PropertyScan()
const view = new MessageView()
const routeOnce = new Route()
/** Of a message that is kept back. */
const NOWHERE = new Route()

/** Takes the message that has been received on `channel`. @throws ProtocolError, Refusal: the channel or connection is closed. */
export function publish(channel: Channel, target: PublishTarget, draft: MessageDraft): void {
  const { session } = channel
  inspect(channel, draft)
  channel.counts.published++
  session.broker.sizes.add(draft.bodyLen)
  if (target.immediate) throw new ProtocolError(ReplyCode.NOT_IMPLEMENTED, 'immediate=true')
  resolve(channel, target)
  const { headersPos, headersLen } = scan
  const isPlain = headersPos < 0 || !maySelect(draft.properties, headersPos, headersLen)
  const keys = isPlain ? null : selectedKeys(channel, target, draft)
  if (channel.transaction !== null) {
    channel.transaction.stage(target, draft, keys)
    return
  }
  const round = send(channel, target, draft, keys)
  if (channel.confirms !== null) {
    channel.confirms.push(++channel.published, round)
    session.channels.confirmLater(channel, round)
  }
}

/**
 * Routes and appends. `keys`: all that the message has, its own first; null if that is the only one.
 * @returns the round that makes it durable, 0 for none, REFUSED if a queue did not take it.
 */
export function send(
  channel: Channel,
  target: PublishTarget,
  draft: MessageDraft,
  keys: readonly string[] | null,
): number {
  const { session } = channel
  const { broker } = session
  const exchange = target.exchange!
  draft.namesBytes = target.names
  if ((draft.propertiesBytes.view.getUint16(draft.propertiesPos) & HEADERS) !== 0) {
    const kept = keepBack(broker, session.vhost!, target, draft, keys)
    if (kept !== NOT_DELAYED) {
      if (session.vhost!.tracing) tracePublish(channel, target, draft, keys, NOWHERE)
      return kept
    }
  }
  let { route } = target
  if (keys !== null || !target.lasting) {
    const all = keys ?? [target.key]
    if (target.exchangeName === '' && broker.directReplies.send(all, draft) && keys === null) return 0
    route = routeOnce
    const { properties, propertiesPos, propertiesLen } = draft
    const propertyOf = broker.properties.lookIn(properties, propertiesPos, propertiesLen)
    const headers = headersOf(draft)
    session.vhost!.routeKeys(exchange, all, headers, route, propertyOf)
    session.vhost!.flows.look(session.connection!, exchange, all, headers, propertyOf)
  } else target.count++
  exchange.publishedIn++
  if (session.vhost!.tracing) tracePublish(channel, target, draft, keys, route)
  const count = route.targets
  if (count === 0) {
    if (target.mandatory) returnUnroutable(channel, target, draft)
    else dropUnroutable(channel)
    // A duplicate is confirmed when what makes it one is durable.
    if (route.isEmpty) return exchange.keyDecides ? 0 : broker.engine.seal()
  }
  exchange.publishedOut += count
  session.vhost!.fates.routed += count
  const round = route.append(broker.engine, draft)
  return route.rejected ? REFUSED : round
}

/** Looks at the properties that the broker acts on. */
function inspect(channel: Channel, draft: MessageDraft): void {
  const { properties, propertiesPos: pos, propertiesLen } = draft
  const flags = draft.propertiesBytes.view.getUint16(pos)
  draft.priority = 0
  draft.hasPriority = false
  draft.expiry = 0
  scan.headersPos = -1
  if ((flags & LOOK) === 0 && flags === (flags & DELIVERY_MODE)) {
    // The usual short block: at most a delivery mode.
    draft.persistent = flags !== 0 && properties[pos + 2] === PERSISTENT
    if (propertiesLen !== (flags === 0 ? 2 : 3)) throw new ProtocolError(ReplyCode.SYNTAX_ERROR, 'malformed properties')
    return
  }
  scan.scan(properties, pos, pos + propertiesLen)
  // Headers that nobody can read would end the connections of those who get them.
  if (scan.headersPos >= 0 && !areEntries(properties, scan.headersPos + 4, scan.headersPos + scan.headersLen)) {
    throw new ProtocolError(ReplyCode.SYNTAX_ERROR, 'malformed headers')
  }
  draft.persistent = scan.deliveryMode === PERSISTENT
  if (scan.priority >= 0) {
    draft.priority = scan.priority
    draft.hasPriority = true
  }
  if (scan.expirationPos >= 0) {
    draft.expiry = draft.arrival + expirationMs(properties, scan.expirationPos, scan.expirationLen)
  }
  if (scan.userIdPos >= 0) checkUser(channel, properties)
  if (scan.replyToLen === REPLY_QUEUE_BYTES.length && equal(properties, scan.replyToPos, REPLY_QUEUE_BYTES)) {
    const consumer = channel.replyConsumer
    if (consumer === null) {
      throw new ProtocolError(ReplyCode.PRECONDITION_FAILED, 'fast reply consumer does not exist')
    }
    draft.properties = replyPropertyBlock(draft, scan, consumer.token)
    draft.propertiesPos = 0
    draft.propertiesLen = draft.properties.length
    scan.scan(draft.properties, 0, draft.propertiesLen)
  }
}

function checkUser(channel: Channel, properties: Uint8Array): void {
  const claimed = Buffer.from(properties.subarray(scan.userIdPos, scan.userIdPos + scan.userIdLen)).toString()
  const { user } = channel.session
  if (claimed === user!.name || user!.tags.includes('impersonator')) return
  throw new ProtocolError(
    ReplyCode.PRECONDITION_FAILED,
    `user_id property set to '${claimed}' but authenticated user was '${user!.name}'`,
  )
}

/** Brings the target up to date with topology and permissions. */
export function resolve(channel: Channel, target: PublishTarget): void {
  const { session } = channel
  const vhost = session.vhost!
  const version = vhost.version + session.broker.accessVersion + session.broker.acls.version
  if (target.version === version && target.exchange !== null) return
  vhost.flows.settleLast(session.connection!, target)
  session.rights.require('write', 'exchange', target.exchangeName)
  if (target.exchangeName === '') session.rights.requireDefault(target.key)
  const exchange = vhost.exchange(target.exchangeName)
  if (exchange.internal) {
    throw new Refusal(
      'access-refused',
      `cannot publish to internal exchange '${target.exchangeName}' in vhost '${vhost.name}'`,
    )
  }
  if (exchange.type === 'topic') session.rights.requireTopic('write', target.exchangeName, target.key)
  target.exchange = exchange
  target.version = version
  target.ways = null
  target.lasting =
    !(target.exchangeName === '' && isReplyName(target.key)) && vhost.route(exchange, target.key, null, target.route)
}

/** The keys of a message that names more than its own, null for any other. Takes BCC out of it. */
function selectedKeys(channel: Channel, target: PublishTarget, draft: MessageDraft): readonly string[] | null {
  const { session } = channel
  const { properties, propertiesPos, propertiesLen } = draft
  const selected = session.broker.properties.selectedKeys(target.key, properties, propertiesPos, propertiesLen)
  if (selected === null) return null
  if (target.exchange!.type === 'topic') {
    for (const key of selected.keys) session.rights.requireTopic('write', target.exchangeName, key)
  }
  if (target.exchangeName === '') for (const key of selected.keys) session.rights.requireDefault(key)
  if (selected.blind) {
    draft.properties = session.broker.properties.edit(properties, propertiesPos, propertiesLen, { remove: ['BCC'] })
    draft.propertiesPos = 0
    draft.propertiesLen = draft.properties.length
  }
  return selected.keys
}

function headersOf(draft: MessageDraft): Headers | null {
  const { properties, propertiesPos, propertiesLen } = draft
  scan.scan(properties, propertiesPos, propertiesPos + propertiesLen)
  if (scan.headersPos < 0) return null
  return decodeTable(properties, scan.headersPos, scan.headersPos + scan.headersLen) as Headers
}

function dropUnroutable(channel: Channel): void {
  channel.session.vhost!.fates.dropped++
  channel.counts.dropped++
}

function returnUnroutable(channel: Channel, target: PublishTarget, draft: MessageDraft): void {
  const { session } = channel
  channel.counts.returned++
  session.vhost!.fates.returned++
  session.send(channel.number, 'basic.return', {
    replyCode: ReplyCode.NO_ROUTE,
    replyText: 'NO_ROUTE',
    exchange: target.exchangeName,
    routingKey: target.key,
  })
  writeContent(session.output, channel.number, session.frameMax, viewOf(draft))
}

/** A draft as it would be seen by a consumer. Valid until the next call. */
export function viewOf(draft: MessageDraft): MessageView {
  // A view has one buffer; a draft's properties and body may lie in two.
  view.buffer = draft.properties
  view.data = draft.propertiesBytes.view
  view.propertiesPos = draft.propertiesPos
  view.propertiesLen = draft.propertiesLen
  view.bodyLen = draft.bodyLen
  view.bodyParts = draft.bodyParts ?? [draft.body.slice(draft.bodyPos, draft.bodyPos + draft.bodyLen)]
  return view
}

function equal(buf: Uint8Array, pos: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (buf[pos + i] !== bytes[i]) return false
  return true
}
