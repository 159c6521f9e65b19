/**
 * The head of a journal entry; the entry's sections follow it, then zeros up to the next block of 4096.
 *
 *    0  magic u32 'SBJE' | version u8 | flags u8: 1 joined | sections u16
 *    8  entry number u64 | 16 epoch u32 | 20 shard u32
 *   24  file seq u64 | 32 writer u64
 *   40  length u32 of the sections | 44 previous crc u32: the head crc of the entry before
 *   48  body crc u32 | 52 zero (a repair: see doctor/blank-entry.ts) | 60 head crc u32, over the 60 bytes before it
 *
 * A joined entry was written together with the entry before it, or while that one was not synced: its presence does not
 * prove that the other one ever was on disk.
 */
import { crc32 } from '../base/crc32c.ts'
import { readU64, writeU64 } from './section.ts'

export const ENTRY_HEAD_BYTES = 64
export const JOURNAL_BLOCK_BYTES = 4096
const MAGIC = 0x53424a45
/** Entries of version 1 hold shorter returns. */
const VERSION = 2
export const ENTRY_JOINED = 1
const CRC_AT = 60

export interface EntryHead {
  version: number
  flags: number
  sections: number
  number: number
  epoch: number
  shard: number
  fileSeq: number
  writer: number
  length: number
  previousCrc: number
  bodyCrc: number
  crc: number
}

export function encodeEntryHead(head: Omit<EntryHead, 'crc' | 'version'>): { bytes: Uint8Array; crc: number } {
  const bytes = new Uint8Array(ENTRY_HEAD_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC)
  view.setUint8(4, VERSION)
  view.setUint8(5, head.flags)
  view.setUint16(6, head.sections)
  writeU64(view, 8, head.number)
  view.setUint32(16, head.epoch)
  view.setUint32(20, head.shard)
  writeU64(view, 24, head.fileSeq)
  writeU64(view, 32, head.writer)
  view.setUint32(40, head.length)
  view.setUint32(44, head.previousCrc)
  view.setUint32(48, head.bodyCrc)
  const crc = crc32(bytes.subarray(0, CRC_AT))
  view.setUint32(CRC_AT, crc)
  return { bytes, crc }
}

/** @returns null where no whole head stands. */
export function decodeEntryHead(bytes: Uint8Array, at: number): EntryHead | null {
  if (at + ENTRY_HEAD_BYTES > bytes.length) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, ENTRY_HEAD_BYTES)
  if (view.getUint32(0) !== MAGIC || view.getUint8(4) > VERSION) return null
  return crc32(bytes.subarray(at, at + CRC_AT)) === view.getUint32(CRC_AT) ? readEntryHead(bytes, at) : null
}

/** What stands in the place of a head, whether it checks or not. */
export function readEntryHead(bytes: Uint8Array, at: number): EntryHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, ENTRY_HEAD_BYTES)
  return {
    version: view.getUint8(4),
    flags: view.getUint8(5),
    sections: view.getUint16(6),
    number: readU64(view, 8),
    epoch: view.getUint32(16),
    shard: view.getUint32(20),
    fileSeq: readU64(view, 24),
    writer: readU64(view, 32),
    length: view.getUint32(40),
    previousCrc: view.getUint32(44),
    bodyCrc: view.getUint32(48),
    crc: view.getUint32(CRC_AT),
  }
}

/** The room an entry takes in its file. */
export function entryRoom(sectionsLength: number): number {
  return Math.ceil((ENTRY_HEAD_BYTES + sectionsLength) / JOURNAL_BLOCK_BYTES) * JOURNAL_BLOCK_BYTES
}
