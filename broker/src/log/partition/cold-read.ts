/**
 * Reads batches of a partition from its segments: through the sparse index to a position before, from there over the
 * heads of batches to the one that is wanted. Only heads are looked at, so that bytes go out as they lie in the file.
 */
import type { Loan } from '../../base/loan.ts'
import { BATCH_HEAD_BYTES, BATCH_MAGIC, baseOffset, batchLength, Field, nextOffset } from '../../record/batch.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { Damage } from '../damage.ts'
import type { FilePartition } from './file-partition.ts'
import type { ReadDone } from './partition-log.ts'
import type { PartitionSegment } from './partition-segment.ts'
import type { PartitionStore } from './partition-store.ts'
import { OFFSET_ENTRY_BYTES, SegmentIndex, TIME_ENTRY_BYTES } from './segment-index.ts'

/** Read beside what is asked for: what stands between the index entry and the batch that is wanted. */
export const SLACK_BYTES = 8192
const SCAN_BYTES = 1 << 20

/** Batches that were read; those from files lie in memory that was lent. */
interface Batches {
  readonly parts: Uint8Array[]
  readonly loan: Loan | null
}

/** A partition, or what it was. */
type Readable = Pick<FilePartition, 'store' | 'tail' | 'endOffset'> & { readonly segments: readonly PartitionSegment[] }

const NO_BATCHES: Batches = { parts: [], loan: null }

/** Batches from here on lie in memory. */
function memoryFrom({ tail, endOffset }: Readable): number {
  return tail.firstBase ?? endOffset
}

/** As the log's `read` (see partition-log.ts). */
export function readBatches(from: Readable, offset: number, limit: number, bytesMax: number, done: ReadDone): void {
  if (offset >= memoryFrom(from)) {
    done(null, from.tail.read(offset, limit, bytesMax), null)
    return
  }
  readSegments(from, offset, limit, bytesMax).then(
    ({ parts, loan }) => done(null, parts, loan),
    (error) => done(error as Error, [], null),
  )
}

/** Whole batches from the one that holds `offset`, or the next one, on, below `limit`; at least one if there is any. */
export async function readSegments(
  partition: Readable,
  offset: number,
  limit: number,
  bytesMax: number,
): Promise<Batches> {
  for (let from = offset; from < limit; ) {
    if (from >= memoryFrom(partition)) return { parts: partition.tail.read(from, limit, bytesMax), loan: null }
    const segment = partition.segments.find((one) => one.endOffset > from)
    if (segment === undefined) return NO_BATCHES
    const found = await readSegment(partition.store, segment, from, limit, bytesMax).catch((error) => {
      if (!partition.segments.includes(segment)) return 'removed' as const
      throw error
    })
    if (found === 'removed') continue
    if (found !== null) return found
    from = Math.max(from, segment.flushedEnd)
    if (from < segment.endOffset && from < memoryFrom(partition)) {
      throw new Damage(segment.logPath, `no batch answers for offset ${from}`)
    }
  }
  return NO_BATCHES
}

/** One stretch of the file; empty if the limit stands before it, null if nothing from the offset on is in the file. */
async function readSegment(
  store: PartitionStore,
  segment: PartitionSegment,
  offset: number,
  limit: number,
  bytesMax: number,
): Promise<Batches | null> {
  let position = segment.hintPosition
  if (segment.hintOffset !== offset) {
    const index = segment.index ?? (await loadIndex(store, segment))
    position = index.positionBefore(offset - segment.baseOffset)
  }
  const { flushed } = segment
  let wanted = bytesMax + SLACK_BYTES
  let start = -1
  while (position < flushed) {
    const size = Math.min(wanted, flushed - position)
    const loan = store.memory.lend(size)
    const bytes = loan.bytes.subarray(0, size)
    const count = await store.files.use(segment.logPath, (file) => file.read(bytes, position))
    if (count < size) throw new Damage(segment.logPath, `it ends at byte ${position + count}`)
    let at = 0
    let end = -1
    while (at + BATCH_HEAD_BYTES <= count) {
      const length = checkedLength(segment, bytes, at, position)
      const next = nextOffset(bytes, at)
      if (next > offset && start < 0) {
        start = at
        end = at
      }
      if (start >= 0) {
        if (next > limit) break
        if (at + length > count || (end > start && at + length - start > bytesMax)) break
        end = at + length
      }
      at += length
    }
    if (start < 0) {
      if (at === 0) throw new Damage(segment.logPath, `it ends within a batch at byte ${position}`)
      loan.giveBack()
      position += at // the last batch seen may reach beyond what was read
      continue
    }
    if (end > start) {
      segment.hintOffset = nextOffsetBefore(bytes, start, end)
      segment.hintPosition = position + end
      return { parts: [bytes.subarray(start, end)], loan }
    }
    const isBeyond = start + BATCH_HEAD_BYTES <= count && nextOffset(bytes, start) > limit
    // The batch is larger than what was read: once more, from its beginning, whole.
    const length = batchLength(bytes, start)
    loan.giveBack()
    if (isBeyond) return NO_BATCHES
    position += start
    if (length > flushed - position) {
      throw new Damage(segment.logPath, `the batch at byte ${position} reaches beyond its end`)
    }
    wanted = Math.max(length, bytesMax)
    start = -1
  }
  return null
}

