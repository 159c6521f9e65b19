/**
 * The door to the file system: everything that must survive goes through here, so that a simulated disk can stand in
 * its place and lose what a power cut would lose.
 *
 * One promise per operation, which costs microseconds: callers come here per batch, never per message. Paths are
 * relative to the data directory; '' names the directory itself. Nothing is durable before the `sync` of the file, and
 * no new, renamed or removed name before the `syncFolder` of the folder that holds it.
 */
import fs from 'node:fs'
import path from 'node:path'

/** read: read only · write: existing, read and write · create: new or emptied · dsync: existing, each write durable. */
export type OpenMode = 'read' | 'write' | 'create' | 'dsync'

export interface DiskFile {
  /** Writes all parts, one after the other, from `position`; loops on short writes. On disk only after `sync`, or at
   * once if opened with `dsync`. The parts must not change before it resolves. @throws DiskError */
  write(parts: readonly Uint8Array[], position: number): Promise<void>
  /**
   * The same at once, and in the page cache only: for a few kilobytes that somebody waits for, where handing them to
   * another thread would cost more than the copy. @throws DiskError
   */
  writeNow(parts: readonly Uint8Array[], position: number): void
  /** Fills `into` from `position`; resolves to the bytes read, fewer than asked only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Content and size are on disk when it resolves. @throws DiskError: what was written may then be lost or not. */
  sync(): Promise<void>
  /** Sets the size in bytes; a longer one is filled with zeros. */
  truncate(size: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

/** Plain numbers for metrics. A write through `dsync` counts as a write and as a sync. */
export interface DiskCounters {
  syncs: number
  writes: number
  bytesWritten: number
  bytesRead: number
}

export interface Disk {
  readonly counters: DiskCounters
  open(file: string, mode: OpenMode): Promise<DiskFile>
  /** The names in a folder, sorted; empty if the folder is absent. */
  list(folder: string): Promise<string[]>
  /** Makes the folder and those above it; an existing one is fine. */
  makeFolder(folder: string): Promise<void>
  /** Replaces `to` if it exists. */
  rename(from: string, to: string): Promise<void>
  remove(file: string): Promise<void>
  /** Removes a folder and all in it; an absent one is fine. */
  removeFolder(folder: string): Promise<void>
  exists(entry: string): Promise<boolean>
  /** The names in the folder are on disk when it resolves. */
  syncFolder(folder: string): Promise<void>
  /** Bytes an unprivileged process may still write. */
  freeBytes(): Promise<number>
  totalBytes(): Promise<number>
}

/** The disk refused. `code` is the system's (ENOSPC, EIO, ENOENT …), `path` relative to the data directory. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string
  readonly path: string
  readonly operation: string

  constructor(code: string, file: string, operation: string, cause?: unknown) {
    super(`${operation} '${file}' failed: ${code}${EXPLAINED[code] ?? ''}`, { cause })
    this.code = code
    this.path = file
    this.operation = operation
  }
}

const EXPLAINED: Record<string, string> = {
  ENOSPC: ' (no space left on the device)',
  EDQUOT: ' (disk quota exceeded)',
  EIO: ' (the device reports an input/output error)',
  ENOENT: ' (no such file or folder)',
  EACCES: ' (permission denied)',
  EROFS: ' (the file system is read-only)',
  EMFILE: ' (too many open files: raise the file limit)',
}

/** Space ran out: later it may be there again. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

/** Opens the data directory, making it if absent. @throws DiskError */
export async function openDisk(directory: string): Promise<Disk> {
  const root = path.resolve(directory)
  await settle(root, 'make folder', (done) => fs.mkdir(root, { recursive: true }, (error) => done(error)))
  return new RealDisk(root)
}

type Done<T> = (error: NodeJS.ErrnoException | null, value?: T) => void

function settle<T = void>(file: string, operation: string, start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(new DiskError(error.code ?? 'EUNKNOWN', file, operation, error))
      else resolve(value as T)
    })
  })
}

const { O_RDONLY, O_RDWR, O_CREAT, O_TRUNC } = fs.constants
/** Absent on some systems: a write is then followed by a sync of its own. */
const O_DSYNC: number | undefined = fs.constants.O_DSYNC
const FLAGS: Record<OpenMode, number> = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT | O_TRUNC,
  dsync: O_RDWR | (O_DSYNC ?? 0),
}

