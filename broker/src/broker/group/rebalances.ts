/** Why a group was rebalanced the last times, for people who wonder; not kept over a restart. */
import type { Clock } from '../../base/clock.ts'

export interface Rebalance {
  /** ms since 1970 */
  readonly at: number
  readonly reason: string
}

const KEPT = 20

export class Rebalances {
  private readonly clock: Clock
  private readonly kept: Rebalance[] = []

  constructor(clock: Clock) {
    this.clock = clock
  }

  note(reason: string): void {
    this.kept.push({ at: this.clock.now(), reason })
    if (this.kept.length > KEPT) this.kept.shift()
  }

  /** What another object noted for the same group before. */
  takeOver(before: Rebalances): void {
    this.kept.unshift(...before.kept)
    this.kept.splice(0, this.kept.length - KEPT)
  }

  get newestFirst(): Rebalance[] {
    return this.kept.toReversed()
  }
}
