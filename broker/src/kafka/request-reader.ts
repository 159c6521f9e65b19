/**
 * Takes requests out of what arrives, however it is cut into chunks:
 *
 *   size, 4 bytes, signed | header and body, `size` bytes
 *
 * Each request lies in one piece, and in memory of its own: parts of it may be kept for long (records by the log, member
 * metadata by a group) and must not keep a chunk of many requests alive. What fills most of its chunk is left where it is;
 * the rest is copied, once.
 */
import { readInt32 } from '../base/bytes.ts'

export interface RequestTaker {
  request(bytes: Uint8Array): void
  /** What comes is no request; nothing more is read. */
  broken(reason: string): void
}

export class RequestReader {
  /** May change between requests. */
  requestBytesMax: number
  private readonly taker: RequestTaker
  private readonly size = new Uint8Array(4)
  private sizeFilled = 0
  /** The one that has not arrived whole. */
  private request: Uint8Array | null = null
  private filled = 0
  private ended = false

  constructor(taker: RequestTaker, requestBytesMax: number) {
    this.taker = taker
    this.requestBytesMax = requestBytesMax
  }

  read(chunk: Uint8Array): void {
    for (let pos = 0; pos < chunk.length && !this.ended; ) {
      pos = this.request === null ? this.begin(chunk, pos) : this.fill(this.request, chunk, pos)
    }
  }

  end(): void {
    this.ended = true
    this.request = null
  }

  private begin(chunk: Uint8Array, at: number): number {
    let pos = at
    while (this.sizeFilled < 4 && pos < chunk.length) this.size[this.sizeFilled++] = chunk[pos++]
    if (this.sizeFilled < 4) return pos
    this.sizeFilled = 0
    const size = readInt32(this.size, 0)
    if (size < 0 || size > this.requestBytesMax) {
      this.end()
      this.taker.broken(`invalid receive (size = ${size}, at most ${this.requestBytesMax})`)
    } else if (chunk.length - pos >= size) {
      const end = pos + size
      this.taker.request(owned(chunk, pos, end))
      pos = end
    } else {
      // The pages of it are taken by the system as they are written, not as they are announced.
      this.request = Buffer.allocUnsafeSlow(size)
      this.filled = 0
    }
    return pos
  }

  private fill(request: Uint8Array, chunk: Uint8Array, pos: number): number {
    const end = Math.min(chunk.length, pos + request.length - this.filled)
    request.set(pos === 0 && end === chunk.length ? chunk : chunk.subarray(pos, end), this.filled)
    this.filled += end - pos
    if (this.filled === request.length) {
      this.request = null
      this.taker.request(request)
    }
    return end
  }
}

function owned(chunk: Uint8Array, from: number, to: number): Uint8Array {
  const view = chunk.subarray(from, to)
  return (to - from) * 2 >= chunk.buffer.byteLength ? view : new Uint8Array(view)
}
