/** `/aliveness-test`: a message goes through a queue of the vhost. `/healthchecks/node`: the old probe of the node. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import { declareQueue } from '../../broker/operations/declare.ts'
import { publish } from '../../broker/operations/publish.ts'
import { Refusal } from '../../broker/refusal.ts'
import { noHeaders } from '../../broker/routing/headers.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { HttpError, notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'

/** RabbitMQ's; it stays, so that probes make no queue each time. */
const QUEUE = 'aliveness-test'
const BODY = new TextEncoder().encode('test_message')

export function alivenessRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  const health = (c: Context<Env>): Response => {
    c.var.caller.require('management')
    const { reason } = broker.alarms
    if (reason === null) return c.json({ status: 'ok' })
    return c.json({ status: 'failed', reason: `resource alarm(s) in effect: ${reason}` })
  }
  return new Hono<Env>()
    .get('/aliveness-test/:vhost', (c) => {
      const { caller } = c.var
      caller.require('management')
      const vhost = caller.vhost(c.req.param('vhost'))
      caller.act(() => passMessage(http, caller, vhost))
      return c.json({ status: 'ok' })
    })
    .get('/healthchecks/node', health)
    .get('/healthchecks/node/:node', (c) => {
      if (c.req.param('node') !== broker.node) throw notFound()
      return health(c)
    })
}

/** What was left there before goes out with it. @throws Refusal, HttpError 503 if the message does not come out */
function passMessage({ broker }: HttpContext, caller: Caller, vhost: Vhost): void {
  const rights = caller.rights(vhost)
  const options = { durable: false, autoDelete: false, exclusiveTo: null, arguments: noHeaders }
  const queue = declareQueue({ rights, vhost, owner: null }, { name: QUEUE, ...options })
  if (queue.kind !== 'queue') throw new Refusal('precondition-failed', `'${QUEUE}' is a stream`)
  const client = { broker, vhost, rights, user: caller.user, connection: `HTTP ${caller.host}`, address: caller.host }
  publish(client, { exchange: '', key: QUEUE, properties: {}, body: BODY })
  rights.require('read', 'queue', QUEUE)
  let got = 0
  while (queue.get(true, () => {}) === 'got') got++
  if (got === 0) throw new HttpError(503, 'service_unavailable', 'the message did not come out of its queue')
}
