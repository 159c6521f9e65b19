/** One record put into a topic by hand; answered when it is as durable as the topic promises. */
import { Hono } from 'hono'
import { z } from 'zod'
import { appendRecords } from '../../broker/operations/append-records.ts'
import { notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'
import { bytesOf } from '../messaging/payload.ts'
import { admitted } from '../messaging/publishing.ts'
import { topicFor } from './topic-access.ts'

const ENCODING = z.enum(['string', 'base64']).default('string')
const HEADER = z.object({ key: z.string(), value: z.string().nullable(), encoding: ENCODING })
const RECORD = z.object({
  partition: z.int().nonnegative().optional(),
  key: z.string().nullable().default(null),
  key_encoding: ENCODING,
  value: z.string().nullable(),
  value_encoding: ENCODING,
  headers: z.union([z.array(HEADER), z.record(z.string(), z.string().nullable())]).default([]),
})

export function topicPublishRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  let turn = 0
  return new Hono<Env>().post('/topics/:vhost/:topic/publish', async (c) => {
    const record = await jsonBody(c, RECORD)
    const { topic } = topicFor(c.var.caller, 'write', c.req.param('vhost'), c.req.param('topic'))
    await admitted(http)
    const key = record.key === null ? null : bytesOf(record.key, record.key_encoding).body
    if (record.partition !== undefined && record.partition >= topic.partitions.length) {
      throw notFound('partition_not_found')
    }
    const value = record.value === null ? null : [bytesOf(record.value, record.value_encoding).body]
    const given = { partition: record.partition, key, value, headers: headersOf(record.headers) }
    const [appended] = await appendRecords(topic, [given], turn++, broker.clock.now())
    return c.json(appended)
  })
}

function headersOf(headers: z.output<typeof RECORD>['headers']) {
  const all = Array.isArray(headers)
    ? headers
    : Object.entries(headers).map(([key, value]) => ({ key, value, encoding: 'string' as const }))
  return all.map(({ key, value, encoding }) => ({
    key: Buffer.from(key),
    value: value === null ? null : bytesOf(value, encoding).body,
  }))
}
