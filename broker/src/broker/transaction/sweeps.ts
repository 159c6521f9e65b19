/**
 * What time does to transactions: the open ones are aborted when they are older than their producer allowed, ids that
 * nobody uses are forgotten. Trade: one timer for all of them looks once a second while any is open.
 */
import type { Timer } from '../../base/clock.ts'
import type { StreamContext } from '../stream-context.ts'
import type { Transaction } from './transaction.ts'

const TIME_OUT_SWEEP_MS = 1000
const EXPIRY_SWEEP_MS_MAX = 3_600_000

interface Swept {
  transactions(): Iterable<Transaction>
  timeOut(transaction: Transaction): void
  forget(transaction: Transaction): void
}

export class Sweeps {
  private readonly context: StreamContext
  private readonly swept: Swept
  private readonly open = new Set<Transaction>()
  private timeOutTimer: Timer | null = null
  private expiryTimer: Timer | null = null
  private stopped = false

  constructor(context: StreamContext, swept: Swept) {
    this.context = context
    this.swept = swept
  }

  /** There is an id to forget some day. */
  known(): void {
    if (this.expiryTimer === null && !this.stopped) this.armExpiry()
  }

  stop(): void {
    this.stopped = true
    const { clock } = this.context
    if (this.timeOutTimer !== null) clock.clearTimer(this.timeOutTimer)
    if (this.expiryTimer !== null) clock.clearTimer(this.expiryTimer)
  }

  began(transaction: Transaction): void {
    this.open.add(transaction)
    if (this.timeOutTimer === null) this.armTimeOut()
  }

  ended(transaction: Transaction): void {
    this.open.delete(transaction)
  }

  private armTimeOut(): void {
    if (this.stopped) return
    this.timeOutTimer = this.context.clock.setTimer(TIME_OUT_SWEEP_MS, () => {
      this.timeOutTimer = null
      const now = this.context.clock.now()
      for (const one of this.open) if (one.startMs + one.timeoutMs <= now) this.swept.timeOut(one)
      if (this.open.size > 0) this.armTimeOut()
    })
  }

  private armExpiry(): void {
    const { clock, settings } = this.context
    const { transactionalIdExpirationMs } = settings
    this.expiryTimer = clock.setTimer(Math.min(transactionalIdExpirationMs, EXPIRY_SWEEP_MS_MAX), () => {
      this.expiryTimer = null
      const before = clock.now() - transactionalIdExpirationMs
      for (const one of [...this.swept.transactions()]) {
        if (!one.isOpen && one.updatedMs <= before) this.swept.forget(one)
        else this.known()
      }
    })
  }
}