class RealDisk implements Disk {
  readonly counters: DiskCounters = { syncs: 0, writes: 0, bytesWritten: 0, bytesRead: 0 }
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async open(file: string, mode: OpenMode): Promise<DiskFile> {
    const fd = await settle<number>(file, 'open', (done) => fs.open(this.#full(file), FLAGS[mode], 0o640, done))
    return new RealFile(fd, file, mode === 'dsync', this.counters)
  }

  async list(folder: string): Promise<string[]> {
    try {
      const names = await settle<string[]>(folder, 'list', (done) => fs.readdir(this.#full(folder), done))
      return names.sort()
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return []
      throw error
    }
  }

  makeFolder(folder: string): Promise<void> {
    return settle(folder, 'make folder', (done) =>
      fs.mkdir(this.#full(folder), { recursive: true, mode: 0o750 }, (error) => done(error)),
    )
  }

  rename(from: string, to: string): Promise<void> {
    return settle(from, 'rename', (done) => fs.rename(this.#full(from), this.#full(to), done))
  }

  remove(file: string): Promise<void> {
    return settle(file, 'remove', (done) => fs.unlink(this.#full(file), done))
  }

  removeFolder(folder: string): Promise<void> {
    return settle(folder, 'remove folder', (done) =>
      fs.rm(this.#full(folder), { recursive: true, force: true }, (error) => done(error)),
    )
  }

  async exists(entry: string): Promise<boolean> {
    try {
      await settle(entry, 'stat', (done) => fs.stat(this.#full(entry), (error) => done(error)))
      return true
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return false
      throw error
    }
  }

  async syncFolder(folder: string): Promise<void> {
    const fd = await settle<number>(folder, 'open', (done) => fs.open(this.#full(folder), O_RDONLY, done))
    try {
      await settle(folder, 'sync', (done) => fs.fsync(fd, done))
      this.counters.syncs++
    } finally {
      await settle(folder, 'close', (done) => fs.close(fd, done))
    }
  }

  async freeBytes(): Promise<number> {
    const stats = await this.#statfs()
    return stats.bavail * stats.bsize
  }

  async totalBytes(): Promise<number> {
    const stats = await this.#statfs()
    return stats.blocks * stats.bsize
  }

  #statfs(): Promise<fs.StatsFs> {
    return settle<fs.StatsFs>('', 'stat', (done) => fs.statfs(this.#root, done))
  }

  #full(entry: string): string {
    return path.join(this.#root, entry)
  }
}

class RealFile implements DiskFile {
  readonly #fd: number
  readonly #path: string
  readonly #dsync: boolean
  readonly #counters: DiskCounters

  constructor(fd: number, file: string, dsync: boolean, counters: DiskCounters) {
    this.#fd = fd
    this.#path = file
    this.#dsync = dsync
    this.#counters = counters
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    let left = parts
    let at = position
    while (left.length > 0) {
      const now = left
      const from = at
      const written = await settle<number>(this.#path, 'write', (done) =>
        now.length === 1
          ? fs.write(this.#fd, now[0], 0, now[0].length, from, done)
          : fs.writev(this.#fd, now as Uint8Array[], from, done),
      )
      this.#counters.bytesWritten += written
      at += written
      left = remainder(now, written)
    }
    this.#counters.writes++
    if (!this.#dsync) return
    if (O_DSYNC === undefined) await this.sync()
    else this.#counters.syncs++
  }

  writeNow(parts: readonly Uint8Array[], position: number): void {
    let left = parts
    let at = position
    try {
      while (left.length > 0) {
        const written =
          left.length === 1
            ? fs.writeSync(this.#fd, left[0], 0, left[0].length, at)
            : fs.writevSync(this.#fd, left as Uint8Array[], at)
        at += written
        left = remainder(left, written)
      }
    } catch (error) {
      throw new DiskError((error as NodeJS.ErrnoException).code ?? 'EUNKNOWN', this.#path, 'write', error)
    } finally {
      this.#counters.bytesWritten += at - position
    }
    this.#counters.writes++
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let total = 0
    while (total < into.length) {
      const from = total
      const count = await settle<number>(this.#path, 'read', (done) =>
        fs.read(this.#fd, into, from, into.length - from, position + from, done),
      )
      if (count === 0) break
      total += count
    }
    this.#counters.bytesRead += total
    return total
  }

  async sync(): Promise<void> {
    await settle(this.#path, 'sync', (done) => fs.fdatasync(this.#fd, done))
    this.#counters.syncs++
  }

  truncate(size: number): Promise<void> {
    return settle(this.#path, 'truncate', (done) => fs.ftruncate(this.#fd, size, done))
  }

  async size(): Promise<number> {
    const stats = await settle<fs.Stats>(this.#path, 'stat', (done) => fs.fstat(this.#fd, done))
    return stats.size
  }

  close(): Promise<void> {
    return settle(this.#path, 'close', (done) => fs.close(this.#fd, done))
  }
}

/** What a short write left over; empty parts are dropped, so that a loop over it ends. */
function remainder(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written
  const left: Uint8Array[] = []
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length
    else {
      left.push(skip > 0 ? part.subarray(skip) : part)
      skip = 0
    }
  }
  return left
}
