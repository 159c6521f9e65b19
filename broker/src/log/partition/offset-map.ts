/**
 * Which offset each key of a log has last, for compaction. Keys are known by the first 16 bytes of their SHA-256: two
 * that share them would be taken for one, which nobody can bring about. 24 bytes a key in flat arrays that grow with the
 * keys up to a bound; what does not fit any more is left to a later round.
 */
import { hash } from 'node:crypto'
import { readUint32 } from '../../base/bytes.ts'

const FIRST_SLOTS = 1024
const SLOT_BYTES = 24
/** Of the slots; beyond it looking for one takes long. */
const FILLED_MAX = 0.9
const HASH_WORDS = 4

export class OffsetMap {
  /** Keys in it. */
  size = 0
  /** All below this offset was taken in, from where the map begins. */
  endOffset = 0
  private readonly slotsMax: number
  private slots = FIRST_SLOTS
  private hashes = new Uint32Array(FIRST_SLOTS * HASH_WORDS)
  /** One larger, 0 where a slot is free. */
  private offsets = new Float64Array(FIRST_SLOTS)
  private readonly wanted = new Uint32Array(HASH_WORDS)

  constructor(bytesMax: number) {
    this.slotsMax = Math.max(FIRST_SLOTS, 2 ** Math.floor(Math.log2(bytesMax / SLOT_BYTES)))
  }

  /** Offsets must grow. @returns false if the key is new and there is no room for it */
  put(bytes: Uint8Array, position: number, length: number, offset: number): boolean {
    let slot = this.find(bytes, position, length)
    if (this.offsets[slot] === 0) {
      if (this.size + 1 > this.slots * FILLED_MAX) {
        if (this.slots === this.slotsMax) return false
        this.grow()
        slot = this.slotOf(this.wanted, 0)
      }
      this.hashes.set(this.wanted, slot * HASH_WORDS)
      this.size++
    }
    this.offsets[slot] = offset + 1
    return true
  }

  /** The last offset of the key, -1 if it is not known. */
  get(bytes: Uint8Array, position: number, length: number): number {
    return this.offsets[this.find(bytes, position, length)] - 1
  }

  /** The slot of the key, or a free one for it. */
  private find(bytes: Uint8Array, position: number, length: number): number {
    const digest = hash('sha256', bytes.subarray(position, position + length), 'buffer')
    for (let i = 0; i < HASH_WORDS; i++) this.wanted[i] = readUint32(digest, 4 * i)
    return this.slotOf(this.wanted, 0)
  }

  private slotOf(words: Uint32Array, at: number): number {
    const { hashes, offsets } = this
    const mask = this.slots - 1
    for (let slot = words[at] & mask; ; slot = (slot + 1) & mask) {
      if (offsets[slot] === 0) return slot
      const i = slot * HASH_WORDS
      if (
        hashes[i] === words[at] &&
        hashes[i + 1] === words[at + 1] &&
        hashes[i + 2] === words[at + 2] &&
        hashes[i + 3] === words[at + 3]
      ) {
        return slot
      }
    }
  }

  private grow(): void {
    const { hashes, offsets, slots } = this
    this.slots = slots * 2
    this.hashes = new Uint32Array(this.slots * HASH_WORDS)
    this.offsets = new Float64Array(this.slots)
    for (let old = 0; old < slots; old++) {
      if (offsets[old] === 0) continue
      const at = old * HASH_WORDS
      const slot = this.slotOf(hashes, at)
      this.hashes.set(hashes.subarray(at, at + HASH_WORDS), slot * HASH_WORDS)
      this.offsets[slot] = offsets[old]
    }
  }
}
