/**
 * How many messages take which binding. Publishers count where they have looked the route up anyway, by exchange and key,
 * one plain number each; now and then these are settled here into the bindings that the key takes. Of messages whose
 * headers or whose chance decide, the first of an interval are looked at one by one, then every sixteenth for all of them.
 * Trade: what binding counts for rates is good to look at and not exact; counters of queues and exchanges are.
 *
 * Nothing is done as long as nobody watches.
 */
import { Binding } from './binding.ts'
import type { Exchange, PropertyOf } from './exchange.ts'
import { type Headers, noHeaders } from './headers.ts'
import type { LookupExchange } from './route.ts'
import { type TracedStep, traceKeys } from './trace.ts'

/** Something that messages pass. */
export interface Passage {
  /** Since it is there. */
  passed: number
}

/** All that messages of one exchange and key pass, as long as the version stands. */
export interface Ways {
  readonly version: number
  readonly passages: readonly Passage[]
  /** Of one message, per passage. */
  readonly shares: readonly number[]
}

/** A publisher's count of what it published to one exchange with one key. */
export interface Counted {
  readonly exchange: Exchange | null
  readonly key: string
  /** Since it was settled. */
  count: number
  ways: Ways | null
}

/** Who counts, and hands on what it counted when asked. */
export interface FlowSource {
  settleFlows(): void
}

/** From a publisher to an exchange or a topic. */
export interface PublisherFlow extends Passage {
  readonly exchange: string
}

/** Who publishes without a connection that stays: a user, from an address. */
export interface Outsider {
  readonly user: string
  readonly address: string
}

/** Known at once; those that published longest ago go first. */
const OUTSIDERS_MAX = 500
/** Looked at one by one in an interval; beyond, one stands for `SHARE`. */
const LOOKS_MAX = 256
const SHARE = 16
/** Ways found at one settling; what is left waits for the next. */
const FOUND_MAX = 2000

export class Flows {
  readonly sources = new Set<FlowSource>()
  private readonly lookup: LookupExchange
  private readonly version: () => number
  private watched = false
  private looks = 0
  private found = 0
  private readonly byPublisher = new WeakMap<object, Map<string, PublisherFlow>>()
  private readonly outsiders = new Map<string, Outsider>()
  /** The default exchange has no bindings: these stand for them, by queue. */
  private readonly defaults = new Map<string, Binding>()
  /** By queue. */
  private readonly deadLetters = new WeakMap<object, Passage>()
  /** By the exchange that could not route. */
  private readonly alternates = new Map<string, Passage>()

  constructor(lookup: LookupExchange, version: () => number) {
    this.lookup = lookup
    this.version = version
  }

  /** From now on messages are counted. */
  watch(): void {
    this.watched = true
  }

  /** Takes in what all publishers counted. To be called once an interval. */
  settleAll(): void {
    this.found = 0
    for (const source of this.sources) source.settleFlows()
    this.looks = 0
  }

  /** Takes in what a publisher counted. Where the ways are not known yet and too many are, it stays for the next time. */
  settle(publisher: object | null, counted: Counted): void {
    const { exchange, count } = counted
    if (count === 0 || exchange === null) return
    if (!this.watched) {
      counted.count = 0
      return
    }
    if (counted.ways?.version !== this.version()) {
      if (this.found >= FOUND_MAX) return
      this.found++
      counted.ways = this.waysOf(exchange, [counted.key], null, null)
    }
    pass(counted.ways!, count)
    if (publisher !== null) this.publisherFlow(publisher, exchange.name).passed += count
    counted.count = 0
  }

  /** As `settle` for what goes away now, and by the ways it took, if they are known. */
  settleLast(publisher: object | null, counted: Counted): void {
    const { exchange, count, ways } = counted
    counted.count = 0
    if (count === 0 || exchange === null || !this.watched) return
    if (publisher !== null) this.publisherFlow(publisher, exchange.name).passed += count
    if (ways !== null) pass(ways, count)
    else this.lookAt(exchange, [counted.key], null, null, count)
  }

  /** One message whose route is not that of its key alone. */
  look(
    publisher: object | null,
    exchange: Exchange,
    keys: readonly string[],
    headers: Headers | null,
    properties: PropertyOf | null,
  ): void {
    if (!this.watched) return
    if (publisher !== null) this.publisherFlow(publisher, exchange.name).passed++
    this.lookAt(exchange, keys, headers, properties, 1)
  }

