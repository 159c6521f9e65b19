/** The records of a topic to look at, by offset or time, all or those that hold something; nobody's place moves. */
import { isUtf8 } from 'node:buffer'
import { Hono } from 'hono'
import { checkLimit, PAGE_LIMIT } from '../../broker/operations/page-limit.ts'
import { type Stretch, scanTopic } from '../../broker/operations/scan-topic.ts'
import type { RecordReader } from '../../broker/topic/record-reader.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import { badRequest } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'
import { topicFor } from './topic-access.ts'
import { continued, filterOf, partitionsOf, scanBytesOf, stretchOf, wholeNumber } from './topic-range.ts'

const BODY_BYTES = 4096
const BODY_BYTES_MAX = 8 << 20

export function topicMessageRoutes({ broker }: HttpContext): Hono<Env> {
  return new Hono<Env>().get('/topics/:vhost/:topic/messages', async (c) => {
    const { topic } = topicFor(c.var.caller, 'read', c.req.param('vhost'), c.req.param('topic'))
    const limit = wholeNumber(c, 'limit') ?? PAGE_LIMIT
    checkLimit(limit)
    const bodyBytes = Math.min(wholeNumber(c, 'body_bytes') ?? BODY_BYTES, BODY_BYTES_MAX)
    if (bodyBytes < 0) throw badRequest('body_bytes: below 0')
    const stretches = await stretchesOf(topic, {
      index: wholeNumber(c, 'partition'),
      offset: wholeNumber(c, 'offset'),
      time: wholeNumber(c, 'time'),
      next: c.req.query('next'),
    })
    const messages: object[] = []
    const options = {
      filter: filterOf(c.req.query()),
      scanBytes: scanBytesOf(wholeNumber(c, 'scan_bytes')),
      isGone: () => c.env.outgoing.destroyed,
    }
    const { next, scanned } = await scanTopic(broker.properties, stretches, options, (reader, { index }) => {
      if (messages.length === limit) return false
      messages.push(described(reader, index, bodyBytes))
      return true
    })
    return c.json({ messages, next, scanned, done: next === null })
  })
}

interface Asked {
  readonly index: number | undefined
  readonly offset: number | undefined
  readonly time: number | undefined
  readonly next: string | undefined
}

function stretchesOf(topic: Topic, { index, offset, time, next }: Asked): Promise<Stretch[]> {
  const partitions = partitionsOf(topic, index)
  const from = time !== undefined ? { time } : offset !== undefined ? { offset } : undefined
  const nexts = next === undefined || next === '' ? null : continued(next)
  return Promise.all(
    partitions.map((partition) => {
      const known = nexts?.[partition.index]
      return stretchOf(partition, known === undefined ? from : { offset: Math.max(known, 0) })
    }),
  )
}

function described(reader: RecordReader, partition: number, bodyBytes: number): object {
  const value = reader.valueBytes
  const key = textOf(reader.keyBytes)
  const shown = textOf(value, bodyBytes)
  return {
    partition,
    offset: reader.offset,
    timestamp: reader.timestamp,
    key: key.text,
    key_encoding: key.encoding,
    value: shown.text,
    value_encoding: shown.encoding,
    value_bytes: value?.length ?? null,
    truncated: value !== null && value.length > bodyBytes,
    headers: [...reader.recordHeaders()].map((header) => {
      const { text, encoding } = textOf(header.value)
      return { key: Buffer.from(header.key).toString(), value: text, encoding }
    }),
  }
}

/** As text if all that is shown of it is text. Copied: the bytes are lent. */
function textOf(
  bytes: Uint8Array | null,
  bytesMax: number = Number.POSITIVE_INFINITY,
): { text: string | null; encoding: 'string' | 'base64' } {
  if (bytes === null) return { text: null, encoding: 'string' }
  const part = bytes.length > bytesMax ? bytes.subarray(0, bytesMax) : bytes
  const whole = bytes.length > bytesMax ? wholeCharacters(part) : part
  const from = (shown: Uint8Array): Buffer => Buffer.from(shown.buffer, shown.byteOffset, shown.length)
  if (isUtf8(whole)) return { text: from(whole).toString(), encoding: 'string' }
  return { text: from(part).toString('base64'), encoding: 'base64' }
}

/** Without the beginning of a character that was cut. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && bytes.length - end < 4 && (bytes[end - 1] & 0xc0) === 0x80) end--
  return end > 0 && bytes[end - 1] >= 0xc0 ? bytes.subarray(0, end - 1) : bytes
}
