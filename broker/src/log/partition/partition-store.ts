/**
 * The partition logs of one shard on the disk: who writes next, which files wait for a sync, and what may stay in memory.
 * Batches go to their segments soon after they came, several logs at a time, each log in its order; those that were
 * written stay readable in memory while there is room for them. Trade: a synced log writes its bytes twice, to the
 * journal at once and to the segment in large pieces, and needs no sync of its own for it.
 */
import type { Clock } from '../../base/clock.ts'
import { type Disk, type DiskFile, isDiskFull } from '../../base/disk.ts'
import { Lender, type Loan } from '../../base/loan.ts'
import { type Turn, TurnPhase, type TurnTask } from '../../base/turn.ts'
import type { Background } from '../background.ts'
import { OpenFiles } from '../open-files.ts'
import type { Rounds } from '../rounds.ts'
import { SLACK_BYTES } from './cold-read.ts'
import type { FilePartition, Run } from './file-partition.ts'
import type { PartitionSegment } from './partition-segment.ts'
import type { Replacement } from './partition-state.ts'
import type { OpenTransaction } from './producers.ts'
import type { SegmentIndex } from './segment-index.ts'

const WRITERS_MAX = 4
const OPEN_FILES_MAX = 2048
/** Written batches that readers at the end of a log find in memory, all logs together. */
const RECENT_BYTES_MAX = 16 << 20
/** A synced log gathers so much before it writes; all together so much. */
const GATHERED_BYTES = 1 << 20
const GATHERED_BYTES_MAX = 48 << 20
/** More than this unwritten makes producers wait. */
const LAGGING_BYTES = 96 << 20
/** Complete segments with their index in memory. */
const INDEXES_MAX = 64
/** So much is written within the turn, where the file is open. */
const WRITE_NOW_BYTES_MAX = 128 << 10
/** What readers of files ask for, one record by another or many, and what stands between an index entry and the batch wanted. */
const SMALL_PIECE_BYTES = (256 << 10) + SLACK_BYTES
const READ_PIECE_BYTES = (1 << 20) + SLACK_BYTES
/** Pieces for readers that are kept while nobody reads. */
const SMALL_PIECES_MAX = 16
const READ_PIECES_MAX = 4
const SPACE_RETRY_MS = 1000

/** What a partition's log asks of its shard. */
export interface PartitionJournal {
  readonly rounds: Rounds
  readonly epoch: number
  /** Stages batches for the open round. */
  stageBatches(logId: number, bytes: Uint8Array): void
  /** With the transactions that reach over it. */
  stageStart(logId: number, offset: number, over: readonly OpenTransaction[]): void
  stageReplace(logId: number, replacement: Replacement): void
}

export interface PartitionStoreOptions {
  disk: Disk
  clock: Clock
  turn: Turn
  folder: string
  journal: PartitionJournal
  background: Background
  /** `lagging` may have changed, and what was written since the last checkpoint. */
  onChange: () => void
  onFatal: (error: Error) => void
}

export class PartitionStore implements TurnTask {
  scheduled = false
  readonly folder: string
  readonly files: OpenFiles
  readonly disk: Disk
  readonly clock: Clock
  readonly journal: PartitionJournal
  readonly background: Background
  private readonly smallPieces = new Lender(SMALL_PIECE_BYTES, SMALL_PIECES_MAX)
  private readonly readPieces = new Lender(READ_PIECE_BYTES, READ_PIECES_MAX)
  readonly partitions = new Map<number, FilePartition>()
  /** Open ones: no file is removed meanwhile. */
  snapshots = 0
  bytesWritten = 0
  /** Written since the last checkpoint began: a start reads that much again. */
  sinceCheckpoint = 0
  private readonly options: PartitionStoreOptions
  /** Logs with something to write, in the order they came. */
  private readonly due = new Set<FilePartition>()
  private writers = 0
  /** Who waits for all logs to be written. */
  private drains = 0
  /** Logs that wait for a round. */
  private awaiting = new Set<FilePartition>()
  private unsynced = new Set<PartitionSegment>()
  /** With names that are not on disk yet. */
  private readonly newFolders = new Set<string>()
  private unwritten = 0
  private gathered = 0
  /** Whose oldest batch in memory is the next to be let go, one entry per written run. */
  private recent: { partition: FilePartition; bytes: number }[] = []
  private recentFrom = 0
  private recentBytes = 0
  private idleWaiters: (() => void)[] = []
  private doomed: { paths: string[]; round: number }[] = []
  private stopped = false
  /** Why nothing can be written until there is space. */
  private full: Error | null = null
  /** Complete segments whose indexes were loaded, in the order of that. */
  private readonly indexed: PartitionSegment[] = []

  constructor(options: PartitionStoreOptions) {
    this.options = options
    this.disk = options.disk
    this.clock = options.clock
    this.journal = options.journal
    this.background = options.background
    this.folder = options.folder
    this.files = new OpenFiles(options.disk, OPEN_FILES_MAX)
  }

  create(): Promise<void> {
    return this.disk.makeFolder(this.folder)
  }

