/** A channel that waits for direct replies: it consumes from the pseudo-queue `amq.rabbitmq.reply-to`. */
import { Bytes, viewOf as byteView } from '../base/bytes.ts'
import { REPLY_QUEUE, type Requester } from '../broker/direct-replies.ts'
import type { MessageDraft } from '../record/message.ts'
import { deliverTemplate } from '../wire/amqp/hot.ts'
import type { PropertyScan } from '../wire/amqp/properties.ts'
import type { Channel } from './channel.ts'
import { deliver } from './delivery.ts'
import { viewOf } from './publish.ts'

export const REPLY_QUEUE_BYTES: Uint8Array = Buffer.from(REPLY_QUEUE)
/** A requester that leaves more than this unread gets no further replies. */
const UNSENT_MAX = 64 * 1024 * 1024

export class ReplyConsumer implements Requester {
  readonly tag: string
  /** What its requests carry as reply-to. */
  readonly token: string
  readonly template: Bytes
  private readonly channel: Channel

  constructor(channel: Channel, tag: string) {
    this.channel = channel
    this.tag = tag
    this.template = Bytes.copyOf(deliverTemplate(channel.number, Buffer.from(tag)))
    this.token = channel.session.broker.directReplies.register(this)
  }

  reply(draft: MessageDraft): boolean {
    const { channel, template } = this
    if (channel.closing) return false
    const { session } = channel
    if (session.transport.unsent > UNSENT_MAX) return true
    const view = viewOf(draft)
    // The view's one buffer holds names and properties.
    const { names } = draft
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
    deliver(session.output, channel.number, session.frameMax, template, ++channel.deliveryTag, false, view)
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
