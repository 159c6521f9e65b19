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
  readonly keyPos: number
  readonly keyLen: number
  readonly valuePos: number
  /** -1: null. */
  readonly valueLen: number
  used: boolean
}

/** Headers in their order, each taken once, so that very many of one name cost no more than others. */
class Line {
  private readonly headers: Found[] = []
  private at = 0

  add(one: Found): void {
    this.headers.push(one)
  }

  /** The first that is not taken yet. */
  take(): Found | undefined {
    while (this.at < this.headers.length) {
      const one = this.headers[this.at++]
      if (one.used) continue
      one.used = true
      return one
    }
    return undefined
  }

  rest(): Found[] {
    return this.headers.filter(({ used }) => !used)
  }
}

/** Headers of one name. */
interface Namesakes {
  readonly all: Line
  readonly ofValue: Map<string, Line>
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
      const instead = found.get(name)?.all.take()
      if (instead !== undefined) this.add(bytes, instead)
    }
    for (const { all } of found.values()) for (const one of all.rest()) this.add(bytes, one)
  }

  /** With those marked that stay: left out of the record, or still in it. */
  private entriesOf(
    bytes: Uint8Array,
    pos: number,
    length: number,
    found: ReadonlyMap<string, Namesakes>,
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
        found
          .get(name)
          ?.ofValue.get(valueText(walk.value, walk.valuePos, walk.valueLen))
          ?.take() !== undefined
      entries.push({ name, pos: walk.entryPos, end: walk.entryEnd, kept })
    }
    return entries
  }

  private add(bytes: Uint8Array, { keyPos, keyLen, valuePos, valueLen }: Found): void {
    this.maker.add(bytes, keyPos, keyLen, bytes, valuePos, valueLen)
  }
}

/** By name, one character for each byte. */
function headersOf(cursor: RecordCursor, bytes: Uint8Array): Map<string, Namesakes> {
  const found = new Map<string, Namesakes>()
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    const { headerKeyPosition: keyPos, headerKeyLength: keyLen } = cursor
    if (isReserved(bytes, keyPos, keyLen)) continue
    const { headerValuePosition: valuePos, headerValueLength: valueLen } = cursor
    const { all, ofValue } = entryOf(found, latin1(bytes, keyPos, keyLen), () => ({
      all: new Line(),
      ofValue: new Map(),
    }))
    const one = { keyPos, keyLen, valuePos, valueLen, used: false }
    all.add(one)
    entryOf(ofValue, valueText(bytes, valuePos, valueLen), () => new Line()).add(one)
  }
  return found
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

/** Tells values apart, and nothing from an empty one. */
function valueText(bytes: Uint8Array, pos: number, length: number): string {
  return length < 0 ? 'nothing' : `=${latin1(bytes, pos, length)}`
}

function latin1(bytes: Uint8Array, pos: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + pos, length).toString('latin1')
}
