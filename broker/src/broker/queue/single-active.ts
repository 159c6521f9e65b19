/**
 * Single active consumer: of all subscriptions of a queue one is served; the others wait until it leaves. Then comes the
 * one with the highest priority, of several the oldest. Where that is asked for (quorum queues) one of higher priority
 * need not wait so long: the active one is given nothing more, settles what it holds, and makes way.
 */
import type { Subscription, SubscriptionRing } from './subscription.ts'

export interface SingleActiveOptions {
  /** Only one is served. */
  readonly enabled: boolean
  /** A higher priority makes the active one step back. */
  readonly overtaking: boolean
}

export class SingleActive {
  /** Null while nobody is there, or the queue serves all. */
  active: Subscription | null = null
  /** Follows the active one as soon as that has settled what it holds. */
  private next: Subscription | null = null
  private options: SingleActiveOptions = { enabled: false, overtaking: false }
  private readonly all: ReadonlySet<Subscription>
  private readonly ring: SubscriptionRing

  /** @param all the subscriptions of the queue, oldest first, kept up to date by it */
  constructor(all: ReadonlySet<Subscription>, ring: SubscriptionRing) {
    this.all = all
    this.ring = ring
  }

  /** Whether it is the subscription's turn, or there is no such thing. */
  allows(subscription: Subscription): boolean {
    return !this.options.enabled || (subscription === this.active && this.next === null)
  }

  joined(subscription: Subscription): void {
    if (!this.options.enabled) return
    this.active ??= subscription
    this.lookForHigher()
  }

  left(subscription: Subscription): void {
    if (subscription === this.active) {
      this.next = null
      this.active = highest(this.all)
      this.active?.wake()
    } else if (subscription === this.next) {
      this.next = null
      this.lookForHigher()
      this.active?.wake()
    }
  }

  /** The subscription has settled all that it was given. */
  settledAll(subscription: Subscription): void {
    if (subscription === this.active && this.next !== null) this.handOver()
  }

  /** The queue's settings changed. */
  set(options: SingleActiveOptions): void {
    const { enabled } = options
    const same = enabled === this.options.enabled
    this.options = options
    if (same) return
    this.next = null
    this.active = enabled ? highest(this.all) : null
    for (const subscription of this.all) {
      if (!enabled) subscription.wake()
      else if (subscription !== this.active) this.ring.leave(subscription)
    }
  }

  private lookForHigher(): void {
    const { active } = this
    if (!this.options.overtaking || active === null) return
    const best = highest(this.all) as Subscription
    if (best.priority <= active.priority) return
    this.next = best
    this.ring.leave(active)
    if (active.unacked === 0) this.handOver()
  }

  private handOver(): void {
    this.active = this.next
    this.next = null
    this.active?.wake()
  }
}

function highest(subscriptions: Iterable<Subscription>): Subscription | null {
  let found: Subscription | null = null
  for (const subscription of subscriptions) {
    if (found === null || subscription.priority > found.priority) found = subscription
  }
  return found
}
