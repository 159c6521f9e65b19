/**
 * The simulated twin of the disk. It keeps apart what was written and what was synced, completes overlapping operations
 * in an order drawn from a seed, and can be cut off after any operation: `powerLoss` then gives the disk that the next
 * start would find, `kill` the one after the process alone died. Sizes are bytes, sequences count operations.
 */
import { Bug } from './assert.ts'
import { type Disk, type DiskCounters, DiskError, type DiskFile, type OpenMode } from './disk.ts'
import { namesIn } from './disk-memory.ts'
import type { SeededRandom } from './random.ts'
import { UnsyncedFile } from './unsynced-file.ts'
import { folderOf, UnsyncedNames } from './unsynced-names.ts'

export type Mutation = 'create' | 'write' | 'sync' | 'truncate' | 'rename' | 'remove' | 'make folder' | 'sync folder'
type Operation = Mutation | 'open' | 'read' | 'size' | 'list' | 'exists' | 'space'

interface Queued {
  operation: Operation
  path: string
  mutates: boolean
  /** Applies it; `interrupted` if nobody lives to see the end of it, so that it makes nothing durable. */
  run(interrupted: boolean): unknown
  resolve(value: unknown): void
  reject(error: unknown): void
}

interface Failure {
  operation: Operation
  code: string
  path: string
}

export class SimulatedDisk implements Disk {
  readonly counters: DiskCounters = { syncs: 0, writes: 0, bytesWritten: 0, bytesRead: 0 }
  /** Every operation that changed something, in the order of its effect. */
  readonly trace: string[] = []
  /** Resolves when the power goes off. */
  readonly poweredOff: Promise<void>
  capacityBytes = 2 ** 40
  openFiles = 0
  readonly #random: SeededRandom
  readonly #names: UnsyncedNames
  readonly #queue: Queued[] = []
  readonly #failures: Failure[] = []
  #cutPower!: () => void
  #isOff = false
  #isStepping = false
  #offAfter = Number.POSITIVE_INFINITY
  #sequence: number

  constructor(random: SeededRandom, names = new UnsyncedNames(), sequence = 0) {
    this.#random = random
    this.#names = names
    this.#sequence = sequence
    this.poweredOff = new Promise((resolve) => {
      this.#cutPower = resolve
    })
  }

  /** Lets that many more changing operations happen; from the next one on nothing happens and nothing answers. */
  powerOffAfter(operations: number): void {
    this.#offAfter = this.trace.length + operations
  }

  /** How many more the power lasts for. */
  get operationsLeft(): number {
    return this.#offAfter - this.trace.length
  }

