// AMQP's primitive types (big-endian, AMQP 0-9-1 §4.2.5) read out of a slice. Trade: every length is checked and every
// value copied, so that what was read outlives the chunk it came in; the per-message path does without.

import { FrameSyntaxError } from './syntax-error.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Stands at a position in a slice and moves on with each value. */
export class Reader {
  readonly buf: Uint8Array
  readonly end: number
  pos: number
  private readonly view: DataView

  /** @throws FrameSyntaxError from every method when the slice ends too early. */
  constructor(buf: Uint8Array, pos: number, end: number) {
    this.buf = buf
    this.pos = pos
    this.end = end
    this.view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength)
  }

  fail(reason: string): never {
    throw new FrameSyntaxError(this.pos, reason)
  }

  /** Steps over `size` octets and returns where they begin. */
  take(size: number): number {
    const at = this.pos
    if (size > this.end - at) this.fail(`${size} octets expected, ${this.end - at} left`)
    this.pos = at + size
    return at
  }

  uint8(): number {
    return this.buf[this.take(1)]
  }
  int8(): number {
    return this.view.getInt8(this.take(1))
  }
  uint16(): number {
    return this.view.getUint16(this.take(2))
  }
  int16(): number {
    return this.view.getInt16(this.take(2))
  }
  uint32(): number {
    return this.view.getUint32(this.take(4))
  }
  int32(): number {
    return this.view.getInt32(this.take(4))
  }
  float32(): number {
    return this.view.getFloat32(this.take(4))
  }
  float64(): number {
    return this.view.getFloat64(this.take(8))
  }

  /** Beyond 2^53 the number is rounded: good for tags and sizes, of which no honest one is that large. */
  uint64(): number {
    const at = this.take(8)
    return this.view.getUint32(at) * 0x1_0000_0000 + this.view.getUint32(at + 4)
  }

  /** Exact: a bigint only where a number cannot hold it. */
  exactUint64(): number | bigint {
    return narrow(this.view.getBigUint64(this.take(8)))
  }

  exactInt64(): number | bigint {
    return narrow(this.view.getBigInt64(this.take(8)))
  }

  shortstr(): string {
    const size = this.uint8()
    return this.utf8(size) ?? this.fail('short string is not UTF-8')
  }

  longstr(): Uint8Array {
    return this.octets(this.uint32())
  }

  /** A copy, so that it outlives the chunk it came in. (`slice` would not copy a Buffer.) */
  octets(size: number): Uint8Array {
    const at = this.take(size)
    return new Uint8Array(this.buf.subarray(at, at + size))
  }

  /** The next `size` octets as text, or undefined (and the position unmoved) where they are not UTF-8. */
  utf8(size: number): string | undefined {
    const at = this.take(size)
    try {
      return strictUtf8.decode(this.buf.subarray(at, at + size))
    } catch {
      this.pos = at
      return undefined
    }
  }

  /** @throws FrameSyntaxError if anything is left over. */
  finish(): void {
    if (this.pos !== this.end) this.fail(`${this.end - this.pos} octets too many`)
  }
}

function narrow(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}
