/**
 * One channel: its consumers, what it has handed out, the message that is being received on it, its confirm or
 * transaction mode. Frames come from the session; methods are handled one class per file.
 */
import type { Bytes } from '../base/bytes.ts'
import type { ClientChannel, ClientConnection } from '../broker/connections.ts'
import type { ChannelCounters } from '../broker/message-counts.ts'
import type { Queue } from '../broker/queue/queue.ts'
import { MessageDraft } from '../record/message.ts'
import { ReplyCode } from '../wire/amqp/constants.ts'
import { writeAck } from '../wire/amqp/hot.ts'
import type { ChannelConsumer, Holder } from './channel-consumer.ts'
import type { Confirms } from './confirms.ts'
import { Holders } from './holders.ts'
import type { PublishTarget } from './publish-target.ts'
import { ProtocolError } from './reply.ts'
import type { AmqpSession } from './session.ts'
import type { Transaction } from './transaction.ts'
import { TENTH_MS } from './turn-time.ts'
import { Unacked } from './unacked.ts'

/** What frame may come next. */
export const Expect = { method: 0, header: 1, body: 2 } as const

export class Channel implements ClientChannel {
  readonly session: AmqpSession
  readonly number: number
  readonly consumers = new Map<string, ChannelConsumer>()
  readonly unacked = new Unacked()
  /** The last delivery tag given. */
  deliveryTag = 0
  /** Deliveries outstanding on the whole channel at most, 0 = no limit (basic.qos with global). */
  prefetch = 0
  /** For consumers to come (basic.qos without global). */
  consumerPrefetch = 0
  /** What an empty queue name means. */
  lastQueue = ''
  /** A close was sent: everything but its answer is ignored. */
  closing = false

  /** Null until confirm.select. */
  confirms: Confirms | null = null
  /** The sequence number of the last publish in confirm mode. */
  published = 0
  /** Counted as things happen; the rest of `counters` follows from sequence numbers. */
  readonly counts = {
    published: 0,
    confirmed: 0,
    returned: 0,
    dropped: 0,
    got: 0,
    gotNoAck: 0,
    getEmpty: 0,
    acks: 0,
    redelivered: 0,
  }
  /** Null until tx.select. */
  transaction: Transaction | null = null
  /** The consumer tag of direct reply-to; null when it is not consumed from. */
  replyConsumer: { readonly tag: string; readonly token: string; readonly template: Bytes } | null = null

  // The message being received.
  expect: 0 | 1 | 2 = Expect.method
  target: PublishTarget | null = null
  readonly draft = new MessageDraft()
  bodyLeft = 0

  readonly holders: Holders

  constructor(session: AmqpSession, number: number) {
    this.session = session
    this.number = number
    this.holders = new Holders(session.amqp.timeouts)
  }

  get connection(): ClientConnection {
    return this.session.connection!
  }

  // What is told of it

  get state(): ClientChannel['state'] {
    if (this.closing) return 'closing'
    return this.session.stalled ? 'flow' : 'running'
  }

  get isConfirming(): boolean {
    return this.confirms !== null
  }

  get isTransactional(): boolean {
    return this.transaction !== null
  }

  get unacknowledged(): number {
    return this.unacked.count
  }

  get unconfirmed(): number {
    return this.confirms === null ? 0 : this.published - this.confirms.answered
  }

  get uncommitted(): number {
    return this.transaction?.publishes.length ?? 0
  }

  get uncommittedAcks(): number {
    return this.transaction?.settles.length ?? 0
  }

  get oldestUnackedMs(): number | null {
    const { oldest } = this.unacked
    const { amqp, broker } = this.session
    return oldest < 0 ? null : broker.clock.now() - (amqp.time.tenths - oldest) * TENTH_MS
  }

  /** Each delivery has a tag, and each that wants an acknowledgement entered `unacked`. */
  get counters(): ChannelCounters {
    const { got, gotNoAck, acks, ...counts } = this.counts
    const { entered } = this.unacked
    return {
      ...counts,
      delivered: entered - got,
      deliveredNoAck: this.deliveryTag - entered - gotNoAck,
      got,
      gotNoAck,
      acknowledged: acks,
    }
  }

  /** @throws ProtocolError UNEXPECTED_FRAME amid a message */
  checkExpectsMethod(): void {
    if (this.expect === Expect.method) return
    const what = this.expect === Expect.header ? 'header' : 'body'
    throw new ProtocolError(
      ReplyCode.UNEXPECTED_FRAME,
      `expected content ${what} for class 60, got a method frame instead`,
    )
  }

