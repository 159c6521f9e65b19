/** Writing to topics: the records of a call become one batch per partition, as a Kafka producer would send them. */
import { z } from '@hono/zod-openapi'
import { appendRecords } from '../../broker/operations/append-records.ts'
import type { RecordHeader } from '../../record/batch-builder.ts'
import { badRequest } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Api, Ctx } from './api.ts'
import { clientOf, topicOf } from './client.ts'
import { BATCH_MAX, encoding } from './message-schemas.ts'
import { bytesOf } from './payload.ts'
import { admitted } from './publishing.ts'

const textOrOctets = z.enum(['string', 'base64'])

const NewRecord = z
  .strictObject({
    key: z.string().nullable().optional(),
    key_encoding: textOrOctets.optional(),
    value: z.any().openapi({ description: 'Any JSON value, or text; null deletes the key of a compacted topic.' }),
    value_encoding: encoding.optional(),
    headers: z.record(z.string(), z.string().nullable()).optional(),
    partition: z.int().min(0).optional().openapi({ description: "By the key's hash, unless told." }),
    timestamp: z.int().min(0).optional().openapi({ description: 'ms since 1970; now, unless told.' }),
  })
  .openapi('NewRecord', { example: { key: 'customer-1', value: { visits: 3 }, headers: { source: 'web' } } })

type NewRecord = z.output<typeof NewRecord>

const NewRecords = z
  .strictObject({ records: z.array(NewRecord).min(1).max(BATCH_MAX) })
  .openapi('NewRecords', { example: { records: [{ key: 'customer-1', value: { visits: 3 } }] } })

const Written = z
  .object({ records: z.array(z.object({ partition: z.int(), offset: z.int() })) })
  .openapi('Written', { example: { records: [{ partition: 0, offset: 17 }] } })

export function topicWritingRoutes(http: HttpContext, api: Api): void {
  let turns = 0
  api.add(
    'post',
    '/vhosts/{vhost}/topics/{topic}/records',
    {
      tag: 'Topics',
      summary: 'Append records',
      description: 'Answered when the records are as durable as the topic promises. Offsets stand in the order given.',
      body: NewRecords,
      answer: Written,
      errors: {
        400: 'The request is not what it should be, or the topic does not take such records.',
        413: 'A batch is larger than the topic takes.',
        503: 'An alarm blocks publishers (`blocked`).',
      },
    },
    async (c) => write(http, c, turns++),
  )
}

async function write(http: HttpContext, c: Ctx, turn: number): Promise<Response> {
  const { records } = await jsonBody(c, NewRecords)
  const topic = topicOf(clientOf(http, c), 'write', c)
  await admitted(http)
  const { length } = topic.partitions
  const given = records.map((record, place) => {
    const { partition, timestamp } = record
    if (partition !== undefined && partition >= length) {
      throw badRequest(`records.${place}.partition: there are ${length}`)
    }
    return { partition, timestamp, key: keyOf(record), value: recordValue(record), headers: headersOf(record) }
  })
  return c.json({ records: await appendRecords(topic, given, turn, http.broker.clock.now()) })
}

function keyOf({ key, key_encoding }: NewRecord): Uint8Array | null {
  return key === undefined || key === null ? null : bytesOf(key, key_encoding ?? 'string').body
}

function recordValue({ value, value_encoding }: NewRecord): readonly Uint8Array[] | null {
  const isNull = (value === null && value_encoding !== 'json') || value === undefined
  return isNull ? null : [bytesOf(value, value_encoding).body]
}

function headersOf({ headers = {} }: NewRecord): RecordHeader[] {
  return Object.entries(headers).map(([key, value]) => ({
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  }))
}
