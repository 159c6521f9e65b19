/**
 * A segment: a file of record batches v2, back to back, in the order of their offsets. It is written once, in big
 * pieces, and removed whole when everything in it is settled. The sparse index (where each batch begins) lives in
 * memory; after a start it is built when first needed, from the heads of the batches.
 */
import type { DiskFile } from '../base/disk.ts'
import { BATCH_HEAD_BYTES, baseOffset, batchLength, inspectBatch, nextOffset } from '../record/batch.ts'
import { ColdChunk } from './cold-chunk.ts'
import { Damage } from './damage.ts'
import type { OpenFiles } from './open-files.ts'

/** What a checkpoint keeps of a segment. */
export interface SegmentState {
  base: number
  /** Behind the last offset it answers for. */
  end: number
  length: number
  /** Records not settled, and the bytes of their bodies, which are an estimate where no reader was near. */
  unsettled: number
  unsettledBytes: number
}

interface Index {
  offsets: number[]
  positions: number[]
}

export class Segment implements SegmentState {
  readonly path: string
  readonly base: number
  end: number
  length: number
  unsettled: number
  unsettledBytes: number
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
    this.unsettledBytes = state.unsettledBytes
    this.counted = state.length === 0 ? null : { end: state.end, length: state.length }
    this.index = state.length === 0 ? { offsets: [], positions: [] } : null
  }

  /** What a checkpoint may count on; null if nothing yet. */
  get state(): SegmentState | null {
    const { base, unsettled, unsettledBytes } = this
    return this.counted === null ? null : { base, ...this.counted, unsettled, unsettledBytes }
  }

  /** One record more to keep. */
  keep(bodyLength: number): void {
    this.unsettled++
    this.unsettledBytes += bodyLength
  }

  /** One record less; a length of -1 is not known. */
  drop(bodyLength: number): void {
    const bytes = bodyLength < 0 ? Math.round(this.unsettledBytes / this.unsettled) : bodyLength
    this.unsettled--
    this.unsettledBytes = this.unsettled === 0 ? 0 : Math.max(0, this.unsettledBytes - bytes)
  }

  /** After a start: so many are left of those that the checkpoint counted. */
  recount(unsettled: number): void {
    if (unsettled !== this.unsettled) {
      this.unsettledBytes = this.unsettled === 0 ? 0 : Math.round((this.unsettledBytes * unsettled) / this.unsettled)
    }
    this.unsettled = unsettled
  }

  /** Writes batches behind the others; in the page cache when it resolves. */
  async append(batches: readonly Uint8Array[]): Promise<void> {
    const index = this.index ?? (await this.readIndex())
    await this.files.use(this.path, (file) => file.write(batches, this.length), this.length === 0)
    for (const batch of batches) {
      index.offsets.push(baseOffset(batch, 0))
      index.positions.push(this.length)
      this.length += batch.length
      this.end = nextOffset(batch, 0)
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
  async read(offset: number, bytesMax: number): Promise<{ chunks: ColdChunk[]; damage: Damage | null }> {
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
    let damage: Damage | null = null
    for (let i = first; i < last; i++) {
      const from = i === 0 ? this.base : offsets[i]
      const to = offsets[i + 1] ?? this.end
      const at = positions[i] - position
      const state = inspectBatch(bytes, at, bytes.length)
      if (state !== 'valid') {
        damage ??= new Damage(this.path, `byte ${positions[i]}, offsets ${from} to ${to - 1}: ${state}`)
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
    const built: Index = { offsets: [], positions: [] }
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
    if (length < BATCH_HEAD_BYTES || at + length > this.length || offset < this.base || offset >= this.end) {
      const from = into.offsets.length === 0 ? this.base : into.offsets[into.offsets.length - 1]
      throw new Damage(this.path, `no batch stands at byte ${at}, offsets ${from} to ${this.end - 1}`)
    }
    into.offsets.push(offset)
    into.positions.push(at)
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
