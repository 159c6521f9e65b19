/**
 * Which bindings a message takes: what route.ts finds, told with the ways. Who is reached is asked of the exchanges
 * themselves, so that it cannot differ from what happens; only the bindings that led there are looked up here. Nothing is
 * changed by it: no chance is drawn, nothing is remembered.
 */
import type { Binding } from './binding.ts'
import { DeduplicationExchange } from './deduplication-exchange.ts'
import { DelayedExchange } from './delayed-exchange.ts'
import { DirectExchange } from './direct.ts'
import type { Exchange, PropertyOf } from './exchange.ts'
import type { Headers } from './headers.ts'
import { HeadersExchange, headersFit } from './headers-exchange.ts'
import { LogExchange } from './log-exchange.ts'
import { LogOutlet } from './log-outlet.ts'
import { RandomExchange } from './random.ts'
import { isHistory, type LookupExchange } from './route.ts'
import type { HistoryTarget, RouteTarget } from './target.ts'
import { TopicExchange } from './topic.ts'

/** What happens to the message at one exchange. */
export interface TracedStep {
  readonly exchange: Exchange
  /** Of the exchange, those it takes. */
  readonly bindings: readonly Binding[]
  /** It takes one of them, by chance. */
  readonly oneOf: boolean
  /** The destinations without a binding: of the default exchange, and the topic behind an exchange. */
  readonly direct: readonly RouteTarget[]
  /** Nothing matched: it goes on there. */
  readonly alternate: Exchange | null
}

export interface Trace {
  readonly steps: readonly TracedStep[]
  /** All that are or may be reached, exchanges left out; each once. */
  readonly targets: readonly RouteTarget[]
}

/**
 * @param keys all that the message has, its own first
 * @param first the exchange it is published to; the outlet of a topic for a record that leaves it
 */
export function traceKeys(
  first: Exchange,
  keys: readonly string[],
  headers: Headers | null,
  lookup: LookupExchange,
  properties: PropertyOf | null = null,
): Trace {
  const steps: TracedStep[] = []
  const targets = new Set<RouteTarget>()
  const seen = new Set<Exchange>([first])
  const pending: Exchange[] = [first]
  const visit = (name: string): Exchange | null => {
    const exchange = lookup(name)
    if (exchange === undefined || seen.has(exchange)) return exchange ?? null
    seen.add(exchange)
    pending.push(exchange)
    return exchange
  }
  for (let exchange = pending.pop(); exchange !== undefined; exchange = pending.pop()) {
    const found = new Map<RouteTarget, Set<Binding>>()
    for (const key of exchange.looksUpEachKey ? keys : keys.slice(0, 1)) {
      collect(exchange, key, headers, properties, found)
    }
    for (const target of found.keys()) {
      if (target.kind === 'exchange') visit(target.name)
      else targets.add(target)
    }
    const isLost = found.size === 0 && exchange.alternate !== null
    steps.push({
      exchange,
      bindings: [...found.values()].flatMap((bindings) => [...bindings]),
      oneOf: isRandom(exchange) && exchange.bindingCount > 1,
      direct: [...found].flatMap(([target, bindings]) => (bindings.size === 0 ? target : [])),
      alternate: isLost ? visit(exchange.alternate!) : null,
    })
  }
  return { steps, targets: [...targets] }
}

function collect(
  exchange: Exchange,
  key: string,
  headers: Headers | null,
  properties: PropertyOf | null,
  found: Map<RouteTarget, Set<Binding>>,
): void {
  const kind = exchange instanceof DelayedExchange ? exchange.inner : exchange
  const take = (target: RouteTarget, bindings: Iterable<Binding>): void => {
    const taken = found.get(target) ?? new Set()
    for (const binding of bindings) taken.add(binding)
    found.set(target, taken)
  }
  if (isRandom(exchange) || kind instanceof DeduplicationExchange) {
    for (const binding of exchange.bindings()) take(binding.destination, [binding])
    return
  }
  if (kind instanceof LogOutlet) {
    // Also those that begin at a later record than the one that stood there last.
    for (const binding of kind.bindings()) if (outletFits(binding, key, headers)) take(binding.destination, [binding])
    return
  }
  const add = (target: RouteTarget | HistoryTarget): void => {
    if (!isHistory(target)) take(target, waysTo(exchange, kind, target, key, headers))
  }
  kind.match(key, headers, add, properties)
}

/** The bindings to a destination that was reached by which it was. */
function waysTo(
  exchange: Exchange,
  kind: Exchange,
  destination: RouteTarget,
  key: string,
  headers: Headers | null,
): Iterable<Binding> {
  if (kind instanceof LogExchange) return []
  const all = [...exchange.bindingsTo(destination)]
  if (kind instanceof DirectExchange) return all.filter((binding) => binding.key === key)
  if (kind instanceof TopicExchange) return all.filter((binding) => patternFits(binding.key, key))
  if (kind instanceof HeadersExchange) return all.filter((binding) => headersFit(binding, headers))
  // Of several to one destination, one was drawn: they stand for each other.
  return kind.type === 'x-consistent-hash' || kind.type === 'x-modulus-hash' ? all.slice(0, 1) : all
}

function outletFits(binding: Binding, key: string, headers: Headers | null): boolean {
  return 'x-match' in binding.args ? headersFit(binding, headers) : patternFits(binding.key, key)
}

function isRandom(exchange: Exchange): boolean {
  return (exchange instanceof DelayedExchange ? exchange.inner : exchange) instanceof RandomExchange
}

/** Whether a routing key fits one pattern of a topic exchange: all ways through it at once, word by word. */
export function patternFits(pattern: string, key: string): boolean {
  const wanted = pattern === '' ? [] : pattern.split('.')
  let at = behindHashes(wanted, new Set([0]))
  for (const word of key === '' ? [] : key.split('.')) {
    const next = new Set<number>()
    for (const index of at) {
      const one = wanted[index]
      if (one === '#') next.add(index)
      else if (one === '*' || one === word) next.add(index + 1)
    }
    at = behindHashes(wanted, next)
  }
  return at.has(wanted.length)
}

/** A `#` may stand for nothing. */
function behindHashes(wanted: readonly string[], at: Set<number>): Set<number> {
  for (const index of at) if (wanted[index] === '#') at.add(index + 1)
  return at
}
