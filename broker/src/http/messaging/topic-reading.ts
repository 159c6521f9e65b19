/** Topics: what they have, their records by offset or time, and what comes next. */
import { z } from '@hono/zod-openapi'
import type { Clock } from '../../base/clock.ts'
import { offsetForTime } from '../../broker/operations/offset-for-time.ts'
import type { Partition } from '../../broker/topic/partition.ts'
import { badRequest, notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { type Api, type Ctx, flag, queryOf, wholeNumber } from './api.ts'
import { clientOf, topicOf } from './client.ts'
import { AS_TEXT, BATCH_MAX } from './message-schemas.ts'
import { WAIT_MS_MAX } from './receiving.ts'
import { type RecordPage, readRecords, TopicRecord } from './topic-record.ts'

const LIMIT = 100

const Query = z.object({
  offset: z
    .union([wholeNumber(), z.enum(['earliest', 'latest'])])
    .optional()
    .openapi({ type: 'string', description: 'A number, `earliest` (unless told) or `latest`.' }),
  time: wholeNumber().optional().openapi({ description: 'Instead of an offset: from this time on, ms since 1970.' }),
  limit: wholeNumber(BATCH_MAX, 1).optional().openapi({ description: 'Records at most; 100 unless told.' }),
  wait_ms: wholeNumber(WAIT_MS_MAX).optional().openapi({ description: 'Wait so long for a record; 0 unless told.' }),
  as_text: flag.optional().openapi({ description: AS_TEXT }),
})

const Records = z
  .object({
    records: z.array(TopicRecord),
    next_offset: z.int().openapi({ description: 'Go on here.' }),
    start_offset: z.int(),
    end_offset: z.int(),
  })
  .openapi('Records')

const TopicAnswer = z
  .object({
    name: z.string(),
    partitions: z.array(z.object({ partition: z.int(), start_offset: z.int(), end_offset: z.int() })),
  })
  .openapi('Topic', { example: { name: 'visits', partitions: [{ partition: 0, start_offset: 0, end_offset: 18 }] } })

export function topicReadingRoutes(http: HttpContext, api: Api): void {
  api.add(
    'get',
    '/vhosts/{vhost}/topics/{topic}',
    { tag: 'Topics', summary: 'The partitions of a topic', answer: TopicAnswer, errors: {} },
    (c) => {
      const topic = topicOf(clientOf(http, c), 'read', c)
      return c.json({ name: topic.name, partitions: topic.partitions.map(boundsOf) })
    },
  )
  api.add(
    'get',
    '/vhosts/{vhost}/topics/{topic}/partitions/{partition}/records',
    {
      tag: 'Topics',
      summary: 'Read records by offset or time',
      description: 'Nothing is consumed: remember `next_offset` and come back with it.',
      query: Query,
      answer: Records,
      errors: { 400: 'The query is not what it should be.', 416: 'The offset is not in the partition.' },
    },
    (c) => read(http, c),
  )
}

async function read(http: HttpContext, c: Ctx): Promise<Response> {
  const { offset, time, limit: max = LIMIT, wait_ms: waitMs = 0, as_text: asText = false } = queryOf(c, Query)
  if (offset !== undefined && time !== undefined) throw badRequest('time: there is an offset too')
  const topic = topicOf(clientOf(http, c), 'read', c)
  const index = c.req.param('partition')!
  const partition = /^\d{1,9}$/.test(index) ? topic.partitions[Number(index)] : undefined
  if (partition === undefined) throw notFound(`topic '${topic.name}' has no partition ${index}`)
  const from = time === undefined ? startOf(partition, offset ?? 'earliest') : await startAt(partition, time)
  const { records, next } = await readOrWait(http, c, partition, from, { max, asText, waitMs })
  const { start_offset, end_offset } = boundsOf(partition)
  return c.json({ records, next_offset: next, start_offset, end_offset })
}

export function startOf(partition: Partition, from: number | 'earliest' | 'latest'): number {
  if (from === 'earliest') return partition.log.startOffset
  return from === 'latest' ? partition.limit('committed') : from
}

/** Where the first record at or after the time lies; the end, if there is none. */
export function startAt(partition: Partition, timeMs: number): Promise<number> {
  return offsetForTime(partition, timeMs, partition.limit('committed'))
}

async function readOrWait(
  http: HttpContext,
  c: Ctx,
  partition: Partition,
  from: number,
  options: { readonly max: number; readonly asText: boolean; readonly waitMs: number },
): Promise<RecordPage> {
  const { clock } = http.broker
  const until = clock.monotonic() + options.waitMs
  let next = from
  let gone = (): void => {}
  c.env.outgoing.once('close', () => gone())
  for (;;) {
    const page = await readRecords(http, partition, next, options)
    if (page.records.length > 0) return page
    // Behind what readers do not see.
    next = page.next
    if (next < partition.limit('committed')) continue
    const left = until - clock.monotonic()
    if (left <= 0 || c.env.outgoing.destroyed) return page
    await moved([partition], clock, left, (task) => {
      gone = task
    })
  }
}

/** Resolves when one of the partitions has more, when the time is up, or when nobody waits any more. */
export function moved(
  partitions: readonly Partition[],
  clock: Clock,
  waitMs: number | null,
  onGone: (task: () => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const watcher = { partitionAdvanced: () => done() }
    const timer = waitMs === null ? null : clock.setTimer(waitMs, () => done())
    const done = (): void => {
      for (const partition of partitions) partition.unwatch(watcher)
      if (timer !== null) clock.clearTimer(timer)
      resolve()
    }
    for (const partition of partitions) partition.watch(watcher)
    onGone(done)
  })
}

function boundsOf(partition: Partition): { partition: number; start_offset: number; end_offset: number } {
  const { index, log } = partition
  return { partition: index, start_offset: log.startOffset, end_offset: partition.limit('committed') }
}
