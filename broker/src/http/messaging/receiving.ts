/** Receiving by long poll, and what becomes of what was received: acknowledged, given back, kept longer. */
import { z } from '@hono/zod-openapi'
import type { PublishingClient } from '../../broker/operations/publish.ts'
import { HttpError } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Api, Ctx } from './api.ts'
import { checkNotExclusive, clientOf, readableQueue } from './client.ts'
import type { Lease, Leases } from './leases.ts'
import { AS_TEXT, BATCH_MAX, ReceivedMessage } from './message-schemas.ts'
import { durable } from './publishing.ts'
import { Receiver } from './receiver.ts'

export const WAIT_MS_MAX = 60_000
export const LEASE_MS = 30_000
export const LEASE_MS_MAX = 12 * 3_600_000
export const LEASE_MS_MIN = 100

const leaseMs = z.int().min(LEASE_MS_MIN).max(LEASE_MS_MAX)

const Receive = z
  .strictObject({
    max: z.int().min(1).max(BATCH_MAX).optional().openapi({ description: 'Messages at most; 1 unless told.' }),
    wait_ms: z
      .int()
      .min(0)
      .max(WAIT_MS_MAX)
      .optional()
      .openapi({ description: 'Wait so long for the first message; 0 unless told.' }),
    lease_ms: leaseMs.optional().openapi({ description: 'What is not settled by then goes back; 30000 unless told.' }),
    as_text: z.boolean().optional().openapi({ description: AS_TEXT }),
  })
  .openapi('Receive', { example: { max: 10, wait_ms: 20_000, lease_ms: 30_000 } })

const Received = z.object({ messages: z.array(ReceivedMessage) }).openapi('Received')

const leases = z.array(z.string()).min(1).max(BATCH_MAX)
const LEASES = ['WyIvIiwib3JkZXJzIiwwLCJhYmMiXQ']
const Ack = z.strictObject({ leases }).openapi('Ack', { example: { leases: LEASES } })
const Nack = z
  .strictObject({
    leases,
    requeue: z.boolean().optional().openapi({
      description: 'True, unless told: back to the queue. False: out of it, to its dead-letter exchange if it has one.',
    }),
  })
  .openapi('Nack', { example: { leases: LEASES, requeue: false } })
const Extend = z
  .strictObject({ leases, lease_ms: leaseMs })
  .openapi('Extend', { example: { leases: LEASES, lease_ms: 60_000 } })

const Settled = z
  .object({
    settled: z.int(),
    gone: z.array(z.string()).openapi({ description: 'Leases that had run out, or were settled before.' }),
  })
  .openapi('Settled', { example: { settled: 1, gone: [] } })

const GONE = { 410: 'None of the leases is there any more: the messages went back, or were settled.' }
const BAD = { 400: 'The request is not what it should be.' }

export function receivingRoutes(http: HttpContext, api: Api, all: Leases): void {
  const queue = '/vhosts/{vhost}/queues/{queue}'
  api.add(
    'post',
    `${queue}/receive`,
    {
      tag: 'Receive',
      summary: 'Receive messages, or wait for one',
      description:
        'Each message is leased to the caller, who acknowledges it before the lease runs out; otherwise it is delivered ' +
        'again, marked as redelivered. What could not be answered because the caller had gone goes back at once.',
      body: Receive,
      answer: Received,
      errors: BAD,
    },
    (c) => receive(http, c, all),
  )
  const settling = { tag: 'Receive', answer: Settled, errors: { ...BAD, ...GONE } }
  api.add(
    'post',
    `${queue}/ack`,
    { ...settling, summary: 'Acknowledge: done with the messages', body: Ack },
    async (c) => {
      const { client, found, answer } = await settle(http, c, all, Ack)
      for (const lease of found) all.acknowledge(lease)
      return answered(http, client, c, answer)
    },
  )
  api.add(
    'post',
    `${queue}/nack`,
    { ...settling, summary: 'Give messages back, or reject them', body: Nack },
    async (c) => {
      const { client, given, found, answer } = await settle(http, c, all, Nack)
      for (const lease of found) {
        if (given.requeue === false) all.discard(lease)
        else all.giveBack(lease, 'returned')
      }
      return answered(http, client, c, answer)
    },
  )
  api.add('post', `${queue}/extend`, { ...settling, summary: 'Keep messages longer', body: Extend }, async (c) => {
    const { given, found, answer } = await settle(http, c, all, Extend)
    for (const lease of found) all.extend(lease, given.lease_ms)
    return c.json(answer)
  })
}

async function receive(http: HttpContext, c: Ctx, all: Leases): Promise<Response> {
  const { max = 1, wait_ms: waitMs = 0, lease_ms: leaseMs = LEASE_MS, as_text } = await jsonBody(c, Receive)
  const options = { max, waitMs, leaseMs, asText: as_text ?? false }
  const client = clientOf(http, c)
  const queue = readableQueue(client, c)
  checkNotExclusive(queue)
  const { outgoing } = c.env
  if (outgoing.destroyed) return c.json({ messages: [] })
  const receiver = await new Promise<Receiver>((resolve) => {
    const one = new Receiver(queue, client, all, options, () => resolve(one))
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) one.abandon()
    })
    one.begin()
  })
  if (queue.gone && receiver.messages.length === 0) throw new HttpError(404, 'not_found', `the queue was deleted`)
  return c.json({ messages: receiver.messages })
}

type WithLeases = z.ZodType<{ leases: string[] }>

/** @throws HttpError 410 if none of the leases is there */
async function settle<S extends WithLeases>(http: HttpContext, c: Ctx, all: Leases, schema: S) {
  const given = await jsonBody(c, schema)
  const client = clientOf(http, c)
  const queue = readableQueue(client, c)
  const gone: string[] = []
  const found = new Set<Lease>()
  for (const token of given.leases) {
    const lease = all.find(queue, token, client.user.name)
    if (lease === undefined) gone.push(token)
    else found.add(lease)
  }
  if (found.size === 0) throw new HttpError(410, 'gone', 'none of the leases is there any more')
  return { client, given, found, answer: { settled: found.size, gone } }
}

async function answered(http: HttpContext, { broker }: PublishingClient, c: Ctx, answer: object): Promise<Response> {
  await durable(http, broker.engine.seal())
  return c.json(answer)
}
