/**
 * Sender-selected distribution: the headers CC and BCC, arrays of text, name further routing keys of a message, each
 * as good as its own. BCC is taken out before the message is stored, so that no receiver sees it.
 */
import type { SelectedKeys } from '../broker/property-blocks.ts'
import { Refusal } from '../broker/refusal.ts'
import { decodeTableTyped, type FieldTag, type Typed } from '../wire/amqp/field-table.ts'
import { PropertyScan } from '../wire/amqp/properties.ts'

const C = 0x43
const B = 0x42

const scan = new PropertyScan()

/**
 * What the block in `buf[pos, pos + len)` asks for beyond `key`, null if nothing.
 * @throws Refusal precondition-failed for CC or BCC that is no array, FrameSyntaxError for headers that are no table
 */
export function senderSelected(key: string, buf: Uint8Array, pos: number, len: number): SelectedKeys | null {
  scan.scan(buf, pos, pos + len)
  const { headersPos, headersLen } = scan
  if (headersPos < 0 || !maySelect(buf, headersPos, headersLen)) return null
  const headers = new Map(decodeTableTyped(buf, headersPos, headersPos + headersLen))
  const [cc, bcc] = [headers.get('CC'), headers.get('BCC')]
  if (cc === undefined && bcc === undefined) return null
  return { keys: [key, ...keysIn('CC', cc), ...keysIn('BCC', bcc)], blind: bcc !== undefined }
}

/** The texts of the array; other values in it are passed over, as RabbitMQ does. */
function keysIn(name: string, header: Typed | undefined): string[] {
  if (header === undefined) return []
  if (header.type !== 'A') {
    const error = `{unacceptable_type_in_header,"${name}",${ERLANG_TYPES[header.type]}}`
    throw new Refusal('precondition-failed', `invalid message: ${error}`)
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

/** Whether the bytes of a header `CC` or `BCC` occur at all: a cheap look, so that most tables are never decoded. */
export function maySelect(buf: Uint8Array, headersPos: number, headersLen: number): boolean {
  const to = headersPos + headersLen
  for (let i = headersPos + 5; i < to - 1; i++) {
    if (buf[i] !== C || buf[i + 1] !== C) continue
    if (buf[i - 1] === 2 || (buf[i - 1] === B && buf[i - 2] === 3)) return true
  }
  return false
}