  /** Switches off at once and gives the disk as the next start finds it. */
  powerLoss(): SimulatedDisk {
    this.#switchOff()
    return new SimulatedDisk(this.#random, this.#names.afterPowerLoss(this.#random))
  }

  /** The process dies, the system lives: all that was written can be read, but is no more durable than before. */
  kill(): SimulatedDisk {
    this.#switchOff()
    return new SimulatedDisk(this.#random, this.#names, this.#sequence)
  }

  /** The next such operation on a path that contains `path` fails; a failed write may have happened all the same. */
  failNext(operation: Operation, code: string, path = ''): void {
    this.#failures.push({ operation, code, path })
  }

  flip(path: string, position: number, bit: number): void {
    this.#file(path, 'flip').flip(position, bit)
  }

  /** The content as a process would read it now. */
  contentOf(path: string): Uint8Array {
    const { live } = this.#file(path, 'read')
    const content = new Uint8Array(live.size)
    live.read(content, 0)
    return content
  }

  /** What a power cut could still take: files with unsynced content, and names. */
  unsynced(): string[] {
    const files = [...this.#names.live].filter(([, entry]) => entry !== 'folder' && !entry.isSynced)
    return [...files.map(([path]) => path), ...this.#names.unsynced()]
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    const changes = mode === 'create'
    return this.#submit(changes ? 'create' : 'open', path, changes, () => {
      const file = changes ? this.#create(path) : this.#file(path, 'open')
      this.openFiles++
      return new SimulatedFile(this, file, path, mode === 'dsync')
    })
  }

  list(folder: string): Promise<string[]> {
    return this.#submit('list', folder, false, () => namesIn(folder, this.#names.live.keys()))
  }

  makeFolder(folder: string): Promise<void> {
    return this.#submit('make folder', folder, true, () => {
      const parts = folder.split('/')
      for (let i = 1; i <= parts.length; i++) {
        const path = parts.slice(0, i).join('/')
        if (path !== '' && !this.#names.live.has(path)) this.#names.add(path, 'folder', ++this.#sequence)
      }
    })
  }

  rename(from: string, to: string): Promise<void> {
    return this.#submit('rename', from, true, () => {
      this.#file(from, 'rename')
      this.#names.rename(from, to, ++this.#sequence)
    })
  }

  remove(path: string): Promise<void> {
    return this.#submit('remove', path, true, () => {
      this.#file(path, 'remove')
      this.#names.remove(path, ++this.#sequence)
    })
  }

  removeFolder(folder: string): Promise<void> {
    return this.#submit('remove', folder, true, () => {
      const inside = [...this.#names.live.keys()].filter((path) => path === folder || path.startsWith(`${folder}/`))
      for (const path of inside.sort().reverse()) this.#names.remove(path, ++this.#sequence)
    })
  }

  exists(path: string): Promise<boolean> {
    return this.#submit('exists', path, false, () => path === '' || this.#names.live.has(path))
  }

  syncFolder(folder: string): Promise<void> {
    const before = this.#sequence
    return this.#submit('sync folder', folder, true, (interrupted) => {
      if (folder !== '' && this.#names.live.get(folder) !== 'folder')
        throw new DiskError('ENOENT', folder, 'sync folder')
      if (!interrupted) this.#names.sync(folder, before)
      this.counters.syncs++
    })
  }

  freeBytes(): Promise<number> {
    return this.#submit('space', '', false, () => this.capacityBytes - this.#usedBytes())
  }

  totalBytes(): Promise<number> {
    return this.#submit('space', '', false, () => this.capacityBytes)
  }

  write(file: UnsyncedFile, path: string, parts: readonly Uint8Array[], position: number, dsync: boolean) {
    const bytes = Buffer.concat(parts)
    return this.#submit<void>('write', path, true, (interrupted) => {
      if (!isTogether(parts, bytes)) throw new Bug(`the bytes changed while they were being written to ${path}`)
      this.#write(file, path, bytes, position, dsync, interrupted)
    })
  }

  /** At once; where the power is off it throws, for it cannot hang. */
  writeNow(file: UnsyncedFile, path: string, parts: readonly Uint8Array[], position: number): void {
    if (!this.#isOff && this.trace.length >= this.#offAfter) this.#switchOff()
    if (this.#isOff) throw new DiskError('EIO', path, 'write')
    this.trace.push(`write ${path}`)
    const run = () => this.#write(file, path, Buffer.concat(parts), position, false, false)
    this.#failIfAsked({ operation: 'write', path, run })
    run()
  }

  #write(
    file: UnsyncedFile,
    path: string,
    bytes: Uint8Array,
    position: number,
    dsync: boolean,
    interrupted: boolean,
  ): void {
    const growth = Math.max(0, position + bytes.length - file.live.size)
    const room = growth === 0 ? bytes.length : bytes.length - growth + this.capacityBytes - this.#usedBytes()
    const fits = bytes.subarray(0, Math.max(0, room))
    if (dsync && !interrupted) file.writeThrough(fits, position)
    else file.write(fits, position, ++this.#sequence)
    if (fits.length < bytes.length) throw new DiskError('ENOSPC', path, 'write')
    this.counters.writes++
    this.counters.bytesWritten += bytes.length
    if (dsync) this.counters.syncs++
  }

  sync(file: UnsyncedFile, path: string): Promise<void> {
    const before = this.#sequence
    return this.#submit('sync', path, true, (interrupted) => {
      if (!interrupted) file.sync(before)
      this.counters.syncs++
    })
  }

  truncate(file: UnsyncedFile, path: string, size: number): Promise<void> {
    return this.#submit('truncate', path, true, () => file.truncate(size, ++this.#sequence))
  }

  read<T>(operation: 'read' | 'size', path: string, run: () => T): Promise<T> {
    return this.#submit(operation, path, false, run)
  }

  #submit<T>(operation: Operation, path: string, mutates: boolean, run: (interrupted: boolean) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isOff) return
      this.#queue.push({ operation, path, mutates, run, resolve: resolve as (value: unknown) => void, reject })
      if (this.#isStepping) return
      this.#isStepping = true
      setImmediate(this.#step)
    })
  }

  /** One turn of the event loop completes one of the waiting operations, or none, so that others can catch up. */
  #step = (): void => {
    if (!this.#isOff && this.#random.chance(3, 4)) this.#complete(this.#random.below(this.#queue.length))
    this.#isStepping = this.#queue.length > 0 && !this.#isOff
    if (this.#isStepping) setImmediate(this.#step)
  }

  #complete(index: number): void {
    const queued = this.#queue[index]
    if (queued.mutates && this.trace.length >= this.#offAfter) {
      this.#switchOff()
      return
    }
    this.#queue.splice(index, 1)
    if (queued.mutates) this.trace.push(`${queued.operation} ${queued.path}`)
    try {
      this.#failIfAsked(queued)
      queued.resolve(queued.run(false))
    } catch (error) {
      queued.reject(error)
    }
  }

  #failIfAsked(queued: Pick<Queued, 'operation' | 'path' | 'run'>): void {
    const index = this.#failures.findIndex(
      (failure) => failure.operation === queued.operation && queued.path.includes(failure.path),
    )
    if (index < 0) return
    const [failure] = this.#failures.splice(index, 1)
    if (queued.operation === 'write' && this.#random.chance(1, 2)) queued.run(true)
    throw new DiskError(failure.code, queued.path, queued.operation)
  }

  /** What was under way may have happened or not, and is not durable. */
  #switchOff(): void {
    if (this.#isOff) return
    this.#isOff = true
    for (const queued of this.#queue.splice(0)) {
      if (!queued.mutates || this.#random.chance(1, 2)) continue
      try {
        queued.run(true)
      } catch {
        // It would have failed; nobody is left to hear of it.
      }
    }
    this.#cutPower()
  }

  #create(path: string): UnsyncedFile {
    if (folderOf(path) !== '' && !this.#names.live.has(folderOf(path))) throw new DiskError('ENOENT', path, 'create')
    const existing = this.#names.live.get(path)
    if (existing !== undefined) {
      const file = this.#file(path, 'create')
      if (file.live.size > 0) file.truncate(0, ++this.#sequence)
      return file
    }
    const file = new UnsyncedFile()
    this.#names.add(path, file, ++this.#sequence)
    return file
  }

  #file(path: string, operation: string): UnsyncedFile {
    const entry = this.#names.live.get(path)
    if (entry === undefined) throw new DiskError('ENOENT', path, operation)
    if (entry === 'folder') throw new DiskError('EISDIR', path, operation)
    return entry
  }

  #usedBytes(): number {
    let used = 0
    for (const entry of this.#names.live.values()) if (entry !== 'folder') used += entry.live.size
    return used
  }
}

