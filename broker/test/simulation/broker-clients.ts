/** Clients of a broker run: one that publishes with confirms, one that consumes from every queue and keeps some back. */
import type { Arrival, Peer } from '../amqp/peer.ts'
import type { BrokerRun } from './broker-run.ts'
import type { Book } from './message-book.ts'

type Args = Record<string, string | number | boolean>

const dead = { 'x-dead-letter-exchange': 'graves' }
const RETRY_MIN_MS = 200

/** A message comes to an end in each in another way. */
export const QUEUES: Readonly<Record<string, Args>> = {
  plain: {},
  limited: { ...dead, 'x-delivery-limit': 2 },
  brief: { ...dead, 'x-message-ttl': 150 },
  short: { ...dead, 'x-max-length': 6 },
  strict: { ...dead, 'x-max-length': 8, 'x-overflow': 'reject-publish' },
  retried: {
    ...dead,
    'x-delivery-limit': 3,
    'x-delayed-retry-type': 'all',
    'x-delayed-retry-min': RETRY_MIN_MS,
    'x-delayed-retry-max': 1000,
  },
  ranked: { ...dead, 'x-max-priority': 3 },
  later: {},
  unique: {},
  alone: { 'x-message-deduplication': true },
  /** What a policy says changes all the time. */
  ruled: dead,
  grave: {},
}
const PREFETCH = 8
const EXCHANGES = [
  ['graves', 'fanout', {}],
  ['waiting', 'x-delayed-message', { 'x-delayed-type': 'direct' }],
  ['once', 'x-message-deduplication', { 'x-cache-size': 10_000 }],
] as const
const BINDINGS = [
  ['graves', 'grave'],
  ['waiting', 'later'],
  ['once', 'unique'],
] as const

interface Unacked {
  readonly book: Book
  readonly queue: string
  readonly tag: number
}

export interface Publishing {
  readonly exchange?: string
  readonly delayMs?: number
  readonly deliverAtMs?: number
  readonly expirationMs?: number
  readonly priority?: number
  readonly key?: string
  readonly bodyLength: number
}

export class BrokerClients {
  private readonly run: BrokerRun
  private publisher!: Peer
  private consumer!: Peer
  private sequence = 0
  private readonly unconfirmed = new Map<number, Book>()
  readonly unacked: Unacked[] = []

  constructor(run: BrokerRun) {
    this.run = run
  }

  /** Connects, makes sure of all exchanges and queues, and consumes from every queue. */
  async connect(): Promise<void> {
    const { run } = this
    this.publisher = await run.connect()
    this.consumer = await run.connect()
    if (run.isOff) return
    const peer = this.consumer
    for (const [exchange, type, args] of EXCHANGES) {
      peer.send(1, 'exchange.declare', { exchange, type, durable: true, arguments: args })
    }
    for (const [queue, args] of Object.entries(QUEUES))
      peer.send(1, 'queue.declare', { queue, durable: true, arguments: args })
    for (const [exchange, queue] of BINDINGS) peer.send(1, 'queue.bind', { exchange, queue, routingKey: queue })
    peer.send(1, 'basic.qos', { prefetchSize: 0, prefetchCount: PREFETCH, global: false })
    await this.answers(EXCHANGES.length + Object.keys(QUEUES).length + BINDINGS.length + 1)
    for (const queue of Object.keys(QUEUES)) peer.send(1, 'basic.consume', { queue, consumerTag: queue })
    await run.settle()
    this.hear()
  }

  /** So many answers come, unless the power goes. */
  private async answers(count: number): Promise<void> {
    for (let left = count; left > 0 && !this.run.isOff; ) {
      await this.run.durable()
      for (const [, { name }] of this.run.arrivals()) if (name.endsWith('-ok')) left--
    }
  }

  publish(queue: string, publishing: Publishing): void {
    const { exchange = '', delayMs, deliverAtMs, expirationMs, priority, key, bodyLength } = publishing
    const now = this.run.clock.now()
    const dueMs = delayMs !== undefined ? now + delayMs : (deliverAtMs ?? 0)
    const book = this.run.book.publish(queue, dueMs, key ?? null)
    this.unconfirmed.set(++this.sequence, book)
    const headers = {
      ...(delayMs !== undefined && { 'x-delay': delayMs }),
      ...(deliverAtMs !== undefined && { 'x-deliver-at': deliverAtMs }),
      ...(key !== undefined && { 'x-deduplication-header': key }),
    }
    const properties = {
      deliveryMode: 2,
      headers,
      ...(expirationMs !== undefined && { expiration: String(expirationMs) }),
      ...(priority !== undefined && { priority }),
    }
    this.publisher.publish(queue, `${book.id}/`.padEnd(bodyLength, 'x'), { exchange, properties })
  }

  ack(): void {
    const { book, queue, tag } = this.takeAny()
    this.run.book.acked(book, queue)
    this.consumer.send(1, 'basic.ack', { deliveryTag: tag })
  }

  ackAll(): void {
    while (this.unacked.length > 0) this.ack()
  }

  /** Back to its queue, or out of it. */
  nack(requeue: boolean): void {
    const { book, queue, tag } = this.takeAny()
    if (requeue) this.returned(book, queue)
    else if (!('x-dead-letter-exchange' in QUEUES[queue])) this.run.book.acked(book, queue)
    this.consumer.send(1, 'basic.nack', { deliveryTag: tag, requeue })
  }

  /** Takes notice of everything that arrived. */
  hear(): void {
    for (const [, arrival] of this.run.arrivals()) {
      if (arrival.name === 'basic.deliver') this.delivered(arrival)
      else if (arrival.name === 'basic.ack' || arrival.name === 'basic.nack') this.answered(arrival)
      else if (arrival.name.endsWith('close')) throw new Error(`${arrival.name}: ${arrival.args.replyText}`)
    }
  }

  /** The connections are gone, with a crash or before a clean stop: then what was unacked comes back at once. */
  gone(clean: boolean): void {
    if (clean) for (const { book, queue } of this.unacked) this.returned(book, queue)
    this.unacked.length = 0
    this.unconfirmed.clear()
    this.sequence = 0
  }

  private returned(book: Book, queue: string): void {
    // Beyond the limit it leaves instead.
    if (book.returns >= Number(QUEUES[queue]['x-delivery-limit'] ?? Number.POSITIVE_INFINITY)) return
    this.run.book.returned(book, queue, queue === 'retried' ? this.run.clock.now() + RETRY_MIN_MS : 0)
  }

  private takeAny(): Unacked {
    return this.unacked.splice(this.run.random.below(this.unacked.length), 1)[0]
  }

  private delivered({ args, body, properties }: Arrival): void {
    const queue: string = args.consumerTag
    const id = Number.parseInt(body!.toString('latin1', 0, 12), 10)
    const count = 'x-delivery-limit' in QUEUES[queue] ? Number(properties?.headers?.['x-delivery-count'] ?? 0) : null
    const book = this.run.book.delivered(id, queue, this.run.clock.now(), count)
    this.unacked.push({ book, queue, tag: Number(args.deliveryTag) })
  }

  private answered({ name, args }: Arrival): void {
    const tag = Number(args.deliveryTag)
    for (const [sequence, book] of this.unconfirmed) {
      if (sequence > tag || (!args.multiple && sequence !== tag)) continue
      this.unconfirmed.delete(sequence)
      if (name === 'basic.nack') book.refused = true
      else this.run.book.confirm(book)
    }
  }
}
