/**
 * What a repair does, as a list of steps on the disk: each one is whole or not there after a crash, and a check that
 * comes behind any of them finds what is left to do. Nothing is deleted that held a promise: it is copied or moved to
 * `set-aside/` first.
 */
import type { Disk } from '../../base/disk.ts'

export const SET_ASIDE_FOLDER = 'set-aside'
/** Behind the name of a file until it is whole. */
export const UNFINISHED = '.unfinished'
const COPY_BYTES = 1 << 20

/** Bytes [from, to) of another file. */
export interface Extract {
  readonly path: string
  readonly from: number
  readonly to: number
}

export type Step =
  | { readonly kind: 'write'; readonly path: string; readonly position: number; readonly bytes: Uint8Array }
  /** A file made of pieces, under its name once it is whole. */
  | { readonly kind: 'compose'; readonly path: string; readonly parts: readonly (Uint8Array | Extract)[] }
  | { readonly kind: 'move'; readonly path: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'remove folder'; readonly path: string }

/** Where a file, or a part of one, is kept. */
export function setAside(path: string): string {
  return `${SET_ASIDE_FOLDER}/${path}`
}

/** Keeps a copy of a part of a file. */
export function keepCopy(path: string, from: number, to: number): Step[] {
  if (to <= from) return []
  return [{ kind: 'compose', path: setAside(`${path}.${from}-${to}`), parts: [{ path, from, to }] }]
}

/** What the steps write beside what is there. */
export function bytesOf(steps: readonly Step[]): number {
  let bytes = 0
  for (const step of steps) {
    if (step.kind !== 'compose') continue
    for (const part of step.parts) bytes += part instanceof Uint8Array ? part.length : part.to - part.from
  }
  return bytes
}

/** Each step is on disk when the next one begins. @throws DiskError */
export async function perform(disk: Disk, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await performOne(disk, step)
}

async function performOne(disk: Disk, step: Step): Promise<void> {
  switch (step.kind) {
    case 'write': {
      const file = await disk.open(step.path, 'write')
      await file.write([step.bytes], step.position)
      await file.sync()
      await file.close()
      return
    }
    case 'compose':
      return compose(disk, step.path, step.parts)
    case 'move':
      await disk.makeFolder(folderOf(step.to))
      await disk.rename(step.path, await freeName(disk, step.to))
      await syncFolders(disk, step.to)
      return disk.syncFolder(folderOf(step.path))
    case 'remove':
      await disk.remove(step.path)
      return disk.syncFolder(folderOf(step.path))
    case 'truncate': {
      const file = await disk.open(step.path, 'write')
      await file.truncate(step.size)
      await file.sync()
      await file.close()
      return
    }
    case 'remove folder':
      await disk.removeFolder(step.path)
      return disk.syncFolder(folderOf(step.path))
  }
}

async function compose(disk: Disk, path: string, parts: readonly (Uint8Array | Extract)[]): Promise<void> {
  await disk.makeFolder(folderOf(path))
  const unfinished = path + UNFINISHED
  const file = await disk.open(unfinished, 'create')
  let at = 0
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      await file.write([part], at)
      at += part.length
    } else at = await copy(disk, part, (bytes, position) => file.write([bytes], position), at)
  }
  await file.sync()
  await file.close()
  // What is set aside already is never written over.
  await disk.rename(unfinished, path.startsWith(`${SET_ASIDE_FOLDER}/`) ? await freeName(disk, path) : path)
  await syncFolders(disk, path)
}

async function copy(
  disk: Disk,
  { path, from, to }: Extract,
  write: (bytes: Uint8Array, position: number) => Promise<void>,
  position: number,
): Promise<number> {
  const source = await disk.open(path, 'read')
  for (let at = from; at < to; at += COPY_BYTES) {
    const bytes = Buffer.allocUnsafeSlow(Math.min(COPY_BYTES, to - at))
    const count = await source.read(bytes, at)
    await write(bytes.subarray(0, count), position)
    position += count
  }
  await source.close()
  return position
}

/** The folder of a new name, and those above it, which may be new too. */
async function syncFolders(disk: Disk, path: string): Promise<void> {
  for (let folder = folderOf(path); ; folder = folderOf(folder)) {
    await disk.syncFolder(folder)
    if (folder === '') return
  }
}

async function freeName(disk: Disk, path: string): Promise<string> {
  for (let number = 1, name = path; ; name = `${path}.${++number}`) if (!(await disk.exists(name))) return name
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}
