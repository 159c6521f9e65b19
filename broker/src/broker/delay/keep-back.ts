/**
 * Publishes that ask for a later time. They go to the due lane of their exchange instead of its queues, and are routed
 * when they are due; the confirm waits for the lane. Whoever sends no headers never comes here.
 */
import type { Bytes } from '../../base/bytes.ts'
import type { MessageDraft } from '../../record/message.ts'
import type { Broker } from '../broker.ts'
import { Route } from '../queue/route.ts'
import { DEDUPLICATION_HEADER } from '../routing/deduplication-exchange.ts'
import { DELAYED_TYPE } from '../routing/delayed-exchange.ts'
import type { Exchange } from '../routing/exchange.ts'
import type { Headers, HeaderValue } from '../routing/headers.ts'
import { noHeaders } from '../routing/headers.ts'
import type { Vhost } from '../vhost.ts'
import { DELAY_HEADER, DELIVER_AT_HEADER, delayOf, deliverAt, waitedFor } from './due-time.ts'

/** The message is to be routed now. */
export const NOT_DELAYED = -3

/** Where a message is published to. */
export interface Publication {
  readonly exchange: Exchange | null
  readonly key: string
  /** Exchange and routing key as on the wire. */
  readonly names: Bytes
  readonly mandatory: boolean
}

const deliverAtName = Buffer.from(`${String.fromCharCode(DELIVER_AT_HEADER.length)}${DELIVER_AT_HEADER}`)
const routeNow = new Route()

/**
 * Keeps a message that has headers back if it asks for that. `keys`: all that it has, its own first; null if that is the only one.
 * @returns the round that makes it durable, 0 for none, NOT_DELAYED if it is to be routed, or returned, at once
 * @throws Refusal precondition-failed for a time too far ahead
 */
export function keepBack(
  broker: Broker,
  vhost: Vhost,
  publication: Publication,
  draft: MessageDraft,
  keys: readonly string[] | null,
): number {
  const { properties, propertiesPos, propertiesLen } = draft
  const exchange = publication.exchange!
  const delays = exchange.type === DELAYED_TYPE
  if (!delays && !mentions(properties, propertiesPos, propertiesPos + propertiesLen, deliverAtName)) return NOT_DELAYED
  const headers = broker.properties.headers(properties, propertiesPos, propertiesLen)
  if (headers === null) return NOT_DELAYED
  const now = broker.clock.now()
  const delay = delays ? delayOf(headers) : 0
  const dueMs = delay > 0 ? now + delay : deliverAt(headers, now)
  if (dueMs === 0) return NOT_DELAYED
  if (publication.mandatory && !delays && !isRoutable(vhost, publication, headers, keys)) return NOT_DELAYED
  const set = changes(delay, keys)
  if (set !== noHeaders) {
    draft.properties = broker.properties.edit(properties, propertiesPos, propertiesLen, { set })
    draft.propertiesPos = 0
    draft.propertiesLen = draft.properties.length
  }
  draft.namesBytes = publication.names
  exchange.publishedIn++
  return vhost.delays.append(exchange, draft, dueMs)
}

/**
 * The message waits once, however often it is published again.
 * Keys of a BCC header, which is gone by now, are needed when it is due.
 */
function changes(delay: number, keys: readonly string[] | null): Headers {
  if (delay === 0 && keys === null) return noHeaders
  const set: Record<string, HeaderValue> = {}
  if (delay > 0) set[DELAY_HEADER] = waitedFor(delay)
  if (keys !== null) set.BCC = keys.slice(1)
  return set
}

/** As of now; what is a duplicate is found out when it is due. */
function isRoutable(
  vhost: Vhost,
  { exchange, key }: Publication,
  headers: Headers,
  keys: readonly string[] | null,
): boolean {
  const known = { ...headers, [DEDUPLICATION_HEADER]: null }
  vhost.routeKeys(exchange!, keys ?? [key], known, routeNow)
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
