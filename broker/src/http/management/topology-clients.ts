/**
 * Both ends of the topology: connections that publish and connections that consume, those of one name and user together;
 * and who publishes by HTTP, by user and address, as long as messages come. Who is not monitoring sees its own.
 */
import type { ClientChannel, ClientConnection } from '../../broker/connections.ts'
import type { Outsider } from '../../broker/routing/flows.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { clientSeries } from '../stats/client-series.ts'
import { flowSeries } from '../stats/flow-series.ts'
import type { Drawing, NodeKind } from './topology-drawing.ts'
import { exchangeId } from './topology-ids.ts'

export function drawClients(http: HttpContext, caller: Caller, vhost: Vhost, drawing: Drawing): void {
  for (const connection of http.broker.connections.inVhost(vhost.name)) {
    if (!caller.is('monitoring') && connection.user !== caller.user.name) continue
    const name = nameOf(connection)
    drawPublisher(http, vhost, connection, name, drawing)
    for (const channel of connection.channels()) drawConsumers(http, vhost, channel, name, drawing)
  }
  for (const outsider of vhost.flows.allOutsiders()) {
    if (caller.is('monitoring') || outsider.user === caller.user.name) drawOutsider(http, vhost, outsider, drawing)
  }
}

function drawPublisher(
  http: HttpContext,
  vhost: Vhost,
  connection: ClientConnection,
  name: string,
  drawing: Drawing,
): void {
  let isDrawn = false
  for (const { to, rate } of flowsOf(http, vhost, connection, drawing)) {
    const from = add(drawing, 'publisher', connection, name, rate, isDrawn ? 0 : 1)
    isDrawn = true
    drawing.merge({ from, to, kind: 'publish', label: '', rate })
  }
}

function drawOutsider(http: HttpContext, vhost: Vhost, outsider: Outsider, drawing: Drawing): void {
  const { user, address } = outsider
  const name = `HTTP ${user}@${address}`
  const id = `publisher:${user}/${name}`
  for (const { to, rate } of flowsOf(http, vhost, outsider, drawing)) {
    if (rate === 0) continue
    const before = drawing.nodes.get(id)?.rate ?? 0
    drawing.node({ id, kind: 'publisher', name, rate: before + rate, user, protocol: 'HTTP', connections: 0 })
    drawing.merge({ from: id, to, kind: 'publish', label: '', rate })
  }
}

/** To what is drawn. */
function* flowsOf(
  http: HttpContext,
  vhost: Vhost,
  publisher: object,
  drawing: Drawing,
): Iterable<{ to: string; rate: number }> {
  const series = flowSeries(http)
  for (const flow of vhost.flows.ofPublisher(publisher)) {
    const exchange = vhost.exchanges.get(flow.exchange)
    const to = exchange === undefined ? `topic:${flow.exchange}` : exchangeId(exchange)
    if (drawing.nodes.has(to)) yield { to, rate: series.rate(flow, 'passed') }
  }
}

/** What a channel is given is told by queue only where it consumes from one; else it is shared out by what queues give. */
function drawConsumers(http: HttpContext, vhost: Vhost, channel: ClientChannel, name: string, drawing: Drawing): void {
  if (channel.consumers.size === 0) return
  const given = clientSeries(http).channels.rate(channel, 'deliver_get')
  const rates = new Map<string, number>()
  for (const { queue } of channel.consumers.values()) {
    const source = vhost.queues.get(queue.name)
    rates.set(queue.name, source === undefined ? 0 : http.stats.queues.rate(source, 'deliver_get'))
  }
  const sum = [...rates.values()].reduce((total, rate) => total + rate, 0)
  let isDrawn = false
  for (const [queue, of] of rates) {
    const stream = vhost.queues.has(queue) ? undefined : vhost.streamQueues.get(queue)
    const id = stream === undefined ? `queue:${queue}` : `topic:${stream.topic.name}`
    if (!drawing.nodes.has(id)) continue
    const rate = sum > 0 ? (given * of) / sum : given / rates.size
    const to = add(drawing, 'consumer', channel.connection, name, rate, isDrawn ? 0 : 1)
    isDrawn = true
    drawing.merge({ from: id, to, kind: 'consume', label: '', rate })
  }
}

/** @returns the id of the node that the connection is part of */
function add(
  drawing: Drawing,
  kind: NodeKind,
  connection: ClientConnection,
  name: string,
  rate: number,
  count: number,
): string {
  const { user, protocol } = connection
  const id = `${kind}:${user}/${name}`
  const known = drawing.nodes.get(id)
  const connections = ((known?.connections as number | undefined) ?? 0) + count
  drawing.node({ id, kind, name, rate: (known?.rate ?? 0) + rate, user, protocol, connections })
  return id
}

/** As its client calls it, or what it is. */
function nameOf(connection: ClientConnection): string {
  const { client_properties: said } = connection.describe()
  const { connection_name: name, product } = (said ?? {}) as Record<string, unknown>
  for (const text of [name, product]) if (typeof text === 'string' && text !== '') return text
  return connection.protocol
}
