// The methods that come per message, read and written by hand; the table of methods is the word by which they are
// checked. No object and no string is made here.
//
//   deliver  01 channel u16 size u32 | 00 3C 00 3C  consumer tag shortstr, delivery tag u64, redelivered u8,
//            exchange shortstr, routing key shortstr | CE
//   header   02 channel u16 size u32 | 00 3C 00 00  body size u64, property block | CE
//   body     03 channel u16 size u32 | octets | CE
//   ack      00 3C 00 50 delivery tag u64, multiple u8

import { FRAME_END, FrameType } from './constants.ts'

/** Class and method numbers of a payload as one number. */
export const BASIC_PUBLISH = 0x003c0028
export const BASIC_ACK = 0x003c0050

/** Octets of a header frame besides its property block. */
export const HEADER_FRAME_OVERHEAD = 20
/** Octets of a deliver frame besides consumer tag, exchange and routing key. */
export const DELIVER_FRAME_OVERHEAD = 7 + 4 + 1 + 8 + 1 + 1 + 1 + 1

/** Below this many octets a loop is quicker than a call. */
const LOOP_MAX = 40

export function copyBytes(to: Uint8Array, at: number, from: Uint8Array, pos: number, len: number): number {
  if (len <= LOOP_MAX) {
    for (let i = 0; i < len; i++) to[at + i] = from[pos + i]
  } else if (pos === 0 && from.length === len) {
    to.set(from, at)
  } else {
    to.set(from.subarray(pos, pos + len), at)
  }
  return at + len
}

/** The first octets of a frame: type, channel, size. */
export function writeFrameHead(buf: Uint8Array, at: number, type: number, channel: number, size: number): number {
  buf[at] = type
  buf[at + 1] = channel >>> 8
  buf[at + 2] = channel
  buf[at + 3] = size >>> 24
  buf[at + 4] = size >>> 16
  buf[at + 5] = size >>> 8
  buf[at + 6] = size
  return at + 7
}

export function writeUint64(buf: Uint8Array, at: number, value: number): number {
  const high = (value / 0x1_0000_0000) | 0
  buf[at] = high >>> 24
  buf[at + 1] = high >>> 16
  buf[at + 2] = high >>> 8
  buf[at + 3] = high
  buf[at + 4] = value >>> 24
  buf[at + 5] = value >>> 16
  buf[at + 6] = value >>> 8
  buf[at + 7] = value
  return at + 8
}

export function readUint32(buf: Uint8Array, pos: number): number {
  return ((buf[pos] << 24) | (buf[pos + 1] << 16) | (buf[pos + 2] << 8) | buf[pos + 3]) >>> 0
}

/** Rounded beyond 2^53. */
export function readUint64(buf: Uint8Array, pos: number): number {
  return readUint32(buf, pos) * 0x1_0000_0000 + readUint32(buf, pos + 4)
}

/** What is the same in every delivery to one consumer: frame type, channel, a size to fill in, method, consumer tag. */
export function deliverTemplate(channel: number, consumerTag: Uint8Array): Uint8Array {
  const template = new Uint8Array(12 + consumerTag.length)
  writeFrameHead(template, 0, FrameType.METHOD, channel, 0)
  template.set([0x00, 0x3c, 0x00, 0x3c, consumerTag.length], 7)
  template.set(consumerTag, 12)
  return template
}

/** A basic.deliver frame; room for `DELIVER_FRAME_OVERHEAD` and the three strings must be there. */
export function writeDeliver(
  buf: Uint8Array,
  at: number,
  template: Uint8Array,
  deliveryTag: number,
  redelivered: boolean,
  from: Uint8Array,
  exchangePos: number,
  exchangeLen: number,
  keyPos: number,
  keyLen: number,
): number {
  const start = at
  at = copyBytes(buf, at, template, 0, template.length)
  at = writeUint64(buf, at, deliveryTag)
  buf[at++] = redelivered ? 1 : 0
  buf[at++] = exchangeLen
  at = copyBytes(buf, at, from, exchangePos, exchangeLen)
  buf[at++] = keyLen
  at = copyBytes(buf, at, from, keyPos, keyLen)
  const size = at - start - 7
  buf[start + 5] = size >>> 8
  buf[start + 6] = size
  buf[at] = FRAME_END
  return at + 1
}

/** A content header frame; room for `HEADER_FRAME_OVERHEAD` and the property block must be there. */
export function writeHeader(
  buf: Uint8Array,
  at: number,
  channel: number,
  bodySize: number,
  from: Uint8Array,
  propertiesPos: number,
  propertiesLen: number,
): number {
  at = writeFrameHead(buf, at, FrameType.HEADER, channel, 12 + propertiesLen)
  buf[at] = 0
  buf[at + 1] = 0x3c
  buf[at + 2] = 0
  buf[at + 3] = 0
  at = writeUint64(buf, at + 4, bodySize)
  at = copyBytes(buf, at, from, propertiesPos, propertiesLen)
  buf[at] = FRAME_END
  return at + 1
}

/** A body frame of `len` octets; room for 8 more must be there. */
export function writeBody(
  buf: Uint8Array,
  at: number,
  channel: number,
  from: Uint8Array,
  pos: number,
  len: number,
): number {
  at = writeFrameHead(buf, at, FrameType.BODY, channel, len)
  at = copyBytes(buf, at, from, pos, len)
  buf[at] = FRAME_END
  return at + 1
}

/** A basic.ack frame, 21 octets. */
export function writeAck(buf: Uint8Array, at: number, channel: number, tag: number, multiple: boolean): number {
  at = writeFrameHead(buf, at, FrameType.METHOD, channel, 13)
  buf[at] = 0
  buf[at + 1] = 0x3c
  buf[at + 2] = 0
  buf[at + 3] = 0x50
  at = writeUint64(buf, at + 4, tag)
  buf[at] = multiple ? 1 : 0
  buf[at + 1] = FRAME_END
  return at + 2
}
