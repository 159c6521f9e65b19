/** Which messages an operation is about, by what they carry. */
import type { MessageView } from '../../record/message.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { type Headers, sameValue } from '../routing/headers.ts'

/** A message passes if it has everything that is named here. */
export interface MessageFilter {
  readonly exchange?: string
  readonly routingKey?: string
  /** Each is there with an equal value; numbers are compared by value. */
  readonly headers?: Headers
  /** Text in UTF-8, or bytes. */
  readonly bodyContains?: string | Uint8Array
}

export function passes(view: MessageView, filter: MessageFilter | undefined, properties: PropertyBlocks): boolean {
  if (filter === undefined) return true
  const { exchange, routingKey, headers, bodyContains } = filter
  if (exchange !== undefined && exchange !== exchangeOf(view)) return false
  if (routingKey !== undefined && routingKey !== keyOf(view)) return false
  if (
    headers !== undefined &&
    !hasHeaders(properties.headers(view.buffer, view.propertiesPos, view.propertiesLen), headers)
  )
    return false
  if (bodyContains === undefined) return true
  return bodyOf(view).includes(typeof bodyContains === 'string' ? bodyContains : Buffer.from(bodyContains))
}

export function exchangeOf(view: MessageView): string {
  return text(view.buffer, view.exchangePos, view.exchangeLen)
}

export function keyOf(view: MessageView): string {
  return text(view.buffer, view.keyPos, view.keyLen)
}

/** The body's first bytes, all by default; a view where it lies in one piece. */
export function bodyOf(view: MessageView, length: number = view.bodyLen): Buffer {
  const { buffer, bodyPos, bodyParts } = view
  if (bodyParts === null) return Buffer.from(buffer.buffer, buffer.byteOffset + bodyPos, Math.min(length, view.bodyLen))
  return Buffer.concat(bodyParts, Math.min(length, view.bodyLen))
}

function hasHeaders(headers: Headers | null, wanted: Headers): boolean {
  const all = Object.entries(wanted)
  if (headers === null) return all.length === 0
  return all.every(([name, value]) => headers[name] !== undefined && sameValue(headers[name], value))
}

function text(bytes: Uint8Array, pos: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + pos, length).toString()
}
