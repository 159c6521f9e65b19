/**
 * Partitions after a start. Up to the checkpoint's lengths their files are as they were promised; behind that, whole
 * batches that follow each other are taken as far as they check, and the rest is cut: it was never promised, or the
 * journal gives it back. Files that belong to nothing are removed.
 */
import type { Logger } from '../../base/logger.ts'
import { inspectBatch } from '../../record/batch.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { Damage } from '../damage.ts'
import { loadIndex, scanHeads } from './cold-read.ts'
import type { FilePartition } from './file-partition.ts'
import { PartitionSegment } from './partition-segment.ts'
import type { PartitionStore } from './partition-store.ts'
import { OFFSET_ENTRY_BYTES, type SegmentIndex, TIME_ENTRY_BYTES } from './segment-index.ts'

/** @throws Damage where something promised is missing */
export async function recoverPartitions(store: PartitionStore, logger: Logger): Promise<void> {
  await store.create()
  const folders = new Set(await store.disk.list(store.folder))
  for (const partition of store.partitions.values()) {
    const name = partition.folder.slice(store.folder.length + 1)
    partition.hasFolder = folders.delete(name)
    await recover(store, partition, logger)
  }
  for (const orphan of folders) {
    for (const name of await store.disk.list(`${store.folder}/${orphan}`)) {
      await store.files.remove(`${store.folder}/${orphan}/${name}`)
    }
    await store.disk.removeFolder(`${store.folder}/${orphan}`)
  }
  // Its number may be given again: what it held must not come back then.
  if (folders.size > 0) await store.disk.syncFolder(store.folder)
}

/** Everything the journal had was given back: what is there is durable. */
export async function finishPartitions(store: PartitionStore): Promise<void> {
  for (const partition of store.partitions.values()) {
    if (partition.history.countsLost(partition.endOffset)) await recount(store, partition)
    partition.recovered()
  }
}

async function recover(store: PartitionStore, partition: FilePartition, logger: Logger): Promise<void> {
  const { folder, files } = partition
  partition.history.restoreTransactions(partition.startOffset)
  const sizes = await sizesIn(store, folder)
  // Those below the start may have been removed already; the last one may have grown beyond it.
  const isWhole = (one: PartitionSegment) => (sizes.get(one.logPath) ?? 0) >= one.flushed
  const growing = files.last
  // Without any the first file may begin before the start, which then lies within it.
  const knownEnd = growing === undefined ? 0 : partition.endOffset
  files.all = files.all.filter((one) => one.endOffset > partition.startOffset || (one === growing && isWhole(one)))
  for (const segment of partition.segments) {
    if (!isWhole(segment)) {
      const size = sizes.get(segment.logPath) ?? 0
      const range = `offsets ${segment.baseOffset} to ${segment.endOffset - 1} of ${partition.label}`
      throw new Damage(segment.logPath, `it has ${size} bytes, but ${segment.flushed} are needed for ${range}`)
    }
    segment.sealed = true
  }
  const known = new Set(partition.segments.map((one) => one.logPath))
  const later = [...sizes.keys()]
    .filter((path) => !known.has(path) && /\/\d{20}\.log$/.test(path) && baseOf(path) >= knownEnd)
    .sort()
  if (partition.segments.length === 0) {
    // Those before the one that holds the start were on their way out.
    const first = later.findLastIndex((path) => baseOf(path) <= partition.startOffset)
    later.splice(0, Math.max(0, first))
    if (first >= 0) partition.endOffset = baseOf(later[0])
  }
  const { last } = files
  await noteCompacted(store, partition)
  let whole = last === undefined || (await extend(store, partition, last, sizes.get(last.logPath) ?? 0, logger))
  for (const path of later) {
    // What is missing below the start was to be removed.
    const follows = baseOf(path) === partition.endOffset || baseOf(path) <= partition.startOffset
    if (!whole || !follows) break
    partition.endOffset = baseOf(path)
    const segment = new PartitionSegment(folder, baseOf(path), 0, 0)
    files.last?.seal()
    files.all.push(segment)
    known.add(path)
    whole = await extend(store, partition, segment, sizes.get(path) ?? 0, logger)
    if (segment.bytes > 0) continue
    segment.removed = true
    files.all.pop()
    known.delete(path)
  }
  const keep = new Set(partition.segments.flatMap((one) => [one.logPath, one.indexPath, one.timeIndexPath]))
  const orphans = [...sizes.keys()].filter((path) => !keep.has(path))
  for (const path of orphans) await store.files.remove(path)
  if (orphans.length > 0) await store.disk.syncFolder(folder)
  const active = files.last
  if (active !== undefined) {
    active.sealed = false
    for (const segment of partition.segments) if (segment !== active) segment.sealed = true
  }
}

