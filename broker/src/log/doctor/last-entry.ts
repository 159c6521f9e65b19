/**
 * What stands behind the last entry that checks. A write that was torn by a crash left some sectors as they were before:
 * nothing of it was promised. An entry that was there whole and does not check now was damaged since, and what it held was
 * promised. They look alike, but for two signs that no torn write gives:
 *
 * - the head, which lies in one sector, names its place in the chain, and yet does not check;
 * - the head checks, and no sector behind it is empty, in a file that was empty there before.
 */
import { ENTRY_BYTES_MAX } from '../arena.ts'
import { decodeEntryHead, ENTRY_HEAD_BYTES, entryRoom, JOURNAL_BLOCK_BYTES, readEntryHead } from '../entry.ts'
import type { JournalEnd } from './check-journal.ts'

const SECTOR_BYTES = 512

/** Where the entry behind `end` ends, if it is known to have been whole; else -1. */
export function endOfWhole(bytes: Buffer, end: JournalEnd): number {
  const { position, seq } = end
  if (position + JOURNAL_BLOCK_BYTES > bytes.length) return -1
  const head = decodeEntryHead(bytes, position)
  if (head === null) {
    const said = readEntryHead(bytes, position)
    const signs = [said.number === end.number + 1, said.previousCrc === end.crc, said.fileSeq === seq]
    const room = entryRoom(Math.min(said.length, ENTRY_BYTES_MAX))
    return signs.filter(Boolean).length < 2 ? -1 : Math.min(bytes.length, position + room)
  }
  const roomEnd = position + entryRoom(head.length)
  if (head.fileSeq !== seq || roomEnd >= bytes.length || !isEmpty(bytes, roomEnd, bytes.length)) return -1
  const to = position + ENTRY_HEAD_BYTES + head.length
  for (let at = position; at < to; at += SECTOR_BYTES) {
    if (isEmpty(bytes, at, Math.min(to, at + SECTOR_BYTES))) return -1
  }
  return roomEnd
}

/** Whether what stands there is of this use of the file: an earlier one leaves its entries behind. */
export function holdsTorn(bytes: Buffer, { position, seq }: JournalEnd): boolean {
  if (position + JOURNAL_BLOCK_BYTES > bytes.length) return false
  if (isEmpty(bytes, position, position + JOURNAL_BLOCK_BYTES)) return false
  const head = decodeEntryHead(bytes, position)
  if (head !== null) return head.fileSeq === seq
  for (let at = position; at < bytes.length; at += JOURNAL_BLOCK_BYTES)
    if (decodeEntryHead(bytes, at) !== null) return false
  return true
}

function isEmpty(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false
  return true
}
