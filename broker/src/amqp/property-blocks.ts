/**
 * AMQP's property blocks as the broker asks for them: headers in plain form, changes, blocks of its own.
 * What the broker sets gets the types under which RabbitMQ's clients know such headers: texts long strings, integers
 * 64 bits wide, tables and arrays of these; a typed value its own.
 */
import { NO_BYTES } from '../base/bytes.ts'
import type { OwnProperties, PropertyBlocks, PropertyEdit } from '../broker/property-blocks.ts'
import type { PropertyOf } from '../broker/routing/exchange.ts'
import { type Headers, type HeaderValue, isTyped, type TypedValue } from '../broker/routing/headers.ts'
import { BlockHeaders } from '../wire/amqp/block-headers.ts'
import { BLOCK_BYTES_MAX, BlockMaker, PERSISTENT_BLOCK } from '../wire/amqp/block-maker.ts'
import { editProperties } from '../wire/amqp/edit-properties.ts'
import { decodeTable, type FieldTag, type Typed, type TypedTable, typed } from '../wire/amqp/field-table.ts'
import { encodeProperties, PropertyScan } from '../wire/amqp/properties.ts'
import { FrameSyntaxError } from '../wire/amqp/syntax-error.ts'
import { propertyTable } from './property-table.ts'
import { readProperties, writeProperties } from './readable-properties.ts'
import { senderSelected } from './sender-selected.ts'

const TRANSIENT = 1
const PERSISTENT = 2

const scan = new PropertyScan()
let lookedIn = NO_BYTES.array
let lookedAt = 0
let lookedEnd = 0

export const propertyBlocks: PropertyBlocks = {
  persistentBlock: PERSISTENT_BLOCK,
  blockBytesMax: BLOCK_BYTES_MAX,
  walkHeaders: () => new BlockHeaders(),
  makeBlocks: () => new BlockMaker(),
  selectedKeys: senderSelected,
  read: readProperties,
  write: writeProperties,

  headers(bytes: Uint8Array, pos: number, length: number): Headers | null {
    scan.scan(bytes, pos, pos + length)
    if (scan.headersPos < 0) return null
    try {
      return decodeTable(bytes, scan.headersPos, scan.headersPos + scan.headersLen) as Headers
    } catch (error) {
      // Nobody looked inside them when the message came; nothing can be read from them now.
      if (error instanceof FrameSyntaxError) return null
      throw error
    }
  },

  expiration(bytes: Uint8Array, pos: number, length: number): string | null {
    scan.scan(bytes, pos, pos + length)
    if (scan.expirationPos < 0) return null
    return Buffer.from(bytes.subarray(scan.expirationPos, scan.expirationPos + scan.expirationLen)).toString()
  },

  lookIn(bytes: Uint8Array, pos: number, length: number): PropertyOf {
    lookedIn = bytes
    lookedAt = pos
    lookedEnd = pos + length
    return propertyOf
  },

  edit(bytes: Uint8Array, pos: number, length: number, edit: PropertyEdit): Uint8Array {
    const { set, remove = [], expiration } = edit
    return editProperties(bytes, pos, pos + length, { set: set ? tableOf(set) : [], remove, expiration })
  },

  describe(headers: Headers, bytes: Uint8Array, pos: number, length: number): Uint8Array {
    const properties = typed('F', propertyTable(bytes, pos, length))
    return encodeProperties({ headers: [...tableOf(headers), ['properties', properties]] })
  },

  make({ headers, persistent, timestamp }: OwnProperties): Uint8Array {
    return encodeProperties({
      headers: tableOf(headers),
      ...(persistent !== undefined && { deliveryMode: persistent ? PERSISTENT : TRANSIENT }),
      ...(timestamp !== undefined && { timestamp: Math.floor(timestamp / 1000) }),
    })
  },
}

/** Octets are taken as characters: they are hashed, not read. */
const propertyOf: PropertyOf = (name) => {
  scan.scan(lookedIn, lookedAt, lookedEnd)
  const [pos, length] = placeOf(name)
  return pos < 0 ? null : Buffer.from(lookedIn.subarray(pos, pos + length)).toString('latin1')
}

function placeOf(name: Parameters<PropertyOf>[0]): readonly [pos: number, length: number] {
  switch (name) {
    case 'message_id':
      return [scan.messageIdPos, scan.messageIdLen]
    case 'correlation_id':
      return [scan.correlationIdPos, scan.correlationIdLen]
    case 'timestamp':
      return [scan.timestampPos, 8]
  }
}

function tableOf(headers: Headers): TypedTable {
  return Object.entries(headers).map(([key, value]) => [key, fieldOf(value)] as const)
}

function fieldOf(value: HeaderValue): Typed {
  if (value === null) return typed('V', null)
  switch (typeof value) {
    case 'boolean':
      return typed('t', value)
    case 'string':
      return typed('S', value)
    case 'bigint':
      return typed('l', value)
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? typed('l', value) : typed('d', value)
    default:
      if (value instanceof Uint8Array) return typed('x', value)
      if (Array.isArray(value)) return typed('A', value.map(fieldOf))
      if (isTyped(value) && holds(value)) return typed(value.type as Scalar, value.value as never) as Typed
      return typed('F', tableOf(value as Headers))
  }
}

type Scalar = Exclude<FieldTag, 'A' | 'F' | 'V' | 't'>

/** What a typed value must hold to be one; anything else is a user's table that happens to look like it. */
const HOLDS: { readonly [T in Scalar]: (value: unknown) => boolean } = {
  b: (value) => isWithin(value, -(2 ** 7), 2 ** 7 - 1),
  B: (value) => isWithin(value, 0, 2 ** 8 - 1),
  s: (value) => isWithin(value, -(2 ** 15), 2 ** 15 - 1),
  u: (value) => isWithin(value, 0, 2 ** 16 - 1),
  I: (value) => isWithin(value, -(2 ** 31), 2 ** 31 - 1),
  i: (value) => isWithin(value, 0, 2 ** 32 - 1),
  l: (value) => isWithin(value, -(2n ** 63n), 2n ** 63n - 1n),
  L: (value) => isWithin(value, -(2n ** 63n), 2n ** 63n - 1n),
  T: (value) => isWithin(value, 0, 2n ** 64n - 1n),
  f: (value) => typeof value === 'number',
  d: (value) => typeof value === 'number',
  D: isDecimal,
  S: (value) => typeof value === 'string' || value instanceof Uint8Array,
  x: (value) => value instanceof Uint8Array,
}

function holds({ type, value }: TypedValue): boolean {
  return Object.hasOwn(HOLDS, type) && HOLDS[type as Scalar](value)
}

function isDecimal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('scale' in value) || !('digits' in value)) return false
  return isWithin(value.scale, 0, 2 ** 8 - 1) && isWithin(value.digits, 0, 2 ** 32 - 1)
}

function isWithin(value: unknown, min: number | bigint, max: number | bigint): boolean {
  const whole = typeof value === 'bigint' || Number.isSafeInteger(value)
  return whole && (value as number | bigint) >= min && (value as number | bigint) <= max
}
