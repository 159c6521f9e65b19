/**
 * The partition logs of one shard on the disk, and who of them writes next. Batches go to their segments soon after they
 * came, several logs at a time, each log in its order. Trade: a synced log writes its bytes twice, to the journal at once
 * and to the segment in large pieces, and needs no sync of its own for it.
 */
import type { Clock } from '../../base/clock.ts'
import { type Disk, type DiskFile, isDiskFull } from '../../base/disk.ts'
import { type Turn, TurnPhase, type TurnTask } from '../../base/turn.ts'
import type { Background } from '../background.ts'
import { DoomedFiles } from '../doomed-files.ts'
import { OpenFiles } from '../open-files.ts'
import type { Rounds } from '../rounds.ts'
import type { FilePartition } from './file-partition.ts'
import type { PartitionSegment } from './partition-segment.ts'
import type { Replacement } from './partition-state.ts'
import type { OpenTransaction } from './producers.ts'
import { ReaderMemory } from './reader-memory.ts'
import { SegmentSync } from './segment-sync.ts'
import type { Run } from './tail.ts'

const WRITERS_MAX = 4
const OPEN_FILES_MAX = 2048
/** A synced log gathers so much before it writes; all together so much. */
const GATHERED_BYTES = 1 << 20
const GATHERED_BYTES_MAX = 48 << 20
/** More than this unwritten makes producers wait. */
const LAGGING_BYTES = 96 << 20
/** So much is written within the turn, where the file is open. */
const WRITE_NOW_BYTES_MAX = 128 << 10
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
  readonly memory = new ReaderMemory()
  readonly syncing: SegmentSync
  readonly partitions = new Map<number, FilePartition>()
  /** Open ones: no file is removed meanwhile. */
  snapshots = 0
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
  private unwritten = 0
  private gathered = 0
  private idleWaiters: (() => void)[] = []
  private readonly doomed: DoomedFiles<string[]>
  private stopped = false
  /** Why nothing can be written until there is space. */
  private full: Error | null = null

  constructor(options: PartitionStoreOptions) {
    this.options = options
    this.disk = options.disk
    this.clock = options.clock
    this.journal = options.journal
    this.background = options.background
    this.folder = options.folder
    this.files = new OpenFiles(options.disk, OPEN_FILES_MAX)
    this.syncing = new SegmentSync(options.disk, this.files)
    this.doomed = new DoomedFiles(options.journal.rounds, (paths) => this.remove(paths))
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
          if (create) this.syncing.noteName(partition.folder)
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
    this.sinceCheckpoint += run.bytes
    if (!partition.deleted) {
      this.unwritten -= run.bytes
      this.gathered -= run.gathered
    }
    this.syncing.noteWritten(run.segment)
    partition.written(run)
    if (!partition.deleted) this.memory.keepRun(partition, run.bytes)
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
    this.syncing.noteName(this.folder)
  }

  /** Writes what the journal gave back, if it is much: for recovery, which has no rounds. */
  async settleDown(): Promise<void> {
    if (this.unwritten >= GATHERED_BYTES_MAX / 2) await this.flush()
  }

  /** What a killed process wrote may be in the page cache only. */
  noteUnsynced(partition: FilePartition, segment: PartitionSegment): void {
    this.syncing.noteWritten(segment)
    this.syncing.noteName(this.folder)
    this.syncing.noteName(partition.folder)
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
      await this.syncing.run()
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

  /** Removes files once everything staged now is durable. */
  doom(paths: string[]): void {
    this.doomed.add(paths)
  }

  get hasRemovable(): boolean {
    return this.snapshots === 0 && this.doomed.areDue
  }

  async removeDoomed(sync: () => Promise<void>): Promise<void> {
    // What was opened since it was asked for may need what was doomed since.
    if (this.snapshots === 0) await this.doomed.removeDue(sync)
  }

  /** Files, or a folder with all in it. */
  private async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      if (path.includes('.', path.lastIndexOf('/')) && /\.(log|index|timeindex)$/.test(path)) {
        await this.files.remove(path)
        continue
      }
      for (const name of await this.disk.list(path)) await this.files.remove(`${path}/${name}`)
      await this.disk.removeFolder(path)
    }
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