function nextOffsetBefore(bytes: Uint8Array, start: number, end: number): number {
  let next = -1
  for (let at = start; at < end; at += batchLength(bytes, at)) next = nextOffset(bytes, at)
  return next
}

function checkedLength(segment: PartitionSegment, bytes: Uint8Array, at: number, position: number): number {
  const length = batchLength(bytes, at)
  if (length < BATCH_HEAD_BYTES || bytes[at + Field.magic] !== BATCH_MAGIC) {
    throw new Damage(segment.logPath, `no batch stands at byte ${position + at}`)
  }
  return length
}

/** From its files, or, where they are not in order, from the heads of all batches. */
export async function loadIndex(store: PartitionStore, segment: PartitionSegment): Promise<SegmentIndex> {
  const [offsets, times] = [await content(store, segment.indexPath), await content(store, segment.timeIndexPath)]
  const offsetMax = Math.max(0, segment.flushedEnd - 1 - segment.baseOffset)
  const decoded =
    offsets === null || times === null ? null : SegmentIndex.decode(offsets, times, segment.flushed, offsetMax)
  const index = decoded ?? (await builtIndex(store, segment))
  if (segment.sealed) store.memory.keepIndex(segment, index)
  return index
}

async function content(store: PartitionStore, path: string): Promise<Uint8Array | null> {
  if (!(await store.disk.exists(path))) return null
  return store.files.use(path, async (file) => {
    const size = await file.size()
    const bytes = Buffer.alloc(size - (size % (path.endsWith('.timeindex') ? TIME_ENTRY_BYTES : OFFSET_ENTRY_BYTES)))
    await file.read(bytes, 0)
    return bytes
  })
}

async function builtIndex(store: PartitionStore, segment: PartitionSegment): Promise<SegmentIndex> {
  const index = new SegmentIndex()
  let largest = -1
  let sinceEntry = 0
  await scanHeads(store, segment, 0, segment.flushed, (head, _bytes, _at, position) => {
    if (head.maxTimestamp > largest) largest = head.maxTimestamp
    if (sinceEntry > SLACK_BYTES / 2) {
      index.add(head.lastOffset - segment.baseOffset, position)
      index.addTime(largest, head.lastOffset - segment.baseOffset)
      sinceEntry = 0
    }
    sinceEntry += head.length
    return true
  })
  return index
}

/**
 * Calls back for each whole batch of bytes [from, to) of the file until it answers false or no batch follows.
 * @returns the position behind the last one taken
 */
export async function scanHeads(
  store: PartitionStore,
  segment: PartitionSegment,
  from: number,
  to: number,
  take: (head: BatchHead, bytes: Uint8Array, at: number, position: number) => boolean,
): Promise<number> {
  const head = new BatchHead()
  let position = from
  let wanted = SCAN_BYTES
  while (position < to) {
    const bytes = Buffer.allocUnsafeSlow(Math.min(wanted, to - position))
    const count = await store.files.use(segment.logPath, (file) => file.read(bytes, position))
    let at = 0
    while (at + BATCH_HEAD_BYTES <= count) {
      const length = batchLength(bytes, at)
      if (length < BATCH_HEAD_BYTES || bytes[at + Field.magic] !== BATCH_MAGIC || position + at + length > to) {
        return position + at
      }
      if (at + length > count) break
      if (!isSafe(bytes, at) || !take(head.read(bytes, at), bytes, at, position + at)) return position + at
      at += length
    }
    if (at === 0) {
      if (count < BATCH_HEAD_BYTES || count < bytes.length || wanted >= batchLength(bytes, 0)) return position
      wanted = batchLength(bytes, 0)
    } else wanted = SCAN_BYTES
    position += at
  }
  return position
}

/** Numbers of a head that is noise may be beyond what can be read. */
function isSafe(bytes: Uint8Array, at: number): boolean {
  try {
    return baseOffset(bytes, at) >= 0
  } catch {
    return false
  }
}
