/**
 * What the broker asks of property blocks, whose bytes it stores but whose format belongs to a protocol. The composition
 * root gives it an implementation, so that no codec is known here.
 */
import type { Bytes } from '../base/bytes.ts'
import type { PropertyOf } from './routing/exchange.ts'
import type { Headers } from './routing/headers.ts'

export interface PropertyEdit {
  /** Headers set to these values; the others keep their bytes and their order. */
  readonly set?: Headers
  /** Headers taken out, if they are there. */
  readonly remove?: readonly string[]
  /** Replaces the `expiration` property; null takes it out. */
  readonly expiration?: string | null
}

/** Properties of a message that the broker makes itself. */
export interface OwnProperties {
  readonly headers: Headers
  readonly persistent?: boolean
  /** ms since 1970, kept in seconds */
  readonly timestamp?: number
}

/** A message's properties as JSON has them, under their names in the specification. */
export interface MessageProperties {
  readonly content_type?: string
  readonly content_encoding?: string
  readonly headers?: Headers
  /** 1 transient, 2 persistent. */
  readonly delivery_mode?: number
  readonly priority?: number
  readonly correlation_id?: string
  readonly reply_to?: string
  /** Milliseconds, in decimal digits. */
  readonly expiration?: string
  readonly message_id?: string
  /** Seconds since 1970. */
  readonly timestamp?: number
  readonly type?: string
  readonly user_id?: string
  readonly app_id?: string
  readonly cluster_id?: string
}

export interface SelectedKeys {
  /** The message's own first. */
  readonly keys: readonly string[]
  /** It has a BCC header, which no receiver may see. */
  readonly blind: boolean
}

/** Walks the headers of a block where they lie: one reused object, no allocation per header for texts. */
export interface BlockHeaders {
  /** The block's priority; -1 if it has none. */
  readonly priority: number
  /** Its expiration in ms; -1 if it has none that can be read. */
  readonly expirationMs: number
  /** Whether the block holds headers and delivery mode 2, and nothing else. */
  readonly isBare: boolean
  /** Whether all headers were come to, and every value that was asked for could be read. */
  readonly isWhole: boolean
  /** The header that `next` came to lies in the block at [entryPos, entryEnd), its name from `namePos` on. */
  readonly entryPos: number
  readonly entryEnd: number
  readonly namePos: number
  readonly nameLen: number
  /** Whether `value` tells all there is to the header: it is a text, or nothing. */
  readonly isText: boolean
  readonly isTrue: boolean
  /** After `readValue`: the value as people read it. */
  readonly value: Uint8Array
  readonly valuePos: number
  /** -1: there is none. */
  readonly valueLen: number
  /** Stands before the first header. False: that is no block, and nothing else here means anything. */
  open(bytes: Uint8Array, pos: number, length: number): boolean
  next(): boolean
  readValue(): void
}

/** Puts a block together from headers given one by one, in reused memory. */
export interface BlockMaker {
  /** What was made lies in `block.array[0, length)` until the next beginning. */
  readonly block: Bytes
  readonly length: number
  /** Begins a block with delivery mode 2. */
  begin(): void
  /** Begins a block that is like another, which is in order, but for its headers. */
  beginLike(bytes: Uint8Array, pos: number, length: number): void
  /** Takes over an entry as it stands. */
  keep(bytes: Uint8Array, pos: number, length: number): void
  /** A text; nothing if `valueLen` is below 0. Left out where the format has no room for it. */
  add(name: Uint8Array, namePos: number, nameLen: number, value: Uint8Array, valuePos: number, valueLen: number): void
  addTrue(name: Uint8Array): void
  finish(): void
}

export interface PropertyBlocks {
  /** The block of a message that is persistent and has no other property. */
  readonly persistentBlock: Bytes
  /** A block may be so long to reach every client. */
  readonly blockBytesMax: number
  walkHeaders(): BlockHeaders
  makeBlocks(): BlockMaker
  /** The headers in plain form; null if the block in `bytes[pos, pos + length)` has none. */
  headers(bytes: Uint8Array, pos: number, length: number): Headers | null
  /** The `expiration` property as its publisher wrote it, null if there is none. */
  expiration(bytes: Uint8Array, pos: number, length: number): string | null
  /** Gives the properties that exchanges route by. Valid until the next call. */
  lookIn(bytes: Uint8Array, pos: number, length: number): PropertyOf
  /** A new block: the old one with changes, all else byte for byte. */
  edit(bytes: Uint8Array, pos: number, length: number, edit: PropertyEdit): Uint8Array
  make(properties: OwnProperties): Uint8Array
  /** A block with these headers and, in one more named `properties`, what the block in `bytes` has, types kept. */
  describe(headers: Headers, bytes: Uint8Array, pos: number, length: number): Uint8Array
  /**
   * All routing keys of a message: its own and those that its headers CC and BCC name; null if it has but its own.
   * @throws Refusal precondition-failed for CC or BCC that is no array
   */
  selectedKeys(key: string, bytes: Uint8Array, pos: number, length: number): SelectedKeys | null
  /** What can be read of a block; headers hold JSON's types only. */
  read(bytes: Uint8Array, pos: number, length: number): MessageProperties
  /** @throws Refusal precondition-failed for a value that does not fit its field */
  write(properties: MessageProperties): Uint8Array
}