  /** The one publisher that stands for all that the user publishes from there; null while nobody watches. */
  outsider(user: string, address: string): Outsider | null {
    if (!this.watched) return null
    const { outsiders } = this
    const key = `${address} ${user}`
    const outsider = outsiders.get(key) ?? { user, address }
    // The newest last.
    outsiders.delete(key)
    outsiders.set(key, outsider)
    for (const oldest of outsiders.keys()) {
      if (outsiders.size <= OUTSIDERS_MAX) break
      outsiders.delete(oldest)
    }
    return outsider
  }

  allOutsiders(): Iterable<Outsider> {
    return this.outsiders.values()
  }

  /** Messages that a publisher put into a topic directly. */
  produced(publisher: object, topic: string, count: number): void {
    if (this.watched) this.publisherFlow(publisher, topic).passed += count
  }

  ofPublisher(publisher: object): Iterable<PublisherFlow> {
    return this.byPublisher.get(publisher)?.values() ?? []
  }

  /** Of the default exchange: those that messages took. */
  defaultBindings(): Iterable<Binding> {
    return this.defaults.values()
  }

  /** One more dead letter of a queue. */
  deadLettered(queue: object): void {
    if (!this.watched) return
    const flow = this.deadLetters.get(queue)
    if (flow === undefined) this.deadLetters.set(queue, { passed: 1 })
    else flow.passed++
  }

  /** Null if there were none. */
  deadLettersOf(queue: object): Passage | null {
    return this.deadLetters.get(queue) ?? null
  }

  /** From an exchange to its alternate; null if none went there. */
  alternateOf(exchange: string): Passage | null {
    return this.alternates.get(exchange) ?? null
  }

  allAlternates(): Iterable<Passage> {
    return this.alternates.values()
  }

  private lookAt(
    exchange: Exchange,
    keys: readonly string[],
    headers: Headers | null,
    properties: PropertyOf | null,
    count: number,
  ): void {
    const look = this.looks++
    if (look < LOOKS_MAX) pass(this.waysOf(exchange, keys, headers, properties), count)
    else if (look % SHARE === 0) pass(this.waysOf(exchange, keys, headers, properties), count * SHARE)
  }

  private publisherFlow(publisher: object, exchange: string): PublisherFlow {
    let flows = this.byPublisher.get(publisher)
    if (flows === undefined) this.byPublisher.set(publisher, (flows = new Map()))
    let flow = flows.get(exchange)
    if (flow === undefined) flows.set(exchange, (flow = { exchange, passed: 0 }))
    return flow
  }

  private waysOf(
    first: Exchange,
    keys: readonly string[],
    headers: Headers | null,
    properties: PropertyOf | null,
  ): Ways {
    const passages: Passage[] = []
    const shares: number[] = []
    const shareOf = new Map<string, number>([[first.name, 1]])
    for (const step of traceKeys(first, keys, headers, this.lookup, properties).steps) {
      const { bindings, oneOf, alternate, exchange } = step
      const share = (shareOf.get(exchange.name) ?? 1) / (oneOf ? bindings.length : 1)
      for (const binding of [...bindings, ...this.defaultsOf(step)]) {
        passages.push(binding)
        shares.push(share)
        if (binding.destination.kind === 'exchange') shareOf.set(binding.destination.name, share)
      }
      if (alternate === null) continue
      passages.push(this.alternate(exchange.name))
      shares.push(share)
      shareOf.set(alternate.name, share)
    }
    return { version: this.version(), passages, shares }
  }

  private defaultsOf({ exchange, direct }: TracedStep): Binding[] {
    if (exchange.name !== '') return []
    return direct.map((destination) => {
      let binding = this.defaults.get(destination.name)
      if (binding === undefined || binding.destination !== destination) {
        binding = new Binding('', destination, destination.name, noHeaders)
        this.defaults.set(destination.name, binding)
      }
      return binding
    })
  }

  private alternate(exchange: string): Passage {
    let flow = this.alternates.get(exchange)
    if (flow === undefined) this.alternates.set(exchange, (flow = { passed: 0 }))
    return flow
  }
}

function pass({ passages, shares }: Ways, count: number): void {
  for (let i = 0; i < passages.length; i++) passages[i].passed += count * shares[i]
}
