/** Which messages an operation is about, by what they carry. */
import type { MessageView } from '../../record/message.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { type Headers, type HeaderValue, sameValue } from '../routing/headers.ts'
import { jsonTable } from '../routing/json-table.ts'

/** A message passes if it has everything that is named here. */
export interface MessageFilter {
  readonly exchange?: string
  readonly routingKey?: string
  /** Each is there with an equal value; numbers are compared by value. */
  readonly headers?: Headers
  /** Text in UTF-8, or bytes. */
  readonly bodyContains?: string | Uint8Array
  /** Part of the routing key. */
  readonly keyContains?: string
  /** One is there; with `value`, it reads so, or is a list in which one does. */
  readonly header?: { readonly name: string; readonly value?: string }
  /** Part of the body, of a header or of another property: text in UTF-8. */
  readonly contains?: string
}

export function passes(view: MessageView, filter: MessageFilter | undefined, properties: PropertyBlocks): boolean {
  if (filter === undefined) return true
  const { exchange, routingKey, keyContains, headers, header, bodyContains, contains } = filter
  if (exchange !== undefined && exchange !== exchangeOf(view)) return false
  if (routingKey !== undefined && routingKey !== keyOf(view)) return false
  if (keyContains !== undefined && !keyOf(view).includes(keyContains)) return false
  if (headers !== undefined || header !== undefined) {
    const own = properties.headers(view.buffer, view.propertiesPos, view.propertiesLen)
    if (headers !== undefined && !hasHeaders(own, headers)) return false
    if (header !== undefined && !reads(own?.[header.name], header.value)) return false
  }
  if (contains !== undefined && !propertiesOf(view).includes(contains) && !bodyOf(view).includes(contains)) return false
  if (bodyContains === undefined) return true
  return bodyOf(view).includes(typeof bodyContains === 'string' ? bodyContains : Buffer.from(bodyContains))
}

function propertiesOf({ buffer, propertiesPos, propertiesLen }: MessageView): Buffer {
  return Buffer.from(buffer.buffer, buffer.byteOffset + propertiesPos, propertiesLen)
}

/** @param wanted undefined: any */
function reads(value: HeaderValue | undefined, wanted: string | undefined): boolean {
  if (value === undefined) return false
  if (wanted === undefined || jsonText(value) === wanted) return true
  return Array.isArray(value) && value.some((one) => jsonText(one) === wanted)
}

/** Texts and numbers as they are, all else in JSON. */
function jsonText(value: HeaderValue): string {
  const { value: plain } = jsonTable({ value })
  return typeof plain === 'string' ? plain : JSON.stringify(plain)
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
