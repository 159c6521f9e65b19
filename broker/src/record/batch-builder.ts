/**
 * Puts records together to a batch. The bytes are handed over by `finish` and never touched again, so that they can be
 * written while the next batch is built; the checksum is made once, at the end.
 */
import { assert } from '../base/assert.ts'
import { writeInt16, writeInt32, writeInt64 } from '../base/bytes.ts'
import { crc32c } from '../base/crc32c.ts'
import { BATCH_HEAD_BYTES, BATCH_MAGIC, BATCH_PREFIX_BYTES, Field } from './batch.ts'
import { varintBytes, writeVarint } from './varint.ts'

export interface RecordHeader {
  key: Uint8Array
  value: Uint8Array | null
}

/** One record to append; the builder keeps nothing of it, so the object may be used again. */
export interface RecordDraft {
  /** Above that of the record before; gaps are fine. */
  offset: number
  /** Milliseconds since 1970. */
  timestamp: number
  key: Uint8Array | null
  /** The value is all parts together. */
  value: readonly Uint8Array[] | null
  headers: readonly RecordHeader[]
}

export interface BatchOptions {
  leaderEpoch: number
  attributes?: number
  /** The last offset the batch stands for, if above that of its last record. */
  lastOffset?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
}

const INITIAL_BYTES = 4096
const LAST_OFFSET_DELTA_MAX = 2 ** 31 - 1

export class BatchBuilder {
  #bytes: Uint8Array = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #end = BATCH_HEAD_BYTES
  #count = 0
  #baseOffset = 0
  #lastOffset = 0
  #baseTimestamp = 0
  #maxTimestamp = 0

  get count(): number {
    return this.#count
  }

  /** Bytes that `finish` would give now. */
  get length(): number {
    return this.#end
  }

  append(record: RecordDraft): void {
    if (this.#count === 0) this.#begin(record)
    assert(this.#count === 0 || record.offset > this.#lastOffset, 'offsets in a batch must grow')
    const keyLength = record.key?.length ?? -1
    const valueLength = record.value === null ? -1 : totalLength(record.value)
    const timestampDelta = record.timestamp - this.#baseTimestamp
    const offsetDelta = record.offset - this.#baseOffset
    const length =
      1 +
      varintBytes(timestampDelta) +
      varintBytes(offsetDelta) +
      fieldBytes(keyLength) +
      fieldBytes(valueLength) +
      headersBytes(record.headers)
    this.#reserve(varintBytes(length) + length)

    let at = writeVarint(this.#bytes, this.#end, length)
    this.#bytes[at++] = 0
    at = writeVarint(this.#bytes, at, timestampDelta)
    at = writeVarint(this.#bytes, at, offsetDelta)
    at = this.#writeField(at, record.key)
    at = writeVarint(this.#bytes, at, valueLength)
    if (record.value !== null) for (const part of record.value) at = this.#writeBytes(at, part)
    at = writeVarint(this.#bytes, at, record.headers.length)
    for (const header of record.headers) at = this.#writeField(this.#writeField(at, header.key), header.value)

    this.#end = at
    this.#count++
    this.#lastOffset = record.offset
    this.#maxTimestamp = Math.max(this.#maxTimestamp, record.timestamp)
  }

  /** Completes the batch, hands its bytes over and begins anew. */
  finish(options: BatchOptions): Uint8Array {
    assert(this.#count > 0, 'a batch holds at least one record')
    const bytes = this.#bytes.subarray(0, this.#end)
    const lastOffset = Math.max(this.#lastOffset, options.lastOffset ?? 0)
    assert(lastOffset - this.#baseOffset <= LAST_OFFSET_DELTA_MAX, 'a batch spans at most 2^31 offsets')
    writeInt64(bytes, Field.baseOffset, this.#baseOffset)
    writeInt32(bytes, Field.length, bytes.length - BATCH_PREFIX_BYTES)
    writeInt32(bytes, Field.leaderEpoch, options.leaderEpoch)
    bytes[Field.magic] = BATCH_MAGIC
    writeInt16(bytes, Field.attributes, options.attributes ?? 0)
    writeInt32(bytes, Field.lastOffsetDelta, lastOffset - this.#baseOffset)
    writeInt64(bytes, Field.baseTimestamp, this.#baseTimestamp)
    writeInt64(bytes, Field.maxTimestamp, this.#maxTimestamp)
    writeInt64(bytes, Field.producerId, options.producerId ?? -1)
    writeInt16(bytes, Field.producerEpoch, options.producerEpoch ?? -1)
    writeInt32(bytes, Field.baseSequence, options.baseSequence ?? -1)
    writeInt32(bytes, Field.recordsCount, this.#count)
    writeInt32(bytes, Field.crc, crc32c(bytes, Field.attributes))
    this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
    this.#end = BATCH_HEAD_BYTES
    this.#count = 0
    return bytes
  }

  #begin(first: RecordDraft): void {
    this.#baseOffset = first.offset
    this.#baseTimestamp = this.#maxTimestamp = first.timestamp
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + count))
    larger.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = larger
  }

  #writeField(at: number, field: Uint8Array | null): number {
    at = writeVarint(this.#bytes, at, field?.length ?? -1)
    return field === null ? at : this.#writeBytes(at, field)
  }

  #writeBytes(at: number, bytes: Uint8Array): number {
    this.#bytes.set(bytes, at)
    return at + bytes.length
  }
}

function totalLength(parts: readonly Uint8Array[]): number {
  let total = 0
  for (const part of parts) total += part.length
  return total
}

/** A length of -1 stands for null. */
function fieldBytes(length: number): number {
  return varintBytes(length) + Math.max(0, length)
}

function headersBytes(headers: readonly RecordHeader[]): number {
  let total = varintBytes(headers.length)
  for (const header of headers) total += fieldBytes(header.key.length) + fieldBytes(header.value?.length ?? -1)
  return total
}
