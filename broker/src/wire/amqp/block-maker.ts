// Puts a property block together from headers given one by one, anew or in the place of those of another block. All texts
// become long strings. Trade: the bytes made last are valid until the next `begin`, so that no memory is taken per block.
//
//   flags │ values before │ headers │ values behind
//    as in the other block   given     as in the other block      anew: headers if there are any, delivery mode 2

import { Bytes, writeInt16, writeInt32, writeInt64 } from '../../base/bytes.ts'
import {
  CONTENT_ENCODING,
  CONTENT_TYPE,
  DELIVERY_MODE,
  HEADERS,
  skipFlags,
  skipShortstr,
  skipTable,
} from './properties.ts'

/** What fits into a frame of the usual 131072 octets: flags that a peer could not take would end its connection. */
export const BLOCK_BYTES_MAX = 131_072 - 8 - 12
const NAME_BYTES_MAX = 255
const INITIAL_BYTES = 1024
const LONG_STRING = 'S'.charCodeAt(0)
const LONG = 'l'.charCodeAt(0)
const LONG_BYTES = 8
const VOID = 'V'.charCodeAt(0)
const BOOLEAN = 't'.charCodeAt(0)
const PERSISTENT = 2
/** An entry's octets besides name and value: length of the name, tag, size. */
const ENTRY_OVERHEAD = 6

/** Delivery mode 2 and nothing else. */
export const PERSISTENT_BLOCK = Bytes.copyOf(Uint8Array.of(DELIVERY_MODE >> 8, 0, PERSISTENT))

const persistentTail = Uint8Array.of(PERSISTENT)

export class BlockMaker {
  /** The block made lies in `block.array[0, length)`. */
  block = new Bytes(new Uint8Array(INITIAL_BYTES))
  length = 0
  private sizePos = 0
  private tail: Uint8Array = persistentTail
  private tailPos = 0
  private tailEnd = 1

  /** Begins a block of delivery mode 2. */
  begin(): void {
    writeInt16(this.block.array, 0, HEADERS | DELIVERY_MODE)
    this.sizePos = 2
    this.length = 6
    this.tail = persistentTail
    this.tailPos = 0
    this.tailEnd = 1
  }

  /** Begins a block that is the one in `bytes[pos, pos + length)`, which is in order, with other headers. */
  beginLike(bytes: Uint8Array, pos: number, length: number): void {
    const end = pos + length
    const flags = (bytes[pos] << 8) | bytes[pos + 1]
    let headersPos = skipFlags(bytes, pos, end)
    if (flags & CONTENT_TYPE) headersPos = skipShortstr(bytes, headersPos, end)
    if (flags & CONTENT_ENCODING) headersPos = skipShortstr(bytes, headersPos, end)
    this.length = 0
    this.grow(length + 4)
    this.put(bytes, pos, headersPos - pos)
    writeInt16(this.block.array, 0, flags | HEADERS)
    this.sizePos = this.length
    this.length += 4
    this.tail = bytes
    this.tailPos = flags & HEADERS ? skipTable(bytes, headersPos, end) : headersPos
    this.tailEnd = end
  }

  /** Takes over an entry as it stands. */
  keep(bytes: Uint8Array, pos: number, length: number): void {
    if (this.reserve(length)) this.put(bytes, pos, length)
  }

  /** A text; nothing if `valueLen` is below 0. Left out if the name is too long or the block would be. */
  add(name: Uint8Array, namePos: number, nameLen: number, value: Uint8Array, valuePos: number, valueLen: number): void {
    if (nameLen > NAME_BYTES_MAX || !this.reserve(ENTRY_OVERHEAD + nameLen + Math.max(0, valueLen))) return
    this.name(name, namePos, nameLen)
    const { array } = this.block
    if (valueLen < 0) {
      array[this.length++] = VOID
      return
    }
    array[this.length] = LONG_STRING
    writeInt32(array, this.length + 1, valueLen)
    this.length += 5
    this.put(value, valuePos, valueLen)
  }

  addTrue(name: Uint8Array): void {
    if (!this.reserve(ENTRY_OVERHEAD + name.length)) return
    this.name(name, 0, name.length)
    this.block.array[this.length++] = BOOLEAN
    this.block.array[this.length++] = 1
  }

  /** A signed integer of 64 bits. */
  addLong(name: Uint8Array, value: number): void {
    if (!this.reserve(ENTRY_OVERHEAD + LONG_BYTES + name.length)) return
    this.name(name, 0, name.length)
    this.block.array[this.length++] = LONG
    writeInt64(this.block.array, this.length, value)
    this.length += LONG_BYTES
  }

  /** Completes the block. */
  finish(): void {
    writeInt32(this.block.array, this.sizePos, this.length - this.sizePos - 4)
    this.put(this.tail, this.tailPos, this.tailEnd - this.tailPos)
  }

  private name(bytes: Uint8Array, pos: number, length: number): void {
    this.block.array[this.length++] = length
    this.put(bytes, pos, length)
  }

  private put(from: Uint8Array, pos: number, length: number): void {
    const { array } = this.block
    const at = this.length
    if (length < 48) for (let i = 0; i < length; i++) array[at + i] = from[pos + i]
    else array.set(from.subarray(pos, pos + length), at)
    this.length = at + length
  }

  /** Room for so many octets and the values behind the headers; false if the block would be too large. */
  private reserve(count: number): boolean {
    const needed = this.length + count + this.tailEnd - this.tailPos
    if (needed > BLOCK_BYTES_MAX) return false
    this.grow(needed)
    return true
  }

  private grow(needed: number): void {
    if (needed <= this.block.array.length) return
    const larger = new Uint8Array(needed * 2)
    larger.set(this.block.array.subarray(0, this.length))
    this.block = new Bytes(larger)
  }
}
