/**
 * `POST /queues/…/get`: takes the first messages of a queue as `basic.get` does. All are taken first and given back, or
 * not, then: so that they are different ones. As with any delivery, those that come back are marked as redelivered.
 */
import { Hono } from 'hono'
import { z } from 'zod'
import type { Broker } from '../../broker/broker.ts'
import { bodyOf, exchangeOf, keyOf } from '../../broker/operations/filter.ts'
import type { PropertyBlocks } from '../../broker/property-blocks.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import type { MessageView } from '../../record/message.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { othersTurn } from '../lists/slices.ts'
import type { Env } from '../login/authentication.ts'
import { payloadOf } from './message-rows.ts'
import { declarerIn, ownQueue } from './named.ts'

const count = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
])

const GET = z.object({
  count,
  ackmode: z.enum(['ack_requeue_true', 'ack_requeue_false', 'reject_requeue_true', 'reject_requeue_false']),
  encoding: z.enum(['auto', 'base64'], { error: 'Unsupported encoding. Please use auto or base64.' }),
  truncate: count.optional(),
})

type Asked = z.output<typeof GET>

/** Taken before others have their turn. */
const SLICE = 100
/** Of the payloads of one answer; it then has fewer messages than were asked for. */
const ANSWER_BYTES_MAX = 64 << 20

export function queueGetRoutes({ broker }: HttpContext): Hono<Env> {
  return new Hono<Env>().post('/queues/:vhost/:queue/get', async (c) => {
    const asked = await jsonBody(c, GET)
    const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
    const name = c.req.param('queue')
    declarer.rights.require('read', 'queue', name)
    const queue = ownQueue(declarer, name, 'basic.get')
    return c.json(await take(broker, queue, asked, c.req.raw.signal))
  })
}

async function take(
  { properties, outside }: Broker,
  queue: Queue,
  asked: Asked,
  signal: AbortSignal,
): Promise<object[]> {
  const noAck = asked.ackmode === 'ack_requeue_false'
  const rows: object[] = []
  const places: number[] = []
  let bytes = 0
  const use = (view: MessageView, redelivered: boolean): void => {
    if (!noAck) places.push(view.place)
    bytes += Math.min(view.bodyLen, asked.truncate ?? view.bodyLen)
    if (redelivered) outside.redelivered++
    if (noAck) outside.gotNoAck++
    else outside.got++
    rows.push(messageRow(properties, queue, view, redelivered, asked))
  }
  try {
    while (rows.length < asked.count && bytes < ANSWER_BYTES_MAX && !signal.aborted) {
      const result = queue.get(noAck, use)
      if (result === 'empty') {
        outside.getEmpty++
        break
      }
      if (result === 'wait') await new Promise<void>((resolve) => queue.whenReadable(resolve))
      else if (rows.length % SLICE === 0) await othersTurn()
    }
  } finally {
    for (const place of places) {
      if (asked.ackmode === 'reject_requeue_false') queue.discard(place)
      else queue.requeue(place, asked.ackmode === 'ack_requeue_true' ? 'returned' : 'failed')
    }
  }
  return rows
}

function messageRow(
  blocks: PropertyBlocks,
  queue: Queue,
  view: MessageView,
  redelivered: boolean,
  { encoding, truncate }: Asked,
): object {
  const body = bodyOf(view, truncate)
  const { headers, ...properties } = blocks.read(view.buffer, view.propertiesPos, view.propertiesLen)
  const counted = view.deliveryCount > 0 ? { ...headers, 'x-delivery-count': view.deliveryCount } : headers
  return {
    payload_bytes: view.bodyLen,
    redelivered,
    exchange: exchangeOf(view),
    routing_key: keyOf(view),
    message_count: queue.ready,
    properties: { ...properties, ...(counted !== undefined && { headers: counted }) },
    ...(encoding === 'auto' ? payloadOf(body) : { payload: body.toString('base64'), payload_encoding: 'base64' }),
  }
}
