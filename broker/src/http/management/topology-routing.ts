/** The middle of the topology: exchanges, topics, queues and groups, and what leads from one to another. */
import type { Queue } from '../../broker/queue/queue.ts'
import type { Binding } from '../../broker/routing/binding.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import { jsonTable } from '../../broker/routing/json-table.ts'
import { LogExchange } from '../../broker/routing/log-exchange.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { eachInSlices } from '../lists/slices.ts'
import { flowSeries } from '../stats/flow-series.ts'
import { streamSeries } from '../stats/stream-series.ts'
import { memberCount } from './group-rows.ts'
import { maySee } from './topic-access.ts'
import { recordsOf } from './topic-rows.ts'
import type { Drawing } from './topology-drawing.ts'
import { exchangeId, targetId } from './topology-ids.ts'

export async function drawRouting(http: HttpContext, caller: Caller, vhost: Vhost, drawing: Drawing): Promise<void> {
  drawTopics(http, caller, vhost, drawing)
  await eachInSlices(vhost.queues.values(), (queue) => drawQueue(http, vhost, queue, drawing))
  for (const exchange of vhost.exchanges.values()) drawExchange(http, exchange, drawing)
  const flows = flowSeries(http)
  await eachInSlices(bindingsOf(vhost), (binding) => {
    const source = vhost.exchanges.get(binding.source)
    if (source === undefined) return
    const { destination, key, args } = binding
    drawing.edge({
      from: exchangeId(source),
      to: targetId(destination, vhost),
      kind: source instanceof LogExchange ? 'feed' : 'binding',
      label: key,
      ...(Object.keys(args).length > 0 && { arguments: jsonTable(args) }),
      rate: flows.rate(binding, 'passed'),
    })
  })
  for (const exchange of vhost.exchanges.values()) drawAlternate(http, vhost, exchange, drawing)
}

function* bindingsOf(vhost: Vhost): Iterable<Binding> {
  for (const exchange of vhost.exchanges.values()) {
    yield* exchange instanceof LogExchange ? exchange.outlet.bindings() : exchange.bindings()
  }
  yield* vhost.flows.defaultBindings()
}

function drawExchange({ stats }: HttpContext, exchange: Exchange, drawing: Drawing): void {
  const { name, type, bindingCount, publishedIn, internal } = exchange
  const isIdle = bindingCount === 0 && publishedIn === 0 && (name === '' || name.startsWith('amq.'))
  if (isIdle || exchange instanceof LogExchange) return
  const rate = stats.exchanges.rate(exchange, 'publish_in')
  const rateOut = stats.exchanges.rate(exchange, 'publish_out')
  drawing.node({ id: exchangeId(exchange), kind: 'exchange', name, rate, rate_out: rateOut, type, internal })
}

function drawAlternate(http: HttpContext, vhost: Vhost, exchange: Exchange, drawing: Drawing): void {
  const alternate = exchange.alternate === null ? undefined : vhost.exchanges.get(exchange.alternate)
  if (alternate === undefined) return
  const flow = vhost.flows.alternateOf(exchange.name)
  const rate = flow === null ? 0 : flowSeries(http).rate(flow, 'passed')
  drawing.edge({ from: exchangeId(exchange), to: exchangeId(alternate), kind: 'alternate', label: '', rate })
  // One without bindings and publishes of its own, as many are that catch what is lost.
  if (!drawing.nodes.has(exchangeId(alternate)) && !(alternate instanceof LogExchange)) {
    drawing.node({ id: exchangeId(alternate), kind: 'exchange', name: alternate.name, rate, type: alternate.type })
  }
}

function drawQueue(http: HttpContext, vhost: Vhost, queue: Queue, drawing: Drawing): void {
  const { name, settings } = queue
  const id = `queue:${name}`
  const { queues } = http.stats
  const published = queues.rate(queue, 'publish')
  const delivered = queues.rate(queue, 'deliver_get')
  drawing.node({
    id,
    kind: 'queue',
    name,
    rate: Math.max(published, delivered),
    publish_rate: published,
    deliver_rate: delivered,
    type: queue.arguments['x-queue-type'] ?? 'classic',
    messages: queue.ready + queue.unacknowledged,
    messages_ready: queue.ready,
    messages_unacknowledged: queue.unacknowledged,
    consumers: queue.subscriptions.size,
    paused: queue.paused,
  })
  if (settings.sourceTopic !== null) {
    drawing.edge({ from: `topic:${settings.sourceTopic}`, to: id, kind: 'feed', label: 'source', rate: delivered })
  }
  if (settings.deadLetterExchange === null) return
  const exchange = vhost.exchanges.get(settings.deadLetterExchange)
  const flow = vhost.flows.deadLettersOf(queue)
  const rate = flow === null ? 0 : flowSeries(http).rate(flow, 'passed')
  const key = settings.deadLetterRoutingKey
  if (exchange === undefined) return
  if (exchange.name === '' && key !== null) {
    drawing.edge({ from: id, to: `queue:${key}`, kind: 'dead-letter', label: '', rate })
  } else drawing.edge({ from: id, to: exchangeId(exchange), kind: 'dead-letter', label: key ?? '', rate })
}

function drawTopics(http: HttpContext, caller: Caller, vhost: Vhost, drawing: Drawing): void {
  const series = streamSeries(http)
  for (const topic of vhost.streams.topics.all()) {
    if (!maySee(caller, vhost, 'topic', topic.name)) continue
    drawing.node({
      id: `topic:${topic.name}`,
      kind: 'topic',
      name: topic.name,
      rate: series.topics.rate(topic, 'publish'),
      partitions: topic.partitions.length,
      records: recordsOf(topic),
    })
  }
  for (const group of vhost.streams.groups.all()) {
    if (!maySee(caller, vhost, 'group', group.id)) continue
    let rate = 0
    for (const reading of series.readingsOf(group)) {
      const progress = series.readings.rate(reading, 'progress')
      rate += progress
      drawing.edge({
        from: `topic:${reading.topic}`,
        to: `group:${group.id}`,
        kind: 'fetch',
        label: '',
        rate: progress,
      })
    }
    drawing.node({
      id: `group:${group.id}`,
      kind: 'group',
      name: group.id,
      rate,
      type: group.kind,
      state: group.state,
      members: memberCount(group),
      lag: http.stats.groups.value(group, 'lag'),
    })
  }
}
