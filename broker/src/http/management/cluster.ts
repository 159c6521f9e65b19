/**
 * `/cluster-name`, `/version`, and what RabbitMQ's tools ask of every broker and have nothing to do here: rebalancing,
 * feature flags, plugins that are none.
 */
import { Hono } from 'hono'
import { z } from 'zod'
import { hashPassword } from '../../broker/access/password.ts'
import type { Broker } from '../../broker/broker.ts'
import { DIALECT } from '../../broker/dialect.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'

/** The global parameter that RabbitMQ keeps it in. */
const CLUSTER_NAME = 'cluster_name'

export function clusterName(broker: Broker): string {
  for (const { name, value } of broker.parameters.globals()) {
    if (name === CLUSTER_NAME && typeof value === 'string') return value
  }
  return broker.node
}

/** What no plugin of a kind answers for. */
const EMPTY_LISTS = [
  '/shovels',
  '/shovels/:vhost',
  '/federation-links',
  '/federation-links/:vhost',
  '/stream/connections',
  '/stream/connections/:vhost',
  '/stream/publishers',
  '/stream/publishers/:vhost',
  '/stream/consumers',
  '/stream/consumers/:vhost',
  '/deprecated-features',
  '/deprecated-features/used',
]

/** Things of RabbitMQ that are always on here. */
const FEATURES = [
  'classic_mirrored_queue_version',
  'direct_exchange_routing_v2',
  'drop_unroutable_metric',
  'empty_basic_get_metric',
  'implicit_default_bindings',
  'quorum_queue',
  'stream_queue',
  'stream_single_active_consumer',
  'user_limits',
  'virtual_host_metadata',
]

export function clusterRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  const app = new Hono<Env>()
  for (const path of EMPTY_LISTS) {
    app.get(path, (c) => {
      c.var.caller.require(path.startsWith('/deprecated') ? 'administrator' : 'management')
      const vhost = c.req.param('vhost' as never) as string | undefined
      if (vhost !== undefined) c.var.caller.seenVhost(vhost)
      return c.json([])
    })
  }
  return app
    .get('/cluster-name', (c) => {
      c.var.caller.require('management')
      return c.json({ name: clusterName(broker) })
    })
    .put('/cluster-name', async (c) => {
      c.var.caller.require('administrator')
      const { name } = await jsonBody(c, z.object({ name: z.string() }))
      c.var.caller.act(() => broker.parameters.putGlobal(CLUSTER_NAME, name))
      return c.body(null, 204)
    })
    .get('/version', (c) => c.json(DIALECT))
    .get('/extensions', (c) => {
      c.var.caller.require('management')
      return c.json([])
    })
    .get('/feature-flags', (c) => {
      c.var.caller.require('administrator')
      const same = { desc: '', doc_url: '', state: 'enabled', stability: 'required', provided_by: 'signalbox' }
      return c.json(FEATURES.map((name) => ({ name, ...same })))
    })
    .put('/feature-flags/:name/enable', (c) => {
      c.var.caller.require('administrator')
      return c.body(null, 204)
    })
    .post('/rebalance/queues', (c) => {
      c.var.caller.require('administrator')
      return c.body(null, 204)
    })
    .put('/auth/hash_password', async (c) => {
      c.var.caller.require('administrator')
      const { password } = await jsonBody(c, z.object({ password: z.string() }))
      return c.json({ ok: hashPassword(password).passwordHash })
    })
    .get('/auth/attempts/:node', (c) => {
      c.var.caller.require('monitoring')
      const rows = Array.from(broker.loginAttempts.all(), ([protocol, { succeeded, failed }]) => ({
        protocol,
        auth_attempts: succeeded + failed,
        auth_attempts_failed: failed,
        auth_attempts_succeeded: succeeded,
      }))
      return c.json(rows)
    })
    .delete('/auth/attempts/:node', (c) => {
      c.var.caller.require('monitoring')
      broker.loginAttempts.reset()
      return c.body(null, 204)
    })
    .delete('/reset', (c) => {
      c.var.caller.require('administrator')
      return c.body(null, 204)
    })
    .delete('/reset/:node', (c) => {
      c.var.caller.require('administrator')
      return c.body(null, 204)
    })
    .get('/config/effective', (c) => {
      c.var.caller.require('administrator')
      return c.json(http.settings)
    })
    .get('/auth', (c) => c.json({ oauth_enabled: false }))
}
