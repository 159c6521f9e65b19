/**
 * A consumer: one subscription of a channel to a queue. It stands in the queue's ring while it has credit (its own
 * prefetch and the channel's), its session is not stalled and its channel's flow is not stopped.
 */

import { Bytes } from '../base/bytes.ts'
import type { Queue } from '../broker/queue/queue.ts'
import { Subscription } from '../broker/queue/subscription.ts'
import type { Headers } from '../broker/routing/headers.ts'
import type { MessageView } from '../record/message.ts'
import { deliverTemplate } from '../wire/amqp/hot.ts'
import type { Channel } from './channel.ts'
import type { ChannelConsumer, ConsumeOptions } from './channel-consumer.ts'
import { deliver } from './delivery.ts'
import { withDeliveryCount } from './delivery-count.ts'
import { traceDelivery } from './firehose.ts'

export interface ConsumerOptions extends ConsumeOptions {
  readonly noAck: boolean
  readonly priority: number
  /** Its own, instead of the queue's; 0: none; null: the queue's. */
  readonly timeoutMs: number | null
}

export class Consumer extends Subscription implements ChannelConsumer {
  readonly channel: Channel
  readonly queue: Queue
  readonly tag: string
  readonly noAck: boolean
  readonly exclusive: boolean
  readonly prefetch: number
  readonly arguments: Headers
  readonly slot: number
  readonly consumer = this
  private begun = false
  private readonly ownTimeoutMs: number | null
  private readonly template: Bytes

  constructor(channel: Channel, queue: Queue, slot: number, options: ConsumerOptions) {
    super(options.priority)
    this.channel = channel
    this.queue = queue
    this.slot = slot
    this.tag = options.tag
    this.noAck = options.noAck
    this.exclusive = options.exclusive
    this.prefetch = options.prefetch
    this.arguments = options.arguments
    this.ownTimeoutMs = options.timeoutMs
    this.template = Bytes.copyOf(deliverTemplate(channel.number, Buffer.from(options.tag)))
  }

  deliver(view: MessageView, redelivered: boolean): void {
    const { channel } = this
    const { session } = channel
    const deliveryTag = ++channel.deliveryTag
    const message = view.deliveryCount === 0 ? view : withDeliveryCount(view)
    deliver(session.output, channel.number, session.frameMax, this.template, deliveryTag, redelivered, message)
    if (redelivered) channel.counts.redelivered++
    if (!this.noAck) {
      channel.unacked.push(deliveryTag, this.slot, view.place, session.amqp.time.tenths)
      if (++this.unacked === this.prefetch) this.queue.rest(this)
      if (channel.prefetch !== 0 && channel.unacked.count >= channel.prefetch) channel.restConsumers()
    }
    if (session.vhost!.tracing) traceDelivery(channel, this.queue, view, redelivered)
    session.delivered()
  }

  subscribe(): void {
    this.queue.subscribe(this)
  }

  unsubscribe(): void {
    this.queue.unsubscribe(this)
  }

  settledAll(): void {
    this.queue.settledAll(this)
  }

  begin(): void {
    this.begun = true
    this.wake()
  }

  override get room(): number {
    const { channel } = this
    if (this.noAck) return Number.POSITIVE_INFINITY
    const own = this.prefetch === 0 ? Number.POSITIVE_INFINITY : this.prefetch - this.unacked
    return channel.prefetch === 0 ? own : Math.min(own, channel.prefetch - channel.unacked.count)
  }

  /** Enters the queue's ring if nothing stands against it. */
  wake(): void {
    const { channel } = this
    if (!this.begun || channel.session.stalled || this.queue.gone) return
    if (!this.noAck) {
      if (this.prefetch !== 0 && this.unacked >= this.prefetch) return
      if (channel.prefetch !== 0 && channel.unacked.count >= channel.prefetch) return
    }
    this.queue.want(this)
  }

  rest(): void {
    this.queue.rest(this)
  }

  get isOnlyActive(): boolean {
    return this.queue.activeSubscription === this
  }

  get isActive(): boolean {
    const { activeSubscription: active } = this.queue
    return active === null || active === this
  }

  get timeoutMs(): number | null {
    return this.noAck ? null : (this.ownTimeoutMs ?? this.queue.settings.consumerTimeoutMs) || null
  }

  override settingsChanged(): void {
    this.channel.session.amqp.timeouts.watch(this.timeoutMs)
  }

  queueGone(): void {
    this.channel.consumerCancelled(this)
  }
}
