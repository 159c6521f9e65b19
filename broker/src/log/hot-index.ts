/**
 * Where the records of one log lie in memory: offset → slot, in a power-of-two ring that starts tiny, so that
 * thousands of idle queues cost little. An empty slot is a settled record, or an offset that never had one.
 */
const SLOTS_MIN = 16

export class HotIndex {
  private slots = new Int32Array(SLOTS_MIN)
  private mask = SLOTS_MIN - 1

  get capacity(): number {
    return this.mask + 1
  }

  /** @param offset must lie in the range that `reserve` was told of. */
  get(offset: number): number {
    return this.slots[offset & this.mask]
  }

  set(offset: number, blockId: number, position: number): void {
    this.slots[offset & this.mask] = (blockId << 16) | position
  }

  clear(offset: number): void {
    this.slots[offset & this.mask] = 0
  }

  /** Makes room for all of [from, to): a range that ends at least as far as what is held. */
  reserve(from: number, to: number): void {
    if (to - from <= this.mask + 1) return
    let capacity = this.mask + 1
    while (capacity < to - from) capacity *= 2
    this.resize(capacity, from, to)
  }

  /** Gives memory back when [from, to) would fit in far less. */
  shrink(from: number, to: number): void {
    let capacity = SLOTS_MIN
    while (capacity < to - from) capacity *= 2
    if (capacity * 4 <= this.mask + 1) this.resize(capacity, from, to)
  }

  private resize(capacity: number, from: number, to: number): void {
    const old = this.slots
    const oldMask = this.mask
    const slots = new Int32Array(capacity)
    const mask = capacity - 1
    const end = Math.min(to, from + old.length)
    for (let offset = from; offset < end; offset++) slots[offset & mask] = old[offset & oldMask]
    this.slots = slots
    this.mask = mask
  }
}
