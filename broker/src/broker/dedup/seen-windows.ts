/** The windows of a vhost's deduplication exchanges. */
import type { Clock } from '../../base/clock.ts'
import type { Log, LogEngine } from '../../log/engine.ts'
import type { DurableWaiter } from '../durability.ts'
import { DeduplicationExchange } from '../routing/deduplication-exchange.ts'
import type { Exchange } from '../routing/exchange.ts'
import { SeenWindow } from './seen-window.ts'

export interface SeenWindowsContext {
  readonly engine: LogEngine
  readonly clock: Clock
  readonly durableLogs: 'synced' | 'written'
  waitDurable(waiter: DurableWaiter): void
  reached(durableNumber: number): boolean
  /** Clients are served only after this is done. */
  beforeOpening(task: Promise<void>): void
}

export class SeenWindows {
  private readonly vhost: string
  private readonly context: SeenWindowsContext
  private readonly windows = new Map<Exchange, SeenWindow>()

  constructor(vhost: string, context: SeenWindowsContext) {
    this.vhost = vhost
    this.context = context
  }

  /** Gives an exchange its window, if it is one of those that have one. */
  attach(exchange: Exchange): void {
    if (!(exchange instanceof DeduplicationExchange)) return
    const { engine, clock, durableLogs } = this.context
    const owner = JSON.stringify(['dedup', this.vhost, exchange.name])
    const window = new SeenWindow(exchange.name, {
      engine,
      clock,
      size: exchange.cacheSize,
      ttlMs: exchange.cacheTtlMs,
      waitDurable: (waiter) => this.context.waitDurable(waiter),
      reached: (number) => this.context.reached(number),
      makeLog: exchange.persistent ? () => engine.createLog(owner, durableLogs) : null,
    })
    this.windows.set(exchange, window)
    exchange.seen = window
  }

  /** Takes over a log that the engine recovered. @returns false if nobody needs it. */
  restore(exchange: Exchange, log: Log): boolean {
    const window = this.windows.get(exchange)
    if (window === undefined) return false
    this.context.beforeOpening(window.restore(log))
    return true
  }

  delete(exchange: Exchange): void {
    this.windows.get(exchange)?.end()
    this.windows.delete(exchange)
  }
}
