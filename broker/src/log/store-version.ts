/**
 * `store/VERSION` names the format of all that stands beside it, the store and the number of its shards:
 *   signalbox store 4
 *   id HEX
 *   shards N
 * It is written last when a store is made: a folder without it holds nothing that was ever promised.
 */
import type { Disk } from '../base/disk.ts'
import { Damage } from './damage.ts'
import { readFirstEntry } from './journal-file.ts'

export const STORE_FOLDER = 'store'
export const VERSION_FILE = `${STORE_FOLDER}/VERSION`
/** Older formats are read too: entries and checkpoints name their own version, and 3 and 4 only add what they lack. */
export const FORMAT = 4

export interface StoreVersion {
  /** Of what is on disk. */
  format: number
  id: Uint8Array
  shards: number
}

/** @returns null if there is no store, or one whose making was cut short. @throws Damage, also for a format this release does not know */
export async function readStoreVersion(disk: Disk): Promise<StoreVersion | null> {
  if (!(await disk.exists(VERSION_FILE))) {
    await refuseEntries(disk)
    return null
  }
  // A kill may have come between the rename and its sync.
  await disk.syncFolder(STORE_FOLDER)
  await disk.syncFolder('')
  const file = await disk.open(VERSION_FILE, 'read')
  const bytes = Buffer.alloc(256)
  const count = await file.read(bytes, 0)
  await file.close()
  const text = bytes.toString('latin1', 0, count)
  const format = /^signalbox store (\d+)\n/.exec(text)?.[1]
  if (format !== undefined && Number(format) > FORMAT) {
    throw new Damage(
      VERSION_FILE,
      `it names format ${format}, made by a newer release; this one reads formats up to ${FORMAT}`,
    )
  }
  const parts = /^signalbox store [1234]\nid ([0-9a-f]{32})\nshards (\d+)\n$/.exec(text)
  if (parts === null) throw new Damage(VERSION_FILE, 'it does not name a store format')
  return { format: Number(format), id: Buffer.from(parts[1], 'hex'), shards: Number(parts[2]) }
}

/** Where entries stand, the file was there once. @throws Damage */
async function refuseEntries(disk: Disk): Promise<void> {
  for (const shard of await disk.list(STORE_FOLDER)) {
    const folder = `${STORE_FOLDER}/${shard}/journal`
    for (const name of await disk.list(folder)) {
      const file = await disk.open(`${folder}/${name}`, 'read')
      const first = await readFirstEntry(file)
      await file.close()
      if (first !== null) throw new Damage(VERSION_FILE, `it is missing, but ${folder}/${name} holds entries`)
    }
  }
}

export function encodeStoreVersion({ id, shards }: Omit<StoreVersion, 'format'>): Uint8Array {
  return Buffer.from(`signalbox store ${FORMAT}\nid ${Buffer.from(id).toString('hex')}\nshards ${shards}\n`)
}

/** Names this release's format; durable when it resolves. */
export async function writeStoreVersion(disk: Disk, version: Omit<StoreVersion, 'format'>): Promise<void> {
  const file = await disk.open(`${VERSION_FILE}.tmp`, 'create')
  await file.write([encodeStoreVersion(version)], 0)
  await file.sync()
  await file.close()
  await disk.rename(`${VERSION_FILE}.tmp`, VERSION_FILE)
  await disk.syncFolder(STORE_FOLDER)
  await disk.syncFolder('')
}
