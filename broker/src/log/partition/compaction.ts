/**
 * Compaction of a partition's log on files: complete segments are read twice, first for their keys, then for what stays of
 * each batch, and new segments take their place in one section of the journal. Until that is durable a start finds the
 * old ones, afterwards the new ones; whichever is not in use is removed. What happens meanwhile to the log (appends, a
 * start that is raised, its end) goes on; if it takes segments away, the round is given up.
 */
import type { DiskFile } from '../../base/disk.ts'
import { batchLength, inspectBatch, nextOffset } from '../../record/batch.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { Damage } from '../damage.ts'
import { AbortedBatches } from './aborted-batches.ts'
import { BatchCleaner, type LastOfProducer, noteKeys } from './cleaner.ts'
import type { FilePartition } from './file-partition.ts'
import { OffsetMap } from './offset-map.ts'
import type { CompactionOptions, CompactionResult, Dirtiness } from './partition-log.ts'
import { PartitionSegment } from './partition-segment.ts'

/** Read and handled without letting others in between. */
const STEP_BYTES = 256 << 10
/** Offsets in a segment are kept relative to its base, in 32 bits. */
const SEGMENT_OFFSETS_MAX = 0x7fffffff

/** Segments that may be compacted, from the first one on: no longer appended to, decided, old enough, and below an offset. */
function eligible(partition: FilePartition, now: number, minLagMs: number, below: number): PartitionSegment[] {
  const { segments, cleanEnd } = partition
  const end = Math.min(partition.lastStableOffset, below)
  const isYoung = (one: PartitionSegment): boolean => one.endOffset > cleanEnd && one.maxTimestamp > now - minLagMs
  const isOut = (one: PartitionSegment, i: number): boolean =>
    i === segments.length - 1 || one.endOffset > end || (minLagMs > 0 && isYoung(one))
  return segments.slice(0, Math.max(0, segments.findIndex(isOut)))
}

export function dirtiness(partition: FilePartition, now: number, minLagMs: number, below: number): Dirtiness {
  const { cleanEnd } = partition
  let cleanBytes = 0
  let dirtyBytes = 0
  let dirtySince = Number.POSITIVE_INFINITY
  for (const segment of eligible(partition, now, minLagMs, below)) {
    if (segment.endOffset <= cleanEnd) cleanBytes += segment.bytes
    else {
      dirtyBytes += segment.bytes
      dirtySince = Math.min(dirtySince, segment.createdMs)
    }
  }
  return { cleanBytes, dirtyBytes, dirtySince }
}

/** @throws Damage, DiskError, InvalidBatch, CompressionError: the log is then as it was */
export function compact(partition: FilePartition, options: CompactionOptions): Promise<CompactionResult | null> {
  return new Compaction(partition, options).run()
}

class Compaction {
  private readonly partition: FilePartition
  private readonly options: CompactionOptions
  private readonly made: PartitionSegment[] = []
  private readonly head = new BatchHead()

  constructor(partition: FilePartition, options: CompactionOptions) {
    this.partition = partition
    this.options = options
  }

  async run(): Promise<CompactionResult | null> {
    const { partition, options } = this
    const all = eligible(partition, options.now, options.minLagMs, options.below ?? Number.POSITIVE_INFINITY)
    if (!all.some((one) => one.endOffset > partition.cleanEnd)) return null
    await partition.store.writeUpTo(partition, all[all.length - 1].endOffset)
    const { endOffset } = partition
    const aborted = [...partition.producers.aborted]
    const ranges = new AbortedBatches(aborted)
    const map = await this.mapKeys(all, ranges)
    if (map.endOffset <= partition.cleanEnd) return null
    const sources = all.filter((one) => one.baseOffset < map.endOffset)
    const cleaner = new BatchCleaner({
      map,
      aborted: ranges,
      producers: lastOfProducers(partition),
      endOffset: sources[sources.length - 1].endOffset,
      now: options.now,
      deleteRetentionMs: options.deleteRetentionMs,
    })
    try {
      await this.rewrite(sources, cleaner)
      await this.secure(endOffset)
      if (this.replace(sources, map.endOffset, cleaner)) return this.result(sources, map.endOffset)
    } catch (error) {
      await this.giveUp()
      throw error
    }
    await this.giveUp()
    return null
  }

  /** The keys of what was not compacted before, as far as there is room for them. */
  private async mapKeys(segments: readonly PartitionSegment[], aborted: AbortedBatches): Promise<OffsetMap> {
    const map = new OffsetMap(this.options.mapBytesMax)
    const { cleanEnd } = this.partition
    let hasRoom = true
    for (const segment of segments) {
      if (segment.endOffset <= cleanEnd) continue
      await this.eachStep(segment, async (bytes, end) => {
        for (let at = 0; at < end && hasRoom; at += batchLength(bytes, at)) {
          if (nextOffset(bytes, at) > cleanEnd) hasRoom = noteKeys(bytes, at, map, aborted)
        }
        return hasRoom
      })
      if (!hasRoom) break
      map.endOffset = segment.endOffset
    }
    return map
  }

  private async rewrite(sources: readonly PartitionSegment[], cleaner: BatchCleaner): Promise<void> {
    for (const segment of sources) {
      await this.eachStep(segment, async (bytes, end) => {
        const kept: Uint8Array[] = []
        for (let at = 0; at < end; at += batchLength(bytes, at)) {
          const batch = cleaner.clean(bytes, at)
          if (batch !== null) kept.push(batch)
        }
        await this.write(kept, segment, sources)
        return true
      })
    }
    for (const segment of this.made) await this.complete(segment)
  }

