/** `/policies` and `/operator-policies`: settings for all queues and exchanges of a vhost whose names match a pattern. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import type { Policy, PolicyKind } from '../../broker/policy/policy.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { jsonObject } from '../json-body.ts'
import { answerList } from '../lists/answer-list.ts'
import type { ListSource } from '../lists/list-source.ts'
import type { Env } from '../login/authentication.ts'
import { requireKeys, validated } from './names.ts'

export const policyRoutes = (http: HttpContext): Hono<Env> => routesOf(http, 'policy', '/policies')
export const operatorPolicyRoutes = (http: HttpContext): Hono<Env> => {
  return routesOf(http, 'operator-policy', '/operator-policies')
}

function routesOf(http: HttpContext, kind: PolicyKind, path: '/policies' | '/operator-policies'): Hono<Env> {
  const vhostOf = (c: Context<Env>): Vhost => {
    c.var.caller.require('management')
    const name = c.req.param('vhost') ?? ''
    return c.var.caller.is('administrator') ? c.var.caller.seenVhost(name) : c.var.caller.vhost(name)
  }
  const named = (c: Context<Env>): Policy => {
    const policy = vhostOf(c).policies.get(kind, c.req.param('name') ?? '')
    if (policy === null) throw notFound()
    return policy
  }
  /** Operators' bounds are for administrators to set. */
  const changing = (c: Context<Env>): Vhost => {
    if (kind === 'operator-policy') c.var.caller.require('administrator')
    return managedVhost(c.var.caller, c.req.param('vhost') ?? '')
  }
  return new Hono<Env>()
    .get(path, (c) => {
      c.var.caller.require('management')
      return answerList(c, http, policySource(http, kind, c.var.caller.seenVhosts()))
    })
    .get(`${path}/:vhost`, (c) => answerList(c, http, policySource(http, kind, [vhostOf(c)])))
    .get(`${path}/:vhost/:name`, (c) => c.json(policyRow(named(c))))
    .put(`${path}/:vhost/:name`, async (c) => {
      const { policies } = changing(c)
      const name = c.req.param('name')
      const body = await jsonObject(c)
      requireKeys(body, ['pattern', 'definition'])
      const { pattern, priority, definition } = body
      const given = { pattern, definition, applyTo: body['apply-to'] ?? 'all', priority: priority ?? 0 }
      const isNew = policies.get(kind, name) === null
      c.var.caller.act(() => validated(() => policies.put(kind, name, given)))
      return c.body(null, isNew ? 201 : 204)
    })
    .delete(`${path}/:vhost/:name`, (c) => {
      const { policies } = changing(c)
      const { name } = named(c)
      c.var.caller.act(() => policies.remove(kind, name))
      return c.body(null, 204)
    })
}

/** In which the caller makes policies: administrators in all. @throws HttpError 401, 404 */
export function managedVhost(caller: Caller, name: string): Vhost {
  caller.require('policymaker')
  return caller.is('administrator') ? caller.seenVhost(name) : caller.vhost(name)
}

/** All in which the caller makes policies. */
export function managedVhosts(caller: Caller): Vhost[] {
  caller.require('policymaker')
  return caller.seenVhosts().filter(({ name }) => caller.is('administrator') || caller.mayEnter(name))
}

function policySource(
  { broker: { events } }: HttpContext,
  kind: PolicyKind,
  vhosts: readonly Vhost[],
): ListSource<Policy> {
  return {
    kind,
    scope: JSON.stringify(vhosts.map(({ name }) => name)),
    *all() {
      for (const { policies } of vhosts) yield* policies.list(kind)
    },
    setVersion() {
      const names = [
        'policy.set',
        'policy.cleared',
        'operator.policy.cleared',
        'vhost.created',
        'vhost.deleted',
      ] as const
      return names.map((name) => events.count(name)).join()
    },
    name: ({ name }) => name,
    columns: {
      name: ({ name }) => name,
      vhost: ({ vhost }) => vhost,
      pattern: ({ pattern }) => pattern,
      priority: ({ priority }) => priority,
      'apply-to': ({ applyTo }) => applyTo,
    },
    describe: policyRow,
  }
}

function policyRow({ vhost, name, pattern, applyTo, definition, priority }: Policy): object {
  return { vhost, name, pattern, 'apply-to': applyTo, definition, priority }
}
