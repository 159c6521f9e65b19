/** The due lanes of a vhost: one for each exchange that ever kept a message back, made at its first. */
import type { Bytes } from '../../base/bytes.ts'
import { NO_BYTES } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Turn } from '../../base/turn.ts'
import type { Log, LogEngine } from '../../log/engine.ts'
import { MessageDraft, type MessageView } from '../../record/message.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { Route } from '../queue/route.ts'
import { DelayedExchange } from '../routing/delayed-exchange.ts'
import type { Exchange, PropertyOf } from '../routing/exchange.ts'
import type { Headers, HeaderValue } from '../routing/headers.ts'
import { NOT_NOW, type TransfersContext } from '../transfers.ts'
import { DueLane, type DueLaneContext } from './due-lane.ts'
import { DELAY_HEADER, delayOf, waitedFor } from './due-time.ts'
import { draftOf, isNamed, namesOf } from './stored-draft.ts'

export interface DueLanesContext extends Pick<TransfersContext, 'waitDurable' | 'reached'> {
  readonly engine: LogEngine
  readonly turn: Turn
  readonly clock: Clock
  readonly logger: Logger
  readonly properties: PropertyBlocks
  /** Of durable exchanges. */
  readonly durableLogs: 'synced' | 'written'
}

/** What a message that is due needs of its vhost. */
export interface DueVhost {
  readonly name: string
  routeKeys(
    exchange: Exchange,
    keys: readonly string[],
    headers: Headers | null,
    into: Route,
    properties: PropertyOf | null,
  ): boolean
}

export class DueLanes {
  readonly lanes = new Map<string, DueLane>()
  private readonly vhost: DueVhost
  private readonly context: DueLanesContext

  constructor(vhost: DueVhost, context: DueLanesContext) {
    this.vhost = vhost
    this.context = context
  }

  /** An exchange was made: what comes to it by bindings is kept back too, if it is of the type that does. */
  attach(exchange: Exchange): void {
    if (!(exchange instanceof DelayedExchange)) return
    const { name } = exchange
    exchange.keeper = { kind: 'topic', name, keepsBack: true, append: (draft) => this.keep(exchange, draft) }
  }

  /** The draft is as before then: it may have other destinations. */
  private keep(exchange: Exchange, draft: MessageDraft): number {
    const { clock, properties: blocks } = this.context
    const { properties, propertiesBytes, propertiesPos, propertiesLen, expiry } = draft
    const delay = delayOf(blocks.headers(properties, propertiesPos, propertiesLen)!)
    draft.properties = blocks.edit(properties, propertiesPos, propertiesLen, {
      set: { [DELAY_HEADER]: waitedFor(delay) },
    })
    draft.propertiesPos = 0
    draft.propertiesLen = draft.properties.length
    const round = this.append(exchange, draft, clock.now() + delay)
    draft.propertiesBytes = propertiesBytes
    draft.propertiesPos = propertiesPos
    draft.propertiesLen = propertiesLen
    draft.expiry = expiry
    return round
  }

  /** Keeps a message for `exchange` until `dueMs`, ms since 1970. @returns the round that makes it durable, 0 for none. */
  append(exchange: Exchange, draft: MessageDraft, dueMs: number): number {
    return this.of(exchange).append(draft, dueMs)
  }

  /** Takes over a bucket that the engine recovered. @returns false if nobody needs it. */
  restore(exchange: Exchange, log: Log, [level, start]: readonly unknown[]): boolean {
    if (log.unsettled === 0 || typeof level !== 'number' || typeof start !== 'number') return false
    this.of(exchange).restore(log, level, start)
    return true
  }

  /** The exchange is gone, and its delayed messages with it. */
  delete(exchange: Exchange): void {
    this.lanes.get(exchange.name)?.end()
    this.lanes.delete(exchange.name)
  }

  private of(exchange: Exchange): DueLane {
    const { name } = exchange
    let lane = this.lanes.get(name)
    if (lane === undefined) {
      const { engine, turn, clock, logger, durableLogs } = this.context
      const durability = exchange.durable ? durableLogs : 'scratch'
      const publisher = new DuePublisher(this.vhost, exchange, this.context)
      const context: DueLaneContext = {
        engine,
        turn,
        clock,
        logger,
        waitDurable: (waiter) => this.context.waitDurable(waiter),
        reached: (number) => this.context.reached(number),
        publish: (view) => publisher.publish(view),
        createLog: (level, start) =>
          engine.createLog(
            JSON.stringify(['delayed', this.vhost.name, name, level, start]),
            start === null ? 'scratch' : durability,
          ),
      }
      lane = new DueLane(context)
      this.lanes.set(name, lane)
    }
    return lane
  }
}

/** Publishes what is due. The route of the last message with one key is not kept: headers may decide. */
class DuePublisher {
  private readonly vhost: DueVhost
  private readonly exchange: Exchange
  private readonly context: DueLanesContext
  private readonly route = new Route()
  private readonly draft = new MessageDraft()
  private names: Bytes = NO_BYTES
  private key = ''

  constructor(vhost: DueVhost, exchange: Exchange, context: DueLanesContext) {
    this.vhost = vhost
    this.exchange = exchange
    this.context = context
  }

  /** @returns the round that makes its copies durable, 0 for none, NOT_NOW if no queue of it has room. */
  publish(view: MessageView): number {
    const { exchange, route, draft } = this
    const { engine, clock, properties } = this.context
    const { buffer, propertiesPos, propertiesLen } = view
    const headers = properties.headers(buffer, propertiesPos, propertiesLen)
    this.readNames(view)
    const propertyOf = properties.lookIn(buffer, propertiesPos, propertiesLen)
    this.vhost.routeKeys(exchange, keysOf(this.key, headers), headers, route, propertyOf)
    const count = route.targets
    if (route.isEmpty) return 0
    draftOf(view, draft)
    draft.namesBytes = this.names
    if (headers?.BCC !== undefined) {
      draft.properties = properties.edit(buffer, propertiesPos, propertiesLen, { remove: ['BCC'] })
      draft.propertiesPos = 0
      draft.propertiesLen = draft.properties.length
    }
    draft.arrival = clock.now()
    const expiration = properties.expiration(buffer, propertiesPos, propertiesLen)
    draft.expiry = expiration === null ? 0 : draft.arrival + Number(expiration)
    const round = route.append(engine, draft)
    if (route.refusedForGood) return 0
    if (route.refused) return NOT_NOW
    exchange.publishedOut += count
    return round
  }

  /** Neighbours often have the same. */
  private readNames(view: MessageView): void {
    if (isNamed(view, this.names.array)) return
    const { buffer, keyPos, keyLen } = view
    this.names = namesOf(view)
    this.key = Buffer.from(buffer.subarray(keyPos, keyPos + keyLen)).toString()
  }
}

/** All that a message names: its own key and those of the headers CC and BCC. */
function keysOf(key: string, headers: Headers | null): readonly string[] {
  if (headers === null || (headers.CC === undefined && headers.BCC === undefined)) return [key]
  return [key, ...texts(headers.CC), ...texts(headers.BCC)]
}

function texts(value: HeaderValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
