/**
 * A segment: a file of record batches v2, back to back, in the order of their offsets. It is written once, in big
 * pieces, and removed whole when everything in it is settled. The sparse index (where each batch begins) lives in
 * memory; after a start it is built when first needed, from the heads of the batches.
 */
import type { DiskFile } from '../base/disk.ts'
import { BATCH_HEAD_BYTES, baseOffset, batchLength, inspectBatch, nextOffset } from '../record/batch.ts'
import { ColdChunk } from './cold-chunk.ts'
import type { Ledger } from './ledger.ts'
import type { OpenFiles } from './open-files.ts'

const MEASURE_STEP_BYTES = 512 << 10

/** What a checkpoint keeps of a segment. */
export interface SegmentState {
  base: number
  /** Behind the last offset it answers for. */
  end: number
  length: number
  /** Records not settled, and the bytes of their bodies, which a checkpoint may not know. */
  unsettled: number
  unsettledBytes: number
}

export const BYTES_UNKNOWN = Number.MAX_SAFE_INTEGER

/** A batch that does not check, from that offset on. */
export interface DamagedBatch {
  from: number
  what: string
}

interface Index {
  offsets: number[]
  /** Behind the last batch. */
  next: number
  positions: number[]
}

export class Segment implements SegmentState {
  readonly path: string
  readonly base: number
  end: number
  length: number
  unsettled: number
  /** Exact, unless records were settled whose lengths nobody knew: then an estimate, until `measure`. */
  unsettledBytes: number
  isExact: boolean
  /** Bytes known to be on disk. */
  syncedLength = 0
  /** All up to the last append that the log has taken notice of. */
  private counted: { end: number; length: number } | null
  /** It is settled whole: the file goes. */
  removed = false
  private readonly files: OpenFiles
  /** First offset and position of each batch; null until built. */
  private index: Index | null
  private building: Promise<Index> | null = null

  constructor(files: OpenFiles, path: string, state: SegmentState) {
    this.files = files
    this.path = path
    this.base = state.base
    this.end = state.end
    this.length = state.length
    this.unsettled = state.unsettled
    this.isExact = state.unsettledBytes !== BYTES_UNKNOWN
    this.unsettledBytes = this.isExact ? state.unsettledBytes : 0
    this.counted = state.length === 0 ? null : { end: state.end, length: state.length }
    this.index = state.length === 0 ? { offsets: [], positions: [], next: state.base } : null
  }

  /** What a checkpoint may count on; null if nothing yet. */
  get state(): SegmentState | null {
    const { base, unsettled } = this
    const unsettledBytes = this.isExact ? this.unsettledBytes : BYTES_UNKNOWN
    return this.counted === null ? null : { base, ...this.counted, unsettled, unsettledBytes }
  }

  /** One record more to keep. */
  keep(bodyLength: number): void {
    this.unsettled++
    this.unsettledBytes += bodyLength
  }

  /** One record less; a length of -1 is not known. @returns false if the bytes are not exact */
  drop(bodyLength: number): boolean {
    if (bodyLength < 0) this.isExact = false
    const bytes = bodyLength < 0 ? Math.round(this.unsettledBytes / this.unsettled) : bodyLength
    this.unsettled--
    this.unsettledBytes = this.unsettled === 0 ? 0 : Math.max(0, this.unsettledBytes - bytes)
    return this.isExact
  }

  /** So many are left. */
  recount(unsettled: number): void {
    if (unsettled === this.unsettled) return
    this.unsettled = unsettled
    this.isExact = unsettled === 0
    if (unsettled === 0) this.unsettledBytes = 0
  }

  /** Reads the file to know the bytes again. Records of batches that cannot be read have none. */
  async measure(ledger: Ledger): Promise<void> {
    const counted = this.counted
    const offsets: number[] = []
    const lengths: number[] = []
    const note = (offset: number, length: number): void => {
      offsets.push(offset)
      lengths.push(length)
    }
    for (let at = this.base; counted !== null && at < counted.end && !this.removed; ) {
      const { chunks } = await this.read(at, MEASURE_STEP_BYTES)
      for (const chunk of chunks) chunk.forEachLength(note)
      at = chunks[chunks.length - 1].to
    }
    if (counted === null || this.counted?.end !== counted.end) return
    let bytes = 0
    for (let i = 0; i < offsets.length; i++) {
      if (offsets[i] < counted.end && !ledger.isSettled(offsets[i])) bytes += lengths[i]
    }
    this.unsettledBytes = bytes
    this.isExact = true
  }

