/**
 * Who waits for a round to become durable: publishers for confirms, sessions for answers, queues for their mark.
 * Called once per round, so a burst of messages wakes each waiter once.
 */
import type { LogEngine } from '../log/engine.ts'

export interface DurableWaiter {
  /** A round became durable. @returns whether it waits for further ones. */
  durable(durableRound: number): boolean
}

export class Durability {
  private readonly engine: LogEngine
  private readonly waiters = new Set<DurableWaiter>()
  private once: { round: number; task: () => void }[] = []

  constructor(engine: LogEngine) {
    this.engine = engine
    engine.onDurable = () => this.advance()
  }

  get durableRound(): number {
    return this.engine.durableRound
  }

  /** The waiter is called at every round until it answers false. */
  add(waiter: DurableWaiter): void {
    this.waiters.add(waiter)
  }

  delete(waiter: DurableWaiter): void {
    this.waiters.delete(waiter)
  }

  /** Calls `task` when `round` is durable, at once if it is. */
  after(round: number, task: () => void): void {
    if (round <= this.engine.durableRound) task()
    else this.once.push({ round, task })
  }

  /** Calls `task` after the next round. */
  next(task: () => void): void {
    this.once.push({ round: 0, task })
  }

  private advance(): void {
    const { durableRound } = this.engine
    for (const waiter of this.waiters) if (!waiter.durable(durableRound)) this.waiters.delete(waiter)
    if (this.once.length === 0) return
    const tasks = this.once
    this.once = []
    for (const entry of tasks) {
      if (entry.round <= durableRound) entry.task()
      else this.once.push(entry)
    }
  }
}
