/** The bindings of a vhost: they come and go one by one, with their ends, or at a start, and auto-delete exchanges with the last. */
import type { Catalog } from './catalog.ts'
import type { Events } from './events/events.ts'
import type { Histories } from './history/histories.ts'
import { checkTakesMessages } from './queue/over-topic.ts'
import type { Queue } from './queue/queue.ts'
import { Refusal } from './refusal.ts'
import type { Binding } from './routing/binding.ts'
import type { Exchange } from './routing/exchange.ts'
import { describeHeaders, type Headers } from './routing/headers.ts'
import type { Starts } from './routing/log-outlet.ts'
import type { RouteTarget } from './routing/target.ts'
import type { StreamQueue } from './stream/stream-queue.ts'
import { checkNoCycle } from './topic/feed-cycle.ts'
import type { Feeds } from './topic/feeds.ts'

interface KeptBinding {
  readonly key: string
  readonly arguments: Headers
  /** Of a topic: where it begins in each of its partitions. */
  readonly from?: Starts
}

/** What a binding leads to: a stream is a queue too. */
export type Destination = Queue | StreamQueue | Exchange

/** Whose bindings they are. */
export interface BindingsHost {
  readonly name: string
  readonly exchanges: ReadonlyMap<string, Exchange>
  readonly queues: ReadonlyMap<string, Queue>
  readonly streamQueues: ReadonlyMap<string, StreamQueue>
  readonly defaultExchange: Exchange
  readonly histories: Histories
  readonly feeds: Feeds
  version: number
  /** @throws Refusal not-found */
  exchange(name: string): Exchange
  removeExchange(exchange: Exchange): void
}

export class Bindings {
  private readonly host: BindingsHost
  private readonly catalog: Catalog
  private readonly events: Events

  constructor(host: BindingsHost, catalog: Catalog, events: Events) {
    this.host = host
    this.catalog = catalog
    this.events = events
  }

  /** @throws Refusal not-found for a missing end, access-refused for the default exchange, and bad arguments. */
  bind(source: string, destination: Destination, key: string, args: Headers): void {
    const { host } = this
    const exchange = host.exchange(source)
    this.notDefault(exchange, destination)
    if (destination.kind === 'queue') checkTakesMessages(destination)
    checkNoCycle(host, exchange, destination)
    const from = host.feeds.startsOf(exchange)
    if (!exchange.bind(destination, key, args)) return
    host.version++
    if (isKept(exchange, destination)) this.keep(exchange, destination, key, args, from)
    host.feeds.bound(exchange)
    if (destination.kind !== 'topic') host.histories.bound(exchange, destination)
    this.events.emit('binding.created', { vhost: host.name, source, destination, key, arguments: args })
  }

  /** Unbinding what is not bound is no error. @throws Refusal as `bind` */
  unbind(source: string, destination: Destination, key: string, args: Headers): void {
    const { host } = this
    const exchange = host.exchange(source)
    this.notDefault(exchange, destination)
    if (!exchange.unbind(destination, key, args)) return
    host.version++
    this.forget(exchange, destination, key, args)
    this.sourceLostBinding(exchange)
  }

  /** The exchange is going away, and all that is bound to it is bound no more. */
  forgetFrom(source: Exchange): void {
    for (const { destination, key, args } of source.bindings() as Iterable<Binding>) {
      this.forget(source, destination as Destination, key, args)
    }
  }

  /** Drops all bindings to a queue or exchange that is going away; auto-delete sources may follow it. */
  unbindEverywhere(destination: Destination): void {
    for (const source of [...this.host.exchanges.values()]) {
      const removed = source.unbindTarget(destination)
      if (removed.length === 0) continue
      for (const { key, args } of removed) this.forget(source, destination, key, args)
      this.sourceLostBinding(source)
    }
  }

  /** @param from where it begins in each partition of a topic */
  private keep(source: Exchange, destination: Destination, key: string, args: Headers, from: Starts | null): void {
    const value = { key, arguments: args, ...(from !== null && { from }) }
    this.catalog.put('binding', this.idOf(source.name, destination, key, args), value)
  }

  /** Brings back what the catalog holds; both ends are there. */
  restore(): void {
    const { name, exchanges, queues, streamQueues } = this.host
    for (const { key, value } of this.catalog.all('binding')) {
      const [vhost, source, kind, destination] = key
      if (vhost !== name) continue
      const queue = queues.get(destination) ?? streamQueues.get(destination)
      const end = kind === 'queue' ? queue : exchanges.get(destination)
      const { key: routingKey, arguments: args, from } = value as KeptBinding
      const exchange = exchanges.get(source)
      if (end === undefined || exchange === undefined) {
        // What a crash left of one that went with its end: the next end of that name is another.
        this.catalog.remove('binding', key)
        continue
      }
      const moved = this.host.feeds.restoring(exchange, from)
      exchange.bind(end, routingKey, args)
      if (moved !== null) this.keep(exchange, end, routingKey, args, moved)
    }
    this.host.feeds.restored(exchanges.values())
  }

  private notDefault(source: Exchange, destination: Destination): void {
    const { defaultExchange } = this.host
    if (source === defaultExchange || destination === defaultExchange) {
      throw new Refusal('access-refused', 'operation not permitted on the default exchange')
    }
  }

  private idOf(source: string, destination: Destination, key: string, args: Headers): string[] {
    return [this.host.name, source, kindOf(destination), keptName(destination), key, describeHeaders(args)]
  }

  private forget(source: Exchange, destination: Destination, key: string, args: Headers): void {
    if (isKept(source, destination)) {
      this.catalog.remove('binding', this.idOf(source.name, destination, key, args))
    }
    const vhost = this.host.name
    this.events.emit('binding.deleted', { vhost, source: source.name, destination, key, arguments: args })
  }

  private sourceLostBinding(exchange: Exchange): void {
    this.host.feeds.unbound(exchange)
    if (exchange.autoDelete && exchange.bindingCount === 0 && this.host.exchanges.get(exchange.name) === exchange) {
      this.host.removeExchange(exchange)
    }
  }
}

/** Kept over a restart. */
function isKept(source: Exchange, destination: Destination): boolean {
  const isExclusive = destination.kind === 'queue' && destination.exclusiveTo !== null
  return source.durable && destination.durable && !isExclusive
}

/** As AMQP's clients know it. */
export function kindOf({ kind }: { readonly kind: RouteTarget['kind'] }): 'queue' | 'exchange' {
  return kind === 'exchange' ? kind : 'queue'
}

/** The name of a partition stays, also where its topic gets more of them. */
function keptName(destination: Destination): string {
  return destination.kind === 'topic' ? String(destination.partition) : destination.name
}
