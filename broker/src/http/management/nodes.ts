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
    ...NOT_OF_THIS_NODE,
    ...detailed(node, broker, node.fields, options.node, nowMs, true),
    ...detailed(churn, broker, churn.fields, options.rates, nowMs, true),
  }
}

const AUTH_MECHANISMS = [
  { name: 'PLAIN', description: 'SASL PLAIN authentication mechanism', enabled: true },
  { name: 'AMQPLAIN', description: 'QPid AMQPLAIN mechanism', enabled: true },
]

/** What RabbitMQ counts of its Mnesia and message store: nothing is ever written there. */
const NOT_OF_THIS_NODE = Object.fromEntries(
  [
    'mnesia_ram_tx_count',
    'mnesia_disk_tx_count',
    'msg_store_read_count',
    'msg_store_write_count',
    'queue_index_read_count',
    'queue_index_write_count',
  ].flatMap((name): [string, unknown][] => [
    [name, 0],
    [`${name}_details`, { rate: 0 }],
  ]),
)

/** Parts of RabbitMQ that no process of this node stands for; strict clients want each of them. */
const NO_SUCH_PARTS = Object.fromEntries(
  `connection_readers connection_writers connection_channels connection_other queue_procs queue_slave_procs
  quorum_queue_procs quorum_queue_dlx_procs stream_queue_procs stream_queue_replica_reader_procs
  stream_queue_coordinator_procs plugins metadata_store other_proc metrics mgmt_db mnesia quorum_ets
  metadata_store_ets other_ets msg_index code atom reserved_unallocated`
    .split(/\s+/)
    .map((name) => [name, 0]),
)

/** Bytes, by what they are for; what nobody knows of is in `other_system`. */
function memory({ broker }: HttpContext): Record<string, number | string | object> {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const tail = broker.engine.metrics.tailBytes
  return {
    ...NO_SUCH_PARTS,
    strategy: 'rss',
    log_tail: tail,
    binary: Math.max(0, arrayBuffers - tail),
    heap: heapUsed,
    allocated_unused: Math.max(0, heapTotal - heapUsed),
    other_external: Math.max(0, external - arrayBuffers),
    other_system: Math.max(0, rss - heapTotal - external),
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
