/**
 * What becomes of a message that its consumer gives back: ready again at its place at once, set aside for a while
 * (delayed retry), or given up after too many returns. How often it came back, and until when it rests, is journaled.
 */
import type { Clock } from '../../base/clock.ts'
import { Holds } from './holds.ts'
import type { Lane } from './lane.ts'
import type { Queue } from './queue.ts'
import type { DelayedRetry } from './settings.ts'

/** A message came back because its consumer returned it, or because it failed: rejected it, or ended. */
export type ReturnKind = 'returned' | 'failed'

export class Returns {
  private readonly queue: Queue
  private readonly clock: Clock
  private holds: Holds | null = null

  constructor(queue: Queue, clock: Clock) {
    this.queue = queue
    this.clock = clock
  }

  /** Set aside for a delayed retry. */
  get held(): number {
    return this.holds?.count ?? 0
  }

  /** The taken message at `place` comes back. */
  take(place: number, kind: ReturnKind): void {
    const { queue } = this
    const { log } = queue.laneAt(place)
    const offset = queue.offsetAt(place)
    const count = log.returns(offset) + 1
    const { deliveryLimit, delayedRetry, deadLetterExchange } = queue.settings
    if (deliveryLimit !== null && count > deliveryLimit) {
      queue.counters.deliveryLimited++
      if (deadLetterExchange === null) queue.settleTaken(place)
      else queue.departures.push(place, 'delivery_limit')
    } else if (delayedRetry !== null && (delayedRetry.type === 'all' || delayedRetry.type === kind)) {
      const notBefore = this.clock.now() + restMs(delayedRetry, count)
      log.setReturns(offset, count, notBefore)
      this.hold(place, notBefore)
    } else {
      log.setReturns(offset, count)
      queue.giveBack(place)
    }
  }

  /** After a start: what rests goes on resting. */
  resume(lane: Lane): void {
    const { queue } = this
    const now = this.clock.now()
    lane.log.forEachReturn((offset, _count, notBefore) => {
      const place = queue.placeOf(lane, offset)
      if (notBefore > now && queue.takeOut(place, queue.bodyLength(lane, offset))) this.hold(place, notBefore)
    })
  }

  stop(): void {
    this.holds?.stop()
  }

  private hold(place: number, untilMs: number): void {
    this.holds ??= new Holds(this.queue, this.clock)
    this.holds.add(place, untilMs)
  }
}

/** How long a message rests that came back for the `count`-th time. */
export function restMs({ backoff, minMs, maxMs }: DelayedRetry, count: number): number {
  switch (backoff) {
    case 'linear':
      return Math.min(minMs * count, maxMs)
    case 'exponential':
      return Math.min(minMs * 2 ** (count - 1), maxMs)
    case 'fixed':
      return minMs
  }
}
