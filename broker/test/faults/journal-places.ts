/** Finds entries in the journal files of a data directory, to damage them with care. */
import { open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  decodeEntryHead,
  ENTRY_HEAD_BYTES,
  type EntryHead,
  entryRoom,
  JOURNAL_BLOCK_BYTES,
} from '../../src/log/entry.ts'

export const JOURNAL_FOLDER = 'store/0/journal'

export interface Place {
  /** Relative to the data directory. */
  file: string
  position: number
  head: EntryHead
}

/** Every entry, in the order it was written. */
export async function journalEntries(dataDir: string): Promise<Place[]> {
  const places: Place[] = []
  for (const name of await readdir(path.join(dataDir, JOURNAL_FOLDER))) {
    const file = `${JOURNAL_FOLDER}/${name}`
    const bytes = await readFile(path.join(dataDir, file))
    for (let position = JOURNAL_BLOCK_BYTES; position < bytes.length; ) {
      const head = decodeEntryHead(bytes, position)
      if (head !== null) places.push({ file, position, head })
      position += head === null ? JOURNAL_BLOCK_BYTES : entryRoom(head.length)
    }
  }
  return places.sort((a, b) => a.head.number - b.head.number)
}

/** A byte in the middle of an entry's sections. */
export function middleOf(place: Place): number {
  return place.position + ENTRY_HEAD_BYTES + (place.head.length >> 1)
}

export async function flipBit(dataDir: string, file: string, position: number): Promise<void> {
  const handle = await open(path.join(dataDir, file), 'r+')
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, position)
  byte[0] ^= 1
  await handle.write(byte, 0, 1, position)
  await handle.close()
}

export async function overwrite(dataDir: string, file: string, bytes: Uint8Array, position: number): Promise<void> {
  const handle = await open(path.join(dataDir, file), 'r+')
  await handle.write(bytes, 0, bytes.length, position)
  await handle.close()
}
