/**
 * The names of a simulated disk, as a process sees them and as a power cut would leave them. Every change of a folder
 * not yet synced may be lost by itself, whatever came after it; a rename is lost or kept whole.
 */
import type { SeededRandom } from './random.ts'
import type { UnsyncedFile } from './unsynced-file.ts'

export type Entry = UnsyncedFile | 'folder'

interface Change {
  sequence: number
  removed: string | undefined
  added: string | undefined
  entry: Entry | undefined
}

const FATES = ['lost', 'kept', 'ordered', 'mixed'] as const

export class UnsyncedNames {
  readonly live: Map<string, Entry>
  #durable: Map<string, Entry>
  #changes: Change[] = []

  constructor(entries: Iterable<[string, Entry]> = []) {
    this.live = new Map(entries)
    this.#durable = new Map(this.live)
  }

  add(path: string, entry: Entry, sequence: number): void {
    this.#change({ sequence, removed: undefined, added: path, entry })
  }

  remove(path: string, sequence: number): void {
    this.#change({ sequence, removed: path, added: undefined, entry: undefined })
  }

  rename(from: string, to: string, sequence: number): void {
    if (folderOf(from) !== folderOf(to)) throw new Error('a rename between folders is not modelled')
    this.#change({ sequence, removed: from, added: to, entry: this.live.get(from)! })
  }

  /** Makes durable what happened in the folder up to `sequence`. */
  sync(folder: string, sequence: number): void {
    const covered = (change: Change) =>
      change.sequence <= sequence && folderOf((change.added ?? change.removed)!) === folder
    for (const change of this.#changes) if (covered(change)) apply(change, this.#durable)
    this.#changes = this.#changes.filter((change) => !covered(change))
  }

  /** The files and folders whose names a power cut may change. */
  unsynced(): string[] {
    return this.#changes.map((change) => (change.added ?? change.removed)!)
  }

  afterPowerLoss(random: SeededRandom): UnsyncedNames {
    const names = new Map(this.#durable)
    const fate = random.pick(FATES)
    const cut = this.#changes.length === 0 ? 0 : random.pick(this.#changes).sequence
    for (const change of this.#changes) {
      const kept = fate === 'kept' || (fate === 'ordered' && change.sequence <= cut)
      if (kept || (fate === 'mixed' && random.chance(1, 2))) apply(change, names)
    }
    return new UnsyncedNames(revived(names, random))
  }

  #change(change: Change): void {
    this.#changes.push(change)
    apply(change, this.live)
  }
}

function apply(change: Change, names: Map<string, Entry>): void {
  if (change.removed !== undefined) names.delete(change.removed)
  if (change.added !== undefined) names.set(change.added, change.entry!)
}

/** A file that two names show (a rename half way cannot make one) stays one file; what lost its folder is gone. */
function* revived(names: Map<string, Entry>, random: SeededRandom): Iterable<[string, Entry]> {
  const files = new Map<UnsyncedFile, UnsyncedFile>()
  for (const [path, entry] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isReachable(path, names)) continue
    if (entry === 'folder') yield [path, entry]
    else {
      if (!files.has(entry)) files.set(entry, entry.afterPowerLoss(random))
      yield [path, files.get(entry)!]
    }
  }
}

function isReachable(path: string, names: Map<string, Entry>): boolean {
  const folder = folderOf(path)
  return folder === '' || (names.get(folder) === 'folder' && isReachable(folder, names))
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