  // Consumers

  addConsumer(consumer: ChannelConsumer): void {
    this.holders.put(consumer)
    this.consumers.set(consumer.tag, consumer)
    consumer.subscribe()
    this.session.broker.events.emit('consumer.created', consumer)
  }

  /** The client cancels: deliveries outstanding stay so. */
  removeConsumer(consumer: ChannelConsumer): void {
    this.consumers.delete(consumer.tag)
    this.session.broker.events.emit('consumer.deleted', consumer)
    consumer.unsubscribe()
    this.releaseIfUnused(consumer)
  }

  /** The queue is gone: the client is told if it can be. */
  consumerCancelled(consumer: ChannelConsumer): void {
    this.consumers.delete(consumer.tag)
    this.session.broker.events.emit('consumer.deleted', consumer)
    this.releaseIfUnused(consumer)
    this.tellCancelled(consumer)
  }

  private tellCancelled(consumer: ChannelConsumer): void {
    if (!this.session.client.cancelNotify || this.closing) return
    // Not before its consume-ok, which may still be waiting.
    this.session.answers.afterwards(() => {
      this.session.send(this.number, 'basic.cancel', { consumerTag: consumer.tag, nowait: true })
    })
  }

  private releaseIfUnused(holder: Holder): void {
    const { consumer } = holder
    if (consumer === null || this.consumers.get(consumer.tag) !== consumer) this.holders.release(holder)
  }

  restConsumers(): void {
    for (const consumer of this.consumers.values()) if (!consumer.noAck) consumer.rest()
  }

  wakeConsumers(): void {
    for (const consumer of this.consumers.values()) consumer.wake()
  }

  // Settling. One visitor each, made once, so that an ack makes no closure.

  private readonly acknowledge = (slot: number, place: number): void => {
    const holder = this.holders.at(slot)
    holder.queue.acknowledge(place)
    this.counts.acks++
    this.credit(holder)
  }

  private readonly discard = (slot: number, place: number): void => {
    const holder = this.holders.at(slot)
    holder.queue.discard(place)
    this.credit(holder)
  }

  private readonly returned = (slot: number, place: number): void => {
    const holder = this.holders.at(slot)
    holder.queue.requeue(place, 'returned')
    this.credit(holder)
  }

  private readonly failed = (slot: number, place: number): void => {
    const holder = this.holders.at(slot)
    holder.queue.requeue(place, 'failed')
    this.credit(holder)
  }

  private credit(holder: Holder): void {
    const { consumer } = holder
    const before = holder.unacked--
    if (consumer !== null && before === consumer.prefetch && this.consumers.get(consumer.tag) === consumer) {
      consumer.wake()
    }
    if (before > 1) return
    if (consumer !== null) consumer.settledAll()
    this.releaseIfUnused(holder)
  }

  /** @throws ProtocolError PRECONDITION_FAILED for a tag that is not outstanding. */
  settle(tag: number, multiple: boolean, outcome: Outcome): void {
    if (this.transaction !== null) {
      this.settleLater(this.transaction, tag, multiple, outcome)
      return
    }
    const wasFull = this.prefetch !== 0 && this.unacked.count >= this.prefetch
    const found = multiple ? this.unacked.takeUpTo(tag, this[outcome]) : this.unacked.take(tag, this[outcome])
    if (!found) throw unknownTag(tag)
    if (wasFull && this.unacked.count < this.prefetch) this.wakeConsumers()
  }

  private settleLater(transaction: Transaction, tag: number, multiple: boolean, outcome: Outcome): void {
    const found = this.unacked.markPending(tag, multiple, (one) => transaction.settles.push({ tag: one, outcome }))
    if (!found) throw unknownTag(tag)
  }

  settlePending(tag: number, outcome: Outcome): void {
    this.unacked.takePending(tag, this[outcome])
  }

  /** basic.recover: all outstanding ones go back to their queues, save those settled in an open transaction. */
  requeueAll(): void {
    this.unacked.takeUpTo(0, this.returned)
    this.wakeConsumers()
  }

  // Time

