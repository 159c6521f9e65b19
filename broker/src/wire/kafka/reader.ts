// Reads the primitives of the Kafka protocol. All integers are big-endian.
//
//   uvarint = 7 bits an octet, lowest first, the high bit set but in the last; 5 octets at most
//   lengths and counts: i16 or i32, -1 for null; compact: uvarint of the length + 1, 0 for null
//   tagged fields = count uvarint, then: tag uvarint, size uvarint, octets

import { readInt16, readInt32 } from '../../base/bytes.ts'
import { MalformedMessage } from './malformed-message.ts'

const TWO_TO_32 = 0x1_0000_0000

/** Strings up to this length are looked through for ASCII, which is read faster than UTF-8. */
const SHORT_STRING_MAX = 64

export class Reader {
  readonly buf: Buffer
  end: number
  pos: number

  constructor(buf: Uint8Array, pos = 0, end = buf.length) {
    this.buf = Buffer.isBuffer(buf) ? buf : Buffer.from(buf.buffer, buf.byteOffset, buf.byteLength)
    this.pos = pos
    this.end = end
  }

  fail(problem: string, position = this.pos): never {
    throw new MalformedMessage(position, problem)
  }

  /** Moves over `size` octets. @returns where they begin */
  take(size: number): number {
    const at = this.pos
    if (size > this.end - at) this.fail(`${size} bytes announced, ${this.end - at} left`)
    this.pos = at + size
    return at
  }

  boolean(): boolean {
    return this.buf[this.take(1)] !== 0
  }

  int8(): number {
    return (this.buf[this.take(1)] << 24) >> 24
  }

  int16(): number {
    return readInt16(this.buf, this.take(2))
  }

  int32(): number {
    return readInt32(this.buf, this.take(4))
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** Beyond the safe integers: malformed. */
  int64(): number {
    const at = this.pos
    const value = this.int32() * TWO_TO_32 + this.uint32()
    if (!Number.isSafeInteger(value)) this.fail('a number beyond 2^53', at)
    return value
  }

  /** Beyond the safe integers: the nearest of them. */
  clampedInt64(): number {
    const value = this.int32() * TWO_TO_32 + this.uint32()
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value))
  }

  uvarint(): number {
    const { buf, pos } = this
    if (pos < this.end && buf[pos] < 0x80) {
      this.pos = pos + 1
      return buf[pos]
    }
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const octet = buf[this.take(1)]
      value += (octet & 0x7f) * 2 ** shift
      if (octet < 0x80) return value < TWO_TO_32 ? value : this.fail('a varint beyond 32 bits', pos)
    }
    this.fail('a varint of more than 5 bytes', pos)
  }

  uuid(): string {
    const at = this.take(16)
    return this.buf.toString('base64url', at, at + 16)
  }

  text(length: number): string {
    const at = this.take(length)
    const end = at + length
    if (length > SHORT_STRING_MAX) return this.buf.toString('utf8', at, end)
    for (let i = at; i < end; i++) if (this.buf[i] >= 0x80) return this.buf.toString('utf8', at, end)
    return this.buf.toString('latin1', at, end)
  }

  /** A view. */
  octets(length: number): Uint8Array {
    const at = this.take(length)
    return new Uint8Array(this.buf.buffer, this.buf.byteOffset + at, length)
  }

  /** How many octets or items follow; -1 for null. */
  length16(): number {
    return this.checked(this.int16())
  }

  length32(): number {
    return this.checked(this.int32())
  }

  compactLength(): number {
    return this.checked(this.uvarint() - 1)
  }

  /** Everything takes at least one octet, so no honest length is beyond what is left. */
  private checked(length: number): number {
    if (length < -1) this.fail(`negative length ${length}`)
    if (length > this.end - this.pos) this.fail(`length ${length}, but ${this.end - this.pos} bytes left`)
    return length
  }

  skipTaggedFields(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint()
      this.take(this.uvarint())
    }
  }

  /** @throws MalformedMessage if anything follows */
  finish(): void {
    if (this.pos !== this.end) this.fail(`${this.end - this.pos} bytes too many`)
  }
}
