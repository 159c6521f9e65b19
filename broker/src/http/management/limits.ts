/** `/vhost-limits` and `/user-limits`: what a vhost and a user may hold at once. */
import { Hono } from 'hono'
import { z } from 'zod'
import type { User } from '../../broker/access/access.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { badRequest, notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'
import { validated } from './names.ts'
import { existingUser } from './users.ts'

const given = z.object({ value: z.unknown() })

export function vhostLimitRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  const rows = (vhosts: Iterable<Vhost>): object[] => {
    return [...vhosts].filter(isLimited).map(({ name, limits }) => ({ vhost: name, value: limits }))
  }
  const change = (vhost: Vhost, limits: object): void => {
    broker.parameters.put({ vhost: vhost.name, component: 'vhost-limits', name: 'limits', value: limits })
  }
  const existing = (name: string): Vhost => {
    const vhost = broker.vhosts.get(name)
    if (vhost === undefined) throw notFound()
    return vhost
  }
  return new Hono<Env>()
    .get('/vhost-limits', (c) => {
      c.var.caller.require('management')
      return c.json(rows(c.var.caller.seenVhosts()))
    })
    .get('/vhost-limits/:vhost', (c) => {
      c.var.caller.require('management')
      return c.json(rows([c.var.caller.seenVhost(c.req.param('vhost'))]))
    })
    .put('/vhost-limits/:vhost/:name', async (c) => {
      c.var.caller.require('administrator')
      const vhost = existing(c.req.param('vhost'))
      const { value } = await jsonBody(c, given)
      c.var.caller.act(() => validated(() => change(vhost, { ...vhost.limits, [c.req.param('name')]: value })))
      return c.body(null, 204)
    })
    .delete('/vhost-limits/:vhost/:name', (c) => {
      c.var.caller.require('administrator')
      const vhost = existing(c.req.param('vhost'))
      c.var.caller.act(() => change(vhost, without(vhost.limits, c.req.param('name'))))
      return c.body(null, 204)
    })
}

export function userLimitRoutes(http: HttpContext): Hono<Env> {
  const { access } = http.broker
  const rows = (users: Iterable<User>): object[] => {
    return [...users].filter(isLimited).map(({ name, limits }) => ({ user: name, value: limits }))
  }
  return new Hono<Env>()
    .get('/user-limits', (c) => {
      c.var.caller.require('management')
      return c.json(rows(access.users()))
    })
    .get('/user-limits/:user', (c) => {
      c.var.caller.require('management')
      return c.json(rows([existingUser(http, c.req.param('user'))]))
    })
    .put('/user-limits/:user/:name', async (c) => {
      c.var.caller.require('administrator')
      const user = access.user(c.req.param('user'))
      if (user === undefined) throw badRequest(`no_such_user: ${c.req.param('user')}`)
      const { value } = await jsonBody(c, given)
      const limits = { ...user.limits, [c.req.param('name')]: value } as NonNullable<User['limits']>
      c.var.caller.act(() => validated(() => access.setUserLimits(user.name, limits)))
      return c.body(null, 204)
    })
    .delete('/user-limits/:user/:name', (c) => {
      c.var.caller.require('administrator')
      const { name, limits } = existingUser(http, c.req.param('user'))
      c.var.caller.act(() => access.setUserLimits(name, without(limits ?? {}, c.req.param('name'))))
      return c.body(null, 204)
    })
}

function isLimited({ limits }: { readonly limits?: object }): boolean {
  return Object.keys(limits ?? {}).length > 0
}

function without(limits: object, name: string): object {
  return Object.fromEntries(Object.entries(limits).filter(([key]) => key !== name))
}
