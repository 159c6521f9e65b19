/**
 * What a session wants written, collected over one turn and handed to the socket in one write.
 * Small pieces are copied into pooled chunks, large immutable ones go by reference: copying is cheaper than
 * a further iovec below about 1-4 KB. Trade: a chunk is held until the kernel has taken it.
 */
import { Bytes, NO_BYTES } from '../base/bytes.ts'
import type { Loan } from '../base/loan.ts'

const CHUNK_BYTES = 65536
const POOL_MAX = 64

const pool: Bytes[] = []

/** Gives chunks back once their bytes have left; others than pooled ones are left to the collector. */
export function releaseChunks(chunks: Bytes[]): void {
  for (let i = 0; i < chunks.length; i++) {
    if (chunks[i].array.length === CHUNK_BYTES && pool.length < POOL_MAX) pool.push(chunks[i])
  }
}

export class Output {
  /** Write here from `pos` on, after `reserve`. */
  buffer: Uint8Array = NO_BYTES.array
  view: DataView = NO_BYTES.view
  pos = 0
  /** Bytes collected and not yet taken. */
  get pending(): number {
    return this.partBytes + this.pos - this.partStart
  }
  private partStart = 0
  private partBytes = 0
  private parts: Uint8Array[] = []
  private chunks: Bytes[] = []
  private loans: Loan[] = []

  /** Makes room for `bytes` contiguous bytes at `buffer[pos]`. */
  reserve(bytes: number): void {
    if (this.buffer.length - this.pos >= bytes) return
    this.endPart()
    const chunk = (bytes <= CHUNK_BYTES && pool.pop()) || new Bytes(new Uint8Array(Math.max(bytes, CHUNK_BYTES)))
    this.chunks.push(chunk)
    this.buffer = chunk.array
    this.view = chunk.view
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

  /** What was taken by reference lies in these, which are given back once all that is here by now was written. */
  borrowed(loans: readonly Loan[]): void {
    for (const loan of loans) this.loans.push(loan)
  }

  /** All parts in order, and the chunks and loans to release once they are written. Empties the output. */
  take(): { parts: Uint8Array[]; chunks: Bytes[]; loans: Loan[] } {
    this.endPart()
    const taken = { parts: this.parts, chunks: this.chunks, loans: this.loans }
    this.parts = []
    this.chunks = []
    this.loans = []
    this.buffer = NO_BYTES.array
    this.view = NO_BYTES.view
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
