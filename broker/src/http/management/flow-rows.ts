/** What came to a queue from which exchange, and what an exchange sent where: as RabbitMQ lists it, for one object. */

import type { Exchange } from '../../broker/routing/exchange.ts'
import type { Passage } from '../../broker/routing/flows.ts'
import { LogExchange } from '../../broker/routing/log-exchange.ts'
import type { RouteTarget } from '../../broker/routing/target.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'
import { flowSeries } from '../stats/flow-series.ts'

interface Flow {
  readonly stats: { publish: number; publish_details: { rate: number } }
}

/** By exchange; those that nothing came from are left out. */
export function incomingOf(http: HttpContext, vhost: Vhost, queue: RouteTarget): Flow[] {
  const flows: Flow[] = []
  for (const { name } of vhost.exchanges.values()) {
    const exchange = { name, vhost: vhost.name }
    flows.push(...summed(http, [...bindingsBetween(vhost, name, queue)], { exchange }))
  }
  return flows
}

/** By destination; those that nothing went to are left out. */
export function outgoingOf(http: HttpContext, vhost: Vhost, exchange: Exchange): Flow[] {
  const byDestination = new Map<RouteTarget, Passage[]>()
  for (const binding of bindingsOf(vhost, exchange)) {
    const known = byDestination.get(binding.destination)
    if (known === undefined) byDestination.set(binding.destination, [binding])
    else known.push(binding)
  }
  return [...byDestination].flatMap(([{ kind, name }, passages]) => {
    const destination = { name, vhost: vhost.name }
    return summed(http, passages, kind === 'exchange' ? { exchange: destination } : { queue: destination })
  })
}

function summed<T extends object>(http: HttpContext, passages: readonly Passage[], named: T): (T & Flow)[] {
  const series = flowSeries(http)
  const publish = Math.round(passages.reduce((sum, { passed }) => sum + passed, 0))
  if (publish === 0) return []
  const rate = passages.reduce((sum, passage) => sum + series.rate(passage, 'passed'), 0)
  return [{ ...named, stats: { publish, publish_details: { rate } } }]
}

function* bindingsBetween(vhost: Vhost, source: string, destination: RouteTarget): Iterable<Passage> {
  const exchange = vhost.exchanges.get(source)
  if (exchange === vhost.defaultExchange) {
    for (const binding of vhost.flows.defaultBindings()) if (binding.destination === destination) yield binding
  } else if (exchange !== undefined) {
    yield* (exchange instanceof LogExchange ? exchange.outlet : exchange).bindingsTo(destination)
  }
}

function bindingsOf(vhost: Vhost, exchange: Exchange) {
  if (exchange === vhost.defaultExchange) return vhost.flows.defaultBindings()
  return exchange instanceof LogExchange ? exchange.outlet.bindings() : exchange.bindings()
}
