// The property block of a basic message (AMQP 0-9-1 §4.2.6.1), as it stands in a content header frame and as the
// broker keeps it beside the body.
//
//   flags u16: bit 15 contentType … bit 2 clusterId, bit 1 unused, bit 0 another flags word follows (it must be empty)
//   then, for each flag set and in the same order, the value

import { type FieldTable, plainTable, readTable, type TypedTable, writeTable } from './field-table.ts'
import { Reader } from './reader.ts'
import { FrameSyntaxError } from './syntax-error.ts'
import { Writer } from './writer.ts'

/** The 14 properties; what is absent was not sent. */
export interface Properties {
  contentType?: string
  contentEncoding?: string
  headers?: FieldTable
  /** 1 transient, 2 persistent. */
  deliveryMode?: number
  priority?: number
  correlationId?: string
  replyTo?: string
  /** Milliseconds, in decimal digits. */
  expiration?: string
  messageId?: string
  /** Seconds since 1970, by the publisher's clock. */
  timestamp?: number | bigint
  type?: string
  userId?: string
  appId?: string
  clusterId?: string
}

/** As `Properties`; headers may be given with exact types. */
export type PropertiesInput = Omit<Properties, 'headers'> & { headers?: FieldTable | TypedTable }

export const CONTENT_TYPE = 1 << 15
export const CONTENT_ENCODING = 1 << 14
export const HEADERS = 1 << 13
export const DELIVERY_MODE = 1 << 12
export const PRIORITY = 1 << 11
export const CORRELATION_ID = 1 << 10
export const REPLY_TO = 1 << 9
export const EXPIRATION = 1 << 8
const MESSAGE_ID = 1 << 7
const TIMESTAMP = 1 << 6
const TYPE = 1 << 5
const USER_ID = 1 << 4
const APP_ID = 1 << 3
const CLUSTER_ID = 1 << 2
const UNUSED = 1 << 1
const CONTINUED = 1 << 0

/** Decodes the block that fills `buf` from `pos` to `end`. @throws FrameSyntaxError */
export function decodeProperties(buf: Uint8Array, pos: number, end: number): Properties {
  const reader = new Reader(buf, pos, end)
  const flags = readFlags(reader)
  const props: Properties = {}
  if (flags & CONTENT_TYPE) props.contentType = reader.shortstr()
  if (flags & CONTENT_ENCODING) props.contentEncoding = reader.shortstr()
  if (flags & HEADERS) props.headers = plainTable(readTable(reader, 0))
  if (flags & DELIVERY_MODE) props.deliveryMode = reader.uint8()
  if (flags & PRIORITY) props.priority = reader.uint8()
  if (flags & CORRELATION_ID) props.correlationId = reader.shortstr()
  if (flags & REPLY_TO) props.replyTo = reader.shortstr()
  if (flags & EXPIRATION) props.expiration = reader.shortstr()
  if (flags & MESSAGE_ID) props.messageId = reader.shortstr()
  if (flags & TIMESTAMP) props.timestamp = reader.exactUint64()
  if (flags & TYPE) props.type = reader.shortstr()
  if (flags & USER_ID) props.userId = reader.shortstr()
  if (flags & APP_ID) props.appId = reader.shortstr()
  if (flags & CLUSTER_ID) props.clusterId = reader.shortstr()
  reader.finish()
  return props
}

function readFlags(reader: Reader): number {
  const flags = reader.uint16()
  if (flags & UNUSED) reader.fail('unknown property flag')
  for (let word = flags; word & CONTINUED; ) {
    word = reader.uint16()
    if (word & ~CONTINUED) reader.fail('unknown property flag')
  }
  return flags
}

/** @throws RangeError when a value does not fit its field. */
export function encodeProperties(props: PropertiesInput): Uint8Array {
  const writer = new Writer()
  writer.uint16(flagsOf(props))
  if (props.contentType !== undefined) writer.shortstr(props.contentType)
  if (props.contentEncoding !== undefined) writer.shortstr(props.contentEncoding)
  if (props.headers !== undefined) writeTable(writer, props.headers)
  if (props.deliveryMode !== undefined) writer.uint8(props.deliveryMode)
  if (props.priority !== undefined) writer.uint8(props.priority)
  if (props.correlationId !== undefined) writer.shortstr(props.correlationId)
  if (props.replyTo !== undefined) writer.shortstr(props.replyTo)
  if (props.expiration !== undefined) writer.shortstr(props.expiration)
  if (props.messageId !== undefined) writer.shortstr(props.messageId)
  if (props.timestamp !== undefined) writer.uint64(props.timestamp)
  if (props.type !== undefined) writer.shortstr(props.type)
  if (props.userId !== undefined) writer.shortstr(props.userId)
  if (props.appId !== undefined) writer.shortstr(props.appId)
  if (props.clusterId !== undefined) writer.shortstr(props.clusterId)
  return writer.finish()
}

