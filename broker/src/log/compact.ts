/**
 * Copies records out of blocks that hold little else that is needed, so that a few old messages among many settled ones
 * do not keep whole blocks.
 */
import type { Block } from './block.ts'
import type { FileLog } from './file-log.ts'
import { lengthInBlock } from './message-section.ts'

/** A block of which less than this share is needed is given up. */
const SPARSE = 0.25

export function compact(log: FileLog): void {
  const { pool } = log.shard
  const arena = log.shard.scratch
  for (let offset = log.hotBase; offset < log.endOffset; offset++) {
    const slot = log.hot.get(offset)
    if (slot === 0) continue
    const block = pool.blocks[slot >>> 16]
    if (!isSparse(block)) continue
    const position = slot & 0xffff
    const length = lengthInBlock(block, position)
    const at = arena.reserve(length)
    block.bytes.copy(arena.block.bytes, at, position, position + length)
    arena.block.live++
    arena.block.placed++
    log.hot.set(offset, arena.block.id, at)
    pool.release(block)
  }
}

function isSparse(block: Block): boolean {
  return block.live < block.placed * SPARSE && (block.bodies === null || block.bodies.size === 0)
}
