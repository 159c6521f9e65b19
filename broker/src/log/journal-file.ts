/**
 * One journal file: block 0 says whose it is, entries follow. Files are filled with zeros ahead of the writer, because
 * a synced write into blocks that exist is cheaper than one that grows the file, and are recycled in place: what an
 * earlier use left behind carries an older file seq and is no entry of this one.
 *
 *    0  magic u32 'SBJF' | version u32 | store id 16
 *   24  shard u32 | 28 file seq u64 | 36 first entry u64
 *   44  previous crc u32: the head crc of the entry before the first | 48 crc u32, over the 48 bytes before it
 */
import { crc32 } from '../base/crc32c.ts'
import type { Disk, DiskFile } from '../base/disk.ts'
import { decodeEntryHead, type EntryHead, JOURNAL_BLOCK_BYTES } from './entry.ts'
import { readU64, writeU64 } from './section.ts'

const MAGIC = 0x53424a46
const VERSION = 1
const CRC_AT = 48
const FILL_STEP_BYTES = 1 << 20
const FILL_AHEAD_BYTES = 8 << 20

export interface JournalFileHead {
  storeId: Uint8Array
  shard: number
  seq: number
  firstEntry: number
  previousCrc: number
}

export class JournalFile {
  readonly path: string
  seq = 0
  private readonly disk: Disk
  private readonly bytes: number
  private file: DiskFile | null = null
  /** For writes that are not synced; opened when there is one. */
  private plain: DiskFile | null = null
  /** Entries stand in the page cache that may not be on disk. */
  hasUnsynced = false
  /** Begun and ended: a sync covers what had ended when it began. */
  private writes = 0
  /** Zeros, an earlier use or an entry stand below, or are being written there: no fill may start below. */
  private filled = 0
  private filling: Promise<void> | null = null
  /** Where the fill under way begins. */
  private fillingFrom = 0

  constructor(disk: Disk, path: string, bytes: number) {
    this.disk = disk
    this.path = path
    this.bytes = bytes
  }

  /** Makes the file, with zeros in its first part or in all of it. Its name is durable after a sync of the folder. */
  async create(whole: boolean): Promise<void> {
    const file = await this.disk.open(this.path, 'create')
    try {
      const until = whole ? this.bytes : Math.min(this.bytes, FILL_STEP_BYTES)
      while (this.filled < until) {
        const step = Math.min(FILL_STEP_BYTES, until - this.filled)
        await file.write([ZEROS.subarray(0, step)], this.filled)
        // Step by step: one flush of the whole file would stand before the journal's own writes.
        await file.sync()
        this.filled += step
      }
    } finally {
      await file.close()
    }
    await this.open()
  }

  async open(): Promise<void> {
    this.file = await this.disk.open(this.path, 'dsync')
    this.filled = await this.file.size()
  }

  /** The head in block 0; null if it does not check. Sets `seq`. */
  async readHead(): Promise<JournalFileHead | null> {
    const block = new Uint8Array(JOURNAL_BLOCK_BYTES)
    const count = await this.file!.read(block, 0)
    const head = count === block.length ? decodeJournalFileHead(block) : null
    this.seq = head?.seq ?? 0
    return head
  }

  /** The head of the entry that stands first, of whatever use of the file; null if there is none. */
  async firstEntry(): Promise<EntryHead | null> {
    return readFirstEntry(this.file!)
  }

  /** Starts a new use of the file. */
  async begin(head: JournalFileHead): Promise<void> {
    this.seq = head.seq
    await this.file!.write([encodeJournalFileHead(head)], 0)
  }

  /** Durable when it resolves if `mustSync`, else in the page cache until the next such write or `sync`. */
  async write(parts: readonly Uint8Array[], position: number, length: number, mustSync: boolean): Promise<void> {
    const end = position + length
    this.writes++
    this.filled = Math.max(this.filled, end)
    if (this.filling !== null && end > this.fillingFrom) await this.filling.catch(() => {})
    if (mustSync && !this.hasUnsynced) return this.file!.write(parts, position)
    this.plain ??= await this.disk.open(this.path, 'write')
    this.hasUnsynced = true
    await this.plain.write(parts, position)
    this.writes++
    // A sync that began and ended meanwhile did not cover it.
    this.hasUnsynced = true
    if (mustSync) await this.sync()
  }

  /** Puts zeros ahead of the writer, one step; false when enough stand there. */
  async fillAhead(position: number): Promise<boolean> {
    const until = Math.min(this.bytes, position + FILL_AHEAD_BYTES)
    if (this.filled >= until) return false
    const step = Math.min(FILL_STEP_BYTES, this.bytes - this.filled)
    this.fillingFrom = this.filled
    this.filled += step
    this.filling = this.file!.write([ZEROS.subarray(0, step)], this.fillingFrom)
    try {
      await this.filling
    } catch (error) {
      if (this.filled === this.fillingFrom + step) this.filled = this.fillingFrom
      throw error
    } finally {
      this.filling = null
    }
    return true
  }

  /** All written before is on disk when it resolves, also what an earlier process did not live to see synced. */
  async sync(): Promise<void> {
    const covers = this.writes
    await this.file!.sync()
    if (covers === this.writes) this.hasUnsynced = false
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.file!.read(into, position)
  }

  async close(): Promise<void> {
    await this.file?.close()
    await this.plain?.close()
    this.plain = null
    this.file = null
  }
}

const ZEROS = new Uint8Array(FILL_STEP_BYTES)

export async function readFirstEntry(file: DiskFile): Promise<EntryHead | null> {
  const block = new Uint8Array(JOURNAL_BLOCK_BYTES)
  return (await file.read(block, JOURNAL_BLOCK_BYTES)) === block.length ? decodeEntryHead(block, 0) : null
}

export function encodeJournalFileHead(head: JournalFileHead): Uint8Array {
  const block = new Uint8Array(JOURNAL_BLOCK_BYTES)
  const view = new DataView(block.buffer)
  view.setUint32(0, MAGIC)
  view.setUint32(4, VERSION)
  block.set(head.storeId, 8)
  view.setUint32(24, head.shard)
  writeU64(view, 28, head.seq)
  writeU64(view, 36, head.firstEntry)
  view.setUint32(44, head.previousCrc)
  view.setUint32(CRC_AT, crc32(block.subarray(0, CRC_AT)))
  return block
}

/** @returns null where block 0 does not check: the file was never used, or was torn before its first entry. */
export function decodeJournalFileHead(block: Uint8Array): JournalFileHead | null {
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  if (block.length < JOURNAL_BLOCK_BYTES || view.getUint32(0) !== MAGIC || view.getUint32(4) !== VERSION) return null
  if (crc32(block.subarray(0, CRC_AT)) !== view.getUint32(CRC_AT)) return null
  return {
    storeId: block.slice(8, 24),
    shard: view.getUint32(24),
    seq: readU64(view, 28),
    firstEntry: readU64(view, 36),
    previousCrc: view.getUint32(44),
  }
}
