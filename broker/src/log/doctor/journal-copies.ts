/**
 * What the journal still holds of records that are damaged in a segment, also in files that are free for another use:
 * messages of queues, from which a batch is made anew to the byte, and batches of partitions as they were. Read only
 * where there is damage.
 */
import { baseOffset, batchLength } from '../../record/batch.ts'
import { BatchBuilder } from '../../record/batch-builder.ts'
import { MessageView } from '../../record/message.ts'
import type { Block } from '../block.ts'
import { ENTRY_HEAD_BYTES, entryRoom, JOURNAL_BLOCK_BYTES } from '../entry.ts'
import { describeMessage, forEachDestination } from '../message-section.ts'
import { appendQueueRecord } from '../queue-record.ts'
import { SECTION_HEAD_BYTES } from '../section.ts'
import { type SectionVisitor, SectionWalk } from '../section-walk.ts'
import type { Case } from './case.ts'
import { journalFiles, nextEntry } from './journal-files.ts'

const FILLER_KEYS_MAX = 4
const FILLER_TRIES = 12

/** A message as it stands in the journal. */
export type Copies = Map<number, Buffer>

export class JournalCopies {
  private readonly open: Case
  private readonly folder: string

  constructor(open: Case, folder: string) {
    this.open = open
    this.folder = folder
  }

  /** The messages of a log that are asked for, by their offsets there. */
  async messages(logId: number, wants: (offset: number) => boolean): Promise<Copies> {
    const found: Copies = new Map()
    await this.walk({
      message(bytes, view, at, length, more) {
        forEachDestination(bytes, view, at, (id, offset) => {
          if (id !== logId || !wants(offset)) return
          found.set(offset, Buffer.concat([bytes.subarray(at, at + SECTION_HEAD_BYTES + length), ...more]))
        })
      },
      batches() {},
      other() {},
    })
    return found
  }

  /** The batches of a partition with offsets in [from, to), as they stood in its segments. */
  async batches(logId: number, from: number, to: number): Promise<Buffer> {
    const found = new Map<number, Buffer>()
    await this.walk({
      message() {},
      batches(id, parts) {
        if (id !== logId) return
        const bytes = Buffer.concat(parts)
        for (let at = 0; at < bytes.length; at += batchLength(bytes, at)) {
          const base = baseOffset(bytes, at)
          if (base >= from && base < to) found.set(base, bytes.subarray(at, at + batchLength(bytes, at)))
        }
      },
      other() {},
    })
    return Buffer.concat([...found].sort((a, b) => a[0] - b[0]).map(([, bytes]) => bytes))
  }

  /** All entries that check, oldest first, so that what was said last of an offset counts. */
  private async walk(visitor: SectionVisitor): Promise<void> {
    const sections = new SectionWalk(visitor)
    const files = (await journalFiles(this.open, this.folder)).flatMap(({ path, size, head }) =>
      head === null ? [] : [{ path, size, seq: head.seq }],
    )
    let last = -1
    for (const { path, size, seq } of files.sort((a, b) => a.seq - b.seq)) {
      const bytes = await this.open.read(path, 0, size)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let next = nextEntry(bytes, JOURNAL_BLOCK_BYTES, seq, -1); next !== null; ) {
        const { head, position } = next
        // What is left unfinished where entries are missing has no end in those behind.
        if (head.number !== last + 1) sections.begin()
        last = head.number
        const from = position + ENTRY_HEAD_BYTES
        sections.walk(path, head.number, bytes, view, from, from + head.length)
        next = nextEntry(bytes, position + entryRoom(head.length), seq, head.number)
      }
    }
  }
}

/**
 * One batch of the messages, exactly `length` bytes long: what is left over is filled at an offset of [from, next) that
 * is none of theirs. Messages that find no room are dropped from `copies`. @returns null if none is left
 */
export function batchOfCopies(copies: Copies, from: number, next: number, length: number): Buffer | null {
  const offsets = [...copies.keys()].sort((a, b) => a - b)
  for (; offsets.length > 0; copies.delete(offsets.pop()!)) {
    const whole = build(copies, offsets, null)
    if (whole.length === length) return whole
    const free = freeOffset(copies, from, next)
    if (free < 0) continue
    const least = build(copies, offsets, { offset: free, key: 0, value: 0 })
    for (let key = 0; key <= FILLER_KEYS_MAX; key++) {
      for (let less = 0; less < FILLER_TRIES; less++) {
        const value = length - least.length - key - less
        if (value < 0) break
        const filled = build(copies, offsets, { offset: free, key, value })
        if (filled.length === length) return filled
      }
    }
  }
  return null
}

function freeOffset(copies: Copies, from: number, next: number): number {
  for (let offset = from; offset < next; offset++) if (!copies.has(offset)) return offset
  return -1
}

interface Filler {
  readonly offset: number
  readonly key: number
  readonly value: number
}

function build(copies: Copies, offsets: readonly number[], filler: Filler | null): Buffer {
  const builder = new BatchBuilder()
  const view = new MessageView()
  let timestamp = -1
  for (const offset of [...offsets, ...(filler === null ? [] : [filler.offset])].sort((a, b) => a - b)) {
    if (offset === filler?.offset) {
      if (timestamp < 0) timestamp = arrivalOf(copies.get(offsets[0])!, view)
      const [key, value] = [Buffer.alloc(filler.key), [Buffer.alloc(filler.value)]]
      builder.append({ offset, timestamp, key, value, headers: [] })
      continue
    }
    timestamp = arrivalOf(copies.get(offset)!, view)
    view.offset = offset
    appendQueueRecord(builder, view)
  }
  return Buffer.from(builder.finish({ leaderEpoch: 0 }))
}

/** Points `view` at the message. */
function arrivalOf(section: Buffer, view: MessageView): number {
  const block = { bytes: section, view: new DataView(section.buffer, section.byteOffset, section.length), bodies: null }
  describeMessage(block as unknown as Block, 0, view)
  return view.arrival
}
