/** Receiving a message: the method that announces it, its header, its body frames (AMQP 0-9-1 §4.2.6). */
import { type Bytes, NO_BYTES } from '../base/bytes.ts'
import { BASIC_CLASS, ReplyCode } from '../wire/amqp/constants.ts'
import { readUint64 } from '../wire/amqp/hot.ts'
import { type Channel, Expect } from './channel.ts'
import { publish } from './publish.ts'
import type { PublishTarget } from './publish-target.ts'
import { ProtocolError } from './reply.ts'

/** Octets of a header's payload before its properties, and those of empty properties. */
const HEADER_FIXED = 12
const PROPERTIES_MIN = 2

/** A basic.publish: its content follows. */
export function beginContent(channel: Channel, target: PublishTarget): void {
  channel.checkExpectsMethod()
  channel.target = target
  channel.expect = Expect.header
}

export function receiveHeader(channel: Channel, buf: Bytes, pos: number, end: number): void {
  if (channel.expect !== Expect.header) {
    throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'expected method frame, got content header frame instead')
  }
  if (end - pos < HEADER_FIXED + PROPERTIES_MIN) {
    throw new ProtocolError(ReplyCode.SYNTAX_ERROR, 'content header cut short')
  }
  const { view } = buf
  if (view.getUint16(pos) !== BASIC_CLASS) {
    throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'content header of a class other than basic')
  }
  const { draft } = channel
  draft.propertiesBytes = buf
  draft.propertiesPos = pos + HEADER_FIXED
  draft.propertiesLen = end - pos - HEADER_FIXED
  draft.bodyLen = readUint64(view, pos + 4)
  draft.bodyParts = null
  channel.bodyLeft = draft.bodyLen
  channel.expect = Expect.body
  if (draft.bodyLen === 0) {
    draft.bodyBytes = NO_BYTES
    draft.bodyPos = 0
    complete(channel)
  }
}

export function receiveBody(channel: Channel, buf: Bytes, pos: number, end: number): void {
  if (channel.expect !== Expect.body) {
    throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'expected method frame, got content body frame instead')
  }
  const size = end - pos
  const { draft } = channel
  if (size === draft.bodyLen && size === channel.bodyLeft) {
    draft.bodyBytes = buf
    draft.bodyPos = pos
    complete(channel)
    return
  }
  channel.bodyLeft -= size
  if (channel.bodyLeft < 0) throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'body is longer than its header says')
  // What is too large is still read to its end, so that the channel's frames stay in step, but not kept.
  if (draft.bodyLen <= channel.session.amqp.settings.maxMessageSize && size > 0) {
    draft.bodyParts ??= []
    draft.bodyParts.push(buf.array.subarray(pos, end))
  }
  if (channel.bodyLeft === 0) complete(channel)
}

function complete(channel: Channel): void {
  const { draft, session } = channel
  const { maxMessageSize } = session.amqp.settings
  channel.expect = Expect.method
  if (draft.bodyLen > maxMessageSize) {
    throw new ProtocolError(
      ReplyCode.PRECONDITION_FAILED,
      `message size ${draft.bodyLen} is larger than configured max size ${maxMessageSize}`,
    )
  }
  session.pacing.publishing()
  draft.arrival = session.now
  publish(channel, channel.target!, draft)
  draft.bodyParts = null
}
