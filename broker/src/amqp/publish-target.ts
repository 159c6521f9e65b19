/**
 * Where publishes with one method frame go. Most publishes repeat exchange and routing key, so the frame's bytes are
 * looked up by hash and compared, and names are decoded and routed only when they are new or the topology has moved.
 */
import { Bytes } from '../base/bytes.ts'
import { Route } from '../broker/queue/route.ts'
import type { Exchange } from '../broker/routing/exchange.ts'
import type { Counted, Ways } from '../broker/routing/flows.ts'
import { FrameSyntaxError } from '../wire/amqp/syntax-error.ts'

export class PublishTarget implements Counted {
  /** Exchange and routing key as two short strings, then the octet of bits; as on the wire. */
  readonly bytes: Bytes
  readonly names: Bytes
  readonly exchangeName: string
  readonly key: string
  readonly mandatory: boolean
  readonly immediate: boolean
  /** The sum of the versions that all below rests on. */
  version = -1
  /** The route below is that of every message; otherwise headers, properties or chance decide on each. */
  lasting = false
  exchange: Exchange | null = null
  readonly route = new Route()
  count = 0
  ways: Ways | null = null

  /** @throws FrameSyntaxError */
  constructor(buf: Uint8Array, pos: number, end: number) {
    this.bytes = Bytes.copyOf(buf.subarray(pos, end))
    const bytes = this.bytes.array
    const exchangeEnd = 1 + bytes[0]
    const keyEnd = exchangeEnd + 1 + bytes[exchangeEnd]
    if (!(keyEnd + 1 === bytes.length)) throw new FrameSyntaxError(pos, 'basic.publish cut short or too long')
    this.names = new Bytes(bytes.subarray(0, keyEnd), this.bytes.view)
    this.exchangeName = text(bytes, 1, exchangeEnd)
    this.key = text(bytes, exchangeEnd + 1, keyEnd)
    this.mandatory = (bytes[keyEnd] & 1) !== 0
    this.immediate = (bytes[keyEnd] & 2) !== 0
  }

  matches(buf: Bytes, pos: number, end: number): boolean {
    const { view, array } = this.bytes
    const length = array.length
    if (length !== end - pos) return false
    // From the end, where keys differ; four bytes at once.
    let at = length
    for (; at >= 4; at -= 4) if (view.getInt32(at - 4) !== buf.view.getInt32(pos + at - 4)) return false
    while (--at >= 0) if (array[at] !== buf.array[pos + at]) return false
    return true
  }
}

const SLOTS = 1024

export class PublishTargets {
  private last: PublishTarget | null = null
  /** One target a slot: a collision replaces. Made when the second target appears. */
  private slots: (PublishTarget | undefined)[] | null = null
  /** Told of one that is forgotten with a count. */
  private readonly forgotten: (target: PublishTarget) => void

  constructor(forgotten: (target: PublishTarget) => void) {
    this.forgotten = forgotten
  }

  *all(): Iterable<PublishTarget> {
    if (this.slots === null && this.last !== null) yield this.last
    for (const target of this.slots ?? []) if (target !== undefined) yield target
  }

  /** The target of a basic.publish whose arguments after the ticket lie in `buf[pos, end)`. @throws FrameSyntaxError */
  find(buf: Bytes, pos: number, end: number): PublishTarget {
    const { last } = this
    if (last?.matches(buf, pos, end)) return last
    if (last === null) return (this.last = new PublishTarget(buf.array, pos, end))
    const slots = (this.slots ??= slotsWith(last))
    const slot = hash(buf.array, pos, end)
    const found = slots[slot]
    if (found?.matches(buf, pos, end)) return (this.last = found)
    const target = new PublishTarget(buf.array, pos, end)
    if (found !== undefined && found.count > 0) this.forgotten(found)
    slots[slot] = target
    return (this.last = target)
  }
}

function slotsWith(target: PublishTarget): (PublishTarget | undefined)[] {
  const slots: (PublishTarget | undefined)[] = new Array(SLOTS)
  const { array } = target.bytes
  slots[hash(array, 0, array.length)] = target
  return slots
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