/** Takes in the batches behind the checkpointed length. @returns whether the file ended with a whole one */
async function extend(
  store: PartitionStore,
  partition: FilePartition,
  segment: PartitionSegment,
  size: number,
  logger: Logger,
): Promise<boolean> {
  if (segment.index === null) {
    segment.index = await loadIndex(store, segment)
    await cutIndexes(store, segment, segment.index)
  }
  const end = await scanHeads(store, segment, segment.flushed, size, (head, bytes, at) => {
    if (head.baseOffset !== partition.endOffset) return false
    if (inspectBatch(bytes, at, at + head.length) !== 'valid') return false
    if (segment.createdMs === 0) segment.createdMs = head.maxTimestamp > 0 ? head.maxTimestamp : store.clock.now()
    segment.note(head, partition.options.indexIntervalBytes)
    segment.flushed = segment.bytes
    segment.flushedEnd = segment.endOffset
    partition.endOffset = segment.endOffset
    partition.history.noteOnce(head, bytes, at)
    return true
  })
  store.noteUnsynced(partition, segment)
  if (end === size) return true
  logger.warn({ file: segment.logPath, position: end }, 'cut what stood behind the last whole batch')
  await store.files.use(segment.logPath, async (file) => {
    await file.truncate(end)
    // What is cut must never come back behind what is appended in its place.
    await file.sync()
  })
  return false
}

/** Entries of what was cut must not be taken for such of what is appended in its place. */
async function cutIndexes(store: PartitionStore, segment: PartitionSegment, index: SegmentIndex): Promise<void> {
  segment.indexedOffsets = await cutEntries(store, segment.indexPath, index.count, OFFSET_ENTRY_BYTES)
  segment.indexedTimes = await cutEntries(store, segment.timeIndexPath, index.timeCount, TIME_ENTRY_BYTES)
}

/** @returns how many are in the file */
async function cutEntries(store: PartitionStore, path: string, count: number, entryBytes: number): Promise<number> {
  if (!(await store.disk.exists(path))) return 0
  return store.files.use(path, async (file) => {
    const size = await file.size()
    if (size < count * entryBytes) return 0
    if (size === count * entryBytes) return count
    await file.truncate(count * entryBytes)
    await file.sync()
    return count
  })
}

/** What came after the checkpoint may have been compacted since: its producers are known from what is left. */
async function noteCompacted(store: PartitionStore, partition: FilePartition): Promise<void> {
  for (const segment of partition.segments) {
    if (segment.endOffset <= partition.history.countedEnd) continue
    await scanHeads(store, segment, 0, segment.flushed, (head, bytes, at) => {
      partition.history.noteOnce(head, bytes, at)
      return true
    })
  }
}

/** Of what the checkpoint counted in something is gone: producers are read anew from all there is. */
async function recount(store: PartitionStore, partition: FilePartition): Promise<void> {
  const { history } = partition
  history.forgetCounted(partition.endOffset)
  for (const segment of partition.segments) {
    await scanHeads(store, segment, 0, segment.flushed, (head, bytes, at) => {
      history.note(head, bytes, at)
      return true
    })
  }
  const head = new BatchHead()
  partition.tail.eachUnwritten(({ bytes }) => {
    history.note(head.read(bytes, 0), bytes, 0)
    return true
  })
  history.producers.startAt(partition.startOffset)
}

async function sizesIn(store: PartitionStore, folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for (const name of await store.disk.list(folder)) {
    const path = `${folder}/${name}`
    if (path.endsWith('.log')) sizes.set(path, await store.files.use(path, (file) => file.size()))
    else sizes.set(path, 0)
  }
  return sizes
}

function baseOf(path: string): number {
  return Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 10)
}