  get lagging(): boolean {
    return this.unwritten > LAGGING_BYTES || this.full !== null
  }

  /** Batches came in: `direct` ones are written with this turn, others when enough is gathered. */
  appended(partition: FilePartition, bytes: number, direct: boolean): void {
    this.unwritten += bytes
    if (direct) this.schedule(partition)
    else {
      this.awaiting.add(partition)
      this.gathered += bytes
    }
    if (this.unwritten > LAGGING_BYTES) this.options.onChange()
  }

  /** A round became durable: high watermarks move, and what was gathered may be written. */
  durable(): void {
    if (this.awaiting.size === 0) return
    const { durable } = this.journal.rounds
    for (const partition of this.awaiting) {
      partition.advance(durable)
      if (partition.hasDirect || partition.writable >= GATHERED_BYTES) this.schedule(partition)
      if (!partition.awaitsRound) this.awaiting.delete(partition)
    }
    // Also those that nobody appends to any more.
    if (this.gathered <= GATHERED_BYTES_MAX || this.due.size > 0) return
    for (const partition of this.partitions.values()) if (partition.writable > 0) this.schedule(partition)
  }

  schedule(partition: FilePartition): void {
    this.due.add(partition)
    this.options.turn.schedule(TurnPhase.seal, this)
  }

  runTurn(): void {
    for (const partition of this.due) {
      if (this.writers >= WRITERS_MAX || this.stopped || this.full !== null) return
      if (partition.writing) continue
      this.due.delete(partition)
      this.startWriting(partition)
    }
  }

  private startWriting(partition: FilePartition): void {
    const run = partition.nextRun()
    if (run === null) {
      this.tellIdle()
      return
    }
    const { segment } = run
    const create = segment.flushed === 0
    const file = run.bytes <= WRITE_NOW_BYTES_MAX && run.gathered === 0 ? this.files.opened(segment.logPath) : null
    if (file !== null) {
      this.writeNow(partition, run, file)
      return
    }
    this.writers++
    partition.writing = true
    this.prepared(partition, create)
      .then(() => this.files.use(segment.logPath, (file) => file.write(run.parts, run.position), create))
      .then(
        () => {
          this.writers--
          partition.writing = false
          if (create) this.newFolders.add(partition.folder)
          this.wrote(partition, run)
          this.writeOn(partition)
          this.runTurn()
          this.tellIdle()
          this.options.onChange()
        },
        (error) => this.failed(partition, error),
      )
  }

  private writeNow(partition: FilePartition, run: Run, file: DiskFile): void {
    try {
      file.writeNow(run.parts, run.position)
    } catch (error) {
      this.writers++
      this.failed(partition, error as Error)
      return
    }
    this.wrote(partition, run)
    this.writeOn(partition)
    this.tellIdle()
    this.options.onChange()
  }

  private writeOn(partition: FilePartition): void {
    if (partition.hasDirect || (this.drains > 0 && partition.writable > 0)) this.due.add(partition)
  }

  private wrote(partition: FilePartition, run: Run): void {
    this.bytesWritten += run.bytes
    this.sinceCheckpoint += run.bytes
    if (!partition.deleted) {
      this.unwritten -= run.bytes
      this.gathered -= run.gathered
    }
    this.unsynced.add(run.segment)
    partition.written(run)
    this.keepRecent(partition, run.bytes)
  }

  private failed(partition: FilePartition, error: Error): void {
    this.writers--
    partition.writing = false
    if (!partition.deleted) this.due.add(partition)
    // Of what is deleted the folder may be gone.
    if (partition.deleted && !isDiskFull(error)) {
      this.runTurn()
      this.tellIdle()
    } else if (this.stopped) this.tellIdle()
    else if (!isDiskFull(error)) {
      this.stopped = true
      this.tellIdle()
      this.options.onFatal(error)
    } else {
      this.full = error
      this.tellIdle()
      this.options.onChange()
      this.clock.setTimer(SPACE_RETRY_MS, () => {
        this.full = null
        this.options.turn.schedule(TurnPhase.seal, this)
      })
    }
  }

  private async prepared(partition: FilePartition, create: boolean): Promise<void> {
    if (!create || partition.hasFolder) return
    await this.disk.makeFolder(partition.folder)
    partition.hasFolder = true
    this.newFolders.add(this.folder)
  }

  private keepRecent(partition: FilePartition, bytes: number): void {
    if (partition.deleted) return
    this.recent.push({ partition, bytes })
    this.recentBytes += bytes
    while (this.recentBytes > RECENT_BYTES_MAX) {
      const oldest = this.recent[this.recentFrom++]
      oldest.partition.forgetOldestRun()
      this.recentBytes -= oldest.bytes
    }
    if (this.recentFrom > 4096) {
      this.recent = this.recent.slice(this.recentFrom)
      this.recentFrom = 0
    }
  }

  /** Memory for bytes on their way from a file to a reader, who may be slow: not much more than it asks for. */
  lend(bytes: number): Loan {
    return (bytes <= SMALL_PIECE_BYTES ? this.smallPieces : this.readPieces).lend(bytes)
  }

