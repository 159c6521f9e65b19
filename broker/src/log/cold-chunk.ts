/**
 * One record batch of a segment, read back: where the parts of its records lie, found once, so that a message is
 * described in a few reads. A chunk answers for a range of offsets, whether or not each of them has a record.
 */
import { readInt64, viewOf } from '../base/bytes.ts'
import { recordsCount } from '../record/batch.ts'
import type { MessageView } from '../record/message.ts'
import { RecordCursor } from '../record/record-cursor.ts'

/** Places per record: key, its length, value, its length, exchange, its length, properties, their length, delivery. */
const PLACES = 9
/** Of offset, arrival and places. */
const NOTE_BYTES = 8 + 8 + PLACES * 4
const NOTHING = Buffer.alloc(0)

/** Body lengths by offset from `from` on: what is kept of a chunk when its bytes are given up. */
export interface BodyLengths {
  readonly from: number
  readonly to: number
  readonly lengths: Uint32Array
}

export class ColdChunk {
  /** Its share of the memory that was taken with it. */
  readonly weight: number
  /** Answers for offsets in [from, to). */
  readonly from: number
  readonly to: number
  readonly bytes: Buffer
  private readonly data: DataView
  private readonly holder = { lent: false }
  private readonly count: number
  private readonly offsets: Float64Array
  private readonly timestamps: Float64Array
  private readonly places: Int32Array
  /** Where the last search ended: readers go forward. */
  private cursor = 0

  /** @param at where the batch stands in `bytes`, -1 if it cannot be read. @throws InvalidBatch */
  constructor(bytes: Buffer, at: number, from: number, to: number, weight: number) {
    this.from = from
    this.to = to
    this.count = at < 0 ? 0 : recordsCount(bytes, at)
    this.weight = at < 0 ? 0 : weight + this.count * NOTE_BYTES
    this.bytes = at < 0 ? NOTHING : bytes
    this.data = viewOf(this.bytes)
    this.offsets = new Float64Array(this.count)
    this.timestamps = new Float64Array(this.count)
    this.places = new Int32Array(this.count * PLACES)
    if (at < 0) return
    const record = new RecordCursor()
    record.open(bytes, at)
    for (let i = 0; record.next(); i++) this.note(record, i)
  }

  /** It stands for a batch that cannot be read. */
  get isDamaged(): boolean {
    return this.count === 0
  }

  /** The index of the first record at or after `offset`, or -1. */
  find(offset: number): number {
    let i = this.cursor
    if (i > 0 && this.offsets[i - 1] >= offset) i = this.search(offset)
    else while (i < this.count && this.offsets[i] < offset) i++
    this.cursor = i
    return i < this.count ? i : -1
  }

  /** Of the record at `offset`, -1 if there is none. */
  bodyLength(offset: number): number {
    const index = this.search(offset)
    return this.offsets[index] === offset ? this.places[index * PLACES + 3] : -1
  }

  /** Null if offsets lie far apart. */
  bodyLengths(): BodyLengths | null {
    const { from, count, offsets, places } = this
    if (count === 0 || offsets[count - 1] - from > count * 4) return null
    const lengths = new Uint32Array(offsets[count - 1] - from + 1)
    for (let i = 0; i < count; i++) lengths[offsets[i] - from] = places[i * PLACES + 3]
    return { from, to: from + lengths.length, lengths }
  }

  /** Calls back for every record. */
  forEachLength(visit: (offset: number, bodyLength: number) => void): void {
    for (let i = 0; i < this.count; i++) visit(this.offsets[i], this.places[i * PLACES + 3])
  }

  offsetAt(index: number): number {
    return this.offsets[index]
  }

  describe(index: number, view: MessageView): void {
    const p = index * PLACES
    const places = this.places
    view.offset = this.offsets[index]
    view.buffer = this.bytes
    view.data = this.data
    view.data = this.data
    view.holder = this.holder
    view.keyPos = places[p]
    view.keyLen = places[p + 1]
    view.bodyPos = places[p + 2]
    view.bodyLen = places[p + 3]
    view.bodyParts = null
    view.exchangePos = places[p + 4]
    view.exchangeLen = places[p + 5]
    view.propertiesPos = places[p + 6]
    view.propertiesLen = places[p + 7]
    view.arrival = this.timestamps[index]
    const delivery = places[p + 8]
    view.expiry = readInt64(this.bytes, delivery)
    view.priority = this.bytes[delivery + 8]
    view.persistent = (this.bytes[delivery + 9] & 1) !== 0
    view.hasPriority = (this.bytes[delivery + 9] & 2) !== 0
  }

  private note(record: RecordCursor, index: number): void {
    const p = index * PLACES
    const places = this.places
    this.offsets[index] = record.offset
    this.timestamps[index] = record.timestamp
    places[p] = record.keyPosition
    places[p + 1] = record.keyLength
    places[p + 2] = record.valuePosition
    places[p + 3] = record.valueLength
    record.nextHeader()
    places[p + 4] = record.headerValuePosition
    places[p + 5] = record.headerValueLength
    record.nextHeader()
    places[p + 6] = record.headerValuePosition
    places[p + 7] = record.headerValueLength
    record.nextHeader()
    places[p + 8] = record.headerValuePosition
  }

  private search(offset: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.offsets[middle] < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
