/**
 * Open segment files, the least recently used closed first, so that thousands of queues do not need thousands of
 * descriptors. One handle per file serves reads and writes.
 */
import type { Disk, DiskFile } from '../base/disk.ts'

const OPEN_MAX = 64

interface Opened {
  file: Promise<DiskFile>
  /** Once it is open. */
  ready: DiskFile | null
  users: number
  /** To be closed by its last user. */
  closing: boolean
}

export class OpenFiles {
  private readonly disk: Disk
  private readonly openMax: number
  private readonly underWay = new Set<Promise<unknown>>()
  private closed = false
  /** In order of last use. */
  private readonly openedFiles = new Map<string, Opened>()

  constructor(disk: Disk, openMax = OPEN_MAX) {
    this.disk = disk
    this.openMax = openMax
  }

  /** Runs `work` on the open file. `create` empties it or makes it. */
  use<T>(path: string, work: (file: DiskFile) => Promise<T>, create = false): Promise<T> {
    if (this.closed) return Promise.reject(new Error(`the store is closed: ${path}`))
    const done = this.work(path, work, create)
    this.underWay.add(done)
    const forget = (): boolean => this.underWay.delete(done)
    done.then(forget, forget)
    return done
  }

  /** The file if it is open, for use within this call. */
  opened(path: string): DiskFile | null {
    const entry = this.closed ? undefined : this.openedFiles.get(path)
    return entry === undefined || entry.closing ? null : entry.ready
  }

  private async work<T>(path: string, work: (file: DiskFile) => Promise<T>, create: boolean): Promise<T> {
    let entry = this.openedFiles.get(path)
    if (entry === undefined) {
      entry = { file: this.disk.open(path, create ? 'create' : 'write'), ready: null, users: 0, closing: false }
    } else this.openedFiles.delete(path)
    this.openedFiles.set(path, entry)
    entry.users++
    try {
      return await work(await this.fileOf(path, entry))
    } finally {
      entry.users--
      if (entry.closing && entry.users === 0) await (await entry.file).close()
      await this.closeOld()
    }
  }

  /** Closes the file and removes it from the disk; one that is not there is fine. */
  async remove(path: string): Promise<void> {
    await this.close(path)
    if (await this.disk.exists(path)) await this.disk.remove(path)
  }

  /** Waits for what is under way; nothing begins any more. */
  async closeAll(): Promise<void> {
    this.closed = true
    await Promise.allSettled(this.underWay)
    for (const path of [...this.openedFiles.keys()]) await this.close(path)
  }

  private async fileOf(path: string, entry: Opened): Promise<DiskFile> {
    try {
      entry.ready = await entry.file
      return entry.ready
    } catch (error) {
      if (this.openedFiles.get(path) === entry) this.openedFiles.delete(path)
      entry.closing = false
      throw error
    }
  }

  private async close(path: string): Promise<void> {
    const entry = this.openedFiles.get(path)
    if (entry === undefined) return
    this.openedFiles.delete(path)
    entry.closing = true
    if (entry.users === 0) await (await entry.file).close()
  }

  private async closeOld(): Promise<void> {
    if (this.openedFiles.size <= this.openMax) return
    for (const [path, entry] of this.openedFiles) {
      if (entry.users > 0) continue
      await this.close(path)
      if (this.openedFiles.size <= this.openMax) return
    }
  }
}
