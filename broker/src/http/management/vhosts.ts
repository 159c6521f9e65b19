/** `/vhosts`: virtual hosts, what they hold and who may enter. */
import { Hono } from 'hono'
import { z } from 'zod'
import { isProtected, setProtected } from '../../broker/deletion-protection.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { badRequest, HttpError, notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { answerList, answerRow } from '../lists/answer-list.ts'
import type { ListSource, SortKey } from '../lists/list-source.ts'
import { type RowOptions, rowOptions } from '../lists/row-options.ts'
import type { Env } from '../login/authentication.ts'
import { clientSeries } from '../stats/client-series.ts'
import { detailed } from '../stats/details.ts'
import { vhostTotals } from './message-totals.ts'
import { tagList } from './names.ts'

const queueType = z.enum(['classic', 'quorum', 'stream', 'undefined']).nullish()

const given = z.object({
  description: z.string().optional(),
  tags: tagList.optional(),
  default_queue_type: queueType,
  tracing: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).optional(),
  metadata: z
    .object({ description: z.string().optional(), tags: tagList.optional(), default_queue_type: queueType })
    .default({}),
})

export function vhostRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  return new Hono<Env>()
    .get('/vhosts', (c) => {
      c.var.caller.require('management')
      return answerList(c, http, vhostSource(http, c.var.caller))
    })
    .get('/vhosts/:vhost', (c) => {
      c.var.caller.require('management')
      return answerRow(c, vhostRow(http, c.var.caller.seenVhost(c.req.param('vhost')), rowOptions(c)))
    })
    .put('/vhosts/:vhost', async (c) => {
      const { caller } = c.var
      caller.require('administrator')
      const name = c.req.param('vhost')
      const { metadata, ...own } = await jsonBody(c, given)
      const description = own.description ?? metadata.description
      const tags = own.tags ?? metadata.tags
      const type = own.default_queue_type ?? metadata.default_queue_type
      const changes = {
        ...(description !== undefined && { description }),
        ...(tags !== undefined && { tags }),
        ...(type && type !== 'undefined' && { defaultQueueType: type }),
        ...(own.tracing !== undefined && { tracing: own.tracing }),
      }
      const isNew = !broker.vhosts.has(name)
      caller.act(() => {
        if (!isNew) return broker.updateVhost(name, changes)
        broker.declareVhost(name, { description: '', tags: [], ...changes })
        broker.access.setPermissions({ user: caller.user.name, vhost: name, configure: '.*', write: '.*', read: '.*' })
      })
      return c.body(null, isNew ? 201 : 204)
    })
    .delete('/vhosts/:vhost', (c) => {
      const { caller } = c.var
      const { name } = existing(http, caller, c.req.param('vhost'))
      if (isProtected(broker.catalog, name)) {
        const reason = `Refusing to delete virtual host '${name}' because it is protected from deletion`
        throw new HttpError(412, 'precondition_failed', reason)
      }
      caller.act(() => broker.deleteVhost(name))
      return c.body(null, 204)
    })
    .post('/vhosts/:vhost/deletion/protection', (c) => {
      setProtected(broker.catalog, existing(http, c.var.caller, c.req.param('vhost')).name, true)
      return c.body(null, 204)
    })
    .delete('/vhosts/:vhost/deletion/protection', (c) => {
      setProtected(broker.catalog, existing(http, c.var.caller, c.req.param('vhost')).name, false)
      return c.body(null, 204)
    })
    .post('/vhosts/:vhost/start/:node', (c) => {
      existing(http, c.var.caller, c.req.param('vhost'))
      const node = c.req.param('node')
      if (node !== broker.node) throw badRequest(`Request to node ${node} failed with nodedown`)
      return c.body(null, 204)
    })
}

/** @throws HttpError 401, 404 */
function existing({ broker }: HttpContext, caller: Caller, name: string): Vhost {
  caller.require('administrator')
  const vhost = broker.vhosts.get(name)
  if (vhost === undefined) throw notFound()
  return vhost
}

function vhostSource(http: HttpContext, caller: Caller): ListSource<Vhost> {
  const { broker } = http
  return {
    kind: 'vhosts',
    scope: caller.is('monitoring') ? 'all' : `of ${caller.user.name}`,
    all: () => caller.seenVhosts(),
    setVersion: () => {
      const { events, accessVersion } = broker
      return `${events.count('vhost.created')} ${events.count('vhost.deleted')} ${accessVersion}`
    },
    name: ({ name }) => name,
    columns: vhostColumns(http),
    describe: (vhost, options) => vhostRow(http, vhost, options),
  }
}

function vhostColumns({ stats: { totals } }: HttpContext): Record<string, (vhost: Vhost) => SortKey> {
  return {
    name: ({ name }) => name,
    description: ({ description }) => description,
    tracing: ({ tracing }) => tracing,
    messages: (vhost) => totals.value(vhost, 'messages'),
    messages_ready: (vhost) => totals.value(vhost, 'messages_ready'),
    messages_unacknowledged: (vhost) => totals.value(vhost, 'messages_unacknowledged'),
    'message_stats.publish_details.rate': (vhost) => totals.rate(vhost, 'publish'),
    'message_stats.deliver_get_details.rate': (vhost) => totals.rate(vhost, 'deliver_get'),
  }
}

function vhostRow(http: HttpContext, vhost: Vhost, options: RowOptions): object {
  const { broker } = http
  const { name, description, tags, tracing } = vhost
  const default_queue_type = vhost.defaultQueueType ?? 'classic'
  return {
    name,
    description,
    tags,
    default_queue_type,
    metadata: { description, tags, default_queue_type },
    tracing,
    protected_from_deletion: isProtected(broker.catalog, name),
    cluster_state: { [broker.node]: 'running' },
    ...(options.stats && { ...vhostTotals(http, vhost, options), ...traffic(http, vhost, options) }),
  }
}

function traffic(http: HttpContext, vhost: Vhost, { data }: RowOptions): object {
  const { vhosts } = clientSeries(http)
  return detailed(vhosts, vhost, vhosts.fields, data, http.broker.clock.now(), true)
}
