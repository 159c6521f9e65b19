/** `/permissions` and `/topic-permissions`: what users may touch in a vhost. For administrators. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import type { Permission, TopicPermission } from '../../broker/access/grant.ts'
import { badRequest, notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonObject } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'
import { requireKeys } from './names.ts'
import { existingUser } from './users.ts'

export function permissionRoutes(http: HttpContext): Hono<Env> {
  const { access } = http.broker
  return new Hono<Env>()
    .get('/permissions', (c) => {
      c.var.caller.require('administrator')
      return c.json([...access.permissions()])
    })
    .get('/vhosts/:vhost/permissions', (c) => {
      const name = vhostToManage(http, c)
      return c.json([...access.permissions()].filter(({ vhost }) => vhost === name))
    })
    .get('/permissions/:vhost/:user', (c) => c.json(existing(http, c)))
    .put('/permissions/:vhost/:user', async (c) => {
      const { vhost, user } = target(http, c)
      const { configure, write, read } = await patterns(c, ['configure', 'write', 'read'])
      const isNew = !access.mayEnter(user, vhost)
      c.var.caller.act(() => access.setPermissions({ user, vhost, configure, write, read }))
      return c.body(null, isNew ? 201 : 204)
    })
    .delete('/permissions/:vhost/:user', (c) => {
      const { user, vhost } = existing(http, c)
      c.var.caller.act(() => access.clearPermissions(user, vhost))
      return c.body(null, 204)
    })
}

export function topicPermissionRoutes(http: HttpContext): Hono<Env> {
  const { access } = http.broker
  const ofUser = (c: Context<Env>): TopicPermission[] => {
    const vhost = vhostToManage(http, c)
    const { name } = existingUser(http, c.req.param('user') ?? '')
    return [...access.topicPermissions()].filter((one) => one.user === name && one.vhost === vhost)
  }
  return new Hono<Env>()
    .get('/topic-permissions', (c) => {
      c.var.caller.require('administrator')
      return c.json([...access.topicPermissions()])
    })
    .get('/vhosts/:vhost/topic-permissions', (c) => {
      const name = vhostToManage(http, c)
      return c.json([...access.topicPermissions()].filter(({ vhost }) => vhost === name))
    })
    .get('/topic-permissions/:vhost/:user', (c) => {
      const found = ofUser(c)
      if (found.length === 0) throw notFound()
      return c.json(found)
    })
    .get('/topic-permissions/:vhost/:user/:exchange', (c) => {
      const found = ofUser(c).find(({ exchange }) => exchange === c.req.param('exchange'))
      if (found === undefined) throw notFound()
      return c.json(found)
    })
    .put('/topic-permissions/:vhost/:user', async (c) => {
      const { vhost, user } = target(http, c)
      const { exchange, write, read } = await patterns(c, ['exchange', 'write', 'read'])
      const isNew = !ofUser(c).some((one) => one.exchange === exchange)
      c.var.caller.act(() => access.setTopicPermissions({ user, vhost, exchange, write, read }))
      return c.body(null, isNew ? 201 : 204)
    })
    .delete('/topic-permissions/:vhost/:user', (c) => clear(c, null))
    .delete('/topic-permissions/:vhost/:user/:exchange', (c) => clear(c, c.req.param('exchange')))

  function clear(c: Context<Env>, exchange: string | null): Response {
    const found = ofUser(c).filter((one) => exchange === null || one.exchange === exchange)
    if (found.length === 0) throw notFound()
    c.var.caller.act(() => {
      for (const one of found) access.clearTopicPermissions(one.user, one.vhost, one.exchange)
    })
    return c.body(null, 204)
  }
}

/** @throws HttpError 401, 404 */
function vhostToManage({ broker }: HttpContext, c: Context<Env>): string {
  c.var.caller.require('administrator')
  const name = c.req.param('vhost') ?? ''
  if (!broker.vhosts.has(name)) throw notFound()
  return name
}

/** @throws HttpError 401, 404 */
function existing(http: HttpContext, c: Context<Env>): Permission {
  const vhost = vhostToManage(http, c)
  for (const one of http.broker.access.permissions()) {
    if (one.user === c.req.param('user') && one.vhost === vhost) return one
  }
  throw notFound()
}

/** Whom a permission is to be given, and where. @throws HttpError 400 as RabbitMQ, 401 */
function target({ broker }: HttpContext, c: Context<Env>): { vhost: string; user: string } {
  c.var.caller.require('administrator')
  const vhost = c.req.param('vhost') ?? ''
  const user = c.req.param('user') ?? ''
  if (!broker.vhosts.has(vhost) || broker.access.user(user) === undefined) throw badRequest('vhost_or_user_not_found')
  return { vhost, user }
}

/** @throws HttpError 400 */
async function patterns<K extends string>(c: Context, keys: readonly K[]): Promise<Record<K, string>> {
  const body = await jsonObject(c)
  requireKeys(body, keys)
  for (const key of keys) if (typeof body[key] !== 'string') throw badRequest(`${key} should be a string`)
  return body as Record<K, string>
}
