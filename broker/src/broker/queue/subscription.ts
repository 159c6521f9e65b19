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

  /** Deliveries that it has not settled; 0 always where none need be. */
  unacked = 0
  /** Any sign; whoever has a higher one is served before all others. */
  readonly priority: number
  /** Delivered means settled: no acknowledgement will come. */
  abstract readonly noAck: boolean
  abstract readonly exclusive: boolean
  /** False: it comes and goes with single calls, and a queue that ends with its last consumer does not end with it. */
  readonly isConsumer: boolean = true

  constructor(priority = 0) {
    this.priority = priority
  }

  /** How many more deliveries it would take now; Infinity for any number. */
  get room(): number {
    return Number.POSITIVE_INFINITY
  }

  /** Takes the message now (the view is valid only during the call). Leaves the ring itself when its credit is gone. */
  abstract deliver(view: MessageView, redelivered: boolean): void
  /** Its turn may have come after all: it enters the ring if it can take something. */
  abstract wake(): void
  /** The queue's settings are others now. */
  settingsChanged(): void {}
  /** The queue is gone; nothing more will come. */
  abstract queueGone(): void
}

/**
 * The subscriptions that can take a delivery now: those of the highest priority in turn, entering at the end. Each
 * priority has a ring of its own; with one priority there is one ring and nothing else to look at.
 */
export class SubscriptionRing {
  /** Whose turn it is, of those with the highest priority; null when nobody can take anything. */
  current: Subscription | null = null
  /** Whose turn it is in each ring below, by rising priority. */
  private readonly lower: Subscription[] = []

  enter(subscription: Subscription): void {
    if (subscription.ringNext !== null) return
    const { current } = this
    if (current === null) {
      this.current = alone(subscription)
    } else if (subscription.priority === current.priority) {
      join(current, subscription)
    } else if (subscription.priority > current.priority) {
      this.lower.push(current)
      this.current = alone(subscription)
    } else {
      this.enterLower(subscription)
    }
  }

  leave(subscription: Subscription): void {
    const next = subscription.ringNext
    if (next === null) return
    const { current } = this
    if (subscription.priority !== current!.priority) {
      this.leaveLower(subscription, next)
    } else if (next === subscription) {
      this.current = this.lower.pop() ?? null
    } else if (current === subscription) {
      this.current = next
    }
    unlink(subscription)
  }

  private enterLower(subscription: Subscription): void {
    const { lower } = this
    let at = 0
    while (at < lower.length && lower[at].priority < subscription.priority) at++
    if (at < lower.length && lower[at].priority === subscription.priority) join(lower[at], subscription)
    else lower.splice(at, 0, alone(subscription))
  }

  private leaveLower(subscription: Subscription, next: Subscription): void {
    const at = this.lower.indexOf(subscription)
    if (at < 0) return
    if (next === subscription) this.lower.splice(at, 1)
    else this.lower[at] = next
  }
}

function alone(subscription: Subscription): Subscription {
  subscription.ringNext = subscription
  subscription.ringPrevious = subscription
  return subscription
}

/** Puts it in the place before `first`: its turn comes after all others. */
function join(first: Subscription, subscription: Subscription): void {
  const last = first.ringPrevious as Subscription
  last.ringNext = subscription
  subscription.ringPrevious = last
  subscription.ringNext = first
  first.ringPrevious = subscription
}

function unlink(subscription: Subscription): void {
  const next = subscription.ringNext as Subscription
  const previous = subscription.ringPrevious as Subscription
  previous.ringNext = next
  next.ringPrevious = previous
  subscription.ringNext = null
  subscription.ringPrevious = null
}
