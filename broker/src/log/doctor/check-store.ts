/**
 * What names a store: its VERSION, and the shard that each journal file and checkpoint says to be of. All of them agree,
 * so that one that is lost follows from the others, and a file that lies with another shard is known.
 */
import { decodeCheckpoint } from '../checkpoint-format.ts'
import { encodeStoreVersion, FORMAT, STORE_FOLDER, VERSION_FILE } from '../store-version.ts'
import type { Case } from './case.ts'
import { finding } from './finding.ts'
import { journalFiles, seqOfEntries } from './journal-files.ts'
import type { Step } from './treatment.ts'

export interface Identity {
  readonly id: Uint8Array
  readonly shards: number
}

/** A file that says whose it is. */
interface Member {
  readonly path: string
  readonly name: string
  readonly kind: 'journal' | 'checkpoint'
  /** In hex. */
  readonly store: string
  readonly shard: number
  /** Whose folder it lies in. */
  readonly place: number
}

/** @returns null if there is no store, or one that nothing can be said of */
export async function checkStore(open: Case): Promise<Identity | null> {
  const folders = (await open.disk.list(STORE_FOLDER)).filter((name) => /^\d+$/.test(name)).map(Number)
  const members: Member[] = []
  for (const place of folders) members.push(...(await membersOf(open, place)))
  const named = await readVersion(open)
  if (named === 'newer') return null
  const identity = await settled(open, named, members, folders)
  if (identity !== null) await putInPlace(open, identity, members)
  return identity
}

async function membersOf(open: Case, place: number): Promise<Member[]> {
  const members: Member[] = []
  const folder = `${STORE_FOLDER}/${place}`
  for (const { path, head } of await journalFiles(open, `${folder}/journal`)) {
    if (head === null) continue
    const name = path.slice(path.lastIndexOf('/') + 1)
    members.push({ path, name, kind: 'journal', store: hex(head.storeId), shard: head.shard, place })
  }
  for (const name of await open.disk.list(`${folder}/checkpoint`)) {
    if (!name.endsWith('.ckp')) continue
    const path = `${folder}/checkpoint/${name}`
    const decoded = decodeCheckpoint(await open.read(path, 0, await open.size(path)))
    if (decoded === null) continue
    const { storeId, shard } = decoded.head
    members.push({ path, name, kind: 'checkpoint', store: hex(storeId), shard, place })
  }
  return members
}

async function readVersion(open: Case): Promise<Identity | null | 'newer'> {
  if (!(await open.disk.exists(VERSION_FILE))) return null
  const text = (await open.read(VERSION_FILE, 0, 256)).toString('latin1')
  const format = Number(/^signalbox store (\d+)\n/.exec(text)?.[1] ?? 0)
  const parts = /\nid ([0-9a-f]{32})\nshards (\d+)\n$/.exec(text)
  if (format > FORMAT) {
    const what = `it names format ${format}, made by a newer release; this one knows formats up to ${FORMAT}`
    await open.found(finding('beyond', VERSION_FILE, what, 'nothing: use that release'), [])
    return 'newer'
  }
  return format === 0 || parts === null ? null : { id: Buffer.from(parts[1], 'hex'), shards: Number(parts[2]) }
}

/** VERSION where it agrees with the files, else what they say. */
async function settled(
  open: Case,
  named: Identity | null,
  members: readonly Member[],
  folders: readonly number[],
): Promise<Identity | null> {
  const store = mostCommon(members.map((one) => one.store))
  if (named !== null && (store === null || store === hex(named.id))) return named
  if (store === null && !(await holdsEntries(open, folders))) {
    if (folders.length > 0) {
      const what = 'it is missing, and nothing is in the store: its making was cut short'
      await open.found(finding('leftover', VERSION_FILE, what, 'a start makes it anew'), [])
    }
    return null
  }
  if (store === null) {
    const what = 'it names no store, and no file says which one this is'
    await open.found(finding('beyond', VERSION_FILE, what, 'nothing: restore it from a backup'), [])
    return null
  }
  const identity = { id: Buffer.from(store, 'hex'), shards: named?.shards ?? Math.max(...folders) + 1 }
  const what =
    named === null ? 'it is missing, or does not name a store' : 'it names another store than all the files do'
  const step: Step = { kind: 'compose', path: VERSION_FILE, parts: [encodeStoreVersion(identity)] }
  await open.found(finding('mend', VERSION_FILE, what, 'it is made again from the heads of the files'), [step])
  return identity
}

async function holdsEntries(open: Case, folders: readonly number[]): Promise<boolean> {
  for (const place of folders) {
    for (const { path, size } of await journalFiles(open, `${STORE_FOLDER}/${place}/journal`)) {
      if (seqOfEntries(await open.read(path, 0, size), 1) > 0) return true
    }
  }
  return false
}

/** Files that lie with another shard go to their own. */
async function putInPlace(open: Case, { id, shards }: Identity, members: readonly Member[]): Promise<void> {
  for (const { path, kind, store, shard, place } of members) {
    if (shard === place || shard >= shards || store !== hex(id)) continue
    const to = await freePlace(open, `${STORE_FOLDER}/${shard}/${kind}`, path, kind)
    await open.found(finding('mend', path, `it is of shard ${shard}`, `it is moved to ${to}`), [
      { kind: 'move', path, to },
    ])
  }
}

async function freePlace(open: Case, folder: string, path: string, kind: Member['kind']): Promise<string> {
  const names = await open.disk.list(folder)
  if (kind === 'journal') {
    const numbers = names.map((name) => Number.parseInt(name, 10) || 0)
    return `${folder}/${String(Math.max(0, ...numbers) + 1).padStart(4, '0')}.jnl`
  }
  const entry = path.slice(path.lastIndexOf('/') + 1).split('.', 1)[0]
  for (let count = 0; ; count++) {
    const name = count === 0 ? `${entry}.ckp` : `${entry}.${count}.ckp`
    if (!names.includes(name)) return `${folder}/${name}`
  }
}

function mostCommon(values: readonly string[]): string | null {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
