/**
 * Which segments of partitions, and which folders with names in them, were written and are not on disk yet. With the sync
 * of a segment its index files are brought up to date, which need none: what does not check of them is made again.
 */
import type { Disk } from '../../base/disk.ts'
import type { OpenFiles } from '../open-files.ts'
import type { PartitionSegment } from './partition-segment.ts'

export class SegmentSync {
  private readonly disk: Disk
  private readonly files: OpenFiles
  private readonly unsynced = new Set<PartitionSegment>()
  /** With names that are not on disk yet. */
  private readonly folders = new Set<string>()

  constructor(disk: Disk, files: OpenFiles) {
    this.disk = disk
    this.files = files
  }

  noteWritten(segment: PartitionSegment): void {
    this.unsynced.add(segment)
  }

  /** There is a new name in the folder. */
  noteName(folder: string): void {
    this.folders.add(folder)
  }

  /** All that was written so far is on disk when it resolves, with the indexes of complete segments. */
  async run(): Promise<void> {
    let failure: unknown = null
    for (const segment of [...this.unsynced]) {
      await this.sync(segment).catch((error) => {
        if (!segment.removed) failure ??= error
      })
    }
    const folders = [...this.folders]
    this.folders.clear()
    for (const folder of folders) if (await this.disk.exists(folder)) await this.disk.syncFolder(folder)
    // One index for which there is no room keeps no other log from the disk.
    if (failure !== null) throw failure
  }

  private async sync(segment: PartitionSegment): Promise<void> {
    const { flushed } = segment
    if (!segment.removed) {
      await this.files.use(segment.logPath, (file) => file.sync())
      await this.writeIndexes(segment)
    }
    segment.synced = flushed
    if (segment.removed || segment.flushed === flushed) this.unsynced.delete(segment)
  }

  /** Brings the index files up to what is in memory; a complete segment then needs no index in memory. */
  async writeIndexes(segment: PartitionSegment): Promise<void> {
    const { index } = segment
    if (index === null) return
    const offsets = index.encodeOffsets(segment.indexedOffsets)
    const times = index.encodeTimes(segment.indexedTimes)
    const [offsetCount, timeCount] = [index.count, index.timeCount]
    await this.writeEntries(segment.indexPath, offsets, segment.indexedOffsets * 8)
    await this.writeEntries(segment.timeIndexPath, times, segment.indexedTimes * 12)
    segment.indexedOffsets = offsetCount
    segment.indexedTimes = timeCount
    const isWhole = index.count === offsetCount && index.timeCount === timeCount
    if (segment.sealed && segment.isComplete && isWhole) segment.index = null
  }

  private async writeEntries(path: string, bytes: Buffer, position: number): Promise<void> {
    if (bytes.length === 0 && position > 0) return
    await this.files.use(path, (file) => file.write([bytes], position), position === 0)
  }
}
