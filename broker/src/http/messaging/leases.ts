/**
 * Messages that callers have and have not settled: each is leased until some time, and goes back to its queue then. A
 * lease belongs to the queue, not to a connection; its token names vhost, queue, place and an identity that nobody can
 * guess, so that whoever is asked knows where the lease is kept: with the queue.
 */
import { randomUUID } from 'node:crypto'
import type { Timer } from '../../base/clock.ts'
import type { Broker } from '../../broker/broker.ts'
import type { PublishingClient } from '../../broker/operations/publish.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import type { UnackedMessage, UnackedSource } from '../../broker/unacked-source.ts'

export interface Lease {
  readonly token: string
  readonly queue: Queue
  readonly place: number
  readonly user: string
  readonly connection: string
  readonly number: number
  readonly sinceMs: number
  /** ms since 1970; null: as long as its holder lives. */
  untilMs: number | null
  timer: Timer | null
  /** Told when it is settled, runs out or goes back. */
  readonly released: (() => void) | null
}

export class Leases implements UnackedSource {
  private readonly broker: Broker
  private readonly byQueue = new Map<Queue, Map<string, Lease>>()
  private count = 0

  constructor(broker: Broker) {
    this.broker = broker
    broker.unackedSources.add(this)
  }

  /** @param leaseMs null: until its holder gives it back */
  take(
    queue: Queue,
    place: number,
    { user, connection }: PublishingClient,
    leaseMs: number | null,
    released: (() => void) | null = null,
  ): Lease {
    const lease: Lease = {
      token: tokenOf(queue, place),
      queue,
      place,
      user: user.name,
      connection,
      number: ++this.count,
      sinceMs: this.broker.clock.now(),
      untilMs: null,
      timer: null,
      released,
    }
    let ofQueue = this.byQueue.get(queue)
    if (ofQueue === undefined) this.byQueue.set(queue, (ofQueue = new Map()))
    ofQueue.set(lease.token, lease)
    this.broker.outside.delivered++
    if (leaseMs !== null) this.extend(lease, leaseMs)
    return lease
  }

  /** Undefined for one that is over, or another user's. */
  find(queue: Queue, token: string, user: string): Lease | undefined {
    const lease = this.byQueue.get(queue)?.get(token)
    return lease?.user === user ? lease : undefined
  }

  /** It runs out so long from now on. */
  extend(lease: Lease, leaseMs: number): void {
    const { clock } = this.broker
    if (lease.timer !== null) clock.clearTimer(lease.timer)
    lease.untilMs = clock.now() + leaseMs
    // Whoever did not answer in time failed.
    lease.timer = clock.setTimer(leaseMs, () => this.giveBack(lease, 'failed'))
  }

  acknowledge(lease: Lease): void {
    if (!this.end(lease)) return
    this.broker.outside.acknowledged++
    if (!lease.queue.gone) lease.queue.acknowledge(lease.place)
    lease.released?.()
  }

  /** For good: it becomes a dead letter where the queue has those. */
  discard(lease: Lease): void {
    if (!this.end(lease)) return
    lease.queue.discard(lease.place)
    lease.released?.()
  }

  giveBack(lease: Lease, why: 'returned' | 'failed'): void {
    if (!this.end(lease)) return
    lease.queue.requeue(lease.place, why)
    lease.released?.()
  }

  *unacked(queue: Queue): Iterable<UnackedMessage> {
    for (const { place, number, sinceMs, connection, user } of this.byQueue.get(queue)?.values() ?? []) {
      yield { place, deliveryTag: number, consumerTag: null, sinceMs, connection, channel: 0, user }
    }
  }

  /** Nothing of it can be settled any more. */
  queueGone(queue: Queue): void {
    for (const lease of this.byQueue.get(queue)?.values() ?? []) {
      if (lease.timer !== null) this.broker.clock.clearTimer(lease.timer)
    }
    this.byQueue.delete(queue)
  }

  /** @returns whether it was there */
  private end(lease: Lease): boolean {
    const ofQueue = this.byQueue.get(lease.queue)
    if (!ofQueue?.delete(lease.token)) return false
    if (ofQueue.size === 0) this.byQueue.delete(lease.queue)
    if (lease.timer !== null) this.broker.clock.clearTimer(lease.timer)
    return true
  }
}

function tokenOf({ vhost, name }: Queue, place: number): string {
  return Buffer.from(JSON.stringify([vhost, name, place, randomUUID()])).toString('base64url')
}
