/** The head of a record batch v2, read into fields; reused from batch to batch. See batch.ts for the bytes. */
import { readInt16, readInt32, readInt64 } from '../base/bytes.ts'
import { Attribute, batchLength, Field } from './batch.ts'

export class BatchHead {
  at = 0
  length = 0
  baseOffset = 0
  leaderEpoch = 0
  attributes = 0
  lastOffsetDelta = 0
  baseTimestamp = 0
  maxTimestamp = 0
  producerId = -1
  producerEpoch = -1
  baseSequence = -1
  recordsCount = 0

  /** @throws RangeError for numbers beyond 2^53 */
  read(bytes: Uint8Array, at: number): this {
    this.at = at
    this.length = batchLength(bytes, at)
    this.baseOffset = readInt64(bytes, at + Field.baseOffset)
    this.leaderEpoch = readInt32(bytes, at + Field.leaderEpoch)
    this.attributes = readInt16(bytes, at + Field.attributes)
    this.lastOffsetDelta = readInt32(bytes, at + Field.lastOffsetDelta)
    this.baseTimestamp = readInt64(bytes, at + Field.baseTimestamp)
    this.maxTimestamp = readInt64(bytes, at + Field.maxTimestamp)
    this.producerId = readInt64(bytes, at + Field.producerId)
    this.producerEpoch = readInt16(bytes, at + Field.producerEpoch)
    this.baseSequence = readInt32(bytes, at + Field.baseSequence)
    this.recordsCount = readInt32(bytes, at + Field.recordsCount)
    return this
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  /** Wraps behind 2^31 - 1 to 0. */
  get lastSequence(): number {
    return nextSequence(this.baseSequence, this.lastOffsetDelta)
  }

  get isTransactional(): boolean {
    return (this.attributes & Attribute.transactional) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & Attribute.control) !== 0
  }

  get codec(): number {
    return this.attributes & Attribute.codec
  }
}

/** The sequence so many steps behind `sequence`. */
export function nextSequence(sequence: number, steps: number): number {
  const next = sequence + steps
  return next > 0x7fffffff ? next - 0x80000000 : next
}
