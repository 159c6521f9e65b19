/**
 * What a session wants written, collected over one turn and handed to the socket in one write.
 * Small pieces are copied into pooled chunks, large immutable ones go by reference: copying is cheaper than
 * a further iovec below about 1-4 KB. Trade: a chunk is held until the kernel has taken it.
 */
const CHUNK_BYTES = 65536
const POOL_MAX = 64

const pool: Uint8Array[] = []

function takeChunk(): Uint8Array {
  return pool.pop() ?? new Uint8Array(new ArrayBuffer(CHUNK_BYTES))
}

/** Gives chunks back once their bytes have left; others than pooled ones are left to the collector. */
export function releaseChunks(chunks: Uint8Array[]): void {
  for (let i = 0; i < chunks.length; i++) {
    if (chunks[i].length === CHUNK_BYTES && pool.length < POOL_MAX) pool.push(chunks[i])
  }
}

const NONE = new Uint8Array(0)

export class Output {
  /** Write here from `pos` on, after `reserve`. */
  buffer: Uint8Array = NONE
  pos = 0
  /** Bytes collected and not yet taken. */
  get pending(): number {
    return this.partBytes + this.pos - this.partStart
  }
  private partStart = 0
  private partBytes = 0
  private parts: Uint8Array[] = []
  private chunks: Uint8Array[] = []

  /** Makes room for `bytes` contiguous bytes at `buffer[pos]`. */
  reserve(bytes: number): void {
    if (this.buffer.length - this.pos >= bytes) return
    this.endPart()
    this.buffer = bytes > CHUNK_BYTES ? new Uint8Array(bytes) : takeChunk()
    this.chunks.push(this.buffer)
    this.pos = 0
    this.partStart = 0
  }

  /** Copies `bytes` in. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.pos)
    this.pos += bytes.length
  }

  /** Takes `bytes` by reference: they must not change any more. */
  reference(bytes: Uint8Array): void {
    this.endPart()
    this.parts.push(bytes)
    this.partBytes += bytes.length
  }

  /** All parts in order, and the chunks to release once they are written. Empties the output. */
  take(): { parts: Uint8Array[]; chunks: Uint8Array[] } {
    this.endPart()
    const taken = { parts: this.parts, chunks: this.chunks }
    this.parts = []
    this.chunks = []
    this.buffer = NONE
    this.pos = 0
    this.partStart = 0
    this.partBytes = 0
    return taken
  }

  private endPart(): void {
    if (this.pos === this.partStart) return
    this.parts.push(this.buffer.subarray(this.partStart, this.pos))
    this.partBytes += this.pos - this.partStart
    this.partStart = this.pos
  }
}
