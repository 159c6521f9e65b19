/** Writing to topics: the records of a call become one batch per partition, as a Kafka producer would send them. */
import { z } from '@hono/zod-openapi'
import { StreamRefusal } from '../../broker/stream-refusal.ts'
import { partitionOf } from '../../broker/topic/murmur2.ts'
import type { Appended, Partition } from '../../broker/topic/partition.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import { BatchBuilder, type RecordHeader } from '../../record/batch-builder.ts'
import { badRequest } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Api, Ctx } from './api.ts'
import { clientOf, topicOf } from './client.ts'
import { BATCH_MAX, encoding } from './message-schemas.ts'
import { bytesOf } from './payload.ts'
import { checkNotBlocked } from './publishing.ts'

/** Of a batch that no leader has seen. */
const NO_EPOCH = -1

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

/** What goes to one partition, and where it stands in the call. */
interface Share {
  readonly partition: Partition
  readonly builder: BatchBuilder
  readonly places: number[]
}

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
  checkNotBlocked(http)
  const now = http.broker.clock.now()
  const shares = shareOut(topic, records, turn, now)
  const written: { partition: number; offset: number }[] = new Array(records.length)
  const appended = shares.map(({ partition, builder, places }) => {
    const result = partition.append(builder.finish({ leaderEpoch: NO_EPOCH }), now)
    places.forEach((place, at) => {
      written[place] = { partition: partition.index, offset: result.baseOffset + at }
    })
    return { partition, result }
  })
  await Promise.all(appended.map(({ partition, result }) => durable(partition, result)))
  return c.json({ records: written })
}

/** @throws HttpError 400 for a partition that is not there, or a value that is not in its encoding */
function shareOut(topic: Topic, records: readonly NewRecord[], turn: number, now: number): Share[] {
  const shares = new Map<Partition, Share>()
  const { partitions } = topic
  records.forEach((record, place) => {
    const key = keyOf(record)
    const index = record.partition ?? (key === null ? turn % partitions.length : partitionOf(key, partitions.length))
    const partition = partitions[index]
    if (partition === undefined) throw badRequest(`records.${place}.partition: there are ${partitions.length}`)
    let share = shares.get(partition)
    if (share === undefined) shares.set(partition, (share = { partition, builder: new BatchBuilder(), places: [] }))
    share.builder.append({
      offset: share.places.length,
      timestamp: record.timestamp ?? now,
      key,
      value: recordValue(record),
      headers: headersOf(record),
    })
    share.places.push(place)
  })
  return [...shares.values()]
}

/** @throws StreamRefusal for what the partition did not take */
function durable(partition: Partition, { error, errorMessage, endOffset }: Appended): Promise<void> {
  return new Promise((resolve, reject) => {
    if (error !== null) reject(new StreamRefusal(error, errorMessage ?? error))
    else {
      partition.whenDurable(endOffset, (failure) => {
        if (failure === null) resolve()
        else reject(new StreamRefusal(failure, `the records for ${partition} were not kept`))
      })
    }
  })
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
