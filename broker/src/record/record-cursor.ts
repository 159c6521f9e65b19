/**
 * Walks the records of a batch, one reused object and no allocation per record: it tells positions, the bytes stay where
 * they are. Deltas may leave gaps.
 *
 *   record  length varint | attributes i8 | timestamp delta varint | offset delta varint | key length varint (-1 null), key
 *         | value length varint (-1 null), value | headers count varint | headers: key length, key, value length (-1 null), value
 */
import { readInt64 } from '../base/bytes.ts'
import {
  Attribute,
  attributes,
  BATCH_HEAD_BYTES,
  baseOffset,
  batchLength,
  codecOf,
  Field,
  InvalidBatch,
  maxTimestamp,
  recordsCount,
} from './batch.ts'
import { VarintReader } from './varint.ts'

export class RecordCursor {
  /** Where the record begins, and where the next one does. */
  position = 0
  end = 0
  offset = 0
  /** From the base offset of the batch. */
  offsetDelta = 0
  /** Milliseconds since 1970; of the append where the batch says so. */
  timestamp = 0
  /** Where what does not depend on the batch begins: key, value and headers. */
  contentPosition = 0
  keyPosition = 0
  /** -1: there is none. */
  keyLength = -1
  valuePosition = 0
  valueLength = -1
  headersPosition = 0
  headersCount = 0
  /** The header that `nextHeader` came to. */
  headerKeyPosition = 0
  headerKeyLength = 0
  headerValuePosition = 0
  headerValueLength = -1

  #bytes: Uint8Array = new Uint8Array(0)
  #batchEnd = 0
  #baseOffset = 0
  #baseTimestamp = 0
  #appendTime: number | null = null
  #recordsLeft = 0
  #headersLeft = 0
  readonly #varint = new VarintReader()

  /** Stands before the first record of a batch that was inspected. @throws InvalidBatch if its records are packed */
  open(bytes: Uint8Array, at: number): void {
    const codec = codecOf(bytes, at)
    if (codec !== 'none') {
      throw new InvalidBatch(`the batch at offset ${baseOffset(bytes, at)} is not open (codec ${codec})`)
    }
    this.#bytes = bytes
    this.#batchEnd = at + batchLength(bytes, at)
    this.#baseOffset = baseOffset(bytes, at)
    this.#baseTimestamp = readInt64(bytes, at + Field.baseTimestamp)
    this.#appendTime = attributes(bytes, at) & Attribute.appendTime ? maxTimestamp(bytes, at) : null
    this.#recordsLeft = recordsCount(bytes, at)
    this.end = at + BATCH_HEAD_BYTES
  }

  /** Comes to the next record; false behind the last. @throws InvalidBatch if it does not fit its lengths */
  next(): boolean {
    this.position = this.#varint.position = this.end
    if (this.#recordsLeft === 0) {
      if (this.end !== this.#batchEnd) throw this.#invalid('holds bytes behind its last record')
      return false
    }
    this.#recordsLeft--
    const length = this.#number(this.#batchEnd)
    if (length < 1 || this.#varint.position + length > this.#batchEnd)
      throw this.#invalid('has a record of a wrong length')
    this.end = this.#varint.position + length
    this.#varint.position++
    this.timestamp = this.#baseTimestamp + this.#number(this.end)
    if (this.#appendTime !== null) this.timestamp = this.#appendTime
    this.offsetDelta = this.#number(this.end)
    this.offset = this.#baseOffset + this.offsetDelta
    this.contentPosition = this.#varint.position
    this.keyLength = this.#field()
    this.keyPosition = this.#fieldPosition(this.keyLength)
    this.valueLength = this.#field()
    this.valuePosition = this.#fieldPosition(this.valueLength)
    this.headersCount = this.#headersLeft = this.#number(this.end)
    this.headersPosition = this.#varint.position
    if (this.headersCount < 0) throw this.#invalid('has a record with a wrong number of headers')
    return true
  }

  /** Comes to the next header of the record; false behind the last. @throws InvalidBatch */
  nextHeader(): boolean {
    if (this.#headersLeft === 0) {
      if (this.#varint.position !== this.end) throw this.#invalid('has a record with bytes behind its last header')
      return false
    }
    this.#headersLeft--
    this.headerKeyLength = this.#field()
    if (this.headerKeyLength < 0) throw this.#invalid('has a header without a key')
    this.headerKeyPosition = this.#fieldPosition(this.headerKeyLength)
    this.headerValueLength = this.#field()
    this.headerValuePosition = this.#fieldPosition(this.headerValueLength)
    return true
  }

  /** Stands before the first header of the record again. */
  rewindHeaders(): void {
    this.#varint.position = this.headersPosition
    this.#headersLeft = this.headersCount
  }

  /** A length and then that many bytes, passed over. */
  #field(): number {
    const length = this.#number(this.end)
    if (length < -1 || this.#varint.position + length > this.end) throw this.#invalid('has a field of a wrong length')
    if (length > 0) this.#varint.position += length
    return length
  }

  #fieldPosition(length: number): number {
    return this.#varint.position - Math.max(0, length)
  }

  #number(end: number): number {
    try {
      return this.#varint.read(this.#bytes, end)
    } catch {
      throw this.#invalid('has a number that is cut or too large')
    }
  }

  #invalid(what: string): InvalidBatch {
    return new InvalidBatch(`the batch at offset ${this.#baseOffset} ${what} (byte ${this.#varint.position})`)
  }
}
