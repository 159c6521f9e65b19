/**
 * Messages of queues and records of topics, as the page shows both; and what the broker is asked to have them.
 */
import { type Body, bodyOf, bytesOf } from './body.ts'
import { isSearch, type Named, type View } from './view.ts'

export type State = 'ready' | 'unacknowledged' | 'held' | 'delayed' | string

export interface QueueMessage {
  readonly place: number | string
  readonly offset?: number
  readonly exchange: string
  readonly routing_key: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly payload: string
  readonly payload_encoding: 'string' | 'base64'
  readonly payload_bytes: number
  readonly truncated: boolean
  readonly arrival?: number | null
  readonly expires?: number | null
  readonly due?: number | null
  readonly state?: State
  readonly redelivered?: boolean
  readonly delivery_count?: number
}

export interface TopicRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly key_encoding?: 'string' | 'base64'
  readonly value: string | null
  readonly value_encoding?: 'string' | 'base64'
  readonly value_bytes: number | null
  readonly truncated: boolean
  readonly headers: readonly { key: string; value: string | null; encoding?: 'string' | 'base64' }[]
}

/** A message, wherever it is kept. */
export interface Message {
  /** `place` of a queue, `partition:offset` of a topic. */
  readonly id: string
  readonly place: string
  readonly key: string
  /** Null for the default exchange, and for a topic. */
  readonly exchange: string | null
  readonly at: number | null
  readonly state: State | null
  readonly redelivered: boolean
  readonly deliveryCount: number | null
  readonly expires: number | null
  readonly due: number | null
  readonly properties: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Body
  readonly isTombstone: boolean
  readonly bytes: number
  readonly truncated: boolean
  readonly partition: number | null
}

export function ofQueue(one: QueueMessage): Message {
  const { headers = {}, ...properties } = one.properties as { headers?: Record<string, unknown> }
  return {
    id: String(one.place),
    place: String(one.place),
    key: one.routing_key,
    exchange: one.exchange,
    at: one.arrival ?? null,
    state: one.state ?? null,
    redelivered: one.redelivered ?? false,
    deliveryCount: one.delivery_count ?? null,
    expires: one.expires ?? null,
    due: one.due ?? null,
    properties,
    headers,
    body: bodyOf(bytesOf(one.payload, one.payload_encoding), String(one.properties.content_type ?? '')),
    isTombstone: false,
    bytes: one.payload_bytes,
    truncated: one.truncated,
    partition: null,
  }
}

export function ofTopic(one: TopicRecord): Message {
  const headers: Record<string, unknown> = {}
  for (const { key, value, encoding } of one.headers) {
    const text = value !== null && encoding === 'base64' ? `base64:${value}` : value
    const known = headers[key]
    headers[key] = known === undefined ? text : Array.isArray(known) ? [...known, text] : [known, text]
  }
  return {
    id: `${one.partition}:${one.offset}`,
    place: String(one.offset),
    key: one.key === null ? '' : one.key_encoding === 'base64' ? `base64:${one.key}` : one.key,
    exchange: null,
    at: one.timestamp,
    state: null,
    redelivered: false,
    deliveryCount: null,
    expires: null,
    due: null,
    properties: {},
    headers,
    body: bodyOf(bytesOf(one.value ?? '', one.value_encoding ?? 'string'), String(headers['content-type'] ?? '')),
    isTombstone: one.value === null,
    bytes: one.value_bytes ?? 0,
    truncated: one.truncated,
    partition: one.partition,
  }
}

/** One answer of the broker: some messages, and where to go on. */
export interface Page {
  readonly messages: readonly Message[]
  readonly next: Next | null
  readonly scanned: { readonly messages: number; readonly bytes: number }
}
/** Where the next call begins: a place of a queue, or an offset of each partition that is not read to its end. */
export type Next = { readonly place: string } | { readonly offsets: Readonly<Record<string, number>> }

export const PAGE_MESSAGES = 50
/** A body is shown in the list; the whole is loaded when asked for. */
const BODY_BYTES = 4096
const SCAN_BYTES = 8 << 20

interface QueueAnswer {
  readonly messages: readonly QueueMessage[]
  readonly next: number | string | null
  readonly scanned: { readonly messages: number; readonly bytes: number }
}
interface TopicAnswer {
  readonly messages: readonly TopicRecord[]
  readonly next: Readonly<Record<string, number>> | null
  readonly scanned: { readonly records: number; readonly bytes: number }
}

/** The address of the next page of a view; `next` null for the first. */
export function pageUrl(view: View, next: Next | null): string {
  const parameters = new URLSearchParams({ limit: String(PAGE_MESSAGES) })
  if (isSearch(view)) {
    parameters.set('scan_bytes', String(SCAN_BYTES))
    for (const name of ['key', 'header', 'text'] as const) if (view[name] !== '') parameters.set(name, view[name])
  }
  parameters.set('body_bytes', String(BODY_BYTES))
  if (view.kind === 'topic') placeInTopic(parameters, view, next)
  else if (next !== null && 'place' in next) parameters.set('place', next.place)
  else if (view.start.kind === 'place') parameters.set('place', view.start.place)
  else if (view.start.kind === 'time') parameters.set('since', String(view.start.time))
  return `${sourceUrl(view)}/messages?${parameters}`
}

/** With one message only, and all of its body. */
export function wholeUrl(view: View, { place, partition, bytes }: Message): string {
  const parameters = new URLSearchParams({ limit: '1', body_bytes: String(bytes + 1) })
  if (partition === null) parameters.set('place', place)
  else {
    parameters.set('partition', String(partition))
    parameters.set('offset', place)
  }
  return `${sourceUrl(view)}/messages?${parameters}`
}

/** Below /api. */
export function sourceUrl({ vhost, kind, name }: Named): string {
  return `/${kind}s/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`
}

export function pageOf(view: View, answer: unknown): Page {
  if (view.kind === 'topic') {
    const { messages, next, scanned } = answer as TopicAnswer
    return {
      messages: messages.map(ofTopic),
      next: next === null || Object.keys(next).length === 0 ? null : { offsets: next },
      scanned: { messages: scanned.records, bytes: scanned.bytes },
    }
  }
  const { messages, next, scanned } = answer as QueueAnswer
  return { messages: messages.map(ofQueue), next: next === null ? null : { place: String(next) }, scanned }
}

function placeInTopic(parameters: URLSearchParams, view: View, next: Next | null): void {
  if (view.partition !== null) parameters.set('partition', String(view.partition))
  if (view.start.kind === 'place') parameters.set('offset', view.start.place)
  else if (view.start.kind === 'last') parameters.set('offset', String(-PAGE_MESSAGES))
  else if (view.start.kind === 'time') parameters.set('time', String(view.start.time))
  if (next !== null && 'offsets' in next) parameters.set('next', JSON.stringify(next.offsets))
}
