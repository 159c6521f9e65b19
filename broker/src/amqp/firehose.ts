/**
 * The firehose: while a vhost is traced, each message that is published there and each one that is delivered is copied
 * to the topic exchange `amq.rabbitmq.trace`, its body as it is, all else about it in headers. Copies are not traced,
 * so a queue of copies makes no further ones. Trade: it looks at every message, so it is for debugging only.
 */
import { Bytes } from '../base/bytes.ts'
import type { OwnBody } from '../broker/own-messages.ts'
import type { Queue } from '../broker/queue/queue.ts'
import type { Route } from '../broker/queue/route.ts'
import { noHeaders } from '../broker/routing/headers.ts'
import type { MessageDraft, MessageView } from '../record/message.ts'
import { decodeTableTyped, type Typed, type TypedTable, typed } from '../wire/amqp/field-table.ts'
import { decodeProperties, encodeProperties, PropertyScan } from '../wire/amqp/properties.ts'
import { FrameSyntaxError } from '../wire/amqp/syntax-error.ts'
import type { Channel } from './channel.ts'
import type { PublishTarget } from './publish-target.ts'

const TRACE_EXCHANGE = 'amq.rabbitmq.trace'

/** Where a property block lies. */
interface Block {
  readonly bytes: Uint8Array
  readonly pos: number
  readonly end: number
}

const text = (value: string): Typed => typed('S', value)
const texts = (values: readonly string[]): Typed => typed('A', values.map(text))
const number = (value: number): Typed => typed('I', value)

/** The message was routed, maybe nowhere. `keys`: all that it has, null if only that of the target. */
export function tracePublish(
  channel: Channel,
  target: PublishTarget,
  draft: MessageDraft,
  keys: readonly string[] | null,
  route: Route,
): void {
  if (!isWatched(channel)) return
  const { properties: bytes, propertiesPos: pos, propertiesLen } = draft
  const table = propertyTable({ bytes, pos, end: pos + propertiesLen })
  const { exchangeName } = target
  trace(channel, `publish.${exchangeName}`, exchangeName, keys ?? [target.key], table, draft, [
    ...origin(channel),
    ['routed_queues', texts(route.queues.map((queue) => queue.name))],
  ])
}

/** The message goes to a consumer, or answers a basic.get. */
export function traceDelivery(
  channel: Channel,
  queue: Pick<Queue, 'name'>,
  view: MessageView,
  redelivered: boolean,
): void {
  if (!isWatched(channel)) return
  const { buffer: bytes, propertiesPos: pos, propertiesLen } = view
  const exchange = utf8.decode(bytes.subarray(view.exchangePos, view.exchangePos + view.exchangeLen))
  if (exchange === TRACE_EXCHANGE) return
  const key = utf8.decode(bytes.subarray(view.keyPos, view.keyPos + view.keyLen))
  const properties = propertyTable({ bytes, pos, end: pos + propertiesLen })
  const body = {
    bodyBytes: new Bytes(view.buffer, view.data),
    bodyPos: view.bodyPos,
    bodyLen: view.bodyLen,
    bodyParts: view.bodyParts,
  }
  trace(channel, `deliver.${queue.name}`, exchange, [key, ...copies(properties)], properties, body, [
    ['redelivered', number(redelivered ? 1 : 0)],
    ...origin(channel),
  ])
}

/** Anything to do at all? Asked before a message is looked into. */
function isWatched({ session }: Channel): boolean {
  return (session.vhost!.exchanges.get(TRACE_EXCHANGE)?.bindingCount ?? 0) > 0
}

function trace(
  channel: Channel,
  key: string,
  exchangeName: string,
  keys: readonly string[],
  properties: TypedTable,
  body: OwnBody,
  details: TypedTable,
): void {
  const { broker, vhost } = channel.session
  const exchange = vhost!.exchange(TRACE_EXCHANGE)
  const headers: TypedTable = [
    ['exchange_name', text(exchangeName)],
    ['routing_keys', texts(keys)],
    ['properties', typed('F', properties)],
    ['node', text(broker.node)],
    ...details,
  ]
  broker.messages.publish(vhost!, exchange, key, encodeProperties({ headers }), noHeaders, false, body)
}

function origin({ number: channel, connection: { name, user, vhost } }: Channel): TypedTable {
  return [
    ['vhost', text(vhost)],
    ['connection', text(name)],
    ['channel', number(channel)],
    ['user', text(user)],
  ]
}

/** The properties that are set, under their names in the specification; none if they are garbled. */
function propertyTable(block: Block): TypedTable {
  try {
    return readProperties(block)
  } catch (error) {
    if (error instanceof FrameSyntaxError) return []
    throw error
  }
}

function readProperties(block: Block): TypedTable {
  const { bytes, pos, end } = block
  const table: [string, Typed][] = []
  for (const [name, value] of Object.entries(decodeProperties(bytes, pos, end))) {
    if (value === undefined || name === 'headers') continue
    const wire = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (name === 'timestamp') table.push([wire, typed('l', value as number | bigint)])
    else table.push([wire, typeof value === 'number' ? number(value) : text(value as string)])
  }
  const headers = headerTable(block)
  if (headers !== null) table.push(['headers', typed('F', headers)])
  return table
}

function headerTable({ bytes, pos, end }: Block): TypedTable | null {
  scan.scan(bytes, pos, end)
  return scan.headersPos < 0 ? null : decodeTableTyped(bytes, scan.headersPos, scan.headersPos + scan.headersLen)
}

/** The keys that stand in header CC. */
function copies(properties: TypedTable): string[] {
  const headers = properties.find(([name]) => name === 'headers')?.[1].value as TypedTable | undefined
  const list = headers?.find(([name]) => name === 'CC')?.[1]
  return list?.type === 'A' ? list.value.map((entry) => String((entry as Typed).value)) : []
}

const scan = new PropertyScan()
const utf8 = new TextDecoder()
