// From an exchange to the queues: follows exchange-to-exchange bindings and alternate exchanges, each exchange once.
//
//   publish ─> first ─┬─> queue                    a queue is collected once, however many ways lead to it
//                     ├─> exchange ─> …            cycles end at an exchange that was seen
//                     └─ nothing? ─> alternate ─> … per exchange, the ones reached on the way too
//
// A message that meets one exchange, by far the usual case, takes no set and no list but the caller's.

import type { Exchange } from './exchange.ts'
import type { Headers } from './headers.ts'
import type { RouteTarget } from './target.ts'

export type LookupExchange = (name: string) => Exchange | undefined

/** Up to here a collected queue is recognised by looking through the list; beyond, by a set. */
const listMax = 16

const noExchange: LookupExchange = () => undefined
const nothing: RouteTarget[] = []

class Walk {
  first: Exchange | null = null
  lookup = noExchange
  into = nothing
  matched = 0
  readonly pending: Exchange[] = []
  readonly seenExchanges = new Set<Exchange>()
  readonly seenQueues = new Set<RouteTarget>()

  readonly add = (target: RouteTarget): void => {
    this.matched++
    if (target.kind === 'exchange') this.visit(target.name)
    else if (!this.collected(target)) this.into.push(target)
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

  begin(first: Exchange | null, lookup: LookupExchange, into: RouteTarget[]): void {
    this.first = first
    this.lookup = lookup
    this.into = into
  }

  end(): void {
    this.begin(null, noExchange, nothing)
    this.pending.length = 0
    if (this.seenExchanges.size > 0) this.seenExchanges.clear()
    if (this.seenQueues.size > 0) this.seenQueues.clear()
  }
}

// One for all brokers of the process: a walk runs to its end before anything else does, and leaves nothing behind.
const walk = new Walk()

/**
 * All queues a message reaches, each once, into `into`, which is cleared first.
 * @returns whether the key alone decided: then the same key has the same result until a binding, exchange or queue of
 * the vhost changes, also if an exchange on the way uses headers.
 */
export function route<Q extends RouteTarget>(
  first: Exchange,
  key: string,
  headers: Headers | null,
  lookup: LookupExchange,
  into: Q[],
): boolean {
  into.length = 0
  walk.begin(first, lookup, into)
  let byKeyAlone = true
  let exchange: Exchange | undefined = first
  try {
    do {
      byKeyAlone &&= !exchange.usesHeaders
      walk.matched = 0
      exchange.match(key, headers, walk.add)
      if (walk.matched === 0 && exchange.alternate !== null) walk.visit(exchange.alternate)
    } while ((exchange = walk.pending.pop()) !== undefined)
  } finally {
    walk.end()
  }
  return byKeyAlone
}
