/**
 * Records of a topic: first what is there, merged by time over all partitions, then what comes, as the broker sends it.
 * The place behind each record is known at all times, so that a stream that breaks is taken up where it broke.
 */
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { ApiError, address, UnreachableError } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import type { Start } from '../quantities.ts'
import type { Session } from '../session.ts'
import type { Encoding } from './message-text.ts'

export interface TopicRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly key_encoding: 'string' | 'base64'
  readonly value: unknown
  readonly value_encoding: Encoding
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
}

interface Page {
  readonly records: readonly TopicRecord[]
  readonly next_offset: number
}

interface Bounds {
  readonly partition: number
  readonly start_offset: number
  readonly end_offset: number
}

const PAGE = 500
const AGAIN_MS = 1000

export class TopicRecords {
  private readonly session: Session
  private readonly path: string
  private readonly asText: boolean
  /** Where every partition goes on. */
  private place = ''

  /** @param asText JSON stays the text that it is */
  constructor(session: Session, topic: string, asText: boolean) {
    this.session = session
    this.path = address`/v1/vhosts/${session.vhost}/topics/${topic}`
    this.asText = asText
  }

  /** What is there when it is asked. @param only this partition, all of them if undefined */
  async *history(start: Start, only: number | undefined): AsyncGenerator<TopicRecord> {
    const { partitions } = await this.session.api.get<{ partitions: Bounds[] }>(this.path)
    if (only !== undefined && only >= partitions.length) {
      throw new CommandError(`there is no partition ${only}: the topic has ${partitions.length}`)
    }
    this.place = partitions.map(({ partition, end_offset }) => `${partition}:${end_offset}`).join(',')
    const wanted = partitions.filter(({ partition }) => only === undefined || partition === only)
    yield* merged(wanted.map((bounds) => this.partition(bounds, start)))
  }

  private async *partition(bounds: Bounds, start: Start): AsyncGenerator<TopicRecord> {
    const { partition, end_offset } = bounds
    if (start === 'latest') return
    const query = new URLSearchParams({ limit: String(PAGE), as_text: String(this.asText) })
    if (typeof start === 'object' && 'timeMs' in start) query.set('time', String(Math.max(0, start.timeMs)))
    else query.set('offset', String(firstOffset(bounds, start)))
    for (;;) {
      const path = `${this.path}/partitions/${partition}/records?${query}`
      const { records, next_offset } = await this.session.api.get<Page>(path)
      for (const record of records) {
        if (record.offset >= end_offset) return
        yield record
      }
      if (next_offset >= end_offset) return
      query.delete('time')
      query.set('offset', String(next_offset))
    }
  }

  /** What comes behind the history. Ends with the session, and when the topic is deleted. */
  async *coming(): AsyncGenerator<TopicRecord> {
    const { out, signal } = this.session
    while (!signal.aborted) {
      try {
        for await (const { event, data, id } of await this.events()) {
          const value = JSON.parse(data)
          if (event === 'gone') throw new CommandError(value.reason)
          if (event === 'gap') {
            const { partition, from, to } = value
            out.note(`partition ${partition}: the records ${from} to ${to - 1} were removed before they were read`)
          }
          if (event === 'record') yield value
          this.place = id ?? this.place
        }
      } catch (error) {
        if (signal.aborted) return
        // Who refuses will refuse again; who is away may come back.
        const isAway = error instanceof UnreachableError || (error instanceof ApiError && error.status === 503)
        if (error instanceof CommandError && !isAway) throw error
      }
      if (signal.aborted) return
      out.note('the connection is gone; trying again')
      await pause(AGAIN_MS, undefined, { signal }).catch(() => {})
    }
  }

  private async events() {
    const query = new URLSearchParams({ from: this.place, as_text: String(this.asText) })
    const answer = await this.session.api.follow(`${this.path}/follow?${query}`)
    return Readable.toWeb(answer).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  }
}

function firstOffset({ start_offset, end_offset }: Bounds, start: 'earliest' | { readonly offset: number }): number {
  if (start === 'earliest') return start_offset
  const wanted = start.offset < 0 ? end_offset + start.offset : start.offset
  return Math.min(Math.max(wanted, start_offset), end_offset)
}

/** The oldest first; records of one partition stay in their order. */
async function* merged(sources: readonly AsyncGenerator<TopicRecord>[]): AsyncGenerator<TopicRecord> {
  const heads = await Promise.all(sources.map((source) => source.next()))
  for (;;) {
    let oldest = -1
    heads.forEach(({ done, value }, index) => {
      if (!done && (oldest < 0 || value.timestamp < heads[oldest].value.timestamp)) oldest = index
    })
    if (oldest < 0) return
    yield heads[oldest].value
    heads[oldest] = await sources[oldest].next()
  }
}
