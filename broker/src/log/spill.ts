/**
 * Keeps memory within its budget: moves the oldest records of the biggest logs from memory to segments, many records to
 * a batch. A record stays readable in memory until its batch is written. Trade: the records that a reader wants next are
 * moved too; they come back in large reads.
 */
import { BatchBuilder } from '../record/batch-builder.ts'
import { MessageView } from '../record/message.ts'
import { ColdPart } from './cold-part.ts'
import type { FileLog } from './file-log.ts'
import { bodyLengthAt, describeMessage, isPersistentAt } from './message-section.ts'
import { appendQueueRecord } from './queue-record.ts'
import type { Segment } from './segment.ts'
import type { SegmentStore } from './segment-store.ts'

const STEP_BYTES = 1 << 20
/** More records in a step would hold up the turn. */
const STEP_RECORDS = 2048
/** Small enough that a single record in the middle is read without much around it. */
const BATCH_BYTES = 32 << 10
/** By how much the last record of a batch may run over without a larger buffer. */
const BATCH_SLACK_BYTES = 16 << 10

/** What of one step goes to one chain of segments. */
class Portion {
  batches: Uint8Array[] = []
  base = -1
  records = 0
  private readonly builder = new BatchBuilder(BATCH_BYTES + BATCH_SLACK_BYTES)

  add(view: MessageView, epoch: number): void {
    if (this.base < 0) this.base = view.offset
    appendQueueRecord(this.builder, view)
    this.records++
    if (this.builder.length >= BATCH_BYTES) this.batches.push(this.builder.finish({ leaderEpoch: epoch }))
  }

  finish(epoch: number): void {
    if (this.builder.count > 0) this.batches.push(this.builder.finish({ leaderEpoch: epoch }))
  }

  /** The batches are written: their memory serves again. */
  clear(): void {
    for (const batch of this.batches) this.builder.reuse(batch)
    this.batches = []
    this.base = -1
    this.records = 0
  }
}

/** Moves records to the segments of one shard, one step at a time. */
export class Spiller {
  private readonly store: SegmentStore
  private readonly view = new MessageView()
  private readonly durable = new Portion()
  private readonly scratch = new Portion()

  constructor(store: SegmentStore) {
    this.store = store
  }

  /**
   * Moves up to a step's bytes of a log's oldest records, all below `limit`.
   * @returns the offset up to which they were moved
   */
  async step(log: FileLog, limit: number, epoch: number): Promise<number> {
    const { durable, scratch } = this
    const from = log.hotBase
    const to = this.collect(log, from, Math.min(limit, log.endOffset, log.loadedEnd), epoch)
    if (to === from) return from
    log.cold ??= new ColdPart(this.store, log.id, log.journaled, log.ledger)
    log.spilling = true
    try {
      await write(log, log.cold, durable, scratch, from, to)
    } finally {
      log.spilling = false
      durable.clear()
      scratch.clear()
    }
    return to
  }

  private collect(log: FileLog, from: number, end: number, epoch: number): number {
    const { view, durable, scratch } = this
    const durableEnd = log.durableEnd
    let to = from
    for (let bytes = 0; to < end && bytes < STEP_BYTES && durable.records + scratch.records < STEP_RECORDS; to++) {
      const slot = log.hot.get(to)
      if (slot === 0) continue
      view.offset = to
      describeMessage(log.shard.pool.blocks[slot >>> 16], slot & 0xffff, view)
      const isDurable = log.journaled && view.persistent
      if (isDurable && to >= durableEnd) break
      const portion = isDurable ? durable : scratch
      portion.add(view, epoch)
      bytes += view.bodyLen + 128
    }
    durable.finish(epoch)
    scratch.finish(epoch)
    return to
  }
}

async function write(log: FileLog, cold: ColdPart, durable: Portion, scratch: Portion, from: number, to: number) {
  const chains = [
    { chain: cold.durable, portion: durable },
    { chain: cold.scratch, portion: scratch },
  ]
  const segments: (Segment | null)[] = []
  try {
    for (const { chain, portion } of chains) {
      const { batches, base, records } = portion
      segments.push(records === 0 ? null : await chain.append(batches, base))
    }
  } catch (error) {
    for (const [i, segment] of segments.entries()) if (segment !== null) chains[i].chain.abandon(segment)
    throw error
  }
  if (log.deleted) return cold.dropAll()
  for (let at = Math.max(from, log.hotBase); at < to; at++) {
    const slot = log.hot.get(at)
    if (slot === 0) {
      // In recovery an offset that no record was found for: a transient message had it.
      log.ledger.settle(at)
      continue
    }
    const block = log.shard.pool.blocks[slot >>> 16]
    const position = slot & 0xffff
    const isDurable = log.journaled && isPersistentAt(block, position)
    if (log.journaled && !isDurable) cold.transient.add(at)
    segments[isDurable ? 0 : 1]!.keep(bodyLengthAt(block, position))
    log.release(at, block, position)
    log.coldCount++
  }
  log.coldEnd = to
  log.hot.shrink(log.hotBase, log.endOffset)
  for (const [i, segment] of segments.entries()) {
    if (segment !== null) chains[i].chain.counted(segment)
  }
}

/** What a log holds in memory, roughly. */
export function heldBytes(log: FileLog): number {
  return log.hotBodyBytes + log.hotCount * 100
}
