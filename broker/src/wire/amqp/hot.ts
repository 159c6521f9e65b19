// The methods that come per message, read and written by hand; the table of methods is the word by which they are
// checked. No object and no string is made here.
//
//   deliver  01 channel u16 size u32 | 00 3C 00 3C  consumer tag shortstr, delivery tag u64, redelivered u8,
//            exchange shortstr, routing key shortstr | CE
//   header   02 channel u16 size u32 | 00 3C 00 00  body size u64, property block | CE
//   body     03 channel u16 size u32 | octets | CE
//   ack      00 3C 00 50 delivery tag u64, multiple u8

import { type Bytes, copyBytes, viewOf } from '../../base/bytes.ts'
import { BASIC_CLASS, FRAME_END, FRAME_OVERHEAD, FrameType } from './constants.ts'

/** Class and method numbers of a payload as one number. */
export const BASIC_PUBLISH = 0x003c0028
export const BASIC_ACK = 0x003c0050

/** Octets of a header frame besides its property block. */
export const HEADER_FRAME_OVERHEAD = 20
/** Octets of a deliver frame besides consumer tag, exchange and routing key. */
export const DELIVER_FRAME_OVERHEAD = 7 + 4 + 1 + 8 + 1 + 1 + 1 + 1

/** The first octets of a frame: type, channel, size. */
export function writeFrameHead(view: DataView, at: number, type: number, channel: number, size: number): number {
  view.setUint32(at, (type << 24) | (channel << 8) | (size >>> 24))
  view.setUint16(at + 4, size >>> 8)
  view.setUint8(at + 6, size)
  return at + 7
}

function writeUint64(view: DataView, at: number, value: number): number {
  view.setUint32(at, value > 0xffffffff ? Math.floor(value / 0x1_0000_0000) : 0)
  view.setUint32(at + 4, value)
  return at + 8
}

/** Rounded beyond 2^53. A product would be a double even where it is 0, and make doubles of all that is reckoned from it. */
export function readUint64(view: DataView, pos: number): number {
  const high = view.getUint32(pos)
  const low = view.getUint32(pos + 4)
  return high === 0 ? low : high * 0x1_0000_0000 + low
}

/** What is the same in every delivery to one consumer: frame type, channel, a size to fill in, method, consumer tag. */
export function deliverTemplate(channel: number, consumerTag: Uint8Array): Uint8Array {
  const template = new Uint8Array(12 + consumerTag.length)
  writeFrameHead(viewOf(template), 0, FrameType.METHOD, channel, 0)
  template.set([0x00, 0x3c, 0x00, 0x3c, consumerTag.length], 7)
  template.set(consumerTag, 12)
  return template
}

/** Where exchange and routing key lie; each is preceded by anything. */
export interface Names {
  readonly buffer: Uint8Array
  readonly data: DataView
  readonly exchangePos: number
  readonly exchangeLen: number
  readonly keyPos: number
  readonly keyLen: number
}

/** A basic.deliver frame; room for `DELIVER_FRAME_OVERHEAD` and the three strings must be there. */
export function writeDeliver(
  buf: Uint8Array,
  view: DataView,
  at: number,
  template: Bytes,
  deliveryTag: number,
  redelivered: boolean,
  from: Names,
): number {
  const start = at
  const { exchangeLen, keyLen } = from
  at = copyBytes(buf, view, at, template.array, template.view, 0, template.array.length)
  at = writeUint64(view, at, deliveryTag)
  view.setUint16(at, (redelivered ? 0x100 : 0) | exchangeLen)
  at = copyBytes(buf, view, at + 2, from.buffer, from.data, from.exchangePos, exchangeLen)
  buf[at++] = keyLen
  at = copyBytes(buf, view, at, from.buffer, from.data, from.keyPos, keyLen)
  buf[at++] = FRAME_END
  view.setUint16(start + 5, at - start - FRAME_OVERHEAD)
  return at
}

/** A content header frame; room for `HEADER_FRAME_OVERHEAD` and the property block must be there. */
export function writeHeader(
  buf: Uint8Array,
  view: DataView,
  at: number,
  channel: number,
  bodySize: number,
  from: Uint8Array,
  fromView: DataView,
  propertiesPos: number,
  propertiesLen: number,
): number {
  at = writeFrameHead(view, at, FrameType.HEADER, channel, 12 + propertiesLen)
  view.setUint32(at, BASIC_CLASS << 16)
  at = writeUint64(view, at + 4, bodySize)
  at = copyBytes(buf, view, at, from, fromView, propertiesPos, propertiesLen)
  buf[at] = FRAME_END
  return at + 1
}

/** A body frame of `len` octets; room for 8 more must be there. */
export function writeBody(
  buf: Uint8Array,
  view: DataView,
  at: number,
  channel: number,
  from: Uint8Array,
  fromView: DataView,
  pos: number,
  len: number,
): number {
  at = writeFrameHead(view, at, FrameType.BODY, channel, len)
  at = copyBytes(buf, view, at, from, fromView, pos, len)
  buf[at] = FRAME_END
  return at + 1
}

/** A basic.ack frame, 21 octets. */
export function writeAck(view: DataView, at: number, channel: number, tag: number, multiple: boolean): number {
  at = writeFrameHead(view, at, FrameType.METHOD, channel, 13)
  view.setUint32(at, BASIC_ACK)
  at = writeUint64(view, at + 4, tag)
  view.setUint16(at, ((multiple ? 1 : 0) << 8) | FRAME_END)
  return at + 2
}