function flagsOf(props: PropertiesInput): number {
  return (
    (props.contentType !== undefined ? CONTENT_TYPE : 0) |
    (props.contentEncoding !== undefined ? CONTENT_ENCODING : 0) |
    (props.headers !== undefined ? HEADERS : 0) |
    (props.deliveryMode !== undefined ? DELIVERY_MODE : 0) |
    (props.priority !== undefined ? PRIORITY : 0) |
    (props.correlationId !== undefined ? CORRELATION_ID : 0) |
    (props.replyTo !== undefined ? REPLY_TO : 0) |
    (props.expiration !== undefined ? EXPIRATION : 0) |
    (props.messageId !== undefined ? MESSAGE_ID : 0) |
    (props.timestamp !== undefined ? TIMESTAMP : 0) |
    (props.type !== undefined ? TYPE : 0) |
    (props.userId !== undefined ? USER_ID : 0) |
    (props.appId !== undefined ? APP_ID : 0) |
    (props.clusterId !== undefined ? CLUSTER_ID : 0)
  )
}

/**
 * Where the properties lie that routing and delivery look at, found in one walk without allocating; the same object
 * is used for message after message. A string's `Pos` is that of its first character; `headersPos` is that of the
 * table's size field, and `headersLen` counts it too, so that it goes straight into `decodeTable`. The insides of
 * headers and strings are not looked at.
 */
export class PropertyScan {
  /** 0 when absent. */
  deliveryMode = 0
  /** -1 when absent, as is every `Pos` below. */
  priority = -1
  headersPos = -1
  headersLen = 0
  correlationIdPos = -1
  correlationIdLen = 0
  replyToPos = -1
  replyToLen = 0
  expirationPos = -1
  expirationLen = 0
  messageIdPos = -1
  messageIdLen = 0
  /** Of its eight octets. */
  timestampPos = -1
  userIdPos = -1
  userIdLen = 0

  /** Walks the block that fills `buf` from `pos` to `end`. @throws FrameSyntaxError */
  scan(buf: Uint8Array, pos: number, end: number): void {
    this.clear()
    if (end - pos < 2) throw new FrameSyntaxError(pos, 'property flags cut short')
    const flags = (buf[pos] << 8) | buf[pos + 1]
    let at = pos + 2
    if (flags & (UNUSED | CONTINUED)) at = skipFlags(buf, pos, end)
    if (flags & CONTENT_TYPE) at = skipShortstr(buf, at, end)
    if (flags & CONTENT_ENCODING) at = skipShortstr(buf, at, end)
    if (flags & HEADERS) {
      this.headersPos = at
      at = skipTable(buf, at, end)
      this.headersLen = at - this.headersPos
    }
    if (flags & DELIVERY_MODE) {
      if (at >= end) throw new FrameSyntaxError(at, 'delivery mode cut short')
      this.deliveryMode = buf[at++]
    }
    if (flags & PRIORITY) {
      if (at >= end) throw new FrameSyntaxError(at, 'priority cut short')
      this.priority = buf[at++]
    }
    if (flags & CORRELATION_ID) {
      this.correlationIdPos = at + 1
      at = skipShortstr(buf, at, end)
      this.correlationIdLen = at - this.correlationIdPos
    }
    if (flags & REPLY_TO) {
      this.replyToPos = at + 1
      at = skipShortstr(buf, at, end)
      this.replyToLen = at - this.replyToPos
    }
    if (flags & EXPIRATION) {
      this.expirationPos = at + 1
      at = skipShortstr(buf, at, end)
      this.expirationLen = at - this.expirationPos
    }
    if (flags & MESSAGE_ID) {
      this.messageIdPos = at + 1
      at = skipShortstr(buf, at, end)
      this.messageIdLen = at - this.messageIdPos
    }
    if (flags & TIMESTAMP) {
      if (end - at < 8) throw new FrameSyntaxError(at, 'timestamp cut short')
      this.timestampPos = at
      at += 8
    }
    if (flags & TYPE) at = skipShortstr(buf, at, end)
    if (flags & USER_ID) {
      this.userIdPos = at + 1
      at = skipShortstr(buf, at, end)
      this.userIdLen = at - this.userIdPos
    }
    if (flags & APP_ID) at = skipShortstr(buf, at, end)
    if (flags & CLUSTER_ID) at = skipShortstr(buf, at, end)
    if (at !== end) throw new FrameSyntaxError(at, `${end - at} octets too many`)
  }

  private clear(): void {
    this.deliveryMode = 0
    this.priority = -1
    this.headersPos = -1
    this.headersLen = 0
    this.correlationIdPos = -1
    this.correlationIdLen = 0
    this.replyToPos = -1
    this.replyToLen = 0
    this.expirationPos = -1
    this.expirationLen = 0
    this.messageIdPos = -1
    this.messageIdLen = 0
    this.timestampPos = -1
    this.userIdPos = -1
    this.userIdLen = 0
  }
}

export function skipShortstr(buf: Uint8Array, at: number, end: number): number {
  if (at >= end || buf[at] > end - at - 1) throw new FrameSyntaxError(Math.min(at, end), 'short string cut short')
  return at + 1 + buf[at]
}

export function skipTable(buf: Uint8Array, at: number, end: number): number {
  if (end - at < 4) throw new FrameSyntaxError(at, 'headers cut short')
  const size = ((buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]) >>> 0
  if (size > end - at - 4) throw new FrameSyntaxError(at, 'headers cut short')
  return at + 4 + size
}

/** Where the values begin in the rare block with more than one flags word. @throws FrameSyntaxError for an unknown flag */
export function skipFlags(buf: Uint8Array, pos: number, end: number): number {
  const reader = new Reader(buf, pos, end)
  readFlags(reader)
  return reader.pos
}
