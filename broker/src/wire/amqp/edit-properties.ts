// Changes to a property block without decoding it: what is not named keeps its bytes, its order and its types, also
// where this broker would write it otherwise (a header as a short integer, text that is not UTF-8).
//
//   flags │ values before │ headers │ values between │ expiration │ values behind
//    new      as it was    re-written     as it was      replaced      as it was
//
// Nobody looked inside the headers when the message came. From an entry on that cannot be read they are left out.

import { endOfValue } from './field-size.ts'
import { encodeTable, type TypedTable } from './field-table.ts'
import {
  CONTENT_ENCODING,
  CONTENT_TYPE,
  CORRELATION_ID,
  DELIVERY_MODE,
  EXPIRATION,
  HEADERS,
  PRIORITY,
  REPLY_TO,
  skipFlags,
  skipShortstr,
  skipTable,
} from './properties.ts'
import { FrameSyntaxError } from './syntax-error.ts'
import { Writer } from './writer.ts'

export interface BlockEdit {
  /** Each replaces the headers of its name, in the place of the first of them, or comes last. */
  readonly set: TypedTable
  /** Those also in `set` are set. */
  readonly remove: readonly string[]
  /** Undefined leaves it as it is, null takes it out. */
  readonly expiration: string | null | undefined
}

const SHORT_STRINGS_BEFORE_HEADERS = [CONTENT_TYPE, CONTENT_ENCODING]
const OCTETS = [DELIVERY_MODE, PRIORITY]
const SHORT_STRINGS_BEFORE_EXPIRATION = [CORRELATION_ID, REPLY_TO]

/** @throws FrameSyntaxError for a block whose properties do not fit in it, RangeError for values no tag can hold. */
export function editProperties(buf: Uint8Array, pos: number, end: number, edit: BlockEdit): Uint8Array {
  const valuesPos = skipFlags(buf, pos, end)
  let flags = (buf[pos] << 8) | buf[pos + 1]
  let headersPos = valuesPos
  for (const flag of SHORT_STRINGS_BEFORE_HEADERS) if (flags & flag) headersPos = skipShortstr(buf, headersPos, end)
  const headersEnd = flags & HEADERS ? skipTable(buf, headersPos, end) : headersPos
  let expirationPos = headersEnd
  for (const flag of OCTETS) if (flags & flag) expirationPos++
  for (const flag of SHORT_STRINGS_BEFORE_EXPIRATION) {
    if (flags & flag) expirationPos = skipShortstr(buf, expirationPos, end)
  }
  const expirationEnd = flags & EXPIRATION ? skipShortstr(buf, expirationPos, end) : expirationPos
  if (expirationEnd > end) throw new FrameSyntaxError(end, 'properties cut short')

  if (edit.set.length > 0) flags |= HEADERS
  if (edit.expiration === null) flags &= ~EXPIRATION
  else if (edit.expiration !== undefined) flags |= EXPIRATION

  const writer = new Writer()
  writer.uint16(flags)
  writer.bytes(buf.subarray(pos + 2, headersPos))
  if (flags & HEADERS) writeHeaders(writer, buf, headersPos, headersEnd, edit)
  writer.bytes(buf.subarray(headersEnd, expirationPos))
  if (edit.expiration === undefined) writer.bytes(buf.subarray(expirationPos, expirationEnd))
  else if (edit.expiration !== null) writer.shortstr(edit.expiration)
  writer.bytes(buf.subarray(expirationEnd, end))
  return writer.finish()
}

function writeHeaders(writer: Writer, buf: Uint8Array, pos: number, end: number, edit: BlockEdit): void {
  // Keys are compared as bytes, one character each: those that are not UTF-8 are none of ours.
  const changes = new Map<string, Uint8Array | null>()
  for (const entry of edit.set) changes.set(latin1(Buffer.from(entry[0])), encodeTable([entry]).subarray(4))
  for (const name of edit.remove) {
    const key = latin1(Buffer.from(name))
    if (!changes.has(key)) changes.set(key, null)
  }
  const size = writer.beginSize()
  for (let at = pos + 4; at < end; ) {
    const valuePos = at + 1 + buf[at]
    const next = endOfValue(buf, valuePos, end)
    if (next < 0) break
    const key = latin1(buf.subarray(at + 1, valuePos))
    const change = changes.get(key)
    if (change === undefined) writer.bytes(buf.subarray(at, next))
    else if (change !== null) {
      writer.bytes(change)
      changes.set(key, null)
    }
    at = next
  }
  for (const change of changes.values()) if (change !== null) writer.bytes(change)
  writer.endSize(size)
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