  /** Consumers that left a delivery unacknowledged for too long are cancelled, or the channel closed if they cannot be. */
  cancelOverdue(): void {
    const shortest = this.holders.shortestTimeout()
    if (shortest === null) return
    const { tenths } = this.session.amqp.time
    const late = new Set<Holder>()
    this.unacked.look(tenths - shortest / TENTH_MS, (slot, _place, _tag, since) => {
      const holder = this.holders.at(slot)
      if (holder.timeoutMs !== null && (tenths - since) * TENTH_MS >= holder.timeoutMs) late.add(holder)
    })
    for (const holder of late) {
      if (holder.consumer !== null && this.session.client.cancelNotify) {
        this.cancelLate(holder.consumer)
      } else {
        this.session.failChannel(this, deliveryTimedOut(this.number, holder.timeoutMs as number), 0)
        return
      }
    }
  }

  /** Its deliveries go back to the queue; acks of them that come later are taken and mean nothing. */
  private cancelLate(consumer: ChannelConsumer): void {
    const { queue, tag } = consumer
    const isSubscribed = this.consumers.get(tag) === consumer
    if (isSubscribed) {
      // What it gives back gives it no credit.
      this.consumers.delete(tag)
      consumer.rest()
    }
    this.unacked.abandon(consumer.slot, this.failed)
    if (isSubscribed) {
      this.removeConsumer(consumer)
      this.tellCancelled(consumer)
      const { logger } = this.session.broker
      logger.warn({ vhost: queue.vhost, queue: queue.name, consumer: tag }, 'a consumer did not acknowledge in time')
    }
    if (this.prefetch !== 0) this.wakeConsumers()
  }

  /** What of the queue is outstanding here, oldest first. */
  outstanding(queue: Queue): Outstanding[] {
    const found: Outstanding[] = []
    this.unacked.look(Number.POSITIVE_INFINITY, (slot, place, deliveryTag, since) => {
      const holder = this.holders.at(slot)
      if (holder.queue !== queue) return
      found.push({ place, deliveryTag, consumerTag: holder.consumer?.tag ?? null, since })
    })
    return found
  }

  // Confirms

  /** Sends what may be confirmed by now. */
  sendConfirms(): void {
    const { confirms, session } = this
    if (confirms === null || this.closing) return
    const { durability } = session.broker
    const { fates } = session.vhost!
    let before = confirms.answered
    for (let sequence = confirms.take(durability); sequence !== 0; sequence = confirms.take(durability)) {
      const { multiple } = confirms
      const count = sequence - before
      before = sequence
      if (confirms.refused) {
        session.send(this.number, 'basic.nack', { deliveryTag: sequence, multiple, requeue: true })
        continue
      }
      this.counts.confirmed += count
      fates.confirmed += count
      const { output } = session
      output.reserve(21)
      output.pos = writeAck(output.view, output.pos, this.number, sequence, multiple)
      session.transport.flushSoon()
    }
  }

  /** The channel ends: consumers leave, what is outstanding goes back, an open transaction is forgotten. */
  end(): void {
    const consumers = [...this.consumers.values()]
    this.consumers.clear()
    // A queue that loses its last consumer may be deleted with it, so what is outstanding goes back first.
    for (const consumer of consumers) consumer.rest()
    this.unacked.drain(this.failed)
    for (const consumer of consumers) {
      this.session.broker.events.emit('consumer.deleted', consumer)
      consumer.unsubscribe()
    }
    if (this.replyConsumer !== null) this.session.amqp.replies.delete(this.replyConsumer.token)
    this.replyConsumer = null
    this.session.broker.durability.delete(this)
  }

  /** Something became durable. */
  durable(): boolean {
    this.sendConfirms()
    return this.confirms?.waiting === true
  }
}

/** `returned` and `failed`: back to the queue, by basic.nack or basic.recover, or else by basic.reject or with the channel. */
export type Outcome = 'acknowledge' | 'discard' | 'returned' | 'failed'

/** `since`: tenths of a second, as `TurnTime` counts them. */
export interface Outstanding {
  readonly place: number
  readonly deliveryTag: number
  readonly consumerTag: string | null
  readonly since: number
}

function deliveryTimedOut(channel: number, timeoutMs: number): ProtocolError {
  return new ProtocolError(
    ReplyCode.PRECONDITION_FAILED,
    `delivery acknowledgement on channel ${channel} timed out. Timeout value used: ${timeoutMs} ms. This timeout value can be configured, see consumers doc guide to learn more`,
  )
}

function unknownTag(tag: number): ProtocolError {
  return new ProtocolError(ReplyCode.PRECONDITION_FAILED, `unknown delivery tag ${tag}`)
}
