/**
 * AMQP's property blocks as the broker asks for them: headers in plain form, changes, blocks of its own.
 * What the broker sets gets the types under which RabbitMQ's clients know such headers: texts long strings, integers
 * 64 bits wide, tables and arrays of these; a typed value its own.
 */
import { NO_BYTES } from '../base/bytes.ts'
import type { OwnProperties, PropertyBlocks, PropertyEdit } from '../broker/property-blocks.ts'
import type { PropertyOf } from '../broker/routing/exchange.ts'
import type { Headers } from '../broker/routing/headers.ts'
import { BlockHeaders } from '../wire/amqp/block-headers.ts'
import { BLOCK_BYTES_MAX, BlockMaker, PERSISTENT_BLOCK } from '../wire/amqp/block-maker.ts'
import { editProperties } from '../wire/amqp/edit-properties.ts'
import { decodeTable, typed } from '../wire/amqp/field-table.ts'
import { encodeProperties, PropertyScan } from '../wire/amqp/properties.ts'
import { FrameSyntaxError } from '../wire/amqp/syntax-error.ts'
import { tableOf } from './header-fields.ts'
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
