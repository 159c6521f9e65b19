/** The histories of a vhost's recent-history exchanges, and how what they remember gets to whoever is bound later. */
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Log, LogEngine } from '../../log/engine.ts'
import { MessageDraft, type MessageView } from '../../record/message.ts'
import { draftOf, namesOf } from '../delay/stored-draft.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { deathKeys } from '../queue/death.ts'
import type { Queue } from '../queue/queue.ts'
import { Route } from '../queue/route.ts'
import type { Exchange, PropertyOf } from '../routing/exchange.ts'
import type { Headers } from '../routing/headers.ts'
import { RecentHistoryExchange } from '../routing/recent-history.ts'
import { History, type HistoryContext } from './history.ts'

export interface HistoriesContext {
  readonly engine: LogEngine
  readonly clock: Clock
  readonly logger: Logger
  readonly properties: PropertyBlocks
  /** Of durable exchanges. */
  readonly durableLogs: 'synced' | 'written'
}

/** What a remembered message needs of its vhost. */
export interface HistoryVhost {
  readonly name: string
  readonly exchanges: ReadonlyMap<string, Exchange>
  readonly queues: ReadonlyMap<string, Queue>
  routeKeys(
    exchange: Exchange,
    keys: readonly string[],
    headers: Headers | null,
    into: Route,
    properties: PropertyOf | null,
  ): boolean
}

const READ_AGAIN_MS = 200

export class Histories {
  private readonly vhost: HistoryVhost
  private readonly context: HistoriesContext
  private readonly histories = new Map<Exchange, History>()
  private readonly draft = new MessageDraft()
  private readonly route = new Route()

  constructor(vhost: HistoryVhost, context: HistoriesContext) {
    this.vhost = vhost
    this.context = context
  }

  /** An exchange was made; from now on it remembers, if it is of the type that does. */
  attach(exchange: Exchange): void {
    if (!(exchange instanceof RecentHistoryExchange)) return
    const history = new History(exchange.name, exchange.length, this.surroundings(exchange))
    this.histories.set(exchange, history)
    exchange.history = history
  }

  /** Takes over a log that the engine recovered. @returns false if nobody needs it. */
  restore(exchange: Exchange, log: Log): boolean {
    const history = this.histories.get(exchange)
    history?.adopt(log)
    return history !== undefined
  }

  /** The exchange is gone, and what it remembers with it. */
  delete(exchange: Exchange): void {
    const log = this.histories.get(exchange)?.end()
    if (log) this.context.engine.deleteLog(log)
    this.histories.delete(exchange)
  }

  /** A destination was bound: it gets what the exchange remembers, as if published now. */
  bound(exchange: Exchange, destination: Queue | Exchange): void {
    this.histories.get(exchange)?.replay((view) => {
      if (this.isThere(exchange) && this.isThere(destination)) this.give(destination, view)
    })
  }

  private isThere(end: Queue | Exchange): boolean {
    if (end.kind === 'queue') return this.vhost.queues.get(end.name) === end
    return this.vhost.exchanges.get(end.name) === end
  }

  private give(destination: Queue | Exchange, view: MessageView): void {
    const { draft, route } = this
    const { engine, clock, properties } = this.context
    const { buffer, propertiesPos, propertiesLen, keyPos, keyLen } = view
    if (destination.kind === 'exchange') {
      const headers = properties.headers(buffer, propertiesPos, propertiesLen)
      const key = Buffer.from(buffer.subarray(keyPos, keyPos + keyLen)).toString()
      const propertyOf = properties.lookIn(buffer, propertiesPos, propertiesLen)
      this.vhost.routeKeys(destination, deathKeys(headers, key, null), headers, route, propertyOf)
    } else {
      route.leadTo(destination)
    }
    if (route.isEmpty) return
    draftOf(view, draft)
    draft.namesBytes = namesOf(view)
    draft.arrival = clock.now()
    const expiration = properties.expiration(buffer, propertiesPos, propertiesLen)
    draft.expiry = expiration === null ? 0 : draft.arrival + Number(expiration)
    route.append(engine, draft)
  }

  private surroundings(exchange: Exchange): HistoryContext {
    const { engine, clock, logger, durableLogs } = this.context
    const { name: vhost } = this.vhost
    return {
      createLog: (name) =>
        engine.createLog(JSON.stringify(['history', vhost, name]), exchange.durable ? durableLogs : 'scratch'),
      damaged: (name, error, again) => {
        logger.error({ vhost, exchange: name, error: error.message }, 'a remembered message cannot be read')
        clock.setTimer(READ_AGAIN_MS, again)
      },
    }
  }
}
