/**
 * Entries that stand where damaged ones stood, so that the journal's chain holds again without a change to any other
 * entry. The one before an entry that is whole has to have the head crc that this one names: CRC-32 is linear, and four
 * free bytes of the head bring it about.
 *
 *   head      as any entry's (see entry.ts), but 56 … 59: such that the head crc is what the next entry names
 *   sections  a message without body that ends what was left unfinished, its destinations the places whose records are
 *             lost, the first of them log 0, which there is not | open, over the rest of the damaged bytes
 */
import { crc32 } from '../../base/crc32c.ts'
import { ByteWriter } from '../checkpoint-format.ts'
import { ENTRY_HEAD_BYTES, encodeEntryHead, entryRoom } from '../entry.ts'
import { MESSAGE_HEAD_BYTES, zigzag } from '../message-section.ts'
import { SECTION_HEAD_BYTES, SectionKind, writeSectionHead } from '../section.ts'

const FREE_AT = 56
const CRC_AT = 60
const CRC_POLYNOMIAL = 0xedb88320

export interface Destination {
  readonly logId: number
  readonly offset: number
}

export interface BlankPlace {
  readonly number: number
  readonly epoch: number
  readonly shard: number
  readonly fileSeq: number
  readonly previousCrc: number
  /** What the next entry names; null: it is free. */
  readonly crc: number | null
}

/**
 * @param room bytes to be written, whole blocks
 * @param rest what stands on the disk behind them, up to the next entry
 * @returns the first bytes of the entry, which `rest` completes, and its head crc
 */
export function blankEntry(
  place: BlankPlace,
  destinations: readonly Destination[],
  room: number,
  rest: Uint8Array,
): { bytes: Buffer; crc: number } {
  const message = blankMessage(destinations)
  const bytes = Buffer.alloc(room)
  bytes.set(message, ENTRY_HEAD_BYTES)
  const fillerAt = ENTRY_HEAD_BYTES + message.length
  const length = room + rest.length - ENTRY_HEAD_BYTES
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  writeSectionHead(view, fillerAt, SectionKind.open, length - message.length - SECTION_HEAD_BYTES, 0)
  const bodyCrc = crc32(rest, crc32(bytes.subarray(ENTRY_HEAD_BYTES)))
  const { number, epoch, shard, fileSeq, previousCrc } = place
  const head = encodeEntryHead({
    flags: 0,
    sections: 2,
    number,
    epoch,
    shard,
    fileSeq,
    writer: 0,
    length,
    previousCrc,
    bodyCrc,
  })
  bytes.set(head.bytes)
  if (place.crc === null) return { bytes, crc: head.crc }
  forceCrc(bytes, place.crc)
  return { bytes, crc: place.crc }
}

/** The least room that holds the destinations. */
export function blankRoom(destinations: readonly Destination[]): number {
  return entryRoom(blankMessage(destinations).length + SECTION_HEAD_BYTES)
}

function blankMessage(destinations: readonly Destination[]): Buffer {
  const others = new ByteWriter()
  let before = 0
  for (const { logId, offset } of destinations) {
    others.varint(zigzag(logId - before))
    others.varint(offset)
    before = logId
  }
  // Without exchange and routing key: two empty names.
  const names = Buffer.alloc(2)
  const bytes = Buffer.concat([Buffer.alloc(MESSAGE_HEAD_BYTES), names, others.done()])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  writeSectionHead(view, 0, SectionKind.message, bytes.length - SECTION_HEAD_BYTES, 0)
  view.setUint32(48, (names.length << 16) | 1)
  view.setUint32(52, others.length)
  return bytes
}

/** Sets the free bytes so that the head's crc is `wanted`, and writes it. */
function forceCrc(head: Buffer, wanted: number): void {
  const before = ~crc32(head.subarray(0, FREE_AT)) >>> 0
  let register = ~wanted >>> 0
  for (let bit = 0; bit < 32; bit++) {
    register = register & 0x80000000 ? (((register ^ CRC_POLYNOMIAL) << 1) | 1) >>> 0 : (register << 1) >>> 0
  }
  head.writeUInt32LE((register ^ before) >>> 0, FREE_AT)
  head.writeUInt32BE(wanted >>> 0, CRC_AT)
}
