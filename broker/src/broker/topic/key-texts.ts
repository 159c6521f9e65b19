/** Routing keys as texts: most records repeat few keys, so that a key is decoded once while it stays in its slot. */
import { NO_BYTES } from '../../base/bytes.ts'
import { isEqual } from './record-names.ts'

/** One key a slot: a collision replaces. */
const SLOTS = 256

interface Known {
  readonly bytes: Uint8Array
  readonly text: string
}

export class KeyTexts {
  private last: Known = { bytes: NO_BYTES.array.subarray(0, 0), text: '' }
  private readonly slots: (Known | undefined)[] = new Array(SLOTS)

  /** The text in `bytes[pos, pos + length)`. */
  of(bytes: Uint8Array, pos: number, length: number): string {
    if (isKey(this.last, bytes, pos, length)) return this.last.text
    const slot = hash(bytes, pos, length)
    let known = this.slots[slot]
    if (known === undefined || !isKey(known, bytes, pos, length)) {
      const own = new Uint8Array(bytes.subarray(pos, pos + length))
      this.slots[slot] = known = { bytes: own, text: Buffer.from(own.buffer, 0, length).toString() }
    }
    this.last = known
    return known.text
  }
}

function isKey(known: Known, bytes: Uint8Array, pos: number, length: number): boolean {
  return known.bytes.length === length && isEqual(bytes, pos, known.bytes, 0, length)
}

function hash(bytes: Uint8Array, pos: number, length: number): number {
  let h = length
  for (let i = 0; i < length; i++) h = (Math.imul(h, 31) + bytes[pos + i]) | 0
  return (h ^ (h >>> 8) ^ (h >>> 16)) & (SLOTS - 1)
}
