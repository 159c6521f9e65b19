/** `/overview`: what this is and how it does, in one answer. Whoever does not monitor sees the totals of its own vhosts. */
import { Hono } from 'hono'
import type { Broker } from '../../broker/broker.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext, OpenListener } from '../context.ts'
import { answerRow } from '../lists/answer-list.ts'
import { rowOptions } from '../lists/row-options.ts'
import type { Env } from '../login/authentication.ts'
import { clientSeries } from '../stats/client-series.ts'
import { detailed } from '../stats/details.ts'
import { clusterName } from './cluster.ts'
import { seesConnection } from './connections.ts'
import { messageTotals } from './message-totals.ts'
import { EXCHANGE_TYPES, RETENTION, versions } from './product.ts'

export function overviewRoutes(http: HttpContext): Hono<Env> {
  return new Hono<Env>().get('/overview', (c) => {
    const { caller } = c.var
    caller.require('management')
    return answerRow(c, overview(http, caller, rowOptions(c)))
  })
}

function overview(http: HttpContext, caller: Caller, options: ReturnType<typeof rowOptions>): object {
  const { broker } = http
  return {
    ...versions(http),
    cluster_name: clusterName(broker),
    node: broker.node,
    cluster_tags: {},
    node_tags: {},
    rates_mode: 'basic',
    sample_retention_policies: RETENTION,
    exchange_types: EXCHANGE_TYPES,
    default_queue_type: 'classic',
    release_series_support_status: 'supported',
    is_op_policy_updating_enabled: true,
    enable_queue_totals: true,
    disable_stats: !options.stats,
    statistics_db_event_queue: 0,
    object_totals: objectTotals(broker, caller),
    ...messageTotals(http, caller, options),
    churn_rates: churn(http, options),
    // Where to connect is for who monitors; strict clients want a list all the same.
    listeners: caller.is('monitoring') ? http.listeners().map((listener) => listenerRow(broker.node, listener)) : [],
    ...(caller.is('monitoring') && { contexts: contexts(http) }),
  }
}

function objectTotals(broker: Broker, caller: Caller): object {
  const totals = { connections: 0, channels: 0, exchanges: 0, queues: 0, consumers: 0 }
  for (const vhost of caller.seenVhosts()) {
    totals.exchanges += vhost.exchanges.size
    totals.queues += vhost.queues.size
    for (const stream of vhost.eachStream()) {
      totals.queues++
      totals.consumers += stream.subscriptions.size
    }
    for (const queue of vhost.queues.values()) totals.consumers += queue.subscriptions.size
  }
  for (const connection of broker.connections.all()) {
    if (!seesConnection(caller, connection)) continue
    totals.connections++
    totals.channels += connection.channelCount
  }
  return totals
}

function churn(http: HttpContext, { rates }: ReturnType<typeof rowOptions>): object {
  const { churn: series } = clientSeries(http)
  return detailed(series, http.broker, series.fields, rates, http.broker.clock.now(), true)
}

function listenerRow(node: string, { protocol, name, address, port }: OpenListener): object {
  return {
    node,
    protocol,
    ...(name !== undefined && { name }),
    ip_address: address,
    port,
    socket_opts: { nodelay: true },
    tls: /s$|\/ssl$/.test(protocol) && protocol !== 'http/prometheus',
  }
}

export function contexts({ broker, listeners }: HttpContext): object[] {
  return listeners()
    .filter(({ protocol }) => protocol === 'http' || protocol === 'https')
    .map(({ protocol, address, port }) => ({
      ssl_opts: [],
      node: broker.node,
      description: 'Signalbox Management',
      path: '/',
      ip: address,
      port: String(port),
      ...(protocol === 'https' && { ssl: 'true' }),
    }))
}
