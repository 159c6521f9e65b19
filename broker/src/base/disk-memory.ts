/**
 * A disk without a disk, for a broker that lives in a test and keeps nothing. Removed and cut content is freed at once.
 */
import { type Disk, type DiskCounters, DiskError, type DiskFile, type OpenMode } from './disk.ts'
import { Pages } from './pages.ts'

const TOTAL_BYTES = 2 ** 40

export class MemoryDisk implements Disk {
  readonly counters: DiskCounters = { syncs: 0, writes: 0, bytesWritten: 0, bytesRead: 0 }
  readonly #files = new Map<string, Pages>()

  async open(file: string, mode: OpenMode): Promise<DiskFile> {
    let content = this.#files.get(file)
    if (mode === 'create') {
      content ??= new Pages()
      content.truncate(0)
      this.#files.set(file, content)
    }
    if (content === undefined) throw new DiskError('ENOENT', file, 'open')
    return new MemoryFile(content, mode === 'dsync', this.counters)
  }

  async list(folder: string): Promise<string[]> {
    return namesIn(folder, this.#files.keys())
  }

  async makeFolder(): Promise<void> {}

  async rename(from: string, to: string): Promise<void> {
    const content = this.#files.get(from)
    if (content === undefined) throw new DiskError('ENOENT', from, 'rename')
    this.#files.delete(from)
    this.#files.set(to, content)
  }

  async remove(file: string): Promise<void> {
    if (!this.#files.delete(file)) throw new DiskError('ENOENT', file, 'remove')
  }

  async removeFolder(folder: string): Promise<void> {
    for (const file of this.#files.keys()) if (file.startsWith(`${folder}/`)) this.#files.delete(file)
  }

  async exists(entry: string): Promise<boolean> {
    return this.#files.has(entry) || namesIn(entry, this.#files.keys()).length > 0
  }

  async syncFolder(): Promise<void> {
    this.counters.syncs++
  }

  async freeBytes(): Promise<number> {
    return TOTAL_BYTES
  }

  async totalBytes(): Promise<number> {
    return TOTAL_BYTES
  }
}

/** The names directly in a folder, of files and of folders, sorted. */
export function namesIn(folder: string, entries: Iterable<string>): string[] {
  const prefix = folder === '' ? '' : `${folder}/`
  const names = new Set<string>()
  for (const entry of entries) {
    if (entry.startsWith(prefix)) names.add(entry.slice(prefix.length).split('/', 1)[0])
  }
  return [...names].sort()
}

class MemoryFile implements DiskFile {
  readonly #content: Pages
  readonly #dsync: boolean
  readonly #counters: DiskCounters

  constructor(content: Pages, dsync: boolean, counters: DiskCounters) {
    this.#content = content
    this.#dsync = dsync
    this.#counters = counters
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    this.writeNow(parts, position)
    if (this.#dsync) this.#counters.syncs++
  }

  writeNow(parts: readonly Uint8Array[], position: number): void {
    let at = position
    for (const part of parts) {
      this.#content.write(part, at)
      at += part.length
    }
    this.#counters.writes++
    this.#counters.bytesWritten += at - position
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    const count = this.#content.read(into, position)
    this.#counters.bytesRead += count
    return count
  }

  async sync(): Promise<void> {
    this.#counters.syncs++
  }

  async truncate(size: number): Promise<void> {
    this.#content.truncate(size)
  }

  async size(): Promise<number> {
    return this.#content.size
  }

  async close(): Promise<void> {}
}
