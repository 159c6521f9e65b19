/**
 * The headers of a message as a record has them, for readers that know no property blocks: encoded once to be written,
 * and again when the record is read, to see whether somebody changed them since. Trade: they take their place twice, so
 * that neither side needs the other's types.
 *
 * Left out: names that are no UTF-8 or reserved, `x-tombstone` where the record says it by its value, `x-record-key`
 * where it says it by its key.
 */
import { isUtf8 } from 'node:buffer'
import { varintBytes, writeVarint } from '../../record/varint.ts'
import type { BlockHeaders } from '../property-blocks.ts'
import { isEqual, isName, isReserved, RECORD_KEY, TOMBSTONE } from './record-names.ts'

const INITIAL_BYTES = 1024
const LOOP_COPY_MAX = 48
const ROUTING_KEY_BYTES_MAX = 255

/** A record's key and value as far as headers hang on them. */
export interface RecordShape {
  readonly keyBytes: Uint8Array
  readonly keyPos: number
  /** -1: null. */
  readonly keyLen: number
  readonly isTombstone: boolean
}

export class ReadableHeaders {
  /** As in a record: `bytes[0, length)` holds `count` headers. */
  bytes = new Uint8Array(INITIAL_BYTES)
  length = 0
  count = 0
  /** Whether the block has a header that was left out because the record tells it. */
  tellsTombstone = false
  tellsKey = false
  /** Whether a block made of these headers alone would be the same. */
  isAll = false

  clear(): void {
    this.length = 0
    this.count = 0
    this.tellsTombstone = this.tellsKey = false
    this.isAll = false
  }

  /** @param headers just opened on `block` */
  fill(headers: BlockHeaders, block: Uint8Array, record: RecordShape): void {
    this.clear()
    let isAll = headers.isBare
    while (headers.next()) {
      headers.readValue()
      if (this.isLeftOut(headers, block, record)) {
        isAll = false
      } else {
        isAll &&= headers.isText
        this.put(block, headers.namePos, headers.nameLen)
        this.put(headers.value, headers.valuePos, headers.valueLen)
        this.count++
      }
    }
    this.isAll = isAll && headers.isWhole && this.count > 0
  }

  /** Of the header that the walk stands at, its value read. */
  isLeftOut(headers: BlockHeaders, block: Uint8Array, record: RecordShape): boolean {
    const { namePos, nameLen } = headers
    if (record.isTombstone && isName(block, namePos, nameLen, TOMBSTONE)) {
      this.tellsTombstone ||= headers.isTrue
      return true
    }
    if (isName(block, namePos, nameLen, RECORD_KEY) && isKey(headers, record)) {
      this.tellsKey = true
      return true
    }
    return isReserved(block, namePos, nameLen) || !isText(block, namePos, nameLen)
  }

  /** A length, -1 for null, and the bytes. */
  private put(from: Uint8Array, pos: number, length: number): void {
    const count = Math.max(0, length)
    this.reserve(varintBytes(length) + count)
    const { bytes } = this
    const at = writeVarint(bytes, this.length, length)
    if (count <= LOOP_COPY_MAX) for (let i = 0; i < count; i++) bytes[at + i] = from[pos + i]
    else bytes.set(from.subarray(pos, pos + count), at)
    this.length = at + count
  }

  private reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(needed * 2)
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}

function isKey(headers: BlockHeaders, { keyBytes, keyPos, keyLen }: RecordShape): boolean {
  return headers.valueLen === keyLen && isEqual(headers.value, headers.valuePos, keyBytes, keyPos, keyLen)
}

export function isText(bytes: Uint8Array, pos: number, length: number): boolean {
  for (let i = pos; i < pos + length; i++) if (bytes[i] >= 128) return isUtf8(bytes.subarray(pos, pos + length))
  return true
}

/** Whether a record key can be a routing key: a text that fits a short string. */
export function isRoutingKey(bytes: Uint8Array, pos: number, length: number): boolean {
  return length <= ROUTING_KEY_BYTES_MAX && isText(bytes, pos, length)
}
