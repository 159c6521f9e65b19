/**
 * Property blocks as JSON has them, and back: what the HTTP port shows and takes. Names are those of the specification.
 * Trade: JSON has fewer types than field tables. Octets that are no UTF-8 come as base64, integers that no JavaScript
 * number holds as their digits; and what is written becomes a long string, a 64-bit integer, a double, a boolean, a
 * table, an array or nothing.
 */
import type { MessageProperties } from '../broker/property-blocks.ts'
import { Refusal } from '../broker/refusal.ts'
import type { Headers, HeaderValue } from '../broker/routing/headers.ts'
import { BLOCK_BYTES_MAX } from '../wire/amqp/block-maker.ts'
import { areEntries } from '../wire/amqp/field-size.ts'
import { type Decimal, decodeTableTyped, type Typed, type TypedTable } from '../wire/amqp/field-table.ts'
import { decodeProperties, encodeProperties, type Properties, PropertyScan } from '../wire/amqp/properties.ts'
import { FrameSyntaxError } from '../wire/amqp/syntax-error.ts'
import { tableOfJson } from './header-fields.ts'

const scan = new PropertyScan()
const fatal = new TextDecoder('utf-8', { fatal: true })

const NAMES: readonly (readonly [Exclude<keyof MessageProperties, 'headers'>, keyof Properties])[] = [
  ['content_type', 'contentType'],
  ['content_encoding', 'contentEncoding'],
  ['delivery_mode', 'deliveryMode'],
  ['priority', 'priority'],
  ['correlation_id', 'correlationId'],
  ['reply_to', 'replyTo'],
  ['expiration', 'expiration'],
  ['message_id', 'messageId'],
  ['timestamp', 'timestamp'],
  ['type', 'type'],
  ['user_id', 'userId'],
  ['app_id', 'appId'],
  ['cluster_id', 'clusterId'],
]

/** What can be read; nobody looked deep into headers when the message came. */
export function readProperties(bytes: Uint8Array, pos: number, length: number): MessageProperties {
  try {
    const found = decodeProperties(bytes, pos, pos + length)
    const properties: Record<string, unknown> = {}
    for (const [name, wire] of NAMES) {
      const value = found[wire]
      if (value !== undefined) properties[name] = typeof value === 'bigint' ? Number(value) : value
    }
    scan.scan(bytes, pos, pos + length)
    if (scan.headersPos >= 0) {
      properties.headers = readTable(decodeTableTyped(bytes, scan.headersPos, scan.headersPos + scan.headersLen))
    }
    return properties as MessageProperties
  } catch (error) {
    if (error instanceof FrameSyntaxError) return {}
    throw error
  }
}

/** @throws Refusal precondition-failed for a value that does not fit its field */
export function writeProperties(properties: MessageProperties): Uint8Array {
  const found: Record<string, unknown> = {}
  for (const [name, wire] of NAMES) if (properties[name] !== undefined) found[wire] = properties[name]
  if (properties.headers !== undefined) found.headers = tableOfJson(properties.headers)
  let block: Uint8Array
  try {
    block = encodeProperties(found as Properties)
  } catch (error) {
    if (error instanceof RangeError) return refuse(error.message)
    throw error
  }
  if (block.length > BLOCK_BYTES_MAX) refuse(`${block.length} octets are more than the ${BLOCK_BYTES_MAX} of a frame`)
  scan.scan(block, 0, block.length)
  if (scan.headersPos >= 0 && !areEntries(block, scan.headersPos + 4, scan.headersPos + scan.headersLen)) {
    refuse('headers are nested too deep')
  }
  return block
}

function refuse(reason: string): never {
  throw new Refusal('precondition-failed', `invalid properties: ${reason}`)
}

function readTable(table: TypedTable): Headers {
  const headers: Record<string, HeaderValue> = Object.create(null)
  for (const [name, value] of table) headers[name] = readValue(value)
  return headers
}

function readValue(field: Typed): HeaderValue {
  switch (field.type) {
    case 'A':
      return (field.value as readonly Typed[]).map(readValue)
    case 'F':
      return readTable(field.value as TypedTable)
    case 'D':
      return decimal(field.value)
    case 'S':
    case 'x':
      return textOf(field.value)
    case 'V':
      return null
    default:
      return typeof field.value === 'bigint' ? String(field.value) : field.value
  }
}

function textOf(value: string | Uint8Array): string {
  if (typeof value === 'string') return value
  try {
    return fatal.decode(value)
  } catch {
    return Buffer.from(value).toString('base64')
  }
}

function decimal({ scale, digits }: Decimal): number {
  return Number(`${digits}e-${scale}`)
}
