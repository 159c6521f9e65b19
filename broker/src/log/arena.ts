/**
 * Where new sections go: one current block, filled from the start. The journal arena also remembers what was written
 * since the last seal, as ranges in order of arrival, so that a journal entry is these very bytes behind a head.
 */
import type { Block, BlockPool } from './block.ts'
import { SECTION_HEAD_BYTES } from './section.ts'

/** An entry's sections are at most this long, so that it fits where entries are stored as values. */
export const ENTRY_BYTES_MAX = 900_000
const ENTRY_SECTIONS_MAX = 65535

export class Arena {
  block: Block
  protected readonly pool: BlockPool

  constructor(pool: BlockPool) {
    this.pool = pool
    this.block = pool.take(0, true)
  }

  /** Room for `length` bytes in `this.block`; returns its position. */
  reserve(length: number): number {
    let block = this.block
    if (block.used + length > block.bytes.length) block = this.nextBlock(length)
    const at = block.used
    block.used = at + length
    return at
  }

  protected nextBlock(length: number): Block {
    this.pool.release(this.block)
    return (this.block = this.pool.take(length, false))
  }
}

/** What will be one journal entry. */
export interface EntryDraft {
  parts: Uint8Array[]
  sections: number
  bytes: number
}

/** A round's share of one shard. */
export interface Sealed {
  entries: EntryDraft[]
  blocks: Block[]
  mustSync: boolean
}

export class JournalArena extends Arena {
  /** Something staged is to be on disk, not only in the page cache, when its round is durable. */
  mustSync = false
  private entry: EntryDraft = { parts: [], sections: 0, bytes: 0 }
  private full: EntryDraft[] = []
  /** Start of what is staged in the current block. */
  private from = 0
  /** Blocks with staged bytes, each counted once. */
  private staged: Block[] = []
  private held: Block | null = null

  /** True if so much more still stands in the same entry with all that is staged. */
  hasRoom(bytes: number, sections: number): boolean {
    const { entry } = this
    if (this.full.length > 0) return bytes === 0
    return entry.bytes + bytes <= ENTRY_BYTES_MAX && entry.sections + sections <= ENTRY_SECTIONS_MAX
  }

  /** Room for a section (or a fragment's head) of which `length` bytes stand in the block and `beside` bytes follow by `stageBeside`. */
  stage(length: number, beside: number): number {
    const entry = this.entry
    if (entry.bytes + length + beside > ENTRY_BYTES_MAX || entry.sections === ENTRY_SECTIONS_MAX) this.cut()
    const at = this.reserve(length)
    if (this.held !== this.block) this.hold()
    this.entry.bytes += length
    this.entry.sections++
    return at
  }

  /** The bytes that follow the last staged section, kept by reference. */
  stageBeside(parts: readonly Uint8Array[], length: number): void {
    this.closeRange()
    for (let i = 0; i < parts.length; i++) this.entry.parts.push(parts[i])
    this.entry.bytes += length
  }

  /** All that was staged, as entries in order. The caller releases the blocks once the entries are written. */
  seal(): Sealed {
    if (this.entry.sections > 0) this.cut()
    const sealed = { entries: this.full, blocks: this.staged, mustSync: this.mustSync }
    this.mustSync = false
    this.full = []
    this.staged = []
    this.held = null
    return sealed
  }

  protected override nextBlock(length: number): Block {
    this.closeRange()
    this.from = 0
    return super.nextBlock(length)
  }

  private hold(): void {
    this.held = this.block
    this.block.live++
    this.staged.push(this.block)
  }

  private cut(): void {
    this.closeRange()
    this.full.push(this.entry)
    this.entry = { parts: [], sections: 0, bytes: 0 }
  }

  private closeRange(): void {
    const block = this.block
    if (block.used > this.from) this.entry.parts.push(block.bytes.subarray(this.from, block.used))
    this.from = block.used
  }
}

/** Where the fragments of a section of `head` + `body` bytes are cut: lengths of body in each. */
export function fragmentLengths(head: number, body: number, max: number): number[] {
  const lengths = [Math.min(body, max - head)]
  for (let left = body - lengths[0]; left > 0; ) {
    const length = Math.min(left, max - SECTION_HEAD_BYTES)
    lengths.push(length)
    left -= length
  }
  return lengths
}
