// Where a value of a field table ends, told without decoding it. See field-table.ts for the tags.

import { readUint32 } from '../../base/bytes.ts'
import { TABLE_DEPTH_MAX } from './field-table.ts'

/** Octets behind the tag; SIZED: a size u32 stands before them, UNKNOWN: no such tag. */
const SIZED = -1
const UNKNOWN = -2
const TABLE = 'F'.charCodeAt(0)
const ARRAY = 'A'.charCodeAt(0)
const SIZES = sizes({ V: 0, t: 1, b: 1, B: 1, s: 2, u: 2, I: 4, i: 4, f: 4, D: 5, l: 8, L: 8, d: 8, T: 8 })

/** Where the value at `pos` ends, tag included; -1 if it is none or does not end before `end`. */
export function endOfValue(buf: Uint8Array, pos: number, end: number): number {
  if (pos >= end) return -1
  let size = SIZES[buf[pos]]
  if (size < 0) {
    if (size === UNKNOWN || pos + 5 > end) return -1
    size = 4 + readUint32(buf, pos + 1)
  }
  const next = pos + 1 + size
  return next <= end ? next : -1
}

/** Whether `buf[pos, end)` is entries of a table that can be read, all through, whatever their names; decodes nothing. */
export function areEntries(buf: Uint8Array, pos: number, end: number, depth = 0): boolean {
  let at = pos
  while (at < end) {
    const next = endOfSound(buf, at + 1 + buf[at], end, depth)
    if (next < 0) return false
    at = next
  }
  return true
}

/** As `endOfValue`; -1 too for a table or array that cannot be read. @param depth of tables and arrays around it */
export function endOfSound(buf: Uint8Array, pos: number, end: number, depth: number): number {
  const next = endOfValue(buf, pos, end)
  if (next < 0) return -1
  const tag = buf[pos]
  if (tag !== TABLE && tag !== ARRAY) return next
  if (depth >= TABLE_DEPTH_MAX) return -1
  if (tag === TABLE) return areEntries(buf, pos + 5, next, depth + 1) ? next : -1
  for (let at = pos + 5; at < next; ) {
    at = endOfSound(buf, at, next, depth + 1)
    if (at < 0) return -1
  }
  return next
}

function sizes(fixed: { readonly [tag: string]: number }): Int8Array {
  const table = new Int8Array(256).fill(UNKNOWN)
  for (const tag of 'SxAF') table[tag.charCodeAt(0)] = SIZED
  for (const [tag, size] of Object.entries(fixed)) table[tag.charCodeAt(0)] = size
  return table
}
