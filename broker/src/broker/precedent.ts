/**
 * How the last message died: whoever dies alike, of the same cause in the same second with the same names and properties,
 * gets the same headers and goes the same way. Messages that expire or overflow together mostly do, and cost a comparison
 * of bytes instead of a table decoded, changed and written.
 */
import { Bytes } from '../base/bytes.ts'
import type { MessageView } from '../record/message.ts'
import type { DeathReason } from './queue/death.ts'
import type { Queue } from './queue/queue.ts'
import type { Route } from './queue/route.ts'
import type { QueueSettings } from './queue/settings.ts'
import type { Exchange } from './routing/exchange.ts'

export class Precedent {
  readonly exchange: Exchange
  readonly names: Bytes
  readonly properties: Bytes
  readonly route: Route
  private readonly queue: Queue
  private readonly settings: QueueSettings
  private readonly reason: DeathReason
  private readonly second: number
  private readonly version: number
  /** Of the message that died: exchange, routing key, properties. */
  private readonly parts: readonly Uint8Array[]

  /** @param version of the vhost's routes */
  constructor(
    queue: Queue,
    view: MessageView,
    reason: DeathReason,
    nowMs: number,
    version: number,
    copy: { exchange: Exchange; names: Uint8Array; properties: Uint8Array; route: Route },
  ) {
    this.queue = queue
    this.settings = queue.settings
    this.reason = reason
    this.second = Math.floor(nowMs / 1000)
    this.version = version
    this.parts = [
      view.buffer.slice(view.exchangePos, view.exchangePos + view.exchangeLen),
      view.buffer.slice(view.keyPos, view.keyPos + view.keyLen),
      view.buffer.slice(view.propertiesPos, view.propertiesPos + view.propertiesLen),
    ]
    this.exchange = copy.exchange
    this.names = new Bytes(copy.names)
    this.properties = new Bytes(copy.properties)
    this.route = copy.route
  }

  holdsFor(queue: Queue, view: MessageView, reason: DeathReason, nowMs: number, version: number): boolean {
    const [exchange, key, properties] = this.parts
    return (
      queue === this.queue &&
      queue.settings === this.settings &&
      reason === this.reason &&
      version === this.version &&
      Math.floor(nowMs / 1000) === this.second &&
      equal(exchange, view.buffer, view.exchangePos, view.exchangeLen) &&
      equal(key, view.buffer, view.keyPos, view.keyLen) &&
      equal(properties, view.buffer, view.propertiesPos, view.propertiesLen)
    )
  }
}

function equal(known: Uint8Array, bytes: Uint8Array, pos: number, length: number): boolean {
  if (known.length !== length) return false
  for (let i = 0; i < length; i++) if (known[i] !== bytes[pos + i]) return false
  return true
}
