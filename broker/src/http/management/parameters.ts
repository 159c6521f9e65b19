/** `/parameters` of vhosts and `/global-parameters`: small values that are set while the broker runs. */
import { Hono } from 'hono'
import { z } from 'zod'
import type { GlobalParameter, Parameter } from '../../broker/parameters/parameters.ts'
import { badRequest, notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'
import { validated } from './names.ts'
import { managedVhost, managedVhosts } from './policies.ts'

const given = z.object({ value: z.unknown() }).refine((body) => 'value' in body && body.value !== undefined, {
  message: '[{key_missing,value}]',
})

export function parameterRoutes(http: HttpContext): Hono<Env> {
  const { parameters } = http.broker
  const existing = (caller: Caller, component: string, vhost: string, name: string): Parameter => {
    const host = managedVhost(caller, vhost)
    for (const one of parameters.list(host.name, component)) if (one.name === name) return one
    throw notFound()
  }
  const seen = (caller: Caller, component?: string): Parameter[] => {
    return managedVhosts(caller).flatMap(({ name }) => [...parameters.list(name, component)])
  }
  return new Hono<Env>()
    .get('/parameters', (c) => c.json(seen(c.var.caller)))
    .get('/parameters/:component', (c) => c.json(seen(c.var.caller, c.req.param('component'))))
    .get('/parameters/:component/:vhost', (c) => {
      const { name } = managedVhost(c.var.caller, c.req.param('vhost'))
      return c.json([...parameters.list(name, c.req.param('component'))])
    })
    .get('/parameters/:component/:vhost/:name', (c) => {
      const { component, vhost, name } = c.req.param()
      return c.json(existing(c.var.caller, component, vhost, name))
    })
    .put('/parameters/:component/:vhost/:name', async (c) => {
      const { caller } = c.var
      const { component, vhost, name } = c.req.param()
      managedVhost(caller, vhost)
      // A vhost's limits bind whoever makes policies in it.
      if (component === 'vhost-limits') caller.require('administrator')
      const { value } = await jsonBody(c, given)
      const isNew = parameters.get(vhost, component, name) === undefined
      caller.act(() => validated(() => parameters.put({ vhost, component, name, value })))
      return c.body(null, isNew ? 201 : 204)
    })
    .delete('/parameters/:component/:vhost/:name', (c) => {
      const { caller } = c.var
      const { component, vhost, name } = c.req.param()
      existing(caller, component, vhost, name)
      if (component === 'vhost-limits') caller.require('administrator')
      caller.act(() => parameters.clear(vhost, component, name))
      return c.body(null, 204)
    })
}

export function globalParameterRoutes(http: HttpContext): Hono<Env> {
  const { parameters } = http.broker
  const named = (caller: Caller, name: string): GlobalParameter => {
    caller.require('policymaker')
    for (const one of parameters.globals()) if (one.name === name) return one
    throw notFound()
  }
  return new Hono<Env>()
    .get('/global-parameters', (c) => {
      c.var.caller.require('policymaker')
      return c.json([...parameters.globals()])
    })
    .get('/global-parameters/:name', (c) => c.json(named(c.var.caller, c.req.param('name'))))
    .put('/global-parameters/:name', async (c) => {
      const { caller } = c.var
      caller.require('policymaker')
      const name = c.req.param('name')
      const { value } = await jsonBody(c, given)
      if (name === '') throw badRequest('a name cannot be empty')
      const isNew = ![...parameters.globals()].some((one) => one.name === name)
      caller.act(() => parameters.putGlobal(name, value))
      return c.body(null, isNew ? 201 : 204)
    })
    .delete('/global-parameters/:name', (c) => {
      const { name } = named(c.var.caller, c.req.param('name'))
      c.var.caller.act(() => parameters.clearGlobal(name))
      return c.body(null, 204)
    })
}
