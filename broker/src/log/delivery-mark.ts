/**
 * The mark below which records may have been delivered before a crash. Deliveries are not journaled; instead the mark
 * is reserved ahead in steps, the next step when half of the present one is used, so that steady delivery never waits.
 * Trade: after an unclean stop up to a step of records is flagged redelivered that never left.
 */
import type { Rounds } from './rounds.ts'

const STEP_MIN = 4096
const STEP_MAX = 65536

export class DeliveryMark {
  /** Records below were possibly delivered before the last, unclean stop. */
  recovered = 0
  /** Reserved, in the journal from `round` on. */
  below = 0
  private round = 0
  /** What was reserved before, durable in any case. */
  private before = 0
  private step = STEP_MIN
  private readonly rounds: Rounds

  constructor(rounds: Rounds) {
    this.rounds = rounds
  }

  restore(below: number): void {
    this.recovered = this.below = this.before = below
  }

  get durableBelow(): number {
    return this.rounds.durable >= this.round ? this.below : this.before
  }

  /** True if the next step is due and none is under way. */
  wantsStep(offset: number): boolean {
    return offset >= this.below || (this.rounds.durable >= this.round && offset + this.step / 2 >= this.below)
  }

  /** Reserves so that `offset` lies below the mark; to be staged for the open round. */
  reserve(offset: number): void {
    const late = this.rounds.durable < this.round
    if (!late) this.before = this.below
    this.step = late || offset >= this.below ? Math.min(STEP_MAX, this.step * 2) : STEP_MIN
    this.below = Math.max(offset + 1, this.below) + this.step
    this.round = this.rounds.open
  }

  /**
   * True if a record of `recordRound`, which is not durable yet, cannot outlive a crash without the mark: marks stand in
   * the same entry as all of their round, or in front of it.
   */
  holdsFor(recordRound: number): boolean {
    return this.round <= recordRound
  }
}
