/**
 * Publishes that ask for a later time. They go to the due lane of their exchange instead of its queues, and are routed
 * when they are due; the confirm waits for the lane. Whoever sends no headers never comes here.
 */
import { DELAY_HEADER, DELIVER_AT_HEADER, delayOf, deliverAt } from '../broker/delay/due-time.ts'
import { Route } from '../broker/queue/route.ts'
import { DEDUPLICATION_HEADER } from '../broker/routing/deduplication-exchange.ts'
import { DELAYED_TYPE } from '../broker/routing/delayed-exchange.ts'
import type { Headers, HeaderValue } from '../broker/routing/headers.ts'
import { noHeaders } from '../broker/routing/headers.ts'
import type { MessageDraft } from '../record/message.ts'
import { decodeTable } from '../wire/amqp/field-table.ts'
import { PropertyScan } from '../wire/amqp/properties.ts'
import type { PublishTarget } from './publish-target.ts'
import type { AmqpSession } from './session.ts'

/** The message is to be routed now. */
export const NOT_DELAYED = -3

const INT32_MIN = -(2 ** 31)

const deliverAtName = Buffer.from(`${String.fromCharCode(DELIVER_AT_HEADER.length)}${DELIVER_AT_HEADER}`)
const scan = new PropertyScan()
const routeNow = new Route()

/**
 * Keeps a message that has headers back if it asks for that. `keys`: all that it has, its own first; null if that is the only one.
 * @returns the round that makes it durable, 0 for none, NOT_DELAYED if it is to be routed, or returned, at once
 * @throws FrameSyntaxError for headers that are no table
 */
export function keepBack(
  session: AmqpSession,
  target: PublishTarget,
  draft: MessageDraft,
  keys: readonly string[] | null,
): number {
  const { properties, propertiesPos, propertiesLen } = draft
  const exchange = target.exchange!
  const delays = exchange.type === DELAYED_TYPE
  const end = propertiesPos + propertiesLen
  if (!delays && !mentions(properties, propertiesPos, end, deliverAtName)) return NOT_DELAYED
  scan.scan(properties, propertiesPos, end)
  const headers = decodeTable(properties, scan.headersPos, scan.headersPos + scan.headersLen) as Headers
  const now = session.broker.clock.now()
  const delay = delays ? delayOf(headers) : 0
  const dueMs = delay > 0 ? now + delay : deliverAt(headers, now)
  if (dueMs === 0) return NOT_DELAYED
  if (target.mandatory && !delays && !isRoutable(session, target, headers, keys)) return NOT_DELAYED
  const set = changes(delay, keys)
  if (set !== noHeaders) {
    draft.properties = session.broker.properties.edit(properties, propertiesPos, propertiesLen, { set })
    draft.propertiesPos = 0
    draft.propertiesLen = draft.properties.length
  }
  draft.namesBytes = target.names
  exchange.publishedIn++
  return session.vhost!.delays.append(exchange, draft, dueMs)
}

/**
 * The delay is kept negative, as the plugin delivers it: the message waits once, however often it is published again.
 * Keys of a BCC header, which is gone by now, are needed when it is due.
 */
function changes(delay: number, keys: readonly string[] | null): Headers {
  if (delay === 0 && keys === null) return noHeaders
  const set: Record<string, HeaderValue> = {}
  if (delay > 0) set[DELAY_HEADER] = -delay >= INT32_MIN ? { type: 'I', value: -delay } : -delay
  if (keys !== null) set.BCC = keys.slice(1)
  return set
}

/** As of now; what is a duplicate is found out when it is due. */
function isRoutable(
  session: AmqpSession,
  target: PublishTarget,
  headers: Headers,
  keys: readonly string[] | null,
): boolean {
  const known = { ...headers, [DEDUPLICATION_HEADER]: null }
  session.vhost!.routeKeys(target.exchange!, keys ?? [target.key], known, routeNow)
  return routeNow.targets > 0
}

function mentions(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  const last = to - name.length
  for (let at = from; at <= last; at++) {
    if (bytes[at] !== name[0] || bytes[at + 3] !== name[3]) continue
    let same = 1
    while (same < name.length && bytes[at + same] === name[same]) same++
    if (same === name.length) return true
  }
  return false
}
