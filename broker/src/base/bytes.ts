/**
 * Big-endian numbers at a position. 64-bit ones come as `number`: offsets, times and ids stay far below 2^53, and what
 * does not is refused here, at the door.
 */
const TWO_TO_32 = 0x1_0000_0000

export function readInt16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) >> 16) | bytes[at + 1]
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0
}

/** @throws RangeError beyond the safe integers */
export function readInt64(bytes: Uint8Array, at: number): number {
  const value = readInt32(bytes, at) * TWO_TO_32 + readUint32(bytes, at + 4)
  if (!Number.isSafeInteger(value)) throw new RangeError(`the 64-bit number at ${at} is beyond 2^53`)
  return value
}

export function writeInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value
}

/** Takes signed and unsigned values. */
export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  writeInt32(bytes, at, Math.floor(value / TWO_TO_32))
  writeInt32(bytes, at + 4, value)
}
