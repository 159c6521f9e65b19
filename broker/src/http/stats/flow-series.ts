/** The rates of bindings and of publishers: what messages pass is settled once an interval, then sampled. */
import type { Passage } from '../../broker/routing/flows.ts'
import { LogExchange } from '../../broker/routing/log-exchange.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'
import { Series } from './series.ts'

export type FlowSeries = Series<Passage, 'passed'>

const ofContext = new WeakMap<HttpContext, FlowSeries>()

/** Messages are counted from the first call on. */
export function flowSeries(http: HttpContext): FlowSeries {
  let series = ofContext.get(http)
  if (series === undefined) {
    series = new Series<Passage, 'passed'>(['passed'], (passage, into) => {
      into[0] = passage.passed
    })
    ofContext.set(http, series)
    for (const { flows } of http.broker.vhosts.values()) flows.watch()
    http.stats.follow(series, () => inUse(http))
  }
  return series
}

/** Those that something ever passed. */
function* inUse(http: HttpContext): Iterable<Passage> {
  for (const vhost of http.broker.vhosts.values()) {
    vhost.flows.watch()
    vhost.flows.settleAll()
    for (const passage of passagesOf(http, vhost)) if (passage.passed > 0) yield passage
  }
}

function* passagesOf({ broker }: HttpContext, vhost: Vhost): Iterable<Passage> {
  for (const exchange of vhost.exchanges.values()) {
    yield* exchange instanceof LogExchange ? exchange.outlet.bindings() : exchange.bindings()
  }
  for (const queue of vhost.queues.values()) {
    const flow = vhost.flows.deadLettersOf(queue)
    if (flow !== null) yield flow
  }
  yield* vhost.flows.defaultBindings()
  yield* vhost.flows.allAlternates()
  for (const connection of broker.connections.inVhost(vhost.name)) yield* vhost.flows.ofPublisher(connection)
  for (const outsider of vhost.flows.allOutsiders()) yield* vhost.flows.ofPublisher(outsider)
}
