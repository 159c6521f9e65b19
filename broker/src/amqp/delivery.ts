/**
 * Writes a message to a peer: the method frame that carries it, its header and its body, cut to the peer's frame size.
 * Small bodies are copied in one piece with their frames; large ones that the log keeps by reference go out by reference.
 */
import type { MessageView } from '../log/message.ts'
import type { Output } from '../net/output.ts'
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
  template: Uint8Array,
  deliveryTag: number,
  redelivered: boolean,
  view: MessageView,
): void {
  const { bodyLen } = view
  const together = bodyLen <= TOGETHER_MAX && view.bodyParts === null && bodyLen <= frameMax - FRAME_OVERHEAD
  output.reserve(
    DELIVER_FRAME_OVERHEAD +
      template.length +
      view.exchangeLen +
      view.keyLen +
      HEADER_FRAME_OVERHEAD +
      view.propertiesLen +
      (together ? bodyLen + FRAME_OVERHEAD : 0),
  )
  const buf = output.buffer
  let at = writeDeliver(
    buf,
    output.pos,
    template,
    deliveryTag,
    redelivered,
    view.buffer,
    view.exchangePos,
    view.exchangeLen,
    view.keyPos,
    view.keyLen,
  )
  at = writeHeader(buf, at, channel, bodyLen, view.buffer, view.propertiesPos, view.propertiesLen)
  if (together) {
    if (bodyLen > 0) at = writeBody(buf, at, channel, view.buffer, view.bodyPos, bodyLen)
    output.pos = at
    return
  }
  output.pos = at
  writeLongBody(output, channel, frameMax, view)
}

/** Header and body after a method frame that was written by other means (basic.get-ok, basic.return). */
export function writeContent(output: Output, channel: number, frameMax: number, view: MessageView): void {
  output.reserve(HEADER_FRAME_OVERHEAD + view.propertiesLen)
  output.pos = writeHeader(
    output.buffer,
    output.pos,
    channel,
    view.bodyLen,
    view.buffer,
    view.propertiesPos,
    view.propertiesLen,
  )
  writeLongBody(output, channel, frameMax, view)
}

function writeLongBody(output: Output, channel: number, frameMax: number, view: MessageView): void {
  const payloadMax = frameMax - FRAME_OVERHEAD
  const parts = view.bodyParts ?? [view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen)]
  const byReference = view.bodyParts !== null
  let part = 0
  let pos = 0
  for (let left = view.bodyLen; left > 0; ) {
    let inFrame = Math.min(left, payloadMax)
    left -= inFrame
    output.reserve(FRAME_OVERHEAD)
    output.pos = writeFrameHead(output.buffer, output.pos, FrameType.BODY, channel, inFrame)
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
