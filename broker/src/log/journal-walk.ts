/**
 * Reads the entries of a journal file in order, in large pieces, and stops at the first block that holds none. An entry
 * counts only if its head and body check, if it belongs to this use of the file, and if it continues the chain.
 */
import { crc32 } from '../base/crc32c.ts'
import { decodeEntryHead, ENTRY_HEAD_BYTES, type EntryHead, entryRoom, JOURNAL_BLOCK_BYTES } from './entry.ts'
import type { JournalFile } from './journal-file.ts'

const PIECE_BYTES = 4 << 20

/** Where the walk stands: the entry before. */
export interface Chain {
  entryNumber: number
  crc: number
  epoch: number
}

/** An entry's sections lie in bytes[from, to), which is used again after the call. */
export type VisitEntry = (head: EntryHead, bytes: Buffer, view: DataView, from: number, to: number) => void

export class JournalWalk {
  private readonly bytes: Buffer
  private readonly view: DataView

  constructor(fileBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, fileBytes))
    this.view = new DataView(this.bytes.buffer)
  }

  /**
   * @param pause is awaited between pieces
   * @returns the position behind the last entry
   */
  async walk(file: JournalFile, chain: Chain, visit: VisitEntry, pause?: () => Promise<void>): Promise<number> {
    let position = JOURNAL_BLOCK_BYTES
    for (;;) {
      const count = await file.read(this.bytes, position)
      let at = 0
      while (at < count) {
        const head = this.entryAt(at, count, file.seq)
        if (head === null || head.number !== chain.entryNumber + 1 || head.previousCrc !== chain.crc) break
        const from = at + ENTRY_HEAD_BYTES
        chain.entryNumber = head.number
        chain.crc = head.crc
        chain.epoch = head.epoch
        visit(head, this.bytes, this.view, from, from + head.length)
        at += entryRoom(head.length)
      }
      if (at === 0) return position
      position += at
      if (pause) await pause()
    }
  }

  /** Whole entries of this use of the file at any block from `position` on: what remains behind a place that failed. */
  async entriesBehind(file: JournalFile, position: number): Promise<{ head: EntryHead; position: number }[]> {
    const found: { head: EntryHead; position: number }[] = []
    for (;;) {
      const count = await file.read(this.bytes, position)
      let at = 0
      while (at < count) {
        const head = this.entryAt(at, count, file.seq)
        if (head === null) {
          const cut = decodeEntryHead(this.bytes, at)
          if (at > 0 && cut?.fileSeq === file.seq && at + ENTRY_HEAD_BYTES + cut.length > count) break
          at += JOURNAL_BLOCK_BYTES
        } else {
          found.push({ head, position: position + at })
          at += entryRoom(head.length)
        }
      }
      if (count === 0) return found
      position += at
    }
  }

  private entryAt(at: number, end: number, fileSeq: number): EntryHead | null {
    const head = decodeEntryHead(this.bytes, at)
    if (head === null || head.fileSeq !== fileSeq || at + ENTRY_HEAD_BYTES + head.length > end) return null
    const from = at + ENTRY_HEAD_BYTES
    return crc32(this.bytes.subarray(from, from + head.length)) === head.bodyCrc ? head : null
  }
}
