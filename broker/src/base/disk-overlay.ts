/**
 * A disk over another one that is never changed: reads come from below, changes stay in memory, by pages of 4096. For
 * who wants to see where changes would lead before anybody makes them. Trade: what is written takes memory until the
 * overlay is dropped. Nothing is durable here, so that syncs do nothing.
 */
import { type Disk, type DiskCounters, DiskError, type DiskFile, type OpenMode } from './disk.ts'
import { namesIn } from './disk-memory.ts'
import { PAGE_BYTES } from './pages.ts'

export class OverlayDisk implements Disk {
  readonly counters: DiskCounters = { syncs: 0, writes: 0, bytesWritten: 0, bytesRead: 0 }
  readonly #below: Disk
  /** Files that were opened, made or renamed. */
  readonly #files = new Map<string, Content>()
  /** Names that the disk below has and this one does not. */
  readonly #gone = new Set<string>()
  readonly #folders = new Set<string>()

  constructor(below: Disk) {
    this.#below = below
  }

  async open(file: string, mode: OpenMode): Promise<DiskFile> {
    if (mode === 'create') this.#files.set(file, new Content(0, () => {}))
    return new OverlayFile(await this.#content(file, 'open'), this.counters)
  }

  async list(folder: string): Promise<string[]> {
    const prefix = folder === '' ? '' : `${folder}/`
    const below = this.#isGone(folder) ? [] : await this.#below.list(folder)
    const names = new Set(below.filter((name) => !this.#isGone(prefix + name)))
    for (const name of namesIn(folder, this.#files.keys())) names.add(name)
    for (const name of namesIn(folder, this.#folders)) names.add(name)
    return [...names].sort()
  }

  async makeFolder(folder: string): Promise<void> {
    this.#folders.add(folder)
  }

  async rename(from: string, to: string): Promise<void> {
    const content = await this.#content(from, 'rename')
    await this.remove(from)
    this.#files.set(to, content)
  }

  async remove(file: string): Promise<void> {
    await this.#content(file, 'remove')
    this.#files.delete(file)
    this.#gone.add(file)
  }

  async removeFolder(folder: string): Promise<void> {
    for (const file of this.#files.keys()) if (file.startsWith(`${folder}/`)) this.#files.delete(file)
    for (const name of this.#folders) if (name === folder || name.startsWith(`${folder}/`)) this.#folders.delete(name)
    this.#gone.add(folder)
  }

  async exists(entry: string): Promise<boolean> {
    if (this.#files.has(entry) || this.#folders.has(entry)) return true
    if (namesIn(entry, this.#files.keys()).length > 0) return true
    return !this.#isGone(entry) && (await this.#below.exists(entry))
  }

  async syncFolder(): Promise<void> {}

  freeBytes(): Promise<number> {
    return this.#below.freeBytes()
  }

  totalBytes(): Promise<number> {
    return this.#below.totalBytes()
  }

  /** Makes a file of pieces, each bytes or a part of another file, which takes no memory for the latter. */
  async compose(
    file: string,
    parts: readonly (Uint8Array | { path: string; from: number; to: number })[],
  ): Promise<void> {
    const pieces: Piece[] = []
    let size = 0
    for (const part of parts) {
      const isBytes = part instanceof Uint8Array
      const length = isBytes ? part.length : part.to - part.from
      const source = isBytes ? part : await this.#content(part.path, 'open')
      pieces.push({ at: size, length, source, offset: isBytes ? 0 : part.from })
      size += length
    }
    this.#files.set(file, new Content(size, (into, position) => readPieces(pieces, into, position)))
  }

  async #content(file: string, operation: string): Promise<Content> {
    let content = this.#files.get(file)
    if (content !== undefined) return content
    if (this.#isGone(file)) throw new DiskError('ENOENT', file, operation)
    content = await contentOf(this.#below, file)
    // Somebody else may have opened it meanwhile.
    content = this.#files.get(file) ?? content
    this.#files.set(file, content)
    return content
  }

  /** It, or a folder above it, was removed. */
  #isGone(entry: string): boolean {
    for (let name = entry; ; name = name.slice(0, name.lastIndexOf('/'))) {
      if (this.#gone.has(name)) return true
      if (!name.includes('/')) return false
    }
  }
}

/** Fills `into` with what stands below at a position. */
type ReadBelow = (into: Uint8Array, position: number) => Promise<void> | void

interface Piece {
  readonly at: number
  readonly length: number
  readonly source: Uint8Array | Content
  readonly offset: number
}

/** What a file holds: pages that were written, and what stands below for the rest. */
class Content {
  size: number
  /** What stands below counts up to here: the file was cut to that size at some time. */
  private belowBytes: number
  private readonly readBelow: ReadBelow
  private readonly pages = new Map<number, Buffer>()
  /** Writes go one after the other; reads wait for those that were asked for before. */
  writing: Promise<void> = Promise.resolve()

  constructor(size: number, readBelow: ReadBelow) {
    this.size = this.belowBytes = size
    this.readBelow = readBelow
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    const count = Math.max(0, Math.min(into.length, this.size - position))
    const fromBelow = Math.max(0, Math.min(count, this.belowBytes - position))
    if (fromBelow > 0) await this.readBelow(into.subarray(0, fromBelow), position)
    into.fill(0, fromBelow, count)
    for (let at = 0; at < count && this.pages.size > 0; ) {
      const from = (position + at) % PAGE_BYTES
      const length = Math.min(PAGE_BYTES - from, count - at)
      const page = this.pages.get(Math.floor((position + at) / PAGE_BYTES))
      if (page !== undefined) into.set(page.subarray(from, from + length), at)
      at += length
    }
    return count
  }

  write(parts: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts)
    this.writing = this.writing.then(() => this.place(bytes, position))
    return this.writing
  }

  private async place(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const from = (position + at) % PAGE_BYTES
      const length = Math.min(PAGE_BYTES - from, bytes.length - at)
      const page = await this.page(Math.floor((position + at) / PAGE_BYTES))
      page.set(bytes.subarray(at, at + length), from)
      at += length
    }
    this.size = Math.max(this.size, position + bytes.length)
  }

  truncate(size: number): void {
    this.belowBytes = Math.min(this.belowBytes, size)
    for (const [number, page] of this.pages) {
      if (number * PAGE_BYTES >= size) this.pages.delete(number)
      else if ((number + 1) * PAGE_BYTES > size) page.fill(0, size - number * PAGE_BYTES)
    }
    this.size = size
  }

  /** The page to write to, with what it held. */
  private async page(number: number): Promise<Buffer> {
    const found = this.pages.get(number)
    if (found !== undefined) return found
    const page = Buffer.alloc(PAGE_BYTES)
    await this.read(page, number * PAGE_BYTES)
    this.pages.set(number, page)
    return page
  }
}

async function contentOf(disk: Disk, path: string): Promise<Content> {
  const file = await disk.open(path, 'read')
  const size = await file.size()
  await file.close()
  return new Content(size, async (into, position) => {
    const file = await disk.open(path, 'read')
    try {
      await file.read(into, position)
    } finally {
      await file.close()
    }
  })
}

async function readPieces(pieces: readonly Piece[], into: Uint8Array, position: number): Promise<void> {
  const end = position + into.length
  for (const { at, length, source, offset } of pieces) {
    const from = Math.max(at, position)
    const to = Math.min(at + length, end)
    if (from >= to) continue
    const part = into.subarray(from - position, to - position)
    if (source instanceof Uint8Array) part.set(source.subarray(offset + from - at, offset + to - at))
    else await source.read(part, offset + from - at)
  }
}

class OverlayFile implements DiskFile {
  readonly #content: Content
  readonly #counters: DiskCounters

  constructor(content: Content, counters: DiskCounters) {
    this.#content = content
    this.#counters = counters
  }

  write(parts: readonly Uint8Array[], position: number): Promise<void> {
    this.#counters.writes++
    return this.#content.write(parts, position)
  }

  writeNow(parts: readonly Uint8Array[], position: number): void {
    void this.write(
      parts.map((part) => Buffer.from(part)),
      position,
    )
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.#content.writing
    const count = await this.#content.read(into, position)
    this.#counters.bytesRead += count
    return count
  }

  async sync(): Promise<void> {}

  async truncate(size: number): Promise<void> {
    await this.#content.writing
    this.#content.truncate(size)
  }

  async size(): Promise<number> {
    await this.#content.writing
    return this.#content.size
  }

  async close(): Promise<void> {
    await this.#content.writing
  }
}
