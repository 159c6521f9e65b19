/**
 * The deliveries that handlers of this client have in hand, by message id. After a reconnect the broker delivers again
 * what was not settled: the handler that still runs for it is waited for, and what it decides settles the second
 * delivery. So no handler runs twice at once for one message, and none runs again only because its answer got lost.
 */
import type { Settlement } from './delivery.ts'

/** Decisions that could not be sent, kept at most. */
const UNTOLD_MAX = 10_000
/** And no longer than this: by then another consumer had it, or the id may be used again. */
const UNTOLD_MS = 300_000

export class InHand {
  private readonly running = new Map<string, Promise<Settlement>>()
  private readonly untold = new Map<string, { readonly settlement: Settlement; readonly at: number }>()

  /** @param key of queue and message id; '' for messages without one, of which nothing is known */
  settle(key: string, redelivered: boolean, handle: () => Promise<Settlement>): Promise<Settlement> {
    if (key === '') return handle()
    if (redelivered) {
      const known = this.untold.get(key)
      if (known !== undefined) {
        this.untold.delete(key)
        if (performance.now() - known.at < UNTOLD_MS) return Promise.resolve(known.settlement)
      }
      const running = this.running.get(key)
      if (running !== undefined) return running
    }
    const settlement = handle()
    this.running.set(key, settlement)
    return settlement
  }

  /** The decision was sent. */
  told(key: string): void {
    this.running.delete(key)
    this.untold.delete(key)
  }

  /** The decision could not be sent: it is for the next delivery of the message, unless that is what was decided. */
  notTold(key: string, settlement: Settlement): void {
    if (key === '') return
    this.running.delete(key)
    // To come again is what was decided, and so it does.
    if (settlement === 'requeue' || settlement === 'reject') return
    if (this.untold.size >= UNTOLD_MAX) this.untold.delete(this.untold.keys().next().value!)
    this.untold.set(key, { settlement, at: performance.now() })
  }
}
