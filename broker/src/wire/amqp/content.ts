// Content frames (AMQP 0-9-1 §4.2.6) of whole messages: the slow, plain way, for tests and for rare messages.
//
//   header = type u8 = 2, channel u16, size u32, class u16 = 60, weight u16 = 0, body size u64, property block, 0xCE
//   body   = type u8 = 3, channel u16, size u32, octets, 0xCE

import { BASIC_CLASS, FRAME_END, FRAME_OVERHEAD, FrameType } from './constants.ts'
import { encodeProperties, type PropertiesInput } from './properties.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** Octets of a header frame's payload before its property block. */
const FIXED_SIZE = 12

export interface ContentHeader {
  readonly classId: number
  /** Octets of the body frames to come; rounded beyond 2^53. */
  readonly bodySize: number
  /** Where the property block begins; it fills the rest of the payload. */
  readonly propertiesPos: number
}

/** Decodes what stands before the properties in a header frame's payload. @throws FrameSyntaxError */
export function decodeContentHeader(buf: Uint8Array, pos: number, end: number): ContentHeader {
  const reader = new Reader(buf, pos, end)
  const classId = reader.uint16()
  if (reader.uint16() !== 0) reader.fail('content weight must be zero')
  const bodySize = reader.uint64()
  return { classId, bodySize, propertiesPos: pos + FIXED_SIZE }
}

/** The header frame and body frames of a message; `frameMax` (0: unlimited) counts whole frames, in octets. */
export function encodeContent(channel: number, props: PropertiesInput, body: Uint8Array, frameMax: number): Uint8Array {
  const writer = new Writer()
  writer.uint8(FrameType.HEADER)
  writer.uint16(channel)
  const size = writer.beginSize()
  writer.uint16(BASIC_CLASS)
  writer.uint16(0)
  writer.uint64(body.length)
  writer.bytes(encodeProperties(props))
  writer.endSize(size)
  writer.uint8(FRAME_END)

  const payloadMax = frameMax === 0 ? body.length : frameMax - FRAME_OVERHEAD
  for (let at = 0; at < body.length; at += payloadMax) {
    const part = body.subarray(at, at + payloadMax)
    writer.uint8(FrameType.BODY)
    writer.uint16(channel)
    writer.uint32(part.length)
    writer.bytes(part)
    writer.uint8(FRAME_END)
  }
  return writer.finish()
}
