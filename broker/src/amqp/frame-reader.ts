/**
 * Cuts the bytes of a peer into frames: one pass over each chunk, a frame handed on where it lies. Trade: a frame that
 * the end of a chunk cuts is copied once into a buffer of its own, which is never used again.
 *
 *   frame = type u8, channel u16, size u32, payload, 0xCE (AMQP 0-9-1 §4.2.3)
 */
import { Bytes, viewOf } from '../base/bytes.ts'
import { FRAME_END, FRAME_HEADER_SIZE, FRAME_OVERHEAD, PROTOCOL_HEADER, ReplyCode } from '../wire/amqp/constants.ts'

import { ProtocolError } from './reply.ts'

export interface FrameHandler {
  /** The first eight octets of the connection. @returns whether frames may follow. */
  protocolHeader(octets: Uint8Array): boolean
  /** A payload in `buf[pos, end)`. `buf` is never changed afterwards. */
  frame(type: number, channel: number, buf: Bytes, pos: number, end: number): void
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
    if (pos < chunk.length) this.readFrames(new Bytes(chunk), pos)
  }

  /** Goes on with what came while held. */
  resume(): void {
    this.held = false
    const chunks = this.waiting
    this.waiting = []
    for (let i = 0; i < chunks.length; i++) {
      this.read(chunks[i])
      if (!this.held) continue
      // What the chunk left unread stands before what came after it.
      this.waiting = this.waiting.concat(chunks.slice(i + 1))
      return
    }
  }

  end(): void {
    this.ended = true
    this.waiting = []
    this.carry = NOTHING
    this.carried = 0
  }

  private readFrames(buf: Bytes, from: number): void {
    const { array, view } = buf
    const pos = this.wholeFrames(buf, from)
    const left = array.length - pos
    if (left === 0 || this.ended) return
    if (this.held) {
      this.waiting.unshift(array.subarray(pos))
      return
    }
    this.carry = new Uint8Array(
      left >= FRAME_HEADER_SIZE ? view.getUint32(pos + 3) + FRAME_OVERHEAD : FRAME_HEADER_SIZE,
    )
    this.carry.set(array.subarray(pos))
    this.carried = left
  }

  /** Nothing stands behind the loop: V8 enters it by on-stack replacement and would give up at code it has not seen. */
  private wholeFrames(buf: Bytes, pos: number): number {
    const { array, view } = buf
    const end = array.length
    while (end - pos >= FRAME_HEADER_SIZE && !this.held && !this.ended) {
      const size = view.getUint32(pos + 3)
      if (size > this.frameMax - FRAME_OVERHEAD) this.checkSize(size)
      const next = pos + size + FRAME_OVERHEAD
      if (next > end) break
      this.frame(buf, pos, next - 1)
      pos = next
    }
    return pos
  }

  private frame(buf: Bytes, at: number, end: number): void {
    const { array } = buf
    if (array[end] !== FRAME_END) {
      throw new ProtocolError(ReplyCode.FRAME_ERROR, `frame ends with octet ${array[end]}, not ${FRAME_END}`)
    }
    this.handler.frame(array[at], (array[at + 1] << 8) | array[at + 2], buf, at + FRAME_HEADER_SIZE, end)
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
        this.frame(new Bytes(carry), 0, carry.length - 1)
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
    const size = viewOf(this.carry).getUint32(3)
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
    this.carried = 0
    throw new ProtocolError(
      ReplyCode.FRAME_ERROR,
      `frame of ${size} octets is larger than the negotiated maximum of ${this.frameMax - FRAME_OVERHEAD}`,
    )
  }
}
