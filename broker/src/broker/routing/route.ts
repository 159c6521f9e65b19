// From an exchange to the queues: follows exchange-to-exchange bindings and alternate exchanges, each exchange once.
//
//   publish ─> first ─┬─> queue                    a queue is collected once, however many ways lead to it
//                     ├─> exchange ─> …            cycles end at an exchange that was seen
//                     └─ nothing? ─> alternate ─> … per exchange, the ones reached on the way too
//
// A message that meets one exchange, by far the usual case, takes no set and no list but the caller's.

import type { Exchange, PropertyOf } from './exchange.ts'
import type { Headers } from './headers.ts'
import type { HistoryTarget, RouteTarget, TopicTarget } from './target.ts'

export type LookupExchange = (name: string) => Exchange | undefined

/** Up to here a collected queue is recognised by looking through the list; beyond, by a set. */
const listMax = 16

const noExchange: LookupExchange = () => undefined
const oneKey = ['']
const nothing: RouteTarget[] = []

class Walk {
  first: Exchange | null = null
  lookup = noExchange
  into = nothing
  histories: HistoryTarget[] | null = null
  topics: TopicTarget[] | null = null
  matched = 0
  readonly pending: Exchange[] = []
  readonly seenExchanges = new Set<Exchange>()
  readonly seenQueues = new Set<RouteTarget>()

  readonly add = (target: RouteTarget | HistoryTarget): void => {
    if (isHistory(target)) {
      this.histories?.push(target)
      return
    }
    this.matched++
    if (target.kind === 'exchange') this.visit(target.name)
    else if (isTopic(target)) this.addTopic(target)
    else if (!this.collected(target)) this.into.push(target)
  }

  addTopic(target: TopicTarget): void {
    const { topics } = this
    if (topics !== null && !topics.includes(target)) topics.push(target)
  }

  visit(name: string): void {
    const exchange = this.lookup(name)
    if (exchange === undefined || exchange === this.first || this.seenExchanges.has(exchange)) return
    this.seenExchanges.add(exchange)
    this.pending.push(exchange)
  }

  collected(queue: RouteTarget): boolean {
    const { into, seenQueues } = this
    if (into.length < listMax) return into.includes(queue)
    if (seenQueues.size === 0) for (const known of into) seenQueues.add(known)
    if (seenQueues.has(queue)) return true
    seenQueues.add(queue)
    return false
  }

  begin(
    first: Exchange | null,
    lookup: LookupExchange,
    into: RouteTarget[],
    histories: HistoryTarget[] | null,
    topics: TopicTarget[] | null,
  ): void {
    this.first = first
    this.lookup = lookup
    this.into = into
    this.histories = histories
    this.topics = topics
  }

  end(): void {
    this.begin(null, noExchange, nothing, null, null)
    this.pending.length = 0
    if (this.seenExchanges.size > 0) this.seenExchanges.clear()
    if (this.seenQueues.size > 0) this.seenQueues.clear()
  }
}

export function isHistory(target: RouteTarget | HistoryTarget): target is HistoryTarget {
  return target.kind === 'history' || target.kind === 'seen'
}

function isTopic(target: RouteTarget): target is TopicTarget {
  return target.kind === 'topic'
}

// One for all brokers of the process: a walk runs to its end before anything else does, and leaves nothing behind.
const walk = new Walk()

/** As `routeKeys` for a message with one key. */
export function route<Q extends RouteTarget>(
  first: Exchange,
  key: string,
  headers: Headers | null,
  lookup: LookupExchange,
  into: Q[],
  properties: PropertyOf | null = null,
  histories: HistoryTarget[] | null = null,
  topics: TopicTarget[] | null = null,
): boolean {
  oneKey[0] = key
  return routeKeys(first, oneKey, headers, lookup, into, properties, histories, topics)
}

/**
 * All queues that a message reaches by any of its keys, each once, into `into`, which is cleared first; and what the
 * exchanges on its way remember of their messages, into `histories`; and the topics that it is appended to, into `topics`.
 * @returns whether the keys alone decided: then the same keys have the same result until a binding, exchange or queue
 * of the vhost changes.
 */
export function routeKeys<Q extends RouteTarget>(
  first: Exchange,
  keys: readonly string[],
  headers: Headers | null,
  lookup: LookupExchange,
  into: Q[],
  properties: PropertyOf | null = null,
  histories: HistoryTarget[] | null = null,
  topics: TopicTarget[] | null = null,
): boolean {
  into.length = 0
  if (histories !== null) histories.length = 0
  if (topics !== null) topics.length = 0
  walk.begin(first, lookup, into, histories, topics)
  let byKeysAlone = true
  let exchange: Exchange | undefined = first
  try {
    do {
      byKeysAlone &&= exchange.keyDecides && (exchange === first || !exchange.keepsBack)
      walk.matched = 0
      const count = exchange.looksUpEachKey ? keys.length : 1
      for (let i = 0; i < count; i++) exchange.match(keys[i], headers, walk.add, properties)
      if (walk.matched === 0 && exchange.alternate !== null) walk.visit(exchange.alternate)
    } while ((exchange = walk.pending.pop()) !== undefined)
  } finally {
    walk.end()
  }
  return byKeysAlone
}
