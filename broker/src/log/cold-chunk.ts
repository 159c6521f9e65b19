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

export class ColdChunk {
  /** Its share of the bytes read with it. */
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
    this.weight = weight
    this.bytes = bytes
    this.data = viewOf(bytes)
    this.data = viewOf(bytes)
    this.from = from
    this.to = to
    this.count = at < 0 ? 0 : recordsCount(bytes, at)
    this.offsets = new Float64Array(this.count)
    this.timestamps = new Float64Array(this.count)
    this.places = new Int32Array(this.count * PLACES)
    if (at < 0) return
    const record = new RecordCursor()
    record.open(bytes, at)
    for (let i = 0; record.next(); i++) this.note(record, i)
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
