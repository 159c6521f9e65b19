/**
 * Single active consumer: of all subscriptions of a queue one is served; the others wait until it leaves. Then comes the
 * one with the highest priority, of several the oldest. Trade: who has a higher priority but came later waits too.
 */
import type { Subscription, SubscriptionRing } from './subscription.ts'

export class SingleActive {
  /** Null while nobody is there, or the queue serves all. */
  active: Subscription | null = null
  private enabled = false

  /** Whether it is the subscription's turn, or there is no such thing. */
  allows(subscription: Subscription): boolean {
    return !this.enabled || subscription === this.active
  }

  joined(subscription: Subscription): void {
    if (this.enabled) this.active ??= subscription
  }

  /** @param remaining those still there, oldest first */
  left(subscription: Subscription, remaining: Iterable<Subscription>): void {
    if (subscription !== this.active) return
    this.active = first(remaining)
    this.active?.wake()
  }

  /** The queue's settings changed. */
  set(enabled: boolean, all: Iterable<Subscription>, ring: SubscriptionRing): void {
    if (enabled === this.enabled) return
    this.enabled = enabled
    this.active = enabled ? first(all) : null
    for (const subscription of all) {
      if (!enabled) subscription.wake()
      else if (subscription !== this.active) ring.leave(subscription)
    }
  }
}

function first(subscriptions: Iterable<Subscription>): Subscription | null {
  let found: Subscription | null = null
  for (const subscription of subscriptions) {
    if (found === null || subscription.priority > found.priority) found = subscription
  }
  return found
}
