/**
 * Direct reply-to: a requester consumes from the pseudo-queue `amq.rabbitmq.reply-to`, its requests carry a name made
 * for its channel, and what is published to that name through the default exchange goes straight to it, past any queue.
 * At most once: a requester that is gone gets nothing.
 */
import { randomBytes } from 'node:crypto'
import { Bytes, viewOf as byteView } from '../base/bytes.ts'
import type { MessageDraft } from '../record/message.ts'
import { deliverTemplate } from '../wire/amqp/hot.ts'
import type { PropertyScan } from '../wire/amqp/properties.ts'
import type { Channel } from './channel.ts'
import { deliver } from './delivery.ts'
import { viewOf } from './publish.ts'
import type { PublishTarget } from './publish-target.ts'

export const REPLY_QUEUE = 'amq.rabbitmq.reply-to'
export const REPLY_QUEUE_BYTES: Uint8Array = Buffer.from(REPLY_QUEUE)
const PREFIX = `${REPLY_QUEUE}.`
/** A requester that leaves more than this unread gets no further replies. */
const UNSENT_MAX = 64 * 1024 * 1024

export function isReplyName(key: string): boolean {
  return key.startsWith(PREFIX)
}

export class Replies {
  private readonly channels = new Map<string, Channel>()

  /** The channel consumes replies from now on. */
  register(channel: Channel, tag: string): void {
    const token = randomBytes(18).toString('base64url')
    channel.replyConsumer = { tag, token, template: Bytes.copyOf(deliverTemplate(channel.number, Buffer.from(tag))) }
    this.channels.set(token, channel)
  }

  delete(token: string): void {
    this.channels.delete(token)
  }

  /** Whether a requester stands behind this name. */
  has(name: string): boolean {
    return this.channels.has(name.slice(PREFIX.length))
  }

  /** @returns whether the requester is there. */
  send(name: string, target: PublishTarget, draft: MessageDraft): boolean {
    const channel = this.channels.get(name.slice(PREFIX.length))
    const consumer = channel?.replyConsumer
    if (channel === undefined || !consumer || channel.closing) return false
    const { session } = channel
    if (session.transport.unsent > UNSENT_MAX) return true
    const view = viewOf(draft)
    // Exchange and key are the target's; the view's buffer holds the properties only.
    const names = target.names.array
    const buffer = new Uint8Array(names.length + view.propertiesLen)
    buffer.set(names)
    buffer.set(view.buffer.subarray(view.propertiesPos, view.propertiesPos + view.propertiesLen), names.length)
    view.buffer = buffer
    view.data = byteView(buffer)
    view.propertiesPos = names.length
    view.exchangePos = 1
    view.exchangeLen = names[0]
    view.keyPos = names[0] + 2
    view.keyLen = names[names[0] + 1]
    deliver(session.output, channel.number, session.frameMax, consumer.template, ++channel.deliveryTag, false, view)
    session.delivered()
    return true
  }
}

/** The property block with its reply-to replaced. */
export function replyPropertyBlock(draft: MessageDraft, scan: PropertyScan, name: string): Uint8Array {
  const { properties, propertiesPos, propertiesLen } = draft
  const bytes = Buffer.from(name)
  const before = properties.subarray(propertiesPos, scan.replyToPos - 1)
  const after = properties.subarray(scan.replyToPos + scan.replyToLen, propertiesPos + propertiesLen)
  return Buffer.concat([before, Uint8Array.of(bytes.length), bytes, after])
}
