/**
 * Sender-selected distribution: the headers CC and BCC, arrays of text, name further routing keys of a message, each
 * as good as its own. BCC is taken out before the message is stored, so that no receiver sees it.
 */

import { ReplyCode } from '../wire/amqp/constants.ts'
import { decodeTableTyped, type FieldTag, type Typed } from '../wire/amqp/field-table.ts'
import { ProtocolError } from './reply.ts'

const C = 0x43
const B = 0x42

export interface SenderSelected {
  /** The message's own key first. */
  readonly keys: readonly string[]
  /** There is a BCC header. */
  readonly blind: boolean
}

/**
 * What the headers in `buf[pos, pos + len)` ask for beyond `key`, null if nothing.
 * @throws ProtocolError 406 for CC or BCC that is no array, FrameSyntaxError for headers that are no table
 */
export function senderSelected(key: string, buf: Uint8Array, pos: number, len: number): SenderSelected | null {
  if (!mayHold(buf, pos + 4, pos + len)) return null
  const headers = new Map(decodeTableTyped(buf, pos, pos + len))
  const [cc, bcc] = [headers.get('CC'), headers.get('BCC')]
  if (cc === undefined && bcc === undefined) return null
  return { keys: [key, ...keysIn('CC', cc), ...keysIn('BCC', bcc)], blind: bcc !== undefined }
}

/** The texts of the array; other values in it are passed over, as RabbitMQ does. */
function keysIn(name: string, header: Typed | undefined): string[] {
  if (header === undefined) return []
  if (header.type !== 'A') {
    const error = `{unacceptable_type_in_header,"${name}",${ERLANG_TYPES[header.type]}}`
    throw new ProtocolError(ReplyCode.PRECONDITION_FAILED, `invalid message: ${error}`)
  }
  const items = header.value as readonly Typed[]
  return items.filter((item) => item.type === 'S').map((item) => Buffer.from(item.value).toString())
}

/** RabbitMQ's words for the types of the wire. */
const ERLANG_TYPES: { readonly [T in FieldTag]: string } = {
  t: 'bool',
  b: 'byte',
  B: 'unsignedbyte',
  s: 'short',
  u: 'unsignedshort',
  I: 'signedint',
  i: 'unsignedint',
  l: 'long',
  L: 'long',
  f: 'float',
  d: 'double',
  D: 'decimal',
  S: 'longstr',
  x: 'binary',
  T: 'timestamp',
  A: 'array',
  F: 'table',
  V: 'void',
}

/** Whether the bytes of a key `CC` or `BCC` occur at all: a cheap look, so that most tables are never decoded. */
function mayHold(buf: Uint8Array, from: number, to: number): boolean {
  for (let i = from + 1; i < to - 1; i++) {
    if (buf[i] !== C || buf[i + 1] !== C) continue
    if (buf[i - 1] === 2 || (buf[i - 1] === B && buf[i - 2] === 3)) return true
  }
  return false
}
