/** Messages that are looked at, as JSON. */
import { isUtf8 } from 'node:buffer'
import type { BrowsedMessage, BrowsePage } from '../../broker/operations/browse.ts'
import type { PropertyBlocks } from '../../broker/property-blocks.ts'

export function messagePage(blocks: PropertyBlocks, { messages, next, scanned }: BrowsePage): object {
  return { messages: messages.map((message) => messageRow(blocks, message)), next, scanned, done: next === null }
}

function messageRow(blocks: PropertyBlocks, message: BrowsedMessage): object {
  const { properties, body, bodyBytes } = message
  return {
    place: message.place,
    offset: message.offset,
    exchange: message.exchange,
    routing_key: message.routingKey,
    properties: blocks.read(properties, 0, properties.length),
    ...payloadOf(body),
    payload_bytes: bodyBytes,
    truncated: body.length < bodyBytes,
    arrival: message.arrivalMs,
    expires: message.expiresMs,
    due: message.dueMs,
    state: message.state,
    redelivered: message.redelivered,
    delivery_count: message.deliveryCount,
  }
}

/** Text where it is some. */
export function payloadOf(bytes: Uint8Array): { payload: string; payload_encoding: 'string' | 'base64' } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (isUtf8(buffer)) return { payload: buffer.toString(), payload_encoding: 'string' }
  return { payload: buffer.toString('base64'), payload_encoding: 'base64' }
}
