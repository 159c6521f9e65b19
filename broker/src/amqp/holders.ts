/**
 * Whom the deliveries of a channel are outstanding with: each holder has a slot, a small number that its deliveries bear,
 * and keeps it until it is over and all of them are settled.
 */
import type { Queue } from '../broker/queue/queue.ts'
import type { Holder } from './channel-consumer.ts'
import type { ConsumerTimeouts } from './consumer-timeouts.ts'

/** Of the deliveries by basic.get from one queue. */
class GetHolder implements Holder {
  readonly queue: Queue
  readonly consumer = null
  readonly slot: number
  unacked = 0

  constructor(queue: Queue, slot: number) {
    this.queue = queue
    this.slot = slot
  }

  get timeoutMs(): number | null {
    return this.queue.settings.consumerTimeoutMs || null
  }
}

export class Holders {
  /** Slot 0 is nobody's. */
  private readonly bySlot: (Holder | null)[] = [null]
  private readonly freeSlots: number[] = []
  private readonly ofGets = new Map<Queue, GetHolder>()
  private readonly timeouts: ConsumerTimeouts

  constructor(timeouts: ConsumerTimeouts) {
    this.timeouts = timeouts
  }

  /** For a holder to be, which is put there next. */
  takeSlot(): number {
    return this.freeSlots.pop() ?? this.bySlot.push(null) - 1
  }

  put(holder: Holder): void {
    this.bySlot[holder.slot] = holder
    this.timeouts.watch(holder.timeoutMs)
  }

  at(slot: number): Holder {
    return this.bySlot[slot] as Holder
  }

  /** Of deliveries by basic.get; it is there until all of them are settled. */
  ofGet(queue: Queue): Holder {
    let holder = this.ofGets.get(queue)
    if (holder === undefined) {
      holder = new GetHolder(queue, this.takeSlot())
      this.ofGets.set(queue, holder)
      this.put(holder)
    }
    return holder
  }

  /** It is over, or was before: once nothing is outstanding its slot is free. */
  release(holder: Holder): void {
    if (holder.unacked > 0 || this.bySlot[holder.slot] !== holder) return
    if (holder instanceof GetHolder) this.ofGets.delete(holder.queue)
    this.bySlot[holder.slot] = null
    this.freeSlots.push(holder.slot)
  }

  /** The shortest time that a delivery may be outstanding, of those who may have one; null: any time. */
  shortestTimeout(): number | null {
    let shortest: number | null = null
    for (const holder of this.bySlot) {
      const timeoutMs = holder === null ? null : holder.timeoutMs
      if (timeoutMs !== null && (shortest === null || timeoutMs < shortest)) shortest = timeoutMs
    }
    return shortest
  }
}