/** True if the parts, one behind the other, are still these bytes. */
function isTogether(parts: readonly Uint8Array[], bytes: Buffer): boolean {
  let at = 0
  return parts.every((part) => bytes.compare(part, 0, part.length, at, (at += part.length)) === 0)
}

class SimulatedFile implements DiskFile {
  readonly #disk: SimulatedDisk
  readonly #file: UnsyncedFile
  readonly #path: string
  readonly #dsync: boolean
  #isClosed = false

  constructor(disk: SimulatedDisk, file: UnsyncedFile, path: string, dsync: boolean) {
    this.#disk = disk
    this.#file = file
    this.#path = path
    this.#dsync = dsync
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    this.#check('write')
    return this.#disk.write(this.#file, this.#path, parts, position, this.#dsync)
  }

  writeNow(parts: readonly Uint8Array[], position: number): void {
    this.#check('write')
    this.#disk.writeNow(this.#file, this.#path, parts, position)
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#check('read')
    return this.#disk.read('read', this.#path, () => {
      const count = this.#file.live.read(into, position)
      this.#disk.counters.bytesRead += count
      return count
    })
  }

  async sync(): Promise<void> {
    this.#check('sync')
    return this.#disk.sync(this.#file, this.#path)
  }

  async truncate(size: number): Promise<void> {
    this.#check('truncate')
    return this.#disk.truncate(this.#file, this.#path, size)
  }

  async size(): Promise<number> {
    this.#check('size')
    return this.#disk.read('size', this.#path, () => this.#file.live.size)
  }

  async close(): Promise<void> {
    this.#check('close')
    this.#isClosed = true
    this.#disk.openFiles--
  }

  #check(operation: string): void {
    if (this.#isClosed) throw new DiskError('EBADF', this.#path, operation)
  }
}
