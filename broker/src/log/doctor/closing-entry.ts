/**
 * What the journal is told at its end about what was lost, in ordinary sections, so that a start takes it as it takes
 * everything else: logs that nobody knows are deleted, lost records are settled, rewritten segments of partitions take
 * the place of damaged ones; and records that stand elsewhere by chance.
 */
import { crc32 } from '../../base/crc32c.ts'
import { ByteWriter } from '../checkpoint-format.ts'
import { ENTRY_HEAD_BYTES, encodeEntryHead, entryRoom, JOURNAL_BLOCK_BYTES } from '../entry.ts'
import { encodeJournalFileHead } from '../journal-file.ts'
import { encodeReplacement, type Replacement } from '../partition/partition-state.ts'
import { LOG_DELETE, LOG_REPLACE, SECTION_HEAD_BYTES, SectionKind, writeSectionHead } from '../section.ts'
import type { JournalCheck, JournalEnd } from './check-journal.ts'
import type { LostRecords } from './finding.ts'
import type { Step } from './treatment.ts'

const ENTRY_BYTES_MAX = 50_000
const RANGES_MAX = 2000

export class Closing {
  private readonly deleted = new Set<number>()
  private readonly settled = new Map<number, { from: number; to: number }[]>()
  private readonly replaced: { logId: number; replacement: Replacement }[] = []

  private readonly carried: Buffer[] = []

  /** A record that the journal lost, as a section. */
  carry(section: Buffer): void {
    this.carried.push(section)
  }

  /** What is said of the log means nothing. */
  delete(logId: number): void {
    this.deleted.add(logId)
  }

  settle({ logId, from, to }: Pick<LostRecords, 'logId' | 'from' | 'to'>): void {
    const ranges = this.settled.get(logId) ?? []
    ranges.push({ from, to })
    this.settled.set(logId, ranges)
  }

  replace(logId: number, replacement: Replacement): void {
    this.replaced.push({ logId, replacement })
  }

  /** Writes it behind `end`, into a file of its own if there is no room. */
  steps(check: JournalCheck, end: JournalEnd, epoch: number, newPath: () => string): Step[] {
    const sections = this.sections()
    const steps: Step[] = []
    let { path, seq, position } = end
    let chain = { number: end.number, crc: end.crc }
    for (let first = 0; first < sections.length; ) {
      let last = first
      for (let bytes = 0; last < sections.length && (last === first || bytes < ENTRY_BYTES_MAX); last++) {
        bytes += sections[last].length
      }
      const body = Buffer.concat(sections.slice(first, last))
      const room = entryRoom(body.length)
      const isFull = position + room > check.fileBytes
      if (isFull) {
        path = newPath()
        position = JOURNAL_BLOCK_BYTES
        seq++
      }
      const entry = encodeEntry(body, last - first, { ...chain, epoch, shard: check.shard, seq })
      if (isFull) {
        const { storeId, shard } = check
        const fileHead = { storeId, shard, seq, firstEntry: chain.number + 1, previousCrc: chain.crc }
        steps.push({ kind: 'compose', path, parts: [encodeJournalFileHead(fileHead), entry.bytes] })
      } else steps.push({ kind: 'write', path, position, bytes: entry.bytes })
      chain = { number: chain.number + 1, crc: entry.crc }
      position += room
      first = last
    }
    return steps
  }

  private sections(): Buffer[] {
    const sections: Buffer[] = [...this.carried]
    for (const logId of this.deleted) sections.push(section(SectionKind.log, logId, Buffer.of(LOG_DELETE)))
    for (const [logId, ranges] of this.settled) {
      for (let i = 0; i < ranges.length; i += RANGES_MAX) {
        const into = new ByteWriter()
        for (const { from, to } of ranges.slice(i, i + RANGES_MAX)) {
          into.u64(from)
          into.u64(to)
        }
        sections.push(section(SectionKind.settle, logId, into.done()))
      }
    }
    for (const { logId, replacement } of this.replaced) {
      const into = new ByteWriter()
      into.u8(LOG_REPLACE)
      encodeReplacement(into, replacement)
      sections.push(section(SectionKind.log, logId, into.done()))
    }
    return sections
  }
}

function section(kind: number, logId: number, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(SECTION_HEAD_BYTES + body.length)
  writeSectionHead(new DataView(bytes.buffer, bytes.byteOffset), 0, kind, body.length, logId)
  bytes.set(body, SECTION_HEAD_BYTES)
  return bytes
}

function encodeEntry(
  body: Buffer,
  sections: number,
  place: { number: number; crc: number; epoch: number; shard: number; seq: number },
): { bytes: Buffer; crc: number } {
  const head = encodeEntryHead({
    flags: 0,
    sections,
    number: place.number + 1,
    epoch: place.epoch,
    shard: place.shard,
    fileSeq: place.seq,
    writer: 0,
    length: body.length,
    previousCrc: place.crc,
    bodyCrc: crc32(body),
  })
  const bytes = Buffer.alloc(entryRoom(body.length))
  bytes.set(head.bytes)
  bytes.set(body, ENTRY_HEAD_BYTES)
  return { bytes, crc: head.crc }
}
