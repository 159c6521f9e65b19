/**
 * Messages that the broker makes itself: events and traces. They go the way of any other message, into whatever queues
 * are bound, but past permissions and internal flags. One draft and one route serve all of them.
 */
import type { Clock } from '../base/clock.ts'
import type { LogEngine } from '../log/engine.ts'
import { MessageDraft } from '../record/message.ts'
import { Route } from './queue/route.ts'
import type { Exchange } from './routing/exchange.ts'
import type { Headers } from './routing/headers.ts'
import type { Vhost } from './vhost.ts'

/** A body as a draft or a view has it. */
export type OwnBody = Pick<MessageDraft, 'bodyBytes' | 'bodyPos' | 'bodyLen' | 'bodyParts'>

const NAME_BYTES_MAX = 255

export class OwnMessages {
  private readonly engine: LogEngine
  private readonly clock: Clock
  private readonly draft = new MessageDraft()
  private readonly empty: OwnBody = new MessageDraft()
  private readonly route = new Route()

  constructor(engine: LogEngine, clock: Clock) {
    this.engine = engine
    this.clock = clock
  }

  /**
   * Routes and appends. `headers` are those in `properties`, for exchanges that look at them. The body's bytes are
   * copied before it returns, save pieces, which the log may keep.
   */
  publish(
    vhost: Vhost,
    exchange: Exchange,
    key: string,
    properties: Uint8Array,
    headers: Headers,
    persistent: boolean,
    body: OwnBody = this.empty,
  ): void {
    const { draft, route } = this
    vhost.route(exchange, key, headers, route)
    if (route.isEmpty) return
    draft.names = namesOf(exchange.name, key)
    draft.properties = properties
    draft.propertiesLen = properties.length
    draft.bodyBytes = body.bodyBytes
    draft.bodyPos = body.bodyPos
    draft.bodyLen = body.bodyLen
    draft.bodyParts = body.bodyParts
    draft.arrival = this.clock.now()
    draft.persistent = persistent
    exchange.publishedIn++
    exchange.publishedOut += route.targets
    route.append(this.engine, draft)
    draft.bodyParts = null
  }
}

/** As on the wire; a key too long for that is cut, between two characters. */
function namesOf(exchange: string, key: string): Uint8Array {
  const name = Buffer.from(exchange)
  const whole = Buffer.from(key)
  let length = Math.min(whole.length, NAME_BYTES_MAX)
  while (length < whole.length && (whole[length] & 0xc0) === 0x80) length--
  return Buffer.concat([Buffer.from([name.length]), name, Buffer.from([length]), whole.subarray(0, length)])
}
