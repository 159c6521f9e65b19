/** A range of a topic copied into a queue, so much in one call; `next` tells where the rest begins. */
import { Hono } from 'hono'
import { z } from 'zod'
import { replay } from '../../broker/operations/replay.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'
import { admitted } from '../messaging/publishing.ts'
import { topicFor } from './topic-access.ts'
import { filterOf, partitionsOf, scanBytesOf, stretchOf } from './topic-range.ts'

const EDGE = z.union([z.strictObject({ offset: z.int() }), z.strictObject({ time: z.int().nonnegative() })])
const LIMIT = 10_000
const LIMIT_MAX = 100_000

const RANGE = z.object({
  partition: z.int().nonnegative().optional(),
  from: EDGE.optional(),
  to: EDGE.optional(),
  queue: z.string(),
  filter: z
    .object({ key: z.string().optional(), header: z.string().optional(), text: z.string().optional() })
    .default({}),
  limit: z.int().min(1).max(LIMIT_MAX).default(LIMIT),
  scan_bytes: z.int().positive().optional(),
  /** As an earlier answer said. */
  next: z.record(z.string(), z.int().nonnegative()).nullish(),
})

export function topicReplayRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  return new Hono<Env>().post('/topics/:vhost/:topic/replay', async (c) => {
    const { caller } = c.var
    const { partition: index, from, to, queue: name, filter, limit, scan_bytes, next } = await jsonBody(c, RANGE)
    const { vhost, topic } = topicFor(caller, 'read', c.req.param('vhost'), c.req.param('topic'))
    caller.rights(vhost).require('write', 'queue', name)
    const queue = vhost.queue(name, null)
    await admitted(http)
    const stretches = await Promise.all(
      partitionsOf(topic, index).map((partition) => {
        const known = next?.[partition.index]
        return stretchOf(partition, known === undefined ? from : { offset: known }, to)
      }),
    )
    const options = { filter: filterOf(filter), limit, scanBytes: scanBytesOf(scan_bytes ?? Number.MAX_SAFE_INTEGER) }
    return c.json(await replay(broker, stretches, queue, options))
  })
}
