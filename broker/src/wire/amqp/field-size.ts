// Where a value of a field table ends, told without decoding it. See field-table.ts for the tags.

import { readUint32 } from '../../base/bytes.ts'

/** Octets behind the tag; SIZED: a size u32 stands before them, UNKNOWN: no such tag. */
const SIZED = -1
const UNKNOWN = -2
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

function sizes(fixed: { readonly [tag: string]: number }): Int8Array {
  const table = new Int8Array(256).fill(UNKNOWN)
  for (const tag of 'SxAF') table[tag.charCodeAt(0)] = SIZED
  for (const [tag, size] of Object.entries(fixed)) table[tag.charCodeAt(0)] = size
  return table
}
