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
/** Below this a loop is faster than a call into native code. */
const LOOP_COPY_MAX = 48

export class BatchBuilder {
  readonly #initialBytes: number
  #bytes: Uint8Array
  /** Given back by who is done with a batch, to be used for another. */
  readonly #spare: Uint8Array[] = []
  #end = BATCH_HEAD_BYTES
  #count = 0
  #baseOffset = 0
  #lastOffset = 0
  #baseTimestamp = 0
  #maxTimestamp = 0

  constructor(initialBytes = INITIAL_BYTES) {
    this.#initialBytes = initialBytes
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes)
  }

  get count(): number {
    return this.#count
  }

  /** Bytes that `finish` would give now. */
  get length(): number {
    return this.#end
  }

  append(record: RecordDraft): void {
    const valueLength = record.value === null ? -1 : totalLength(record.value)
    const length = fieldBytes(record.key?.length ?? -1) + fieldBytes(valueLength) + headersBytes(record.headers)
    this.begin(record.offset, record.timestamp, length)
    this.#field(record.key)
    this.number(valueLength)
    if (record.value !== null) for (const part of record.value) this.raw(part, 0, part.length)
    this.number(record.headers.length)
    for (const header of record.headers) {
      this.#field(header.key)
      this.#field(header.value)
    }
  }

  /**
   * Begins a record whose key, value and headers, `length` bytes in all, are then put in by `number` and `raw`: for
   * writers that make no object per record.
   */
  begin(offset: number, timestamp: number, length: number): void {
    if (this.#count === 0) {
      this.#baseOffset = offset
      this.#baseTimestamp = this.#maxTimestamp = timestamp
    }
    assert(this.#count === 0 || offset > this.#lastOffset, 'offsets in a batch must grow')
    const timestampDelta = timestamp - this.#baseTimestamp
    const offsetDelta = offset - this.#baseOffset
    const whole = 1 + varintBytes(timestampDelta) + varintBytes(offsetDelta) + length
    this.#reserve(varintBytes(whole) + whole)
    let at = writeVarint(this.#bytes, this.#end, whole)
    this.#bytes[at++] = 0
    at = writeVarint(this.#bytes, at, timestampDelta)
    this.#end = writeVarint(this.#bytes, at, offsetDelta)
    this.#count++
    this.#lastOffset = offset
    this.#maxTimestamp = Math.max(this.#maxTimestamp, timestamp)
  }

  /** A length or count of the record begun. */
  number(value: number): void {
    this.#end = writeVarint(this.#bytes, this.#end, value)
  }

  /** Bytes of the record begun. */
  raw(from: Uint8Array, position: number, length: number): void {
    const into = this.#bytes
    const at = this.#end
    if (length <= LOOP_COPY_MAX) for (let i = 0; i < length; i++) into[at + i] = from[position + i]
    else into.set(position === 0 && length === from.length ? from : from.subarray(position, position + length), at)
    this.#end = at + length
  }

  /** Takes the bytes of a finished batch that nobody needs any more. */
  reuse(batch: Uint8Array): void {
    if (batch.buffer.byteLength === this.#initialBytes) this.#spare.push(Buffer.from(batch.buffer as ArrayBuffer))
  }

  /** Completes the batch, hands its bytes over and begins anew. */
  finish(options: BatchOptions): Uint8Array {
    const bytes = this.#completed(options)
    this.#bytes = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#initialBytes)
    this.#begin()
    return bytes
  }

  /** As `finish`, but hands a copy over, just as large as the batch, and keeps the memory it has grown to. */
  finishCopy(options: BatchOptions): Uint8Array {
    const bytes = this.#completed(options)
    const copy = Buffer.allocUnsafeSlow(bytes.length)
    copy.set(bytes)
    this.#begin()
    return copy
  }

  #begin(): void {
    this.#end = BATCH_HEAD_BYTES
    this.#count = 0
  }

  #completed(options: BatchOptions): Uint8Array {
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
    return bytes
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + count))
    larger.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = larger
  }

  /** A length of -1 stands for null. */
  #field(field: Uint8Array | null): void {
    this.number(field?.length ?? -1)
    if (field !== null) this.raw(field, 0, field.length)
  }
}

function totalLength(parts: readonly Uint8Array[]): number {
  let total = 0
  for (const part of parts) total += part.length
  return total
}

function fieldBytes(length: number): number {
  return varintBytes(length) + Math.max(0, length)
}

function headersBytes(headers: readonly RecordHeader[]): number {
  let total = varintBytes(headers.length)
  for (const header of headers) total += fieldBytes(header.key.length) + fieldBytes(header.value?.length ?? -1)
  return total
}
