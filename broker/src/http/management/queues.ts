/** `/queues`: queues and streams, listed, shown, made, changed, emptied, paused and deleted. */
import { Hono } from 'hono'
import { z } from 'zod'
import { alterQueue, declareQueue, deleteQueue, purgeQueue } from '../../broker/operations/declare.ts'
import { pause, resume } from '../../broker/operations/pause.ts'
import type { Headers } from '../../broker/routing/headers.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { badRequest } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { answerList, answerRow } from '../lists/answer-list.ts'
import type { ListSource } from '../lists/list-source.ts'
import { rowOptions } from '../lists/row-options.ts'
import type { Env } from '../login/authentication.ts'
import { streamQueueSeries } from '../stats/stream-queue-series.ts'
import { bindingsSource, bindingsTo } from './binding-rows.ts'
import { consumerRow } from './consumers.ts'
import { incomingOf } from './flow-rows.ts'
import { argumentTable, declarerIn, existingQueue, flag, ownQueue, seenVhost, seenVhosts } from './named.ts'
import { queueColumns } from './queue-columns.ts'
import { type AnyQueue, isConsumer, queueRow } from './queue-rows.ts'
import { scopeOf, versionOf } from './vhost-lists.ts'

const NEW_QUEUE = z.object({ durable: flag, auto_delete: flag, arguments: argumentTable })
const CHANGES = z.object({ arguments: z.record(z.string(), z.unknown()) })
const ACTION = z.object({ action: z.string() })
/** Of mirrored queues: there is nothing to do. */
const ACTIONS = ['sync', 'cancel_sync']

export function queueRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  streamQueueSeries(http)
  return new Hono<Env>()
    .get('/queues', (c) => answerList(c, http, queueSource(http, seenVhosts(c.var.caller))))
    .get('/queues/detailed', (c) => answerList(c, http, queueSource(http, seenVhosts(c.var.caller))))
    .get('/queues/:vhost', (c) => {
      return answerList(c, http, queueSource(http, [seenVhost(c.var.caller, c.req.param('vhost'))]))
    })
    .get('/queues/:vhost/:queue', (c) => {
      const vhost = seenVhost(c.var.caller, c.req.param('vhost'))
      const queue = existingQueue(vhost, c.req.param('queue'))
      return answerRow(c, { ...queueRow(http, vhost, queue, rowOptions(c)), ...company(http, queue) })
    })
    .put('/queues/:vhost/:queue', async (c) => {
      const { durable, auto_delete: autoDelete, arguments: args } = await jsonBody(c, NEW_QUEUE)
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const name = c.req.param('queue')
      const { vhost } = declarer
      const isThere = vhost.queues.has(name) || vhost.streamQueues.has(name)
      const options = { name, durable, autoDelete, exclusiveTo: null, arguments: args }
      broker.counters.queuesDeclared++
      c.var.caller.act(() => declareQueue(declarer, options))
      return c.body(null, isThere ? 204 : 201)
    })
    .patch('/queues/:vhost/:queue', async (c) => {
      const { arguments: changes } = await jsonBody(c, CHANGES)
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const { name } = ownQueue(declarer, c.req.param('queue'), 'changing arguments is')
      c.var.caller.act(() => alterQueue(declarer, name, changes as Headers))
      return c.body(null, 204)
    })
    .delete('/queues/:vhost/:queue', (c) => {
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const { name } = existingQueue(declarer.vhost, c.req.param('queue'))
      const conditions = {
        ifUnused: c.req.query('if-unused') === 'true',
        ifEmpty: c.req.query('if-empty') === 'true',
      }
      c.var.caller.act(() => deleteQueue(declarer, name, conditions))
      return c.body(null, 204)
    })
    .delete('/queues/:vhost/:queue/contents', (c) => {
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const { name } = existingQueue(declarer.vhost, c.req.param('queue'))
      c.var.caller.act(() => purgeQueue(declarer, name))
      return c.body(null, 204)
    })
    .post('/queues/:vhost/:queue/actions', async (c) => {
      const { action } = await jsonBody(c, ACTION)
      const { vhost } = declarerIn(c.var.caller, c.req.param('vhost'))
      existingQueue(vhost, c.req.param('queue'))
      if (!ACTIONS.includes(action)) throw badRequest(`unknown action '${action}'`)
      return c.body(null, 204)
    })
    .get('/queues/:vhost/:queue/bindings', (c) => {
      const vhost = seenVhost(c.var.caller, c.req.param('vhost'))
      const queue = existingQueue(vhost, c.req.param('queue'))
      return answerList(
        c,
        http,
        bindingsSource([vhost], `to queue ${queue.name}`, () => bindingsTo(vhost, queue)),
      )
    })
    .put('/queues/:vhost/:queue/:state{pause|resume}', async (c) => {
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const name = c.req.param('queue')
      declarer.rights.require('configure', 'queue', name)
      const queue = ownQueue(declarer, name, 'pausing is')
      const change = c.req.param('state') === 'pause' ? pause : resume
      await c.var.caller.act(() => change(broker, queue))
      return c.body(null, 204)
    })
}

function queueSource(http: HttpContext, vhosts: readonly Vhost[]): ListSource<AnyQueue> {
  return {
    kind: 'queues',
    scope: scopeOf(vhosts),
    *all() {
      for (const vhost of vhosts) {
        yield* vhost.queues.values()
        // One behind a queue of its name cannot be meant by it.
        for (const stream of vhost.eachStream()) if (!vhost.queues.has(stream.name)) yield stream
      }
    },
    setVersion: () => versionOf(vhosts),
    name: ({ name }) => name,
    columns: queueColumns(http),
    describe: (queue, options) => queueRow(http, http.broker.vhosts.get(queue.vhost) ?? vhosts[0], queue, options),
  }
}

/** Who is at the queue. What goes out is not counted by channel. */
function company(http: HttpContext, queue: AnyQueue): object {
  const owner = queue.exclusiveTo?.connection
  const vhost = http.broker.vhosts.get(queue.vhost)
  return {
    consumer_details: ([...queue.subscriptions] as object[])
      .filter(isConsumer)
      .map((consumer) => consumerRow(http, consumer)),
    incoming: vhost === undefined ? [] : incomingOf(http, vhost, queue),
    deliveries: [],
    ...(owner && { owner_pid_details: { name: owner.name, ...ends(owner.name) } }),
  }
}

/** `127.0.0.1:40000 -> 127.0.0.1:5672` */
function ends(connection: string): object {
  const [, peer_host, peer_port] = /^(.*):(\d+) -> /.exec(connection) ?? []
  return { peer_host, peer_port: Number(peer_port) }
}
