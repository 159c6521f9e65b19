/**
 * Following a topic: its records as events, each with an id that says where every partition goes on (`0:17,1:4`), so
 * that a reader that comes back with `Last-Event-ID`, to whatever node, misses nothing and gets nothing twice.
 */
import { z } from '@hono/zod-openapi'
import type { PublishingClient } from '../../broker/operations/publish.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import { badRequest, HttpError } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { type Api, type Ctx, flag, queryOf } from './api.ts'
import { clientOf, mayStill, topicOf } from './client.ts'
import { ALREADY_SENT, EventStream } from './event-stream.ts'
import { AS_TEXT } from './message-schemas.ts'
import { moved, startAt, startOf } from './topic-reading.ts'
import { readRecords } from './topic-record.ts'

/** Records of one partition before the next has its turn. */
const TURN_RECORDS = 100
/** Partitions may be added meanwhile; nobody tells. */
const LOOK_AGAIN_MS = 5000

const MAP = /^\d{1,9}:\d{1,16}(,\d{1,9}:\d{1,16})*$/
const TIME = /^\d{1,16}$/

const Query = z.object({
  from: z
    .string()
    .optional()
    .openapi({ description: '`earliest`, `latest` (unless told), a time in ms since 1970, or offsets: `0:17,1:4`.' }),
  as_text: flag.optional().openapi({ description: AS_TEXT }),
})

export function followTopicRoutes(http: HttpContext, api: Api): void {
  api.add(
    'get',
    '/vhosts/{vhost}/topics/{topic}/follow',
    {
      tag: 'Topics',
      summary: 'Follow a topic by server-sent events',
      description:
        'Events `record`; the id of each is the place behind it, and a call with it in `Last-Event-ID` goes on there. ' +
        'An event `gap` tells of records that were removed before they were read, `gone` that the topic was deleted.',
      query: Query,
      answer: 'Events, until the caller goes away.',
      errors: { 400: 'The query is not what it should be.' },
    },
    async (c) => {
      const client = clientOf(http, c)
      const topic = topicOf(client, 'read', c)
      const { from = 'latest', as_text: asText = false } = queryOf(c, Query)
      const positions = await positionsOf(topic, c.req.header('last-event-id') ?? from)
      const follower = new TopicFollower(http, c, client, topic, positions, asText)
      void follower.run()
      return ALREADY_SENT()
    },
  )
}

/** @throws HttpError 400 */
async function positionsOf(topic: Topic, from: string): Promise<number[]> {
  const { partitions } = topic
  if (from === 'earliest' || from === 'latest') return partitions.map((partition) => startOf(partition, from))
  if (TIME.test(from)) return Promise.all(partitions.map((partition) => startAt(partition, Number(from))))
  if (!MAP.test(from)) throw badRequest('from: must be earliest, latest, a time in ms or partition:offset,…')
  const known = new Map(from.split(',').map((pair) => pair.split(':').map(Number) as [number, number]))
  return partitions.map((partition, index) => known.get(index) ?? partition.log.startOffset)
}

class TopicFollower {
  private readonly http: HttpContext
  private readonly topic: Topic
  private readonly positions: number[]
  private readonly asText: boolean
  private readonly stream: EventStream
  private gone: () => void = () => {}

  constructor(http: HttpContext, c: Ctx, client: PublishingClient, topic: Topic, positions: number[], asText: boolean) {
    this.asText = asText
    this.http = http
    this.topic = topic
    this.positions = positions
    this.stream = new EventStream(
      c,
      http.broker.clock,
      () => mayStill(client, () => topicOf(client, 'read', c)),
      () => this.gone(),
    )
  }

  async run(): Promise<void> {
    const { topic, stream, positions, http } = this
    try {
      while (!stream.closed) {
        while (positions.length < topic.partitions.length) positions.push(0)
        let progress = false
        for (let index = 0; index < positions.length && !stream.closed; index++) {
          if (await this.turnOf(index)) progress = true
          if (stream.isFull) await new Promise<void>((resolve) => stream.whenFree(resolve))
        }
        if (this.isDeleted) break
        if (progress || stream.closed || this.hasMore) continue
        await moved(topic.partitions, http.broker.clock, LOOK_AGAIN_MS, (task) => {
          this.gone = task
        })
      }
      stream.send('gone', { reason: 'the topic was deleted' })
    } catch (error) {
      http.broker.logger.error({ topic: topic.name, error: String(error) }, 'a topic cannot be followed')
      stream.send('error', { reason: 'the topic cannot be read' })
    }
    if (!stream.closed) stream.end()
  }

  /** Sends what comes next of a partition. @returns whether its position moved */
  private async turnOf(index: number): Promise<boolean> {
    const { stream, positions, topic } = this
    const partition = topic.partitions[index]
    const from = positions[index]
    const { startOffset, endOffset } = partition.log
    if (from < startOffset || from > endOffset) {
      positions[index] = from < startOffset ? startOffset : endOffset
      stream.send('gap', { partition: index, from, to: positions[index] }, this.place)
      return true
    }
    if (this.isDeleted || from >= partition.limit('committed')) return false
    const options = { max: TURN_RECORDS, asText: this.asText }
    const { records, next } = await readRecords(this.http, partition, from, options).catch((error) => {
      // Removed meanwhile: told in the next turn.
      if (error instanceof HttpError) return { records: [], next: from }
      throw error
    })
    for (const record of records) {
      positions[index] = record.offset + 1
      stream.send('record', record, this.place)
    }
    positions[index] = next
    return true
  }

  private get hasMore(): boolean {
    return this.topic.partitions.some((partition, index) => this.positions[index] < partition.limit('committed'))
  }

  private get isDeleted(): boolean {
    return this.topic.partitions[0].log.deleted
  }

  private get place(): string {
    return this.positions.map((offset, index) => `${index}:${offset}`).join(',')
  }
}
