/**
 * Blocks hold the bytes of recent messages, many to a block, in order of arrival. A block counts who still needs it
 * (one per unsettled record in it, one while it is an arena's current block, one while its bytes are being written)
 * and goes back to a small pool at zero. A block that was lent to a socket is left to the garbage collector instead.
 *
 * A *slot* names a record's place in one small integer: block id in the high half, position in the low half; 0 is none.
 */
import { assert } from '../base/assert.ts'

const BLOCK_BYTES = 65536
const SLAB_BYTES = 16 * BLOCK_BYTES
const IDS_MAX = 65535

interface KeptBody {
  readonly parts: Uint8Array[]
  /** Unsettled records that need it. */
  needed: number
}

export class Block {
  readonly id: number
  bytes: Buffer
  view: DataView
  /** Bytes in use from the start. */
  used = 0
  /** Who still needs the block. */
  live = 0
  /** Records ever placed here, one per log. */
  placed = 0
  /** Set by whoever keeps a view of `bytes` beyond the turn. */
  lent = false
  /** Bodies kept by reference, by the position of their section. */
  bodies: Map<number, KeptBody> | null = null
  /** Bytes counted against the budget: the block and its referenced bodies. */
  weight: number

  constructor(id: number, bytes: Buffer) {
    this.id = id
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.weight = bytes.length
  }
}

/** All blocks of an engine. */
export class BlockPool {
  /** By id; 0 is unused. */
  readonly blocks: Block[] = []
  /** Bytes held by blocks that are in use. */
  bytes = 0
  /** The budget: above it somebody must spill. */
  readonly bytesMax: number
  private readonly onGrown: () => void
  private readonly freeIds: number[] = []
  private readonly spare: Buffer[] = []
  private nextId = 1

  /** @param onGrown called when a block was taken */
  constructor(bytesMax: number, onGrown: () => void) {
    this.bytesMax = bytesMax
    this.onGrown = onGrown
  }

  /** A block with room for `length` bytes, `live` at 1 for the caller. */
  take(length: number, small: boolean): Block {
    const id = this.freeIds.pop() ?? this.nextId++
    assert(id <= IDS_MAX, 'too many blocks in memory')
    const size = length > BLOCK_BYTES ? length : small && length <= 4096 ? 4096 : BLOCK_BYTES
    const bytes = size === BLOCK_BYTES ? (this.spare.pop() ?? this.cutSlab()) : Buffer.allocUnsafeSlow(size)
    const block = new Block(id, bytes)
    block.live = 1
    this.blocks[id] = block
    this.bytes += block.weight
    this.onGrown()
    return block
  }

  release(block: Block): void {
    if (--block.live === 0) this.recycle(block)
  }

  /** Keeps a body beside its block for `needed` records. */
  attachBody(block: Block, position: number, parts: Uint8Array[], length: number, needed: number): void {
    block.bodies ??= new Map()
    block.bodies.set(position, { parts, needed })
    block.weight += length
    this.bytes += length
  }

  /** One more record needs the body. */
  retainBody(block: Block, position: number): void {
    block.bodies!.get(position)!.needed++
  }

  /** One record less needs the body. */
  releaseBody(block: Block, position: number, length: number): void {
    const body = block.bodies!.get(position)!
    if (--body.needed > 0) return
    block.bodies!.delete(position)
    block.weight -= length
    this.bytes -= length
  }

  private recycle(block: Block): void {
    this.bytes -= block.weight
    this.freeIds.push(block.id)
    if (block.lent || block.bytes.length !== BLOCK_BYTES) return
    if (this.bytes + this.spare.length * BLOCK_BYTES < this.bytesMax) this.spare.push(block.bytes)
  }

  /** Memory comes in slabs of many blocks: the allocator keeps large pieces together. */
  private cutSlab(): Buffer {
    const slab = new ArrayBuffer(SLAB_BYTES)
    for (let at = BLOCK_BYTES; at < SLAB_BYTES; at += BLOCK_BYTES) this.spare.push(Buffer.from(slab, at, BLOCK_BYTES))
    return Buffer.from(slab, 0, BLOCK_BYTES)
  }
}
