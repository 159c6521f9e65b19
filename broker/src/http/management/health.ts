/**
 * `/health/checks/…`: RabbitMQ's checks, each of one thing: 200 `{status: ok}`, or 503 with what is wrong. What only
 * several nodes can be in is never wrong on one.
 */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Hono } from 'hono'
import { badRequest } from '../answers.ts'
import type { HttpContext, OpenListener } from '../context.ts'
import type { Env } from '../login/authentication.ts'

/** What a check answers besides `status`; `reason` where it fails. */
type Finding = Readonly<Record<string, unknown>> & { readonly reason?: string }
interface Failure {
  readonly failed: Finding & { readonly reason: string }
}
type Check = (http: HttpContext) => Finding | Failure

const fine: Check = () => ({})
const alone: Check = () => ({ reason: 'single node cluster' })

const CHECKS: Readonly<Record<string, Check>> = {
  alarms: (http) => alarms(http, 'in the cluster'),
  'local-alarms': (http) => alarms(http, 'on the node'),
  'virtual-hosts': fine,
  'node-is-mirror-sync-critical': alone,
  'node-is-quorum-critical': alone,
  'is-in-service': inService,
  'ready-to-serve-clients': inService,
  'metadata-store/initialized': fine,
  'metadata-store/initialized/with-data': ({ broker }) =>
    broker.isNew ? { failed: { reason: 'Metadata store has no data' } } : {},
  'below-node-connection-limit': ({ broker }) => ({ limit: 'infinity', connections: broker.connections.all().size }),
  'quorum-queues-without-elected-leaders/all-vhosts': fine,
  'quorum-queues-without-elected-leaders/all-vhosts/': fine,
}

export function healthRoutes(http: HttpContext): Hono<Env> {
  const app = new Hono<Env>().basePath('/health/checks')
  app.use('*', async (c, next) => {
    c.var.caller.require('management')
    await next()
  })
  for (const [path, check] of Object.entries(CHECKS)) app.get(`/${path}`, () => told(check(http)))
  app.get('/quorum-queues-without-elected-leaders/vhost/:vhost', (c) => {
    c.var.caller.seenVhost(c.req.param('vhost'))
    return told({})
  })
  app.get('/quorum-queues-without-elected-leaders/vhost/:vhost/pattern/:pattern', (c) => {
    c.var.caller.seenVhost(c.req.param('vhost'))
    return told({})
  })
  app.get('/port-listener/:port', (c) => {
    const text = c.req.param('port')
    if (!/^\d+$/.test(text)) throw badRequest('Invalid port')
    return told(portIsOpen(http, Number(text)))
  })
  app.get('/protocol-listener/:protocol', (c) => told(protocolIsOpen(http, c.req.param('protocol'))))
  app.get('/certificate-expiration/:within/:unit', async (c) => {
    const { within, unit } = c.req.param()
    if (!/^\d+$/.test(within)) throw badRequest('Invalid expiration value.')
    const after = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined
    if (after === undefined) {
      throw badRequest('Time unit not recognised. Supported units: days, weeks, months, years.')
    }
    return told(await certificates(http, after(new Date(http.broker.clock.now()), Number(within))))
  })
  return app
}

function told(finding: Finding | Failure): Response {
  if ('failed' in finding) return Response.json({ status: 'failed', ...(finding as Failure).failed }, { status: 503 })
  return Response.json({ status: 'ok', ...finding })
}

function alarms({ broker }: HttpContext, where: string): Finding | Failure {
  const { reason } = broker.alarms
  if (reason === null) return {}
  const resources = ['memory', 'disk'].filter((resource) => reason.includes(resource))
  return {
    failed: {
      reason: `There are alarms in effect ${where}`,
      alarms: resources.map((resource) => ({ node: broker.node, resource })),
    },
  }
}

function inService({ isStopping }: HttpContext): Finding | Failure {
  return isStopping() ? { failed: { reason: 'the node is being stopped' } } : {}
}

function portIsOpen(http: HttpContext, port: number): Finding | Failure {
  const ports = http.listeners().map((listener) => listener.port)
  if (ports.includes(port)) return { port }
  return { failed: { reason: 'No active listener', missing: port, ports } }
}

/** Other names that clients have for them. */
const ALSO: Readonly<Record<string, OpenListener['protocol']>> = {
  amqp091: 'amqp',
  'amqp0.9.1': 'amqp',
  'amqp0-9-1': 'amqp',
  amqps: 'amqp/ssl',
  'amqp091/ssl': 'amqp/ssl',
  prometheus: 'http/prometheus',
}

function protocolIsOpen(http: HttpContext, protocol: string): Finding | Failure {
  const protocols = [...new Set(http.listeners().map((listener) => listener.protocol))]
  if (protocols.some((open) => open === (ALSO[protocol] ?? protocol))) return { protocol }
  return { failed: { reason: 'No active listener', missing: protocol, protocols } }
}

const UNITS: Readonly<Record<string, (from: Date, count: number) => number>> = {
  days: (from, count) => from.getTime() + count * 86_400_000,
  weeks: (from, count) => from.getTime() + count * 7 * 86_400_000,
  months: (from, count) => new Date(from).setUTCMonth(from.getUTCMonth() + count),
  years: (from, count) => new Date(from).setUTCFullYear(from.getUTCFullYear() + count),
}

const WITH_TLS = ['amqp/ssl', 'kafka/ssl', 'https']

/** @param until ms since 1970 */
async function certificates(http: HttpContext, until: number): Promise<Finding | Failure> {
  const { tlsCert } = http.settings
  const open = http.listeners().filter(({ protocol }) => WITH_TLS.includes(protocol))
  if (tlsCert === null || open.length === 0) return {}
  const { validTo } = new X509Certificate(await readFile(tlsCert))
  const expires = new Date(validTo)
  if (expires.getTime() > until) return {}
  const expired = open.map(({ protocol, address, port }) => ({
    node: http.broker.node,
    protocol,
    interface: address,
    port,
    certfile: tlsCert,
    certfile_expires_on: [expires.toISOString()],
  }))
  return { failed: { reason: 'Certificates expiring', expired } }
}
