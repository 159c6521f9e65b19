/**
 * What the broker asks of property blocks, whose bytes it stores but whose format belongs to a protocol. The composition
 * root gives it an implementation, so that no codec is known here.
 */
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

export interface PropertyBlocks {
  /** The headers in plain form; null if the block in `bytes[pos, pos + length)` has none. */
  headers(bytes: Uint8Array, pos: number, length: number): Headers | null
  /** The `expiration` property as its publisher wrote it, null if there is none. */
  expiration(bytes: Uint8Array, pos: number, length: number): string | null
  /** Gives the properties that exchanges route by. Valid until the next call. */
  lookIn(bytes: Uint8Array, pos: number, length: number): PropertyOf
  /** A new block: the old one with changes, all else byte for byte. */
  edit(bytes: Uint8Array, pos: number, length: number, edit: PropertyEdit): Uint8Array
  make(properties: OwnProperties): Uint8Array
}
