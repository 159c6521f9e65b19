/**
 * What is settled of one log: everything below `settledBelow`, and a set of offsets above it. Settles not yet in the
 * journal stand in a list of ranges, in which a run of neighbours is one range.
 */
import { OffsetSet } from './offset-set.ts'

export class Ledger {
  settledBelow = 0
  /** Offsets below `settledBelow` may linger in it until their page is dropped. */
  readonly settledAbove = new OffsetSet()
  /** [from, to) pairs staged for the next seal; the last pair stands in `from` and `to`. */
  private ranges: number[] = []
  private from = 0
  private to = 0

  isSettled(offset: number): boolean {
    return offset < this.settledBelow || (this.settledAbove.size > 0 && this.settledAbove.has(offset))
  }

  /** @returns false if it was settled already. */
  settle(offset: number): boolean {
    if (offset === this.settledBelow) {
      this.settledBelow = offset + 1
      if (this.settledAbove.size > 0) this.closeUp()
      return true
    }
    return offset > this.settledBelow && this.settledAbove.add(offset)
  }

  settleRange(from: number, to: number): void {
    if (from <= this.settledBelow) {
      if (to <= this.settledBelow) return
      this.settledBelow = to
      this.closeUp()
    } else this.settledAbove.addRange(from, to)
  }

  /** How many offsets of [from, to) are not settled. */
  countUnsettled(from: number, to: number): number {
    const start = Math.max(from, this.settledBelow)
    return start >= to ? 0 : to - start - this.settledAbove.countIn(start, to)
  }

  /** The first offset at or after `offset` that is not settled. */
  nextUnsettled(offset: number): number {
    const { settledBelow, settledAbove } = this
    const from = Math.max(offset, settledBelow)
    return settledAbove.size === 0 ? from : settledAbove.nextAbsent(from)
  }

  /** Nothing at or above `end` counts as settled any more. */
  clip(end: number): void {
    const kept: number[] = []
    this.settledAbove.forEachRange((from, to) => {
      if (from < end) kept.push(from, Math.min(to, end))
    })
    this.settledAbove.clear()
    for (let i = 0; i < kept.length; i += 2) this.settledAbove.addRange(kept[i], kept[i + 1])
    this.settledBelow = Math.min(this.settledBelow, end)
  }

  /** Stages [from, to) for the journal. */
  stage(from: number, to: number): void {
    if (from === this.to && this.to > this.from) this.to = to
    else {
      if (this.to > this.from) this.ranges.push(this.from, this.to)
      this.from = from
      this.to = to
    }
  }

  get hasStaged(): boolean {
    return this.to > this.from
  }

  /** The staged ranges as pairs, and none are staged any more. */
  takeStaged(): number[] {
    const ranges = this.ranges
    if (this.to > this.from) ranges.push(this.from, this.to)
    this.ranges = []
    this.from = this.to = 0
    return ranges
  }

  private closeUp(): void {
    this.settledAbove.dropPagesBelow(this.settledBelow)
    const next = this.settledAbove.nextAbsent(this.settledBelow)
    if (next === this.settledBelow) return
    this.settledBelow = next
    this.settledAbove.dropPagesBelow(next)
  }
}
