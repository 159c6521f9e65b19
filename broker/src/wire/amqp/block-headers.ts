// The headers of a property block one after the other, where they lie, without an object for each. Nobody looked inside
// them when the message came: the walk ends at an entry that cannot be read.
//
//   headers = size u32, then entries: key shortstr, value (tag u8, octets)

import { endOfValue } from './field-size.ts'
import { fieldText } from './field-text.ts'
import { DELIVERY_MODE, HEADERS, PropertyScan } from './properties.ts'
import { FrameSyntaxError } from './syntax-error.ts'

const LONG_STRING = 'S'.charCodeAt(0)
const OCTETS = 'x'.charCodeAt(0)
const VOID = 'V'.charCodeAt(0)
const BOOLEAN = 't'.charCodeAt(0)
const TEXT_BYTES = 64
const PERSISTENT = 2
/** Of a time in ms that is below a century. */
const DIGITS_MAX = 12

export class BlockHeaders {
  /** Of the block: -1 if it has none. */
  priority = -1
  /** -1 if it has none, or none that is digits alone. */
  expirationMs = -1
  /** Whether the block holds headers and delivery mode 2, and nothing else. */
  isBare = false
  /** The entry that `next` came to, name and value. */
  entryPos = 0
  entryEnd = 0
  namePos = 0
  nameLen = 0
  /** Whether its value is a text (a long string) or nothing, so that `value` tells all of it. */
  isText = false
  isTrue = false
  /** The value as people read it, after `readValue`. */
  value: Uint8Array = new Uint8Array(0)
  valuePos = 0
  /** -1: there is none. */
  valueLen = -1

  private bytes: Uint8Array = new Uint8Array(0)
  private end = 0
  private tagPos = 0
  private readonly scan = new PropertyScan()
  private text = new Uint8Array(TEXT_BYTES)

  /** Stands before the first header. False: that is no property block. */
  open(bytes: Uint8Array, pos: number, length: number): boolean {
    const { scan } = this
    try {
      scan.scan(bytes, pos, pos + length)
    } catch (error) {
      if (error instanceof FrameSyntaxError) return false
      throw error
    }
    this.bytes = bytes
    this.priority = scan.priority
    this.expirationMs = scan.expirationPos < 0 ? -1 : digits(bytes, scan.expirationPos, scan.expirationLen)
    const flags = (bytes[pos] << 8) | bytes[pos + 1]
    this.isBare = flags === (HEADERS | DELIVERY_MODE) && scan.deliveryMode === PERSISTENT
    this.entryEnd = this.end = 0
    if (scan.headersPos >= 0) {
      this.entryEnd = scan.headersPos + 4
      this.end = scan.headersPos + scan.headersLen
    }
    return true
  }

  /** Comes to the next header; false behind the last that can be read. */
  next(): boolean {
    const at = this.entryEnd
    if (at >= this.end) return false
    const { bytes } = this
    const tagPos = at + 1 + bytes[at]
    const next = endOfValue(bytes, tagPos, this.end)
    if (next < 0) return false
    this.entryPos = at
    this.entryEnd = next
    this.namePos = at + 1
    this.nameLen = bytes[at]
    this.tagPos = tagPos
    const tag = bytes[tagPos]
    this.isText = tag === LONG_STRING || tag === VOID
    this.isTrue = tag === BOOLEAN && bytes[tagPos + 1] !== 0
    return true
  }

  /** Whether all of the table was read. */
  get isWhole(): boolean {
    return this.entryEnd === this.end
  }

  /** Sets `value`, `valuePos` and `valueLen`. */
  readValue(): void {
    const { tagPos, bytes } = this
    const tag = bytes[tagPos]
    if (tag === VOID) {
      this.valueLen = -1
    } else if (tag === LONG_STRING || tag === OCTETS) {
      this.value = bytes
      this.valuePos = tagPos + 5
      this.valueLen = this.entryEnd - this.valuePos
    } else {
      this.setText(fieldText(bytes, tagPos, this.entryEnd))
    }
  }

  private setText(text: string): void {
    const length = Buffer.byteLength(text)
    if (length > this.text.length) this.text = new Uint8Array(length * 2)
    Buffer.from(this.text.buffer).write(text)
    this.value = this.text
    this.valuePos = 0
    this.valueLen = length
  }
}

function digits(bytes: Uint8Array, pos: number, length: number): number {
  if (length === 0 || length > DIGITS_MAX) return -1
  let value = 0
  for (let i = pos; i < pos + length; i++) {
    const digit = bytes[i] - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}
