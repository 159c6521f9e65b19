/** `/nodes`: the process that answers, what it may use and what it uses. */
import os from 'node:os'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { openFiles, processLimits } from '../../base/process-usage.ts'
import { notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { answerRow } from '../lists/answer-list.ts'
import { projection } from '../lists/columns.ts'
import { rowOptions } from '../lists/row-options.ts'
import type { Env } from '../login/authentication.ts'
import { clientSeries } from '../stats/client-series.ts'
import { detailed } from '../stats/details.ts'
import { contexts } from './overview.ts'
import { EXCHANGE_TYPES } from './product.ts'

export function nodeRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  const require = (c: Context<Env>): void => {
    c.var.caller.require('monitoring')
    const name = c.req.param('node')
    if (name !== undefined && name !== broker.node) throw notFound()
  }
  return new Hono<Env>()
    .get('/nodes', async (c) => {
      require(c)
      const project = projection(c) ?? ((row: object): object => row)
      return c.json([project(await nodeRow(http, c))])
    })
    .get('/nodes/:node', async (c) => {
      require(c)
      const row = await nodeRow(http, c)
      return answerRow(c, c.req.query('memory') === 'true' ? { ...row, memory: memory(http) } : row)
    })
    .get('/nodes/:node/memory', (c) => {
      require(c)
      return c.json({ memory: memory(http) })
    })
    .get('/nodes/:node/memory/relative', (c) => {
      require(c)
      return c.json({ memory: shares(memory(http)) })
    })
}

async function nodeRow(http: HttpContext, c: Context): Promise<object> {
  const { broker, settings } = http
  const { churn, node } = clientSeries(http)
  const options = rowOptions(c)
  const nowMs = broker.clock.now()
  const [filesOpen, { files, processes }, diskFree] = await Promise.all([
    openFiles(),
    processLimits(),
    http.diskFreeBytes(),
  ])
  const { reason } = broker.alarms
  const usage = process.resourceUsage()
  return {
    name: broker.node,
    type: 'disc',
    running: true,
    being_drained: false,
    partitions: [],
    os_pid: String(process.pid),
    uptime: Math.max(0, Math.round(nowMs - http.startedAt)),
    run_queue: 0,
    processors: os.availableParallelism(),
    fd_used: filesOpen,
    fd_total: files,
    sockets_total: files,
    // One process serves all; the limit is that of the user's processes.
    proc_used: 1,
    proc_total: processes,
    mem_limit: Math.round(settings.memoryBytesMax),
    mem_alarm: reason?.includes('memory') ?? false,
    mem_calculation_strategy: 'rss',
    disk_free: diskFree,
    disk_free_limit: settings.diskFreeBytesMin,
    disk_free_alarm: reason?.includes('disk') ?? false,
    context_switches: usage.voluntaryContextSwitches + usage.involuntaryContextSwitches,
    rates_mode: 'basic',
    net_ticktime: 60,
    enabled_plugins: ['rabbitmq_management', 'rabbitmq_prometheus'],
    applications: [{ name: 'signalbox', description: 'Signalbox', version: settings.signalboxVersion }],
    auth_mechanisms: AUTH_MECHANISMS,
    exchange_types: EXCHANGE_TYPES,
    contexts: contexts(http),
    config_files: [],
    log_files: ['<stdout>'],
    db_dir: settings.dataDir ?? '',
    cluster_links: [],
    metrics_gc_queue_length: {},
    ...detailed(node, broker, node.fields, options.node, nowMs, true),
    ...detailed(churn, broker, churn.fields, options.rates, nowMs, true),
  }
}

const AUTH_MECHANISMS = [
  { name: 'PLAIN', description: 'SASL PLAIN authentication mechanism', enabled: true },
  { name: 'AMQPLAIN', description: 'QPid AMQPLAIN mechanism', enabled: true },
]

/** Bytes, by what they are for; what nobody knows of is in `other_system`. */
function memory({ broker }: HttpContext): Record<string, number | string | object> {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const tail = broker.engine.metrics.tailBytes
  return {
    strategy: 'rss',
    log_tail: tail,
    binary: Math.max(0, arrayBuffers - tail),
    heap: heapUsed,
    allocated_unused: Math.max(0, heapTotal - heapUsed),
    other_external: Math.max(0, external - arrayBuffers),
    other_system: Math.max(0, rss - heapTotal - external),
    connection_readers: 0,
    connection_writers: 0,
    connection_channels: 0,
    connection_other: 0,
    queue_procs: 0,
    plugins: 0,
    total: { rss, allocated: heapTotal + external, erlang: heapUsed + external },
  }
}

/** In per cent of the whole. */
function shares(bytes: ReturnType<typeof memory>): object {
  const { rss } = bytes.total as { rss: number }
  return Object.fromEntries(
    Object.entries(bytes).map(([name, value]) => [
      name,
      typeof value === 'number' ? Math.round((value * 100) / rss) : value,
    ]),
  )
}
