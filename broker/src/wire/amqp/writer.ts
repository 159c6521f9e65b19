// AMQP's primitive types (big-endian, AMQP 0-9-1 §4.2.5) written into a buffer that grows. Trade: sizes are filled in
// afterwards instead of computed before; the per-message path does without.

const START_CAPACITY = 256
const SHORTSTR_MAX = 255

/** Appends one value after the other; one that is out of range is our own bug. */
export class Writer {
  private buf: Buffer = Buffer.allocUnsafe(START_CAPACITY)
  pos = 0

  private room(size: number): number {
    const at = this.pos
    const needed = at + size
    if (needed > this.buf.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.buf.length * 2))
      grown.set(this.buf.subarray(0, at))
      this.buf = grown
    }
    this.pos = needed
    return at
  }

  uint8(value: number): void {
    const at = this.room(1)
    this.buf.writeUInt8(value, at)
  }
  int8(value: number): void {
    const at = this.room(1)
    this.buf.writeInt8(value, at)
  }
  uint16(value: number): void {
    const at = this.room(2)
    this.buf.writeUInt16BE(value, at)
  }
  int16(value: number): void {
    const at = this.room(2)
    this.buf.writeInt16BE(value, at)
  }
  uint32(value: number): void {
    const at = this.room(4)
    this.buf.writeUInt32BE(value, at)
  }
  int32(value: number): void {
    const at = this.room(4)
    this.buf.writeInt32BE(value, at)
  }
  float32(value: number): void {
    const at = this.room(4)
    this.buf.writeFloatBE(value, at)
  }
  float64(value: number): void {
    const at = this.room(8)
    this.buf.writeDoubleBE(value, at)
  }

  uint64(value: number | bigint): void {
    const at = this.room(8)
    this.buf.writeBigUInt64BE(exact(value), at)
  }
  int64(value: number | bigint): void {
    const at = this.room(8)
    this.buf.writeBigInt64BE(exact(value), at)
  }

  bytes(value: Uint8Array): void {
    const at = this.room(value.length)
    this.buf.set(value, at)
  }

  /** @throws RangeError when the text takes more than 255 octets. */
  shortstr(value: string): void {
    const size = Buffer.byteLength(value)
    if (size > SHORTSTR_MAX) throw new RangeError(`a short string holds ${SHORTSTR_MAX} octets, not ${size}`)
    this.uint8(size)
    const at = this.room(size)
    this.buf.write(value, at)
  }

  longstr(value: Uint8Array | string): void {
    const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length
    this.uint32(size)
    const at = this.room(size)
    if (typeof value === 'string') this.buf.write(value, at)
    else this.buf.set(value, at)
  }

  /** Leaves room for a u32 and returns its place for `endSize`. */
  beginSize(): number {
    return this.room(4)
  }

  /** Fills in how many octets were written since `beginSize`. */
  endSize(at: number): void {
    this.buf.writeUInt32BE(this.pos - at - 4, at)
  }

  /** What was written, as a view; the writer is done. */
  finish(): Uint8Array {
    return this.buf.subarray(0, this.pos)
  }
}

function exact(value: number | bigint): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer`)
  return BigInt(value)
}
