/** Bugs put between an engine and its disk, from outside: the simulation must find each. */
import type { Disk, DiskFile } from '../../src/base/disk.ts'
import type { Tamper } from './run.ts'

/** Nothing is ever synced, though everybody is told so. */
export const syncSkipped: Tamper = (disk) => ({
  ...passed(disk),
  open: async (path, mode) => ({
    ...passedFile(await disk.open(path, mode === 'dsync' ? 'write' : mode)),
    sync: async () => {},
  }),
})

/** Names are never made durable. */
export const folderSyncSkipped: Tamper = (disk) => ({ ...passed(disk), syncFolder: async () => {} })

/** Checkpoints are taken for durable when they are not: journal files they stand for are given up too early. */
export const checkpointSyncSkipped: Tamper = (disk) => ({
  ...passed(disk),
  open: async (path, mode) => {
    const file = await disk.open(path, mode)
    return path.includes('checkpoint') ? { ...passedFile(file), sync: async () => {} } : file
  },
  syncFolder: (path) => (path.includes('checkpoint') ? Promise.resolve() : disk.syncFolder(path)),
})

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
    writeNow: (parts, position) => file.writeNow(parts, position),
    read: (into, position) => file.read(into, position),
    sync: () => file.sync(),
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    close: () => file.close(),
  }
}
