/**
 * The files of a shard's journal, told apart as a start does it, by their heads; and, where a head is lost, by the
 * entries behind it. Each is read whole: 64 MB at a time.
 */
import { crc32 } from '../../base/crc32c.ts'
import { decodeEntryHead, ENTRY_HEAD_BYTES, type EntryHead, entryRoom, JOURNAL_BLOCK_BYTES } from '../entry.ts'
import { decodeJournalFileHead, type JournalFileHead } from '../journal-file.ts'
import type { Case } from './case.ts'

export interface JournalFileFound {
  readonly path: string
  readonly size: number
  /** Null: it does not check, or was never used. */
  readonly head: JournalFileHead | null
}

export async function journalFiles(open: Case, folder: string): Promise<JournalFileFound[]> {
  const found: JournalFileFound[] = []
  for (const name of await open.disk.list(folder)) {
    if (!name.endsWith('.jnl')) continue
    const path = `${folder}/${name}`
    const block = await open.read(path, 0, JOURNAL_BLOCK_BYTES)
    const head = block.length === JOURNAL_BLOCK_BYTES ? decodeJournalFileHead(block) : null
    found.push({ path, size: await open.size(path), head })
  }
  return found
}

/** The entry at a position, if its head and body check and it belongs to that use of the file. */
export function entryAt(bytes: Buffer, at: number, fileSeq: number): EntryHead | null {
  const head = decodeEntryHead(bytes, at)
  if (head === null || head.fileSeq !== fileSeq) return null
  const from = at + ENTRY_HEAD_BYTES
  if (from + head.length > bytes.length) return null
  return crc32(bytes.subarray(from, from + head.length)) === head.bodyCrc ? head : null
}

export interface EntryFound {
  readonly head: EntryHead
  readonly position: number
}

/** The first entry of that use of the file at a block from `position` on, with a number above `above`. */
export function nextEntry(bytes: Buffer, position: number, fileSeq: number, above: number): EntryFound | null {
  for (let at = position; at < bytes.length; ) {
    const head = entryAt(bytes, at, fileSeq)
    if (head !== null && head.number > above) return { head, position: at }
    at += head === null ? JOURNAL_BLOCK_BYTES : entryRoom(head.length)
  }
  return null
}

/** Which use of a file without a head its entries belong to; 0 if it holds none that count. */
export function seqOfEntries(bytes: Buffer, from: number): number {
  for (let at = JOURNAL_BLOCK_BYTES; at < bytes.length; at += JOURNAL_BLOCK_BYTES) {
    const head = decodeEntryHead(bytes, at)
    if (head !== null && head.fileSeq >= from && entryAt(bytes, at, head.fileSeq) !== null) return head.fileSeq
  }
  return 0
}
