/**
 * Messages in queues: looked at without taking them, moved, sent back to where they died. Who looks must be allowed to read
 * the queue; who sends, to write there.
 */
import { Hono } from 'hono'
import { z } from 'zod'
import { browse } from '../../broker/operations/browse.ts'
import type { Declarer } from '../../broker/operations/declare.ts'
import { type Destination, move } from '../../broker/operations/move.ts'
import { permitOf } from '../../broker/operations/permit.ts'
import { checkPublish, type PublishingClient } from '../../broker/operations/publish.ts'
import { type MessageEdit, redrive } from '../../broker/operations/redrive.ts'
import { listUnacked } from '../../broker/operations/unacked.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import type { Headers } from '../../broker/routing/headers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'
import { browseOptions, selectionFields, selectionOf, wholeNumber } from './message-query.ts'
import { messagePage } from './message-rows.ts'
import { declarerIn, ownQueue } from './named.ts'
import { payloadBytes } from './payload-bytes.ts'

const MOVE = z.object({
  to: z.union([
    z.strictObject({ queue: z.string() }),
    z.strictObject({ exchange: z.string(), routing_key: z.string().optional() }),
  ]),
  ...selectionFields,
})

const REDRIVE = z.object({
  to: z.enum(['queue', 'exchange']).default('queue'),
  death: z.enum(['last', 'first']).default('last'),
  history: z.enum(['kept', 'cleared']).default('kept'),
  edit: z
    .strictObject({
      set_headers: z.record(z.string(), z.unknown()).optional(),
      remove_headers: z.array(z.string()).optional(),
      payload: z.string().optional(),
      payload_encoding: z.enum(['string', 'base64']).default('string'),
      routing_key: z.string().optional(),
    })
    .default({ payload_encoding: 'string' }),
  ...selectionFields,
})

export function messageRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  const client = (caller: Caller, { vhost, rights }: Declarer): PublishingClient => {
    return { broker, vhost, rights, user: caller.user, connection: caller.host, address: caller.host }
  }
  return new Hono<Env>()
    .get('/queues/:vhost/:queue/messages', async (c) => {
      const queue = readQueue(declarerIn(c.var.caller, c.req.param('vhost')), c.req.param('queue'))
      return c.json(messagePage(broker.properties, await browse(broker, queue, browseOptions(c))))
    })
    .get('/queues/:vhost/:queue/unacked', (c) => {
      const queue = readQueue(declarerIn(c.var.caller, c.req.param('vhost')), c.req.param('queue'))
      const skip = wholeNumber(c, 'skip')
      const limit = wholeNumber(c, 'limit')
      const { messages, total } = listUnacked(broker, queue, {
        ...(skip !== undefined && { skip }),
        ...(limit !== undefined && { limit }),
      })
      const items = messages.map(({ deliveryTag, consumerTag, sinceMs, ...message }) => ({
        ...message,
        delivery_tag: deliveryTag,
        consumer_tag: consumerTag,
        since: sinceMs,
      }))
      return c.json({ total_count: total, items })
    })
    .post('/queues/:vhost/:queue/move', async (c) => {
      const { to, ...which } = await jsonBody(c, MOVE)
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const queue = readQueue(declarer, c.req.param('queue'))
      const publisher = client(c.var.caller, declarer)
      const selection = selectionOf(which, c.req.raw.signal)
      return c.json(
        await move(broker, declarer.vhost, queue, destinationOf(publisher, to), selection, permitOf(publisher)),
      )
    })
    .post('/queues/:vhost/:queue/redrive', async (c) => {
      const { to, death, history, edit, ...which } = await jsonBody(c, REDRIVE)
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const queue = readQueue(declarer, c.req.param('queue'))
      const options = { to, death, history, edit: editOf(edit), ...selectionOf(which, c.req.raw.signal) }
      const permit = permitOf(client(c.var.caller, declarer))
      return c.json(await redrive(broker, declarer.vhost, queue, options, permit))
    })
}

/** @throws HttpError 404, Refusal */
function readQueue(declarer: Declarer, name: string): Queue {
  declarer.rights.require('read', 'queue', name)
  return ownQueue(declarer, name, 'looking into messages is')
}

/** @throws Refusal access-refused where nothing could be sent at all */
function destinationOf(publisher: PublishingClient, to: z.output<typeof MOVE>['to']): Destination {
  if ('queue' in to) {
    checkPublish(publisher, '', to.queue)
    return to
  }
  const { exchange, routing_key: routingKey } = to
  if (routingKey === undefined) publisher.rights.require('write', 'exchange', exchange)
  else checkPublish(publisher, exchange, routingKey)
  return { exchange, ...(routingKey !== undefined && { routingKey }) }
}

function editOf(edit: z.output<typeof REDRIVE>['edit']): MessageEdit {
  const { set_headers, remove_headers, payload, payload_encoding, routing_key } = edit
  return {
    ...(set_headers !== undefined && { setHeaders: set_headers as Headers }),
    ...(remove_headers !== undefined && { removeHeaders: remove_headers }),
    ...(payload !== undefined && { body: payloadBytes(payload, payload_encoding) }),
    ...(routing_key !== undefined && { routingKey: routing_key }),
  }
}
