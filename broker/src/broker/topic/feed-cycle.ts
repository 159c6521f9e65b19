/**
 * Bindings that would bring the records of a topic back into it: each would be appended again and again, for ever. Other
 * cycles of exchanges are harmless, as a message passes each of them once.
 */
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../routing/exchange.ts'
import { LogExchange } from '../routing/log-exchange.ts'
import type { RouteTarget } from '../routing/target.ts'
import { StreamQueue } from '../stream/stream-queue.ts'

export interface ExchangeGraph {
  readonly name: string
  readonly exchanges: ReadonlyMap<string, Exchange>
}

/**
 * To be called before `source` is bound to `destination`.
 * @throws Refusal precondition-failed naming the way on which records would come back
 */
export function checkNoCycle(graph: ExchangeGraph, source: Exchange, destination: RouteTarget): void {
  const next = nodeOf(graph, destination)
  if (next === undefined) return
  const way = wayBetween(graph, next, source, source instanceof LogExchange, new Set())
  if (way === null) return
  const names = namesOf([source, ...way])
  throw new Refusal(
    'precondition-failed',
    `a binding from exchange '${source.name}' to ${destination.kind === 'exchange' ? 'exchange' : 'stream'} '${destination.name}' in vhost '${graph.name}' would bring records back into their topic: ${names}`,
  )
}

/** The way by which records would come back into their topic; null if there is none. */
export function circleOf(graph: ExchangeGraph, source: LogExchange): string | null {
  for (const next of nextOf(graph, source)) {
    const way = wayBetween(graph, next, source, true, new Set())
    if (way !== null) return namesOf([source, ...way])
  }
  return null
}

function namesOf(way: readonly Exchange[]): string {
  return way.map(({ name }) => `'${name}'`).join(' -> ')
}

/** From one exchange to another; null unless there is a way, with a topic on it if `hasTopic` does not say so already. */
function wayBetween(
  graph: ExchangeGraph,
  from: Exchange,
  to: Exchange,
  hadTopic: boolean,
  seen: Set<string>,
): Exchange[] | null {
  const hasTopic = hadTopic || from instanceof LogExchange
  if (from === to) return hasTopic ? [from] : null
  const state = `${hasTopic ? 1 : 0}${from.name}`
  if (seen.has(state)) return null
  seen.add(state)
  for (const next of nextOf(graph, from)) {
    const way = wayBetween(graph, next, to, hasTopic, seen)
    if (way !== null) return [from, ...way]
  }
  return null
}

function* nextOf(graph: ExchangeGraph, exchange: Exchange): Iterable<Exchange> {
  const alternate = exchange.alternate === null ? undefined : graph.exchanges.get(exchange.alternate)
  if (alternate !== undefined) yield alternate
  for (const { destination } of exchange.bindings()) {
    const next = nodeOf(graph, destination)
    if (next !== undefined) yield next
  }
}

function nodeOf(graph: ExchangeGraph, target: RouteTarget): Exchange | undefined {
  if (target.kind === 'exchange') return graph.exchanges.get(target.name)
  return target instanceof StreamQueue ? graph.exchanges.get(target.topic.name) : undefined
}
