/**
 * How large an LZ4 frame is, and how much lies in it, without decoding it: producers' frames seldom say their content's
 * size, and the decoder takes no bound.
 *
 *   frame  magic 04 22 4d 18 | flags u8: 6-7 version = 1, 4 block checksums, 3 content size, 2 content checksum, 0 dictionary
 *        | 4-6 of u8: largest block 2^(8 + 2n) | content size u64 if flagged | dictionary u32 if flagged | header checksum u8
 *        | blocks: length u32 (top bit: stored), data, checksum u32 if flagged | u32 0 | content checksum u32 if flagged
 *   data   sequences: u8 literals, matches - 4 (15: and following bytes until one below 255) | literals | distance u16
 *   All numbers have their lowest byte first.
 */
const MAGIC = [0x04, 0x22, 0x4d, 0x18]
const Flag = { version: 0xc0, blockChecksums: 0x10, contentSize: 8, contentChecksum: 4, dictionary: 1 } as const
const MIN_MATCH = 4

export interface Lz4Frame {
  /** Behind its last byte. */
  readonly end: number
  /** Its content is at most that large. */
  readonly contentMax: number
}

/** Counts exactly when whole blocks would be more than `enough`. Null: that is no frame, or it is cut. */
export function measureLz4Frame(bytes: Uint8Array, enough: number): Lz4Frame | null {
  const flags = bytes[4]
  if (bytes.length < 7 || MAGIC.some((byte, i) => bytes[i] !== byte) || (flags & Flag.version) !== 0x40) return null
  const blockBytesMax = 2 ** (8 + 2 * ((bytes[5] >> 4) & 7))
  const blockChecksum = flags & Flag.blockChecksums ? 4 : 0
  const first = 7 + (flags & Flag.contentSize ? 8 : 0) + (flags & Flag.dictionary ? 4 : 0)
  let blocks = 0
  let at = first
  for (; at + 4 <= bytes.length && blockLength(bytes, at) > 0; blocks++)
    at += 4 + blockLength(bytes, at) + blockChecksum
  const end = at + 4 + (flags & Flag.contentChecksum ? 4 : 0)
  if (end > bytes.length) return null
  if (blocks * blockBytesMax <= enough) return { end, contentMax: blocks * blockBytesMax }
  let contentMax = 0
  for (at = first; blockLength(bytes, at) > 0; at += 4 + blockLength(bytes, at) + blockChecksum) {
    const length = blockLength(bytes, at)
    contentMax += bytes[at + 3] & 0x80 ? length : contentLength(bytes, at + 4, at + 4 + length)
  }
  return { end, contentMax }
}

function blockLength(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | ((bytes[at + 3] & 0x7f) << 24)
}

/** What the sequences of a block come to; nonsense for a damaged one, which the decoder then refuses. */
function contentLength(bytes: Uint8Array, at: number, end: number): number {
  let total = 0
  while (at < end) {
    const token = bytes[at++]
    let literals = token >> 4
    if (literals === 15) for (let more = 255; more === 255 && at < end; literals += more) more = bytes[at++]
    total += literals
    at += literals + 2
    if (at >= end) break
    let match = (token & 15) + MIN_MATCH
    if (match === 15 + MIN_MATCH) for (let more = 255; more === 255 && at < end; match += more) more = bytes[at++]
    total += match
  }
  return total
}
