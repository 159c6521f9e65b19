/**
 * Numbers, first in, first out, in a ring. Trade: a list with a moving head would do, but one that is never quite empty
 * grows for ever; this one is as large as the most it ever held since it was empty.
 */
const CAPACITY_MIN = 16

export class NumberQueue {
  length = 0
  private ring = new Float64Array(CAPACITY_MIN)
  private head = 0

  push(value: number): void {
    if (this.length === this.ring.length) this.grow()
    this.ring[(this.head + this.length++) & (this.ring.length - 1)] = value
  }

  /** The one that was pushed first; there must be one. */
  get first(): number {
    return this.ring[this.head]
  }

  /** Takes out the first; there must be one. */
  shift(): number {
    const value = this.ring[this.head]
    this.head = (this.head + 1) & (this.ring.length - 1)
    if (--this.length === 0) this.clear()
    return value
  }

  clear(): void {
    this.length = this.head = 0
    if (this.ring.length > CAPACITY_MIN * 64) this.ring = new Float64Array(CAPACITY_MIN)
  }

  private grow(): void {
    const { ring, head } = this
    const larger = new Float64Array(ring.length * 2)
    larger.set(ring.subarray(head))
    larger.set(ring.subarray(0, head), ring.length - head)
    this.ring = larger
    this.head = 0
  }
}
