/**
 * Kafka's variable-length integers: zig-zag (0, -1, 1, -2 … become 0, 1, 2, 3 …), then seven bits a byte, lowest first,
 * the top bit set on all but the last. One codec for varint and varlong, in numbers up to 2^53.
 */
const SEVEN_BITS = 128
/** Bytes that 53 bits can take. */
const VARINT_BYTES_MAX = 8

export function varintBytes(value: number): number {
  let rest = zigZag(value)
  let bytes = 1
  for (; rest >= SEVEN_BITS; rest = Math.floor(rest / SEVEN_BITS)) bytes++
  return bytes
}

/** @returns the position behind it */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = zigZag(value)
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / SEVEN_BITS)) bytes[at++] = (rest % SEVEN_BITS) | SEVEN_BITS
  for (; rest >= SEVEN_BITS; rest >>>= 7) bytes[at++] = (rest & 127) | SEVEN_BITS
  bytes[at++] = rest
  return at
}

/** Reads one integer after the other and keeps the place: one object for many reads. */
export class VarintReader {
  position = 0

  /** @throws RangeError if it runs over `end` or is beyond 2^53 */
  read(bytes: Uint8Array, end: number): number {
    let at = this.position
    let raw = 0
    let scale = 1
    for (let i = 0; i < VARINT_BYTES_MAX && at < end; i++) {
      const byte = bytes[at++]
      raw += (byte & 127) * scale
      if (byte < SEVEN_BITS) {
        if (raw > Number.MAX_SAFE_INTEGER) break
        this.position = at
        return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
      }
      scale *= SEVEN_BITS
    }
    throw new RangeError(`no varint at ${this.position}`)
  }
}

function zigZag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}