  /** Puts batches behind what was written, in a new segment where the last one has no room. */
  private async write(
    batches: Uint8Array[],
    source: PartitionSegment,
    sources: readonly PartitionSegment[],
  ): Promise<void> {
    for (let first = 0; first < batches.length; ) {
      const segment = this.segmentFor(batches[first], source, sources)
      const position = segment.bytes
      let next = first
      for (; next < batches.length && (next === first || this.fits(segment, batches[next])); next++) {
        segment.note(this.head.read(batches[next], 0), this.partition.options.indexIntervalBytes)
      }
      const parts = batches.slice(first, next)
      await this.use(segment, (file) => file.write(parts, position), position === 0)
      first = next
    }
  }

  private segmentFor(
    batch: Uint8Array,
    source: PartitionSegment,
    sources: readonly PartitionSegment[],
  ): PartitionSegment {
    const last = this.made.at(-1)
    if (last !== undefined && this.fits(last, batch)) return last
    const generation = Math.max(...sources.map((one) => one.generation)) + 1
    const base = last === undefined ? sources[0].baseOffset : this.head.read(batch, 0).baseOffset
    const segment = new PartitionSegment(this.partition.folder, base, generation, source.createdMs)
    this.made.push(segment)
    return segment
  }

  private fits(segment: PartitionSegment, batch: Uint8Array): boolean {
    const { lastOffset, length } = this.head.read(batch, 0)
    const isInRange = lastOffset - segment.baseOffset <= SEGMENT_OFFSETS_MAX
    return isInRange && (segment.bytes === 0 || segment.bytes + length <= this.partition.options.segmentBytes)
  }

  /** Its file and indexes are on disk when it resolves. */
  private async complete(segment: PartitionSegment): Promise<void> {
    segment.seal()
    segment.flushed = segment.synced = segment.bytes
    segment.flushedEnd = segment.endOffset
    await this.partition.store.syncing.writeIndexes(segment)
    await this.use(segment, (file) => file.sync())
  }

  /**
   * What was decided rests on all that the log had then: markers, and the last batches of producers. The journal has it
   * before the section; of a log that is only written, it must be on disk before.
   */
  private async secure(end: number): Promise<void> {
    const { partition } = this
    const { store, folder } = partition
    if (partition.options.durability === 'written') {
      await store.writeUpTo(partition, end)
      for (const segment of partition.segments) {
        if (segment.synced === segment.flushed || segment.removed) continue
        const { flushed } = segment
        await store.background.run(() => this.use(segment, (file) => file.sync()))
        segment.synced = flushed
      }
    }
    for (const names of [store.folder, folder]) await store.disk.syncFolder(names)
  }

  /** In one turn: in memory, and staged for the journal. @returns false if a source is gone meanwhile */
  private replace(sources: readonly PartitionSegment[], cleanEnd: number, cleaner: BatchCleaner): boolean {
    const { partition } = this
    if (partition.deleted || sources.some((one, i) => partition.segments[i] !== one)) return false
    const last = sources[sources.length - 1]
    const replacement = {
      from: sources[0].baseOffset,
      to: last.endOffset,
      cleanEnd,
      segments: this.made.map((one) => one.state(one.bytes, one.endOffset)),
      spent: cleaner.spent.map((one) => one.lastOffset),
    }
    partition.onRemoving(last.endOffset)
    partition.store.journal.stageReplace(partition.id, replacement)
    partition.applyReplacement(replacement, this.made)
    return true
  }

  private result(sources: readonly PartitionSegment[], cleanEnd: number): CompactionResult {
    const sum = (segments: readonly PartitionSegment[]): number => segments.reduce((all, one) => all + one.bytes, 0)
    return { cleanEnd, bytesBefore: sum(sources), bytesAfter: sum(this.made) }
  }

  private async giveUp(): Promise<void> {
    const { files } = this.partition.store
    for (const { logPath, indexPath, timeIndexPath } of this.made) {
      for (const path of [logPath, indexPath, timeIndexPath]) await files.remove(path).catch(() => {})
    }
  }

  /** Reads a segment in steps of whole batches that check, one at a time in the background, until `take` answers false. */
  private async eachStep(
    segment: PartitionSegment,
    take: (bytes: Uint8Array, end: number) => Promise<boolean>,
  ): Promise<void> {
    let wanted = STEP_BYTES
    for (let position = 0; position < segment.flushed; ) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(wanted, segment.flushed - position))
      let goesOn = false
      await this.partition.store.background.run(async () => {
        await this.use(segment, (file) => file.read(bytes, position))
        const end = wholeBatches(segment, bytes, position)
        wanted = end > 0 ? STEP_BYTES : batchLength(bytes, 0)
        goesOn = end === 0 || (await take(bytes, end))
        position += end
      })
      if (!goesOn) return
    }
  }

  private use<T>(segment: PartitionSegment, work: (file: DiskFile) => Promise<T>, create = false): Promise<T> {
    return this.partition.store.files.use(segment.logPath, work, create)
  }
}

/** Where the last batch ends that is whole; 0 if not even the first is. @throws Damage */
function wholeBatches(segment: PartitionSegment, bytes: Uint8Array, position: number): number {
  const isLast = position + bytes.length === segment.flushed
  for (let at = 0; ; at += batchLength(bytes, at)) {
    if (at === bytes.length) return at
    const state = inspectBatch(bytes, at, bytes.length)
    if (state === 'truncated' && !isLast) return at
    if (state !== 'valid')
      throw new Damage(segment.logPath, `the batch at byte ${position + at} does not check: ${state}`)
  }
}

function lastOfProducers(partition: FilePartition): Map<number, LastOfProducer> {
  const producers = new Map<number, LastOfProducer>()
  for (const { producerId, producerEpoch: epoch, batches } of partition.producers.all()) {
    producers.set(producerId, { epoch, lastOffset: batches.at(-1)?.lastOffset ?? null })
  }
  return producers
}
