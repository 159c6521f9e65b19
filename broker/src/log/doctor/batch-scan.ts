/**
 * Walks the batches of a file, and on beyond damage: where none stands that checks, the next one is looked for byte by
 * byte. A batch's offset is not under its checksum: where it does not fit between its neighbours and the place between
 * them is just as wide, it is known what it was.
 */
import { readInt64 } from '../../base/bytes.ts'
import {
  BATCH_HEAD_BYTES,
  BATCH_MAGIC,
  batchLength,
  Field,
  InvalidBatch,
  inspectBatch,
  nextOffset,
} from '../../record/batch.ts'
import type { Case } from './case.ts'

const WINDOW_BYTES = 4 << 20

/** Bytes [position, to) in which no batch stands that can be used, for offsets [from, next). */
export interface Stretch {
  readonly position: number
  readonly to: number
  readonly from: number
  readonly next: number
  readonly what: string
  /** Batches that stood there, from elsewhere. */
  readonly copies?: Buffer
}

/** A batch whose offset is wrong, and what it was. */
export interface Displaced {
  readonly position: number
  readonly offset: number
}

export interface Scanned {
  readonly damaged: Stretch[]
  readonly displaced: Displaced[]
  /** Behind the last batch that checks, in bytes and offsets. */
  end: number
  next: number
}

export interface ScanRange {
  readonly from: number
  readonly to: number
  /** Offsets lie in [first, limit); limit may be infinite. */
  readonly first: number
  readonly limit: number
  /** Offsets have no gaps. */
  readonly dense?: boolean
}

/** Called for each batch that checks. @throws InvalidBatch if its records cannot be read */
export type VisitBatch = (bytes: Buffer, at: number, position: number, base: number) => void

interface Candidate {
  readonly length: number
  readonly base: number
  /** How many offsets it stands for. */
  readonly offsets: number
}

export class BatchScan {
  private window: Buffer = Buffer.alloc(0)
  private windowAt = 0
  private readonly open: Case
  private readonly path: string
  private readonly to: number
  private looked = 0

  constructor(open: Case, path: string, to: number) {
    this.open = open
    this.path = path
    this.to = to
  }

  async run({ from, first, limit, dense = false }: ScanRange, visit: VisitBatch): Promise<Scanned> {
    const scanned: Scanned = { damaged: [], displaced: [], end: from, next: first }
    for (let at = from; at < this.to; ) {
      const found = await this.batchAt(at)
      const base = typeof found === 'string' ? -1 : await this.placeOf(found, at, scanned.next, limit)
      const trouble =
        typeof found === 'string' ? found : base < 0 ? 'its offsets do not fit' : this.tell(visit, at, base)
      if (trouble === null && typeof found !== 'string') {
        if (dense && base > scanned.next) {
          scanned.damaged.push({ position: at, to: at, from: scanned.next, next: base, what: 'batches are missing' })
        }
        if (base !== found.base) scanned.displaced.push({ position: at, offset: base })
        scanned.next = base + found.offsets
        scanned.end = at += found.length
        continue
      }
      const behind = await this.findNext(at, scanned.next, limit)
      const next = behind?.base ?? (Number.isFinite(limit) ? limit : scanned.next)
      scanned.damaged.push({ position: at, to: behind?.at ?? this.to, from: scanned.next, next, what: trouble! })
      if (behind === null) return scanned
      scanned.next = behind.base
      at = behind.at
    }
    return scanned
  }

  private tell(visit: VisitBatch, at: number, base: number): string | null {
    try {
      visit(this.window, at - this.windowAt, at, base)
      return null
    } catch (error) {
      if (error instanceof InvalidBatch) return error.message
      throw error
    }
  }

  /** Its base offset, or the one it must have had; -1 if it fits nowhere. */
  private async placeOf(found: Candidate, at: number, next: number, limit: number): Promise<number> {
    const behind = at + found.length
    const fits = found.base >= next && found.base + found.offsets <= limit
    if (fits && found.base === next) return next
    const following = behind < this.to ? await this.batchAt(behind) : null
    const isLast = following === null && Number.isFinite(limit)
    const wall = isLast ? limit : following === null || typeof following === 'string' ? -1 : following.base
    await this.load(at, found.length)
    // What follows is where it is to be if this one had just filled the place before.
    if (wall >= 0 && wall === next + found.offsets) return next
    return fits && (wall < 0 || wall >= found.base + found.offsets || wall < next) ? found.base : -1
  }

  private async findNext(at: number, next: number, limit: number): Promise<{ at: number; base: number } | null> {
    const isNext = (found: Candidate | string): found is Candidate =>
      typeof found !== 'string' && found.base >= next && found.base + found.offsets <= limit
    await this.load(at, BATCH_HEAD_BYTES)
    const length = at + BATCH_HEAD_BYTES <= this.to ? batchLength(this.window, at - this.windowAt) : 0
    if (length >= BATCH_HEAD_BYTES && at + length < this.to) {
      const found = await this.batchAt(at + length)
      if (isNext(found)) return { at: at + length, base: found.base }
    }
    for (let here = at + 1; here + BATCH_HEAD_BYTES <= this.to; here++) {
      await this.load(here, BATCH_HEAD_BYTES)
      const magicAt = this.window.indexOf(BATCH_MAGIC, here - this.windowAt + Field.magic)
      if (magicAt < 0) {
        here = this.windowAt + this.window.length - BATCH_HEAD_BYTES
        continue
      }
      here = this.windowAt + magicAt - Field.magic
      const found = await this.batchAt(here)
      if (isNext(found)) return { at: here, base: found.base }
    }
    return null
  }

  /** The batch at a position, or what is wrong there. */
  private async batchAt(at: number): Promise<Candidate | string> {
    await this.load(at, BATCH_HEAD_BYTES)
    const p = at - this.windowAt
    if (p + BATCH_HEAD_BYTES > this.window.length) return 'it ends within a batch'
    if (this.window[p + Field.magic] !== BATCH_MAGIC) return 'bad magic'
    const length = batchLength(this.window, p)
    if (length < BATCH_HEAD_BYTES) return 'bad length'
    if (at + length > this.to) return 'the batch reaches beyond the end'
    await this.load(at, length)
    const here = at - this.windowAt
    const state = inspectBatch(this.window, here, here + length)
    if (state !== 'valid') return state
    try {
      const base = readInt64(this.window, here)
      return base < 0 ? 'bad offset' : { length, base, offsets: nextOffset(this.window, here) - base }
    } catch {
      return 'bad offset'
    }
  }

  /** Brings [at, at + length) into the window, as far as the file goes. */
  private async load(at: number, length: number): Promise<void> {
    const end = Math.min(this.to, at + length)
    if (at >= this.windowAt && end <= this.windowAt + this.window.length) return
    const from = at < this.windowAt ? at : Math.max(at, 0)
    const bytes = await this.open.read(this.path, from, Math.min(this.to - from, Math.max(length, WINDOW_BYTES)))
    this.windowAt = from
    this.window = bytes
    const seen = from + bytes.length
    this.open.looked(Math.max(0, seen - this.looked))
    this.looked = Math.max(this.looked, seen)
  }
}
