/**
 * Writes rounds. What was staged is sealed at the end of the turn, settles alone a little later, and written with one
 * synced write per shard; only then does `durable` move. While a write is under way the next round collects, so that a
 * burst costs the same as a message. After a failure nothing is written any more.
 */
import type { Clock, Timer } from '../base/clock.ts'
import { type Turn, TurnPhase, type TurnTask } from '../base/turn.ts'
import type { Sealed } from './arena.ts'
import type { BlockPool } from './block.ts'
import type { Faults } from './faults.ts'
import type { Rounds } from './rounds.ts'
import type { Shard } from './shard.ts'

/** Settles alone wait this long for company. */
const SETTLE_DELAY_MS = 20

export interface RoundWriterOptions {
  clock: Clock
  turn: Turn
  rounds: Rounds
  shards: readonly Shard[]
  pool: BlockPool
  faults: Faults
  /** The last moment to stage something for the round. */
  onSeal: () => void
  /** `rounds.durable` moved. */
  onDurable: () => void
  /** A round was written, and the next one begun if there was one. */
  onWritten: () => void
  onFatal: (error: Error) => void
}

/** Somebody inside waits for a round. */
interface Waiter {
  round: number
  resolve: () => void
  reject: (error: Error) => void
}

export class RoundWriter implements TurnTask {
  scheduled = false
  failure: Error | null = null
  roundsWritten = 0
  private readonly options: RoundWriterOptions
  private readonly rounds: Rounds
  /** Something is staged that is to be sealed with the turn. */
  private urgent = false
  private writing = false
  /** The write that is under way, or was last. */
  private finished: Promise<void> = Promise.resolve()
  /** Somebody was told to wait for this round. */
  private promised = 0
  private settleTimer: Timer | null = null
  private waiters: Waiter[] = []

  constructor(options: RoundWriterOptions) {
    this.options = options
    this.rounds = options.rounds
  }

  /** Something was staged. */
  wake(urgent: boolean): void {
    if (urgent) {
      if (this.urgent) return
      this.urgent = true
      if (!this.writing) this.options.turn.schedule(TurnPhase.seal, this)
    } else if (this.settleTimer === null && !this.urgent) {
      this.settleTimer = this.options.clock.setTimer(SETTLE_DELAY_MS, () => {
        this.settleTimer = null
        this.wake(true)
      })
    }
  }

  /** @returns the round that holds everything staged so far, which is sealed with this turn; 0: all of it is durable */
  seal(): number {
    if (this.urgent || this.settleTimer !== null) {
      this.wake(true)
      this.promised = this.rounds.open
      return this.promised
    }
    return this.writing ? this.rounds.open - 1 : 0
  }

  /** Resolves when everything staged so far is durable. */
  whenDurable(): Promise<void> {
    const round = this.seal()
    if (this.failure !== null) return Promise.reject(this.failure)
    if (round <= this.rounds.durable) return Promise.resolve()
    return new Promise((resolve, reject) => this.waiters.push({ round, resolve, reject }))
  }

  /** Nothing is staged or being written when it resolves, or there was a failure. */
  async drain(): Promise<void> {
    while (this.failure === null && (this.writing || this.urgent)) {
      this.sealNow()
      await this.finished
    }
  }

  /** Nothing is written any more. @returns false if that was so before */
  fail(error: Error): boolean {
    if (this.failure !== null) return false
    this.failure = error
    for (const { reject } of this.waiters) reject(error)
    this.waiters = []
    return true
  }

  runTurn(): void {
    this.sealNow()
  }

  /** Seals the open round, if nothing is being written, and starts its write. */
  private sealNow(): void {
    if (this.writing || this.failure !== null) return
    this.urgent = true
    this.options.onSeal()
    this.urgent = false
    if (this.settleTimer !== null) this.options.clock.clearTimer(this.settleTimer)
    this.settleTimer = null
    const sealed: Sealed[] = this.options.shards.map((shard) => shard.seal())
    if (sealed.every((one) => one.entries.length === 0)) {
      if (this.promised === this.rounds.open) this.advance(this.rounds.open++)
      return
    }
    this.writing = true
    const round = this.rounds.open++
    if (this.options.faults.confirmBeforeSync) this.rounds.durable = round
    this.finished = this.write(sealed, round)
  }

  private async write(sealed: readonly Sealed[], round: number): Promise<void> {
    const { shards, pool } = this.options
    try {
      await Promise.all(sealed.map((one, i) => shards[i].journal.write(one.entries, one.mustSync)))
    } catch (error) {
      this.options.onFatal(error as Error)
      return
    }
    for (const one of sealed) for (const block of one.blocks) pool.release(block)
    this.writing = false
    this.roundsWritten++
    this.advance(round)
    if (this.urgent) this.sealNow()
    this.options.onWritten()
  }

  /** The round is durable, or there was nothing in it. */
  private advance(round: number): void {
    this.rounds.durable = round
    this.options.onDurable()
    if (this.waiters.length === 0) return
    const due = this.waiters.filter((one) => one.round <= round)
    this.waiters = this.waiters.filter((one) => one.round > round)
    for (const { resolve } of due) resolve()
  }
}
