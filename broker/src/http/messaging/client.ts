/** Who calls `/v1`, in which vhost, and what it is told when something is refused: other words than the management API's. */

import type { PublishingClient } from '../../broker/operations/publish.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import { Refusal } from '../../broker/refusal.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import { answerTo, HttpError, notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import type { Ctx } from './api.ts'

/** @throws HttpError 404, 403 */
export function clientOf(http: HttpContext, c: Ctx): PublishingClient {
  const { caller } = c.var
  const name = c.req.param('vhost')!
  const vhost = http.broker.vhosts.get(name)
  if (vhost === undefined) throw notFound(`no vhost '${name}'`)
  if (!caller.mayEnter(name)) throw forbidden(`access to vhost '${name}' refused for user '${caller.user.name}'`)
  const { remoteAddress, remotePort } = c.env.incoming.socket
  const connection = `HTTP ${remoteAddress}:${remotePort}`
  const { user, host: address } = caller
  return { broker: http.broker, vhost, rights: caller.rights(vhost), user, connection, address }
}

/** The queue of the path, to take messages from. @throws HttpError, Refusal */
export function readableQueue({ vhost, rights }: PublishingClient, c: Ctx): Queue {
  const name = c.req.param('queue')!
  rights.require('read', 'queue', name)
  const queue = vhost.queueOrStream(name, null)
  if (queue.kind === 'topic') {
    const text = `'${name}' in vhost '${vhost.name}' is a stream: its records are read below /topics`
    throw new Refusal('not-implemented', text)
  }
  return queue
}

/** @throws Refusal access-refused while a consumer has the queue to itself */
export function checkNotExclusive({ name, vhost, hasExclusiveConsumer }: Queue): void {
  if (!hasExclusiveConsumer) return
  throw new Refusal('access-refused', `queue '${name}' in vhost '${vhost}' in exclusive use`)
}

/** The topic of the path. @throws HttpError 404, Refusal */
export function topicOf({ vhost, rights }: PublishingClient, operation: 'read' | 'write', c: Ctx): Topic {
  const name = c.req.param('topic')!
  rights.requireAs(operation, 'topic', name)
  const topic = vhost.streams.topics.get(name)
  if (topic === undefined) throw notFound(`no topic '${name}' in vhost '${vhost.name}'`)
  return topic
}

/** Asked while something is followed: users can be deleted, and lose their permissions. */
export function mayStill(client: PublishingClient, ask: (client: PublishingClient) => unknown): boolean {
  const { broker, user, vhost } = client
  if (broker.access.user(user.name) === undefined || broker.vhosts.get(vhost.name) !== vhost) return false
  try {
    ask(client)
    return true
  } catch (error) {
    if (error instanceof Refusal || error instanceof HttpError) return false
    throw error
  }
}

export function answerRefusals(http: HttpContext) {
  return (error: Error, c: Ctx): Response => answerTo(http, error instanceof Refusal ? asHttp(error) : error, c)
}

/** With its status, where that is another than the management API's. */
export function asHttp(refusal: Refusal): HttpError | Refusal {
  if (refusal.code === 'access-refused') return forbidden(refusal.message)
  if (refusal.code === 'resource-locked') return new HttpError(409, 'conflict', refusal.message)
  return refusal
}

function forbidden(reason: string): HttpError {
  return new HttpError(403, 'forbidden', reason)
}
