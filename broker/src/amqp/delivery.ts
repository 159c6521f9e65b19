/**
 * Writes a message to a peer: the method frame that carries it, its header and its body, cut to the peer's frame size.
 * Small bodies are copied in one piece with their frames; large ones that the log keeps by reference go out by reference.
 */
import type { Bytes } from '../base/bytes.ts'
import type { Output } from '../net/output.ts'
import type { MessageView } from '../record/message.ts'
import { FRAME_END, FRAME_OVERHEAD, FrameType } from '../wire/amqp/constants.ts'
import {
  DELIVER_FRAME_OVERHEAD,
  HEADER_FRAME_OVERHEAD,
  writeBody,
  writeDeliver,
  writeFrameHead,
  writeHeader,
} from '../wire/amqp/hot.ts'

/** Bodies up to this size are written together with their frames, without a look at anything else. */
const TOGETHER_MAX = 16384

export function deliver(
  output: Output,
  channel: number,
  frameMax: number,
  template: Bytes,
  deliveryTag: number,
  redelivered: boolean,
  message: MessageView,
): void {
  const { bodyLen } = message
  const together = bodyLen <= TOGETHER_MAX && message.bodyParts === null && bodyLen <= frameMax - FRAME_OVERHEAD
  output.reserve(
    DELIVER_FRAME_OVERHEAD +
      template.array.length +
      message.exchangeLen +
      message.keyLen +
      HEADER_FRAME_OVERHEAD +
      message.propertiesLen +
      (together ? bodyLen + FRAME_OVERHEAD : 0),
  )
  const { buffer, view } = output
  const { data } = message
  let at = writeDeliver(buffer, view, output.pos, template, deliveryTag, redelivered, message)
  at = writeHeader(
    buffer,
    view,
    at,
    channel,
    bodyLen,
    message.buffer,
    data,
    message.propertiesPos,
    message.propertiesLen,
  )
  if (together) {
    if (bodyLen > 0) at = writeBody(buffer, view, at, channel, message.buffer, data, message.bodyPos, bodyLen)
    output.pos = at
    return
  }
  output.pos = at
  writeLongBody(output, channel, frameMax, message)
}

/** Header and body after a method frame that was written by other means (basic.get-ok, basic.return). */
export function writeContent(output: Output, channel: number, frameMax: number, message: MessageView): void {
  output.reserve(HEADER_FRAME_OVERHEAD + message.propertiesLen)
  output.pos = writeHeader(
    output.buffer,
    output.view,
    output.pos,
    channel,
    message.bodyLen,
    message.buffer,
    message.data,
    message.propertiesPos,
    message.propertiesLen,
  )
  writeLongBody(output, channel, frameMax, message)
}

function writeLongBody(output: Output, channel: number, frameMax: number, message: MessageView): void {
  const payloadMax = frameMax - FRAME_OVERHEAD
  const parts = message.bodyParts ?? [message.buffer.subarray(message.bodyPos, message.bodyPos + message.bodyLen)]
  const byReference = message.bodyParts !== null
  let part = 0
  let pos = 0
  for (let left = message.bodyLen; left > 0; ) {
    let inFrame = Math.min(left, payloadMax)
    left -= inFrame
    output.reserve(FRAME_OVERHEAD)
    output.pos = writeFrameHead(output.view, output.pos, FrameType.BODY, channel, inFrame)
    while (inFrame > 0) {
      const take = Math.min(inFrame, parts[part].length - pos)
      const piece = parts[part].subarray(pos, pos + take)
      if (byReference) output.reference(piece)
      else output.append(piece)
      inFrame -= take
      pos += take
      if (pos === parts[part].length) {
        part++
        pos = 0
      }
    }
    output.reserve(1)
    output.buffer[output.pos++] = FRAME_END
  }
}
