/** Bugs put between an engine and its disk, or into its order of work, from outside: the simulation must find each. */
import type { Disk, DiskFile } from '../../src/base/disk.ts'
import { Shard } from '../../src/log/shard.ts'
import type { Tamper } from './run.ts'

/** Nothing is ever synced, though everybody is told so. */
export const syncSkipped: Tamper = (disk) => ({
  ...passed(disk),
  open: async (path, mode) => ({
    ...passedFile(await disk.open(path, mode === 'dsync' ? 'write' : mode)),
    sync: async () => {},
  }),
})

/** The journal says "written" as soon as it is asked to write. */
export const confirmedBeforeSync: Tamper = (disk) => ({
  ...passed(disk),
  open: async (path, mode) => {
    const file = await disk.open(path, mode)
    if (mode !== 'dsync') return file
    const write = async (parts: readonly Uint8Array[], position: number): Promise<void> => {
      void file.write([Buffer.concat(parts)], position).catch(() => {})
    }
    return { ...passedFile(file), write }
  },
})

/** Names are never made durable. */
export const folderSyncSkipped: Tamper = (disk) => ({ ...passed(disk), syncFolder: async () => {} })

/** Settles are written before the records they settle, for as long as `during` runs. */
export async function withSettlesAhead(during: () => Promise<void>): Promise<void> {
  const { seal } = Shard.prototype
  Shard.prototype.seal = function (this: Shard) {
    const records = this.journaled.seal()
    const changes = seal.call(this)
    return {
      entries: [...changes.entries, ...records.entries],
      blocks: [...changes.blocks, ...records.blocks],
      mustSync: changes.mustSync || records.mustSync,
    }
  }
  try {
    await during()
  } finally {
    Shard.prototype.seal = seal
  }
}

function passed(disk: Disk): Disk {
  return {
    counters: disk.counters,
    open: (path, mode) => disk.open(path, mode),
    list: (folder) => disk.list(folder),
    makeFolder: (folder) => disk.makeFolder(folder),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    removeFolder: (folder) => disk.removeFolder(folder),
    exists: (path) => disk.exists(path),
    syncFolder: (folder) => disk.syncFolder(folder),
    freeBytes: () => disk.freeBytes(),
    totalBytes: () => disk.totalBytes(),
  }
}

function passedFile(file: DiskFile): DiskFile {
  return {
    write: (parts, position) => file.write(parts, position),
    read: (into, position) => file.read(into, position),
    sync: () => file.sync(),
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    close: () => file.close(),
  }
}
