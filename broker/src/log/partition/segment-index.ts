/**
 * The sparse indexes of a segment, in Kafka's formats: from offsets to positions, and from times to offsets. One entry
 * for about every `index.interval.bytes` of the log. In memory while the segment is written or read, else in its files.
 *
 *   .index      { last offset of the batch, less the segment's base u32 | position of the batch u32 } …
 *   .timeindex  { largest timestamp so far i64 | last offset of the batch that has it, less the base u32 } …
 */
import { readInt64, readUint32, writeInt32, writeInt64 } from '../../base/bytes.ts'

const FIRST_ENTRIES = 16
const NO_NUMBERS = new Uint32Array(0)
const NO_TIMES = new Float64Array(0)
export const OFFSET_ENTRY_BYTES = 8
export const TIME_ENTRY_BYTES = 12

export class SegmentIndex {
  count = 0
  timeCount = 0
  /** None until there is an entry: most logs are small. */
  private offsets = NO_NUMBERS
  private positions = NO_NUMBERS
  private times = NO_TIMES
  private timeOffsets = NO_NUMBERS

  /** Offsets are relative to the segment's base and grow. */
  add(offset: number, position: number): void {
    if (this.count === this.offsets.length) {
      this.offsets = grown(this.offsets, new Uint32Array(Math.max(FIRST_ENTRIES, this.count * 2)))
      this.positions = grown(this.positions, new Uint32Array(Math.max(FIRST_ENTRIES, this.count * 2)))
    }
    this.offsets[this.count] = offset
    this.positions[this.count++] = position
  }

  /** Ignored unless the timestamp is larger than the last one. */
  addTime(timestamp: number, offset: number): void {
    if (this.timeCount > 0 && timestamp <= this.times[this.timeCount - 1]) return
    if (this.timeCount === this.times.length) {
      this.times = grown(this.times, new Float64Array(Math.max(FIRST_ENTRIES, this.timeCount * 2)))
      this.timeOffsets = grown(this.timeOffsets, new Uint32Array(Math.max(FIRST_ENTRIES, this.timeCount * 2)))
    }
    this.times[this.timeCount] = timestamp
    this.timeOffsets[this.timeCount++] = offset
  }

  /** The position of a batch at or before the one that holds the offset. */
  positionBefore(offset: number): number {
    const at = lastBelow(this.offsets, this.count, offset)
    return at < 0 ? 0 : this.positions[at]
  }

  /** A relative offset from which on a record at or after `timestamp` is to be looked for. */
  offsetBefore(timestamp: number): number {
    const at = lastBelow(this.times, this.timeCount, timestamp)
    return at < 0 ? 0 : this.timeOffsets[at]
  }

  /** The entries from `from` on, as they stand in the file. */
  encodeOffsets(from: number): Buffer {
    const bytes = Buffer.alloc((this.count - from) * OFFSET_ENTRY_BYTES)
    for (let i = from, at = 0; i < this.count; i++, at += OFFSET_ENTRY_BYTES) {
      writeInt32(bytes, at, this.offsets[i])
      writeInt32(bytes, at + 4, this.positions[i])
    }
    return bytes
  }

  encodeTimes(from: number): Buffer {
    const bytes = Buffer.alloc((this.timeCount - from) * TIME_ENTRY_BYTES)
    for (let i = from, at = 0; i < this.timeCount; i++, at += TIME_ENTRY_BYTES) {
      writeInt64(bytes, at, this.times[i])
      writeInt32(bytes, at + 8, this.timeOffsets[i])
    }
    return bytes
  }

  /** What the files say of the first `length` bytes of a segment; null unless that is in order. */
  static decode(offsets: Uint8Array, times: Uint8Array, length: number, offsetMax: number): SegmentIndex | null {
    const index = new SegmentIndex()
    for (let at = 0; at + OFFSET_ENTRY_BYTES <= offsets.length; at += OFFSET_ENTRY_BYTES) {
      const position = readUint32(offsets, at + 4)
      const offset = readUint32(offsets, at)
      if (position >= length) break
      if (offset > offsetMax || (index.count > 0 && !index.follows(offset, position))) return null
      index.add(offset, position)
    }
    for (let at = 0; at + TIME_ENTRY_BYTES <= times.length; at += TIME_ENTRY_BYTES) {
      const offset = readUint32(times, at + 8)
      if (offset > offsetMax) break
      index.addTime(readInt64(times, at), offset)
    }
    return index
  }

  private follows(offset: number, position: number): boolean {
    return offset > this.offsets[this.count - 1] && position > this.positions[this.count - 1]
  }
}

function grown<T extends Uint32Array | Float64Array>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

/** The last entry below `value`, -1 if there is none. */
function lastBelow(sorted: Uint32Array | Float64Array, count: number, value: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return low - 1
}
