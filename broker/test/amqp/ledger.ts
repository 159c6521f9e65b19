/**
 * What clients know of their messages, kept beside a broker that is driven at random: every copy of every message is
 * ready, with somebody, or done, and everything that arrives must fit.
 */
import assert from 'node:assert/strict'
import type { Arrival, Peer } from './peer.ts'

/** One message in one queue. */
export interface Copy {
  readonly id: string
  readonly publisher: number
  readonly number: number
  readonly queue: QueueBook
  state: 'ready' | 'out' | 'done'
  deliveries: number
  /** It may have been delivered to somebody who left before looking. */
  unsure: boolean
}

/** One queue from its declaration to its end. */
export class QueueBook {
  readonly name: string
  readonly copies = new Map<string, Copy>()
  gone = false

  constructor(name: string) {
    this.name = name
  }

  count(state: Copy['state']): number {
    let count = 0
    for (const copy of this.copies.values()) if (copy.state === state) count++
    return count
  }

  add(id: string, publisher: number, number: number): void {
    const copy: Copy = { id, publisher, number, queue: this, state: 'ready', deliveries: 0, unsure: false }
    this.copies.set(id, copy)
  }

  /** All that is ready is dropped. */
  purge(): void {
    for (const copy of this.copies.values()) if (copy.state === 'ready') copy.state = 'done'
  }

  end(): void {
    this.gone = true
    for (const copy of this.copies.values()) copy.state = 'done'
  }
}

export interface ConsumerBook {
  readonly queue: QueueBook
  readonly noAck: boolean
  readonly prefetch: number
  out: number
}

interface Outstanding {
  readonly copy: Copy
  readonly consumer: ConsumerBook | null
  /** Settled within a transaction that is open. */
  pending: 'done' | 'ready' | null
}

/** One channel of one peer. */
export class ChannelBook {
  readonly peer: Peer
  /** Order is kept for what comes from one channel. */
  readonly publisher: number
  readonly number: number
  readonly mode: 'plain' | 'confirm' | 'tx'
  readonly consumers = new Map<string, ConsumerBook>()
  readonly outstanding = new Map<number, Outstanding>()
  /** The queues of gets on their way, in order, and whether each needs an ack. */
  readonly gets: { queue: QueueBook; noAck: boolean }[] = []
  /** Publishes of an open transaction. */
  staged: (() => void)[] = []
  /** Of consumers to come. */
  prefetch = 0
  /** Of the whole channel. */
  sharedPrefetch = 0
  /** Messages published so far, and in confirm mode. */
  numbers = 0
  published = 0
  confirmedUpTo = 0
  readonly returns: string[] = []
  /** The last first-time delivery of each publisher in each queue. */
  private readonly last = new Map<string, number>()
  private lastTag = 0

  constructor(peer: Peer, publisher: number, number: number, mode: ChannelBook['mode']) {
    this.peer = peer
    this.publisher = publisher
    this.number = number
    this.mode = mode
  }

  arrived(arrival: Arrival): void {
    const { name, args } = arrival
    if (name === 'basic.deliver') this.delivered(arrival, this.consumers.get(args.consumerTag) ?? null)
    else if (name === 'basic.get-ok') this.delivered(arrival, null)
    else if (name === 'basic.get-empty') assert.ok(this.gets.shift(), 'an answer to no get')
    else if (name === 'basic.ack') this.confirmed(args.deliveryTag)
    else if (name === 'basic.return') assert.equal(this.returns.shift(), idOf(arrival))
    else if (name === 'basic.cancel')
      assert.ok(this.consumers.delete(args.consumerTag), `cancel of ${args.consumerTag}`)
    else assert.match(name, /-ok$/)
  }

  /** Acks are in order here, so a single one stands for all before it only if it says so; what counts is the last. */
  private confirmed(tag: number): void {
    assert.ok(tag > this.confirmedUpTo && tag <= this.published, `confirm of ${tag}`)
    this.confirmedUpTo = tag
  }

  private delivered(arrival: Arrival, consumer: ConsumerBook | null): void {
    const { args, name } = arrival
    const get = name === 'basic.get-ok' ? this.gets.shift() : undefined
    const source = consumer ?? get
    assert.ok(source, `a delivery to ${args.consumerTag}, whom nobody knows`)
    const id = idOf(arrival)
    const copy = source.queue.copies.get(id)
    assert.ok(copy, `${id} was never in ${source.queue.name}`)
    const inWords = `${id} of ${source.queue.name}`
    if (!source.queue.gone) assert.equal(copy.state, 'ready', `${inWords} is handed out`)
    if (!copy.unsure) assert.equal(args.redelivered, copy.deliveries > 0, `${inWords} is marked`)
    assert.ok(args.deliveryTag > this.lastTag, 'tags rise')
    this.lastTag = args.deliveryTag
    if (!args.redelivered) this.inOrder(copy)
    copy.deliveries++
    if (source.noAck) {
      copy.state = 'done'
      return
    }
    if (!source.queue.gone) copy.state = 'out'
    this.outstanding.set(args.deliveryTag, { copy, consumer, pending: null })
    if (consumer === null) return
    consumer.out++
    if (consumer.prefetch > 0) assert.ok(consumer.out <= consumer.prefetch, `prefetch ${consumer.prefetch}`)
  }

  private inOrder(copy: Copy): void {
    const key = `${copy.queue.name} ${copy.publisher}`
    const before = this.last.get(key) ?? -1
    assert.ok(copy.number > before, `${copy.id} came after ${before}`)
    this.last.set(key, copy.number)
  }

  /** Whether a consumer of `queue` could take a message. */
  wants(queue: QueueBook): boolean {
    const isFull = this.sharedPrefetch > 0 && this.outstanding.size >= this.sharedPrefetch
    for (const one of this.consumers.values()) {
      if (one.queue !== queue) continue
      if (one.noAck || (!isFull && (one.prefetch === 0 || one.out < one.prefetch))) return true
    }
    return false
  }

  /** The tags that an ack or nack means; none if there are none. */
  tags(upTo: number, multiple: boolean): number[] {
    const open = [...this.outstanding].filter(([, one]) => one.pending === null).map(([tag]) => tag)
    return multiple ? open.filter((tag) => upTo === 0 || tag <= upTo) : [upTo]
  }

  settle(tags: readonly number[], outcome: 'done' | 'ready'): void {
    for (const tag of tags) {
      const one = this.outstanding.get(tag)!
      if (this.mode === 'tx') one.pending = outcome
      else this.finish(tag, outcome)
    }
  }

  private finish(tag: number, outcome: 'done' | 'ready'): void {
    const { copy, consumer } = this.outstanding.get(tag)!
    this.outstanding.delete(tag)
    if (consumer !== null) consumer.out--
    if (copy.state === 'out') copy.state = outcome
  }

  commit(): void {
    for (const publish of this.staged) publish()
    this.staged = []
    for (const [tag, { pending }] of [...this.outstanding]) if (pending !== null) this.finish(tag, pending)
  }

  rollback(): void {
    this.staged = []
    for (const one of this.outstanding.values()) one.pending = null
  }

  /** basic.recover: all comes back but what a transaction has settled. */
  recover(): void {
    for (const tag of this.tags(0, true)) this.finish(tag, 'ready')
  }

  end(): void {
    for (const tag of [...this.outstanding.keys()]) this.finish(tag, 'ready')
    this.consumers.clear()
  }
}

export function idOf({ body }: Arrival): string {
  const text = body!.subarray(0, 40).toString()
  return text.slice(0, text.indexOf(' '))
}
