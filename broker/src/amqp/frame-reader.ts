/**
 * Cuts the bytes of a peer into frames: one pass over each chunk, a frame handed on where it lies. Trade: a frame that
 * the end of a chunk cuts is copied once into a buffer of its own, which is never used again.
 *
 *   frame = type u8, channel u16, size u32, payload, 0xCE (AMQP 0-9-1 §4.2.3)
 */
import { FRAME_END, FRAME_HEADER_SIZE, FRAME_OVERHEAD, PROTOCOL_HEADER, ReplyCode } from '../wire/amqp/constants.ts'
import { readUint32 } from '../wire/amqp/hot.ts'
import { ProtocolError } from './reply.ts'

export interface FrameHandler {
  /** The first eight octets of the connection. @returns whether frames may follow. */
  protocolHeader(octets: Uint8Array): boolean
  /** A payload in `buf[pos, end)`. `buf` is never changed afterwards. */
  frame(type: number, channel: number, buf: Uint8Array, pos: number, end: number): void
}

/** Octets that a frame may be longer than negotiated, as RabbitMQ allows. */
const FRAME_SLACK = 8
const NOTHING = new Uint8Array(0)

export class FrameReader {
  /** Octets of a whole frame at most. */
  frameMax: number
  /** Set by the handler, also amid a chunk: nothing is handed on until `resume`. */
  held = false
  /** Set by the handler: whatever comes is dropped. */
  ended = false
  private readonly handler: FrameHandler
  private awaitsHeader = true
  private carry: Uint8Array = NOTHING
  private carried = 0
  private waiting: Uint8Array[] = []

  constructor(handler: FrameHandler, frameMax: number) {
    this.handler = handler
    this.frameMax = frameMax
  }

  /** @throws ProtocolError FRAME_ERROR, and whatever the handler throws */
  read(chunk: Uint8Array): void {
    if (this.ended) return
    if (this.held) {
      this.waiting.push(chunk)
      return
    }
    const pos = this.awaitsHeader || this.carried > 0 ? this.fillCarry(chunk) : 0
    if (pos < chunk.length) this.readFrames(chunk, pos)
  }

  /** Goes on with what came while held. */
  resume(): void {
    this.held = false
    for (let chunk = this.waiting.shift(); chunk !== undefined; chunk = this.waiting.shift()) {
      const later = this.waiting
      this.waiting = []
      this.read(chunk)
      // What the chunk left unread stands before what came after it.
      this.waiting.push(...later)
      if (this.held) return
    }
  }

  end(): void {
    this.ended = true
    this.waiting = []
    this.carry = NOTHING
    this.carried = 0
  }

  private readFrames(chunk: Uint8Array, pos: number): void {
    const end = chunk.length
    while (end - pos >= FRAME_HEADER_SIZE) {
      const size = readUint32(chunk, pos + 3)
      if (size > this.frameMax - FRAME_OVERHEAD) this.checkSize(size)
      const next = pos + size + FRAME_OVERHEAD
      if (next > end) break
      this.frame(chunk, pos, next - 1)
      pos = next
      if (this.held || this.ended) {
        if (this.held && pos < end) this.waiting.unshift(chunk.subarray(pos))
        return
      }
    }
    if (pos === end) return
    const left = end - pos
    const whole = left >= FRAME_HEADER_SIZE ? readUint32(chunk, pos + 3) + FRAME_OVERHEAD : FRAME_HEADER_SIZE
    this.carry = new Uint8Array(whole)
    this.carry.set(chunk.subarray(pos))
    this.carried = left
  }

  private frame(buf: Uint8Array, at: number, end: number): void {
    if (buf[end] !== FRAME_END) {
      throw new ProtocolError(ReplyCode.FRAME_ERROR, `frame ends with octet ${buf[end]}, not ${FRAME_END}`)
    }
    this.handler.frame(buf[at], (buf[at + 1] << 8) | buf[at + 2], buf, at + FRAME_HEADER_SIZE, end)
  }

  /** Completes what the last chunk left over. @returns where the chunk goes on. */
  private fillCarry(chunk: Uint8Array): number {
    let pos = 0
    while (pos < chunk.length && (this.awaitsHeader || this.carried > 0)) {
      const need = this.carryNeeds()
      if (this.carry.length < need) this.growCarry(need)
      const take = Math.min(need - this.carried, chunk.length - pos)
      this.carry.set(chunk.subarray(pos, pos + take), this.carried)
      this.carried += take
      pos += take
      if (this.carried < this.carryNeeds()) continue
      const { carry } = this
      this.carry = NOTHING
      this.carried = 0
      if (this.awaitsHeader) {
        this.awaitsHeader = false
        if (!this.handler.protocolHeader(carry)) return chunk.length
      } else {
        this.frame(carry, 0, carry.length - 1)
        if (this.ended) return chunk.length
        if (this.held) {
          if (pos < chunk.length) this.waiting.unshift(chunk.subarray(pos))
          return chunk.length
        }
      }
    }
    return pos
  }

  private carryNeeds(): number {
    if (this.awaitsHeader) return PROTOCOL_HEADER.length
    if (this.carried < FRAME_HEADER_SIZE) return FRAME_HEADER_SIZE
    const size = readUint32(this.carry, 3)
    if (size > this.frameMax - FRAME_OVERHEAD) this.checkSize(size)
    return size + FRAME_OVERHEAD
  }

  private growCarry(need: number): void {
    const grown = new Uint8Array(need)
    grown.set(this.carry.subarray(0, this.carried))
    this.carry = grown
  }

  private checkSize(size: number): void {
    if (size <= this.frameMax - FRAME_OVERHEAD + FRAME_SLACK) return
    throw new ProtocolError(
      ReplyCode.FRAME_ERROR,
      `frame of ${size} octets is larger than the negotiated maximum of ${this.frameMax - FRAME_OVERHEAD}`,
    )
  }
}
