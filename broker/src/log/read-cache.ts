/**
 * Bounds what all readers together keep of segments: the reader that fetched longest ago gives up its chunks first, and
 * fetches them again should it still want them.
 */
export interface Reader {
  /** Gives up all chunks. */
  forget(): void
}

const READ_BYTES_MAX = 512 << 10
const READ_BYTES_MIN = 128 << 10
/** The last so many to fetch keep what they have, or nobody might come to read it. */
const SAFE_READERS = 4

export class ReadCache {
  bytes = 0
  private readonly bytesMax: number
  /** Bytes by reader, the one that fetched last at the end. */
  private readonly held = new Map<Reader, number>()

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** How much one read should bring: less when many read. */
  get readBytes(): number {
    return Math.max(READ_BYTES_MIN, Math.min(READ_BYTES_MAX, this.bytesMax / (2 * (this.held.size + 1))))
  }

  /** The reader holds so many bytes now; 0 when none. */
  hold(reader: Reader, bytes: number): void {
    this.bytes += bytes - (this.held.get(reader) ?? 0)
    this.held.delete(reader)
    if (bytes > 0) this.held.set(reader, bytes)
    let left = this.held.size
    for (const [other] of this.held) {
      if (this.bytes <= this.bytesMax || left-- <= SAFE_READERS) return
      other.forget()
    }
  }
}
