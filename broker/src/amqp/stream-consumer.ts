/**
 * A consumer of a stream. Its prefetch is its credit: each delivery takes one, each acknowledgement, whether ack, nack or
 * reject, gives it back. Nothing returns to a stream, so all of them mean that the consumer is done with the message.
 */
import { Bytes } from '../base/bytes.ts'
import type { Headers } from '../broker/routing/headers.ts'
import type { StreamQueue } from '../broker/stream/stream-queue.ts'
import { StreamReader, type StreamReaderOptions, type StreamTaker } from '../broker/stream/stream-reader.ts'
import type { MessageView } from '../record/message.ts'
import { deliverTemplate } from '../wire/amqp/hot.ts'
import type { Channel } from './channel.ts'
import type { ChannelConsumer, ConsumeOptions, DeliverySource } from './channel-consumer.ts'
import { deliver } from './delivery.ts'
import { traceDelivery } from './firehose.ts'
import { withStreamOffset } from './stream-offset-header.ts'

export class StreamConsumer implements ChannelConsumer, DeliverySource, StreamTaker {
  readonly channel: Channel
  readonly tag: string
  readonly noAck = false
  readonly exclusive: boolean
  readonly prefetch: number
  readonly arguments: Headers
  readonly slot: number
  readonly queue = this
  readonly consumer = this
  readonly timeoutMs = null
  readonly vhost: string
  /** Of the stream, when the consumer came. */
  readonly name: string
  unacked = 0
  readonly isActive = true
  readonly isOnlyActive = false
  private readonly reader: StreamReader
  private readonly template: Bytes

  /** @throws Refusal resource-locked if the group of its name has members */
  constructor(channel: Channel, stream: StreamQueue, options: ConsumeOptions, reading: StreamReaderOptions) {
    this.channel = channel
    this.vhost = stream.vhost
    this.name = stream.name
    this.tag = options.tag
    this.exclusive = options.exclusive
    this.prefetch = options.prefetch
    this.arguments = options.arguments
    this.template = Bytes.copyOf(deliverTemplate(channel.number, Buffer.from(options.tag)))
    this.reader = new StreamReader(stream, this, reading)
    this.slot = channel.holders.takeSlot()
  }

  // For the reader

  get wantsMore(): boolean {
    return this.unacked < this.prefetch && !this.channel.session.stalled
  }

  take(view: MessageView): void {
    const { channel } = this
    const { session } = channel
    const deliveryTag = ++channel.deliveryTag
    const message = withStreamOffset(view, view.offset)
    deliver(session.output, channel.number, session.frameMax, this.template, deliveryTag, false, message)
    channel.unacked.push(deliveryTag, this.slot, view.place, session.amqp.time.tenths)
    this.unacked++
    if (session.vhost!.tracing) traceDelivery(channel, this, message, false)
    session.delivered()
  }

  cancelled(): void {
    if (this.isOfChannel) this.channel.consumerCancelled(this)
  }

  // For the channel

  subscribe(): void {
    this.reader.subscribe()
  }

  begin(): void {
    this.reader.begin()
  }

  wake(): void {
    if (this.wantsMore) this.reader.wake()
  }

  rest(): void {}

  settledAll(): void {}

  unsubscribe(): void {
    this.reader.end()
  }

  acknowledge(offset: number): void {
    if (this.isOfChannel) this.reader.settled(offset)
  }

  discard(offset: number): void {
    this.acknowledge(offset)
  }

  /** By the client, or with the channel, which has let go of it by then. */
  requeue(offset: number): void {
    this.acknowledge(offset)
  }

  private get isOfChannel(): boolean {
    return this.channel.consumers.get(this.tag) === this
  }
}
