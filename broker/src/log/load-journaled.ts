/** Brings the messages that are still needed from the journal back into memory, once all settles are known. */
import type { Block } from './block.ts'
import type { FileLog } from './file-log.ts'
import { BODY_BY_REFERENCE_MIN, forEachDestination, MESSAGE_HEAD_BYTES } from './message-section.ts'
import { SectionKind } from './section.ts'
import { type SectionVisitor, SectionWalk } from './section-walk.ts'
import type { Shard } from './shard.ts'

export class LoadJournaled implements SectionVisitor {
  readonly sections = new SectionWalk(this)
  /** Carried records come first, because they are older than what stands before them in the journal. */
  carriesOnly = false
  private readonly logs: ReadonlyMap<number, FileLog>
  private readonly shard: Shard

  constructor(logs: ReadonlyMap<number, FileLog>, shard: Shard) {
    this.logs = logs
    this.shard = shard
    for (const log of this.own()) {
      log.hot.reserve(log.hotBase, log.endOffset)
      log.loadedEnd = 0
    }
  }

  message(bytes: Buffer, view: DataView, at: number, length: number, more: readonly Uint8Array[]): void {
    const isCarry = bytes[at] === SectionKind.carry
    if (this.carriesOnly && !isCarry) return
    let block: Block | null = null
    let position = 0
    forEachDestination(bytes, view, at, (logId, offset) => {
      const log = this.logs.get(logId)
      if (log === undefined) return
      if (!isCarry) log.loadedEnd = offset + 1
      if (!log.wantsBytes(offset)) return
      if (block === null) {
        position = this.place(bytes, view, at, length, more)
        block = this.shard.scratch.block
      }
      log.restore(offset, block, position, view.getUint32(at + 40))
    })
  }

  batches(logId: number, parts: readonly Uint8Array[]): void {
    if (!this.carriesOnly) this.shard.partitions.partitions.get(logId)?.restoreBatches(Buffer.concat(parts))
  }

  other(): void {}

  /** What has no bytes was never journaled (a transient message's offset): it is settled now. */
  finish(): void {
    for (const log of this.own()) {
      log.settleGaps()
      log.loadedEnd = Number.MAX_SAFE_INTEGER
    }
  }

  private own(): FileLog[] {
    return [...this.logs.values()].filter((log) => log.shard === this.shard)
  }

  private place(bytes: Buffer, view: DataView, at: number, length: number, more: readonly Uint8Array[]): number {
    const bodyLen = view.getUint32(at + 40)
    const head = MESSAGE_HEAD_BYTES + view.getUint16(at + 48) + view.getUint32(at + 52) + view.getUint32(at + 44)
    const end = at + 16 + length
    const inBlock = bodyLen < BODY_BY_REFERENCE_MIN ? head + bodyLen : head
    const position = this.shard.scratch.reserve(inBlock)
    const block = this.shard.scratch.block
    bytes.copy(block.bytes, position, at, at + inBlock)
    if (inBlock === head && bodyLen > 0) {
      const body = [Buffer.from(bytes.subarray(at + head, end)), ...more]
      this.shard.pool.attachBody(block, position, body, bodyLen, 0)
    }
    return position
  }
}
