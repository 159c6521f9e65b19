/** Ids given to new members that are to come again with them, each kept for a while. */
import type { Clock } from '../../base/clock.ts'
import { Deadline } from './deadline.ts'

export class PromisedIds {
  private readonly clock: Clock
  private readonly lapsed: () => void
  private readonly deadlines = new Map<string, Deadline>()

  /** @param lapsed one of them was not asked for in time */
  constructor(clock: Clock, lapsed: () => void) {
    this.clock = clock
    this.lapsed = lapsed
  }

  get areOut(): boolean {
    return this.deadlines.size > 0
  }

  has(memberId: string): boolean {
    return this.deadlines.has(memberId)
  }

  add(memberId: string, forMs: number): void {
    const deadline = new Deadline(this.clock, () => {
      this.deadlines.delete(memberId)
      this.lapsed()
    })
    deadline.set(forMs)
    this.deadlines.set(memberId, deadline)
  }

  /** It came, or comes no more. */
  remove(memberId: string): void {
    this.deadlines.get(memberId)?.clear()
    this.deadlines.delete(memberId)
  }

  clear(): void {
    for (const deadline of this.deadlines.values()) deadline.clear()
    this.deadlines.clear()
  }
}
