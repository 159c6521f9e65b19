/**
 * The property block of a record whose headers are not what its block says: a Kafka program that passed the record on
 * changed, added or removed some. What is still there keeps its entry byte for byte, type included; what was changed or
 * added becomes a text; what is gone is taken out. Headers of one name are matched by value first, then in their order.
 * Rare, so it makes objects.
 */
import type { RecordCursor } from '../../record/record-cursor.ts'
import type { BlockHeaders, BlockMaker } from '../property-blocks.ts'
import type { ReadableHeaders, RecordShape } from './readable-headers.ts'
import { isReserved } from './record-names.ts'

/** A header of the record. */
interface Found {
  readonly name: string
  readonly keyPos: number
  readonly keyLen: number
  readonly valuePos: number
  /** -1: null. */
  readonly valueLen: number
  used: boolean
}

/** An entry of the block. */
interface Entry {
  readonly name: string
  readonly pos: number
  readonly end: number
  kept: boolean
}

export class ChangedBlock {
  private readonly maker: BlockMaker
  private readonly walk: BlockHeaders
  private readonly readable: ReadableHeaders

  constructor(maker: BlockMaker, walk: BlockHeaders, readable: ReadableHeaders) {
    this.maker = maker
    this.walk = walk
    this.readable = readable
  }

  /** Makes all of it but the end: more headers may follow. The block lies in `bytes` beside the record's headers. */
  make(cursor: RecordCursor, bytes: Uint8Array, pos: number, length: number, record: RecordShape): void {
    const found = headersOf(cursor, bytes)
    const entries = this.entriesOf(bytes, pos, length, found, record)
    const { maker } = this
    maker.beginLike(bytes, pos, length)
    for (const { name, pos, end, kept } of entries) {
      if (kept) {
        maker.keep(bytes, pos, end - pos)
        continue
      }
      const instead = take(found.get(name), () => true)
      if (instead !== undefined) this.add(bytes, instead)
    }
    for (const all of found.values()) for (const one of all) if (!one.used) this.add(bytes, one)
  }

  /** With those marked that stay: left out of the record, or still in it. */
  private entriesOf(
    bytes: Uint8Array,
    pos: number,
    length: number,
    found: ReadonlyMap<string, readonly Found[]>,
    record: RecordShape,
  ): Entry[] {
    const { walk, readable } = this
    const entries: Entry[] = []
    walk.open(bytes, pos, length)
    while (walk.next()) {
      walk.readValue()
      const name = latin1(bytes, walk.namePos, walk.nameLen)
      const kept =
        readable.isLeftOut(walk, bytes, record) ||
        take(found.get(name), (one) => isValue(walk, bytes, one)) !== undefined
      entries.push({ name, pos: walk.entryPos, end: walk.entryEnd, kept })
    }
    return entries
  }

  private add(bytes: Uint8Array, { keyPos, keyLen, valuePos, valueLen }: Found): void {
    this.maker.add(bytes, keyPos, keyLen, bytes, valuePos, valueLen)
  }
}

/** By name, one character for each byte; in their order. */
function headersOf(cursor: RecordCursor, bytes: Uint8Array): Map<string, Found[]> {
  const found = new Map<string, Found[]>()
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    const { headerKeyPosition: keyPos, headerKeyLength: keyLen } = cursor
    if (isReserved(bytes, keyPos, keyLen)) continue
    const { headerValuePosition: valuePos, headerValueLength: valueLen } = cursor
    const name = latin1(bytes, keyPos, keyLen)
    const one = { name, keyPos, keyLen, valuePos, valueLen, used: false }
    const known = found.get(name)
    if (known === undefined) found.set(name, [one])
    else known.push(one)
  }
  return found
}

/** The first that is not taken yet and fits. */
function take(all: readonly Found[] | undefined, fits: (one: Found) => boolean): Found | undefined {
  const one = all?.find((one) => !one.used && fits(one))
  if (one !== undefined) one.used = true
  return one
}

function isValue(walk: BlockHeaders, bytes: Uint8Array, { valuePos, valueLen }: Found): boolean {
  if (walk.valueLen !== valueLen) return false
  for (let i = 0; i < valueLen; i++) if (walk.value[walk.valuePos + i] !== bytes[valuePos + i]) return false
  return true
}

function latin1(bytes: Uint8Array, pos: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + pos, length).toString('latin1')
}
