/**
 * Open segment files, the least recently used closed first, so that thousands of queues do not need thousands of
 * descriptors. One handle per file serves reads and writes.
 */
import type { Disk, DiskFile } from '../base/disk.ts'

const OPEN_MAX = 64

interface Opened {
  file: Promise<DiskFile>
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
  private readonly opened = new Map<string, Opened>()

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

  private async work<T>(path: string, work: (file: DiskFile) => Promise<T>, create: boolean): Promise<T> {
    let entry = this.opened.get(path)
    if (entry === undefined) {
      entry = { file: this.disk.open(path, create ? 'create' : 'write'), users: 0, closing: false }
    } else this.opened.delete(path)
    this.opened.set(path, entry)
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
    for (const path of [...this.opened.keys()]) await this.close(path)
  }

  private async fileOf(path: string, entry: Opened): Promise<DiskFile> {
    try {
      return await entry.file
    } catch (error) {
      if (this.opened.get(path) === entry) this.opened.delete(path)
      entry.closing = false
      throw error
    }
  }

  private async close(path: string): Promise<void> {
    const entry = this.opened.get(path)
    if (entry === undefined) return
    this.opened.delete(path)
    entry.closing = true
    if (entry.users === 0) await (await entry.file).close()
  }

  private async closeOld(): Promise<void> {
    if (this.opened.size <= this.openMax) return
    for (const [path, entry] of this.opened) {
      if (entry.users > 0) continue
      await this.close(path)
      if (this.opened.size <= this.openMax) return
    }
  }
}
