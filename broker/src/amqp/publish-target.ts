/**
 * Where publishes with one method frame go. Most publishes repeat exchange and routing key, so the frame's bytes are
 * looked up by hash and compared, and names are decoded and routed only when they are new or the topology has moved.
 */
import type { Queue } from '../broker/queue/queue.ts'
import type { Exchange } from '../broker/routing/exchange.ts'
import type { Log } from '../log/engine.ts'
import { FrameSyntaxError } from '../wire/amqp/syntax-error.ts'

export class PublishTarget {
  /** Exchange and routing key as two short strings, then the octet of bits; as on the wire. */
  readonly bytes: Uint8Array
  readonly names: Uint8Array
  readonly exchangeName: string
  readonly key: string
  readonly mandatory: boolean
  readonly immediate: boolean
  /** The sum of the versions that the route below rests on; -1: it holds for one message only. */
  version = -1
  exchange: Exchange | null = null
  readonly queues: Queue[] = []
  readonly logs: Log[] = []

  /** @throws FrameSyntaxError */
  constructor(buf: Uint8Array, pos: number, end: number) {
    this.bytes = buf.slice(pos, end)
    const { bytes } = this
    const exchangeEnd = 1 + bytes[0]
    const keyEnd = exchangeEnd + 1 + bytes[exchangeEnd]
    if (!(keyEnd + 1 === bytes.length)) throw new FrameSyntaxError(pos, 'basic.publish cut short or too long')
    this.names = bytes.subarray(0, keyEnd)
    this.exchangeName = text(bytes, 1, exchangeEnd)
    this.key = text(bytes, exchangeEnd + 1, keyEnd)
    this.mandatory = (bytes[keyEnd] & 1) !== 0
    this.immediate = (bytes[keyEnd] & 2) !== 0
  }

  matches(buf: Uint8Array, pos: number, end: number): boolean {
    const { bytes } = this
    if (bytes.length !== end - pos) return false
    for (let i = bytes.length - 1; i >= 0; i--) if (bytes[i] !== buf[pos + i]) return false
    return true
  }
}

const SLOTS = 1024

export class PublishTargets {
  private last: PublishTarget | null = null
  /** One target a slot: a collision replaces. Made when the second target appears. */
  private slots: (PublishTarget | undefined)[] | null = null

  /** The target of a basic.publish whose arguments after the ticket lie in `buf[pos, end)`. @throws FrameSyntaxError */
  find(buf: Uint8Array, pos: number, end: number): PublishTarget {
    const { last } = this
    if (last?.matches(buf, pos, end)) return last
    if (last === null) return (this.last = new PublishTarget(buf, pos, end))
    const slots = (this.slots ??= new Array(SLOTS))
    const slot = hash(buf, pos, end)
    const found = slots[slot]
    if (found?.matches(buf, pos, end)) return (this.last = found)
    const target = new PublishTarget(buf, pos, end)
    slots[slot] = target
    return (this.last = target)
  }
}

function hash(buf: Uint8Array, pos: number, end: number): number {
  let h = 0
  for (let i = pos; i < end; i++) h = (Math.imul(h, 31) + buf[i]) | 0
  return (h ^ (h >>> 10) ^ (h >>> 20)) & (SLOTS - 1)
}

const utf8 = new TextDecoder()

function text(bytes: Uint8Array, from: number, to: number): string {
  return utf8.decode(bytes.subarray(from, to))
}