  /** Writes batches behind the others; in the page cache when it resolves. */
  async append(batches: readonly Uint8Array[]): Promise<void> {
    const index = this.index ?? (await this.readIndex())
    await this.files.use(this.path, (file) => file.write(batches, this.length), this.length === 0)
    for (const batch of batches) {
      index.offsets.push(baseOffset(batch, 0))
      index.positions.push(this.length)
      this.length += batch.length
      this.end = index.next = nextOffset(batch, 0)
    }
  }

  /** What was appended since `count` is as if it had not been; its place in the file serves again. */
  forgetUncounted(): void {
    const { end, length } = this.counted ?? { end: this.base, length: 0 }
    this.end = end
    this.length = length
    if (this.index === null) return
    const batches = this.index.positions.filter((position) => position < length).length
    this.index.positions.length = this.index.offsets.length = batches
    this.index.next = end
  }

  /** The log knows that its records lie here. */
  count(): void {
    this.counted = { end: this.end, length: this.length }
  }

  async sync(): Promise<void> {
    if (this.syncedLength === this.length) return
    const length = this.length
    await this.files.use(this.path, (file) => file.sync())
    this.syncedLength = length
  }

  /**
   * Reads the batch that answers for `offset`, and those behind it up to `bytesMax`. A batch that does not check becomes
   * a chunk without records, so that those behind it can be read, and is named in `damage`.
   */
  async read(offset: number, bytesMax: number): Promise<{ chunks: ColdChunk[]; damage: DamagedBatch[] }> {
    const index = this.index ?? (await this.readIndex())
    const { offsets, positions } = index
    let first = lastAtOrBelow(offsets, offset)
    if (first < 0) first = 0
    const position = positions[first]
    let last = first + 1
    while (last < positions.length && (positions[last + 1] ?? this.length) - position <= bytesMax) last++
    const bytes = Buffer.allocUnsafeSlow((positions[last] ?? this.length) - position)
    await this.files.use(this.path, (file) => file.read(bytes, position))
    const chunks: ColdChunk[] = []
    const damage: DamagedBatch[] = []
    for (let i = first; i < last; i++) {
      const from = i === 0 ? this.base : offsets[i]
      const to = offsets[i + 1] ?? this.end
      const at = positions[i] - position
      const state = inspectBatch(bytes, at, bytes.length)
      if (state !== 'valid') {
        damage.push({ from, what: `byte ${positions[i]}, offsets ${from} to ${to - 1}: ${state}` })
      }
      chunks.push(new ColdChunk(bytes, state === 'valid' ? at : -1, from, to, bytes.length / (last - first)))
    }
    return { chunks, damage }
  }

  private readIndex(): Promise<Index> {
    this.building ??= this.buildIndex().finally(() => {
      this.building = null
    })
    return this.building
  }

  private async buildIndex(): Promise<Index> {
    const built: Index = { offsets: [], positions: [], next: this.base }
    await this.files.use(this.path, async (file) => {
      for (let at = 0; at < this.length; ) at = await this.indexBatch(file, at, built)
    })
    this.index = built
    return built
  }

  private async indexBatch(file: DiskFile, at: number, into: Index): Promise<number> {
    const head = Buffer.alloc(BATCH_HEAD_BYTES)
    const count = await file.read(head, at)
    const length = count === head.length ? batchLength(head, 0) : 0
    const offset = length > 0 ? baseOffset(head, 0) : 0
    into.positions.push(at)
    if (
      length < BATCH_HEAD_BYTES ||
      at + length > this.length ||
      offset < into.next ||
      nextOffset(head, 0) > this.end
    ) {
      // No batch stands here: where the next one begins is not known, so that all that follows cannot be read.
      into.offsets.push(into.next)
      return this.length
    }
    into.offsets.push(offset)
    into.next = nextOffset(head, 0)
    return at + length
  }
}

function lastAtOrBelow(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
