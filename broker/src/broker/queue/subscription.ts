/** Who takes messages from a queue, and in what order they are asked. */
import type { MessageView } from '../../record/message.ts'

/**
 * What a queue knows of whoever wants its messages: something with credit that takes one delivery at a time.
 * Protocol sessions implement it. While it has credit and its peer reads, it stands in the queue's ring.
 */
export abstract class Subscription {
  /** Links of the queue's ring; owned by `SubscriptionRing`. */
  ringNext: Subscription | null = null
  ringPrevious: Subscription | null = null

  /** Delivered means settled: no acknowledgement will come. */
  abstract readonly noAck: boolean
  abstract readonly exclusive: boolean
  /** Takes the message now (the view is valid only during the call). Leaves the ring itself when its credit is gone. */
  abstract deliver(view: MessageView, redelivered: boolean): void
  /** The queue is gone; nothing more will come. */
  abstract queueGone(): void
}

/** The subscriptions that can take a delivery now, in turn: round-robin, entering at the end. */
export class SubscriptionRing {
  /** Whose turn it is; null when nobody can take anything. */
  current: Subscription | null = null

  enter(subscription: Subscription): void {
    if (subscription.ringNext !== null) return
    const { current } = this
    if (current === null) {
      subscription.ringNext = subscription
      subscription.ringPrevious = subscription
      this.current = subscription
      return
    }
    const last = current.ringPrevious as Subscription
    last.ringNext = subscription
    subscription.ringPrevious = last
    subscription.ringNext = current
    current.ringPrevious = subscription
  }

  leave(subscription: Subscription): void {
    const next = subscription.ringNext
    if (next === null) return
    if (next === subscription) {
      this.current = null
    } else {
      const previous = subscription.ringPrevious as Subscription
      previous.ringNext = next
      next.ringPrevious = previous
      if (this.current === subscription) this.current = next
    }
    subscription.ringNext = null
    subscription.ringPrevious = null
  }
}
