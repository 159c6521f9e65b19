/**
 * The segments of one shard: where their files lie, which of them wait for a sync, and which wait to be removed until
 * the settles that emptied them are durable. Files of transient messages lie in a folder of their own that every start
 * wipes.
 */
import type { Disk } from '../base/disk.ts'
import { DoomedFiles } from './doomed-files.ts'
import type { Ledger } from './ledger.ts'
import { OpenFiles } from './open-files.ts'
import type { ReadCache } from './read-cache.ts'
import type { Rounds } from './rounds.ts'
import { Segment, type SegmentState } from './segment.ts'

export class SegmentStore {
  /** Bytes written to segments, in all. */
  bytesWritten = 0
  readonly rounds: Rounds
  readonly segmentBytesMax: number
  readonly cache: ReadCache
  private readonly disk: Disk
  private readonly files: OpenFiles
  readonly folder: string
  private readonly scratchFolder: string
  private unsynced = new Set<Segment>()
  private namesUnsynced = false
  /** Segments whose bytes are not exact, with the ledgers of their logs. */
  private readonly inexact = new Map<Segment, Ledger>()
  /** Called when there are some. */
  onInexact: () => void = () => {}
  private readonly doomed: DoomedFiles<Segment>

  constructor(disk: Disk, shardFolder: string, rounds: Rounds, cache: ReadCache, segmentBytesMax = 8 << 20) {
    this.cache = cache
    this.segmentBytesMax = segmentBytesMax
    this.disk = disk
    this.rounds = rounds
    this.files = new OpenFiles(disk)
    this.doomed = new DoomedFiles(rounds, async ({ length, path }) => {
      if (length > 0) await this.files.remove(path)
    })
    this.folder = `${shardFolder}/segments`
    this.scratchFolder = `${shardFolder}/scratch`
  }

  /** Makes the folders of a new store. */
  async create(): Promise<void> {
    await this.disk.makeFolder(this.folder)
    await this.disk.makeFolder(this.scratchFolder)
  }

  /** Removes what no start may find again. */
  async wipeScratch(): Promise<void> {
    await this.disk.removeFolder(this.scratchFolder)
    await this.disk.makeFolder(this.scratchFolder)
  }

  segment(logId: number, scratch: boolean, state: SegmentState): Segment {
    const name = `${logId}-${String(state.base).padStart(20, '0')}.log`
    return new Segment(this.files, `${scratch ? this.scratchFolder : this.folder}/${name}`, state)
  }

  async append(segment: Segment, batches: readonly Uint8Array[], durable: boolean): Promise<void> {
    const before = segment.length
    if (before === 0) this.namesUnsynced ||= durable
    await segment.append(batches)
    this.bytesWritten += segment.length - before
    if (durable) this.unsynced.add(segment)
  }

  /** Everything appended so far is on disk when it resolves. */
  async sync(): Promise<void> {
    const segments = this.unsynced
    this.unsynced = new Set()
    for (const segment of segments) if (!segment.removed) await segment.sync()
    if (!this.namesUnsynced) return
    this.namesUnsynced = false
    await this.disk.syncFolder(this.folder)
  }

  /** Removes the segment's file once everything staged now is durable. */
  doom(segment: Segment, durable: boolean): void {
    segment.removed = true
    this.unsynced.delete(segment)
    if (durable) this.doomed.add(segment)
    else this.doomed.add(segment, 0)
  }

  noteInexact(segment: Segment, ledger: Ledger): void {
    if (this.inexact.size === 0) this.onInexact()
    this.inexact.set(segment, ledger)
  }

  /** Reads what is needed to be exact again. A file that cannot be read stays as it is: its readers will hear of it. */
  async measure(): Promise<void> {
    const segments = [...this.inexact]
    this.inexact.clear()
    for (const [segment, ledger] of segments) if (!segment.removed) await segment.measure(ledger).catch(() => {})
  }

  get hasRemovable(): boolean {
    return this.doomed.areDue
  }

  /** @param sync makes what is durable by its round so on disk too */
  removeDoomed(sync: () => Promise<void>): Promise<void> {
    return this.doomed.removeDue(sync)
  }

  /** The files of durable segments that stand on disk, with their sizes. */
  async onDisk(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>()
    for (const name of await this.disk.list(this.folder)) {
      const path = `${this.folder}/${name}`
      sizes.set(path, await this.files.use(path, (file) => file.size()))
    }
    return sizes
  }

  async truncate(path: string, length: number): Promise<void> {
    await this.files.use(path, (file) => file.truncate(length))
  }

  async remove(path: string): Promise<void> {
    await this.files.remove(path)
  }

  close(): Promise<void> {
    return this.files.closeAll()
  }
}