  /** Writes what the journal gave back, if it is much: for recovery, which has no rounds. */
  async settleDown(): Promise<void> {
    if (this.unwritten >= GATHERED_BYTES_MAX / 2) await this.flush()
  }

  /** What a killed process wrote may be in the page cache only. */
  noteUnsynced(partition: FilePartition, segment: PartitionSegment): void {
    this.unsynced.add(segment)
    this.newFolders.add(this.folder)
    this.newFolders.add(partition.folder)
  }

  /** Keeps the index of a complete segment in memory while it is in use. */
  keepIndex(segment: PartitionSegment, index: SegmentIndex): void {
    segment.index = index
    segment.indexedOffsets = index.count
    segment.indexedTimes = index.timeCount
    this.indexed.push(segment)
    if (this.indexed.length > INDEXES_MAX) this.indexed.shift()!.index = null
  }

  /**
   * All that may be written at this moment is, when it resolves: what is in durable rounds, and what came for `written`
   * logs behind that. What comes meanwhile does not make it longer. @throws DiskError when the disk is full
   */
  async flush(): Promise<void> {
    const ends = new Map<FilePartition, number>()
    for (const partition of this.partitions.values()) {
      if (partition.writable > 0) ends.set(partition, partition.writableEnd)
    }
    for (const partition of ends.keys()) this.due.add(partition)
    this.drains++
    try {
      this.runTurn()
      for (const [partition, end] of ends) await this.writeUpTo(partition, end)
    } finally {
      this.drains--
    }
  }

  /** For a clean stop: also what was promised to be written only is on disk when it resolves. @throws DiskError */
  async settleForGood(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.sync()
    }
  }

  /** What is below the offset, and may be written, stands in its files when it resolves. @throws DiskError when the disk is full */
  async writeUpTo(partition: FilePartition, end: number): Promise<void> {
    while (!partition.deleted && !this.stopped && (partition.tail.nextUnwritten?.base ?? end) < end) {
      if (this.full !== null) throw this.full
      this.schedule(partition)
      await new Promise<void>((resolve) => this.idleWaiters.push(resolve))
    }
  }

  private tellIdle(): void {
    if (this.idleWaiters.length === 0) return
    const waiters = this.idleWaiters
    this.idleWaiters = []
    for (const resolve of waiters) resolve()
  }

  /** All that was written so far is on disk when it resolves, with the indexes of complete segments. */
  async sync(): Promise<void> {
    let failure: unknown = null
    for (const segment of [...this.unsynced]) {
      await this.syncSegment(segment).catch((error) => {
        if (!segment.removed) failure ??= error
      })
    }
    const folders = [...this.newFolders]
    this.newFolders.clear()
    for (const folder of folders) if (await this.disk.exists(folder)) await this.disk.syncFolder(folder)
    // One index for which there is no room keeps no other log from the disk.
    if (failure !== null) throw failure
  }

  private async syncSegment(segment: PartitionSegment): Promise<void> {
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
    await writeEntries(this.files, segment.indexPath, offsets, segment.indexedOffsets * 8)
    await writeEntries(this.files, segment.timeIndexPath, times, segment.indexedTimes * 12)
    segment.indexedOffsets = offsetCount
    segment.indexedTimes = timeCount
    const isWhole = index.count === offsetCount && index.timeCount === timeCount
    if (segment.sealed && segment.isComplete && isWhole) segment.index = null
  }

  /** Removes files once everything staged now is durable. */
  doom(paths: string[]): void {
    this.doomed.push({ paths, round: this.journal.rounds.open })
  }

  get hasRemovable(): boolean {
    return this.snapshots === 0 && this.doomed.length > 0 && this.doomed[0].round <= this.journal.rounds.durable
  }

  async removeDoomed(sync: () => Promise<void>): Promise<void> {
    const { durable } = this.journal.rounds
    await sync()
    while (this.doomed.length > 0 && this.doomed[0].round <= durable) {
      for (const path of this.doomed.shift()!.paths) await this.remove(path)
    }
  }

  /** A file, or a folder with all in it. */
  private async remove(path: string): Promise<void> {
    if (path.includes('.', path.lastIndexOf('/')) && /\.(log|index|timeindex)$/.test(path)) {
      await this.files.remove(path)
      return
    }
    for (const name of await this.disk.list(path)) await this.files.remove(`${path}/${name}`)
    await this.disk.removeFolder(path)
  }

  forget(partition: FilePartition, unwritten: number, gathered: number): void {
    this.unwritten -= unwritten
    this.gathered -= gathered
    this.due.delete(partition)
    this.awaiting.delete(partition)
    this.partitions.delete(partition.id)
  }

  async close(): Promise<void> {
    this.stopped = true
    while (this.writers > 0) await new Promise<void>((resolve) => this.idleWaiters.push(resolve))
    await this.files.closeAll()
  }
}

async function writeEntries(files: OpenFiles, path: string, bytes: Buffer, position: number): Promise<void> {
  if (bytes.length > 0 || position === 0) await files.use(path, (file) => file.write([bytes], position), position === 0)
}
