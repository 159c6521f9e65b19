// The headers of a property block one after the other, where they lie, without an object for each. Nobody looked inside
// them when the message came: the walk ends at an entry that cannot be read.
//
//   headers = size u32, then entries: key shortstr, value (tag u8, octets)

import { readInt16, readInt32, readUint32 } from '../../base/bytes.ts'
import { endOfSound, endOfValue } from './field-size.ts'
import { fieldText } from './field-text.ts'
import { DELIVERY_MODE, HEADERS, PropertyScan } from './properties.ts'
import { FrameSyntaxError } from './syntax-error.ts'

const LONG_STRING = code('S')
const OCTETS = code('x')
const VOID = code('V')
const BOOLEAN = code('t')
const TEXT_BYTES = 64
const PERSISTENT = 2
const Tag = {
  int8: code('b'),
  uint8: code('B'),
  int16: code('s'),
  uint16: code('u'),
  int32: code('I'),
  uint32: code('i'),
  int64: code('l'),
  int64Too: code('L'),
  seconds: code('T'),
} as const
const TWO_TO_32 = 0x1_0000_0000
/** Upper half of the largest safe integer. */
const HIGH_MAX = 0x1f_ffff
const NUMBER_BYTES_MAX = 24
const MINUS = code('-')
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
  private isBroken = false
  private readonly scan = new PropertyScan()
  private text = Buffer.allocUnsafeSlow(TEXT_BYTES)

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
    this.isBroken = false
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

  /** Whether all of the table was come to, and every value that was asked for could be read. */
  get isWhole(): boolean {
    return this.entryEnd === this.end && !this.isBroken
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
    } else if (!this.readNumber(tag)) {
      const text = fieldText(bytes, tagPos, this.entryEnd)
      this.isBroken ||= text === null && endOfSound(bytes, tagPos, this.entryEnd, 0) < 0
      this.setText(text ?? '')
    }
  }

  /** Whole numbers and truth values, without a string for them; false for any other. */
  private readNumber(tag: number): boolean {
    const { bytes } = this
    const at = this.tagPos + 1
    switch (tag) {
      case BOOLEAN:
        this.setText(bytes[at] === 0 ? 'false' : 'true')
        return true
      case Tag.int8:
        this.setNumber((bytes[at] << 24) >> 24)
        return true
      case Tag.uint8:
        this.setNumber(bytes[at])
        return true
      case Tag.int16:
        this.setNumber(readInt16(bytes, at))
        return true
      case Tag.uint16:
        this.setNumber(readInt16(bytes, at) & 0xffff)
        return true
      case Tag.int32:
        this.setNumber(readInt32(bytes, at))
        return true
      case Tag.uint32:
        this.setNumber(readUint32(bytes, at))
        return true
      case Tag.int64:
      case Tag.int64Too:
      case Tag.seconds: {
        const high = readUint32(bytes, at)
        if (high > HIGH_MAX) return false
        this.setNumber(high * TWO_TO_32 + readUint32(bytes, at + 4))
        return true
      }
      default:
        return false
    }
  }

  private setNumber(value: number): void {
    const { text } = this
    let at = NUMBER_BYTES_MAX
    let rest = Math.abs(value)
    do {
      const tenth = Math.floor(rest / 10)
      text[--at] = 0x30 + (rest - tenth * 10)
      rest = tenth
    } while (rest > 0)
    if (value < 0) text[--at] = MINUS
    this.value = text
    this.valuePos = at
    this.valueLen = NUMBER_BYTES_MAX - at
  }

  private setText(value: string): void {
    const lengthMax = value.length * 3
    if (lengthMax > this.text.length) this.text = Buffer.allocUnsafeSlow(lengthMax)
    this.value = this.text
    this.valuePos = 0
    this.valueLen = this.text.write(value)
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

function code(tag: string): number {
  return tag.charCodeAt(0)
}
