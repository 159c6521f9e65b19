// Writes the primitives of the Kafka protocol (see reader.ts). What is small is copied into one buffer that all messages
// share; what is big is kept by reference and stands between pieces of that buffer in the result.

import { writeInt16, writeInt32, writeInt64 } from '../../base/bytes.ts'

const SCRATCH_SIZE = 64 * 1024
const SCRATCH_KEPT_MAX = 1024 * 1024
/** Octets from which a value is not copied. */
const BY_REFERENCE_MIN = 4096

export interface Encoded {
  /** To be sent in this order; big ones are the caller's own memory. */
  readonly parts: Uint8Array[]
  /** Octets of all parts. */
  readonly length: number
}

let scratch = Buffer.allocUnsafeSlow(SCRATCH_SIZE)

/** One is in use at a time: between its making and its end nothing else may be encoded. */
export class Writer {
  private buf = scratch
  private pos = 0
  private readonly foreign: Uint8Array[] = []
  /** Where in the buffer each of `foreign` belongs. */
  private readonly places: number[] = []
  private foreignSize = 0

  /** Octets so far. */
  get length(): number {
    return this.pos + this.foreignSize
  }

  /** Makes room for `size` octets. @returns where they begin */
  private room(size: number): number {
    const at = this.pos
    this.pos = at + size
    if (this.pos > this.buf.length) this.grow()
    return at
  }

  private grow(): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.pos))
    this.buf.copy(larger)
    this.buf = scratch = larger
  }

  int8(value: number): void {
    const at = this.room(1)
    this.buf[at] = value
  }

  int16(value: number): void {
    const at = this.room(2)
    writeInt16(this.buf, at, value)
  }

  int32(value: number): void {
    const at = this.room(4)
    writeInt32(this.buf, at, value)
  }

  int64(value: number): void {
    const at = this.room(8)
    writeInt64(this.buf, at, value)
  }

  uvarint(value: number): void {
    while (value >= 0x80) {
      this.int8((value & 0x7f) | 0x80)
      value = Math.floor(value / 0x80)
    }
    this.int8(value)
  }

  uuid(value: string): void {
    const at = this.room(16)
    if (this.buf.write(value, at, 16, 'base64url') !== 16) throw new RangeError(`no uuid: '${value}'`)
  }

  /** Its length as i16 before it. */
  string16(value: string): void {
    const size = this.sizeOf(value)
    if (size > 0x7fff) throw new RangeError(`a string of ${size} bytes where 32767 is the most`)
    this.int16(size)
    this.text(value, size)
  }

  compactString(value: string): void {
    const size = this.sizeOf(value)
    this.uvarint(size + 1)
    this.text(value, size)
  }

  private sizeOf(value: string): number {
    return value.length === 0 ? 0 : Buffer.byteLength(value)
  }

  private text(value: string, size: number): void {
    const at = this.room(size)
    if (size > 24 || size !== value.length) this.buf.write(value, at, size, 'utf8')
    else for (let i = 0; i < size; i++) this.buf[at + i] = value.charCodeAt(i)
  }

  octets(value: Uint8Array): void {
    if (value.length >= BY_REFERENCE_MIN) {
      this.foreign.push(value)
      this.places.push(this.pos)
      this.foreignSize += value.length
    } else {
      const at = this.room(value.length)
      this.buf.set(value, at)
    }
  }

  /** Puts the number of octets written since `start`, where `length` stood, before them as a uvarint. */
  insertSize(start: number): void {
    const size = this.length - start
    const from = this.pos - size
    if (this.foreignSize > 0 && this.places.at(-1)! >= from) throw new RangeError('a tagged field too big')
    let width = 1
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 0x80)) width++
    this.room(width)
    this.buf.copyWithin(from + width, from, from + size)
    const end = this.pos
    this.pos = from
    this.uvarint(size)
    this.pos = end
  }

  /** The i32 at `at`, which must stand before everything kept by reference. */
  patchInt32(at: number, value: number): void {
    writeInt32(this.buf, at, value)
  }

  finish(): Encoded {
    const { length } = this
    const own = Buffer.allocUnsafe(this.pos)
    this.buf.copy(own, 0, 0, this.pos)
    if (scratch.length > SCRATCH_KEPT_MAX) scratch = Buffer.allocUnsafeSlow(SCRATCH_SIZE)
    if (this.foreign.length === 0) return { parts: [own], length }
    const parts: Uint8Array[] = []
    let from = 0
    for (let i = 0; i < this.foreign.length; i++) {
      const place = this.places[i]
      if (place > from) parts.push(own.subarray(from, place))
      parts.push(this.foreign[i])
      from = place
    }
    if (from < own.length) parts.push(own.subarray(from))
    return { parts, length }
  }
}
