/** Records of topics as `/v1` gives and takes them, and reading them: no control records, nothing of aborted transactions. */
import { z } from '@hono/zod-openapi'
import { StreamRefusal } from '../../broker/stream-refusal.ts'
import type { Partition } from '../../broker/topic/partition.ts'
import { RecordReader } from '../../broker/topic/record-reader.ts'
import { HttpError } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { encoding } from './message-schemas.ts'
import { payloadOf } from './payload.ts'

/** Read at once: whole batches, at least one. */
const READ_BYTES = 256 << 10

const textOrOctets = z.enum(['string', 'base64'])

const Header = z.object({ key: z.string(), value: z.string().nullable(), encoding: textOrOctets })

export const TopicRecord = z
  .object({
    partition: z.int(),
    offset: z.int(),
    timestamp: z.int().openapi({ description: 'ms since 1970' }),
    key: z.string().nullable(),
    key_encoding: textOrOctets,
    value: z.any(),
    value_encoding: encoding.openapi({ description: '`json`: the value was a JSON object or array.' }),
    headers: z.array(Header),
  })
  .openapi('Record', {
    example: {
      partition: 0,
      offset: 17,
      timestamp: 1_795_000_000_000,
      key: 'customer-1',
      key_encoding: 'string',
      value: { visits: 3 },
      value_encoding: 'json',
      headers: [{ key: 'source', value: 'web', encoding: 'string' }],
    },
  })

export type TopicRecord = z.output<typeof TopicRecord>

export interface RecordPage {
  readonly records: TopicRecord[]
  /** Where to go on. */
  readonly next: number
}

/** What lies there, as far as readers may see it. @throws HttpError 416, StreamRefusal */
export function readRecords(
  http: HttpContext,
  partition: Partition,
  from: number,
  { max, asText }: { readonly max: number; readonly asText: boolean },
): Promise<RecordPage> {
  return new Promise((resolve, reject) => {
    const limit = partition.limit('committed')
    const aborted = from < limit ? partition.abortedTransactions(from, limit) : []
    const error = partition.read(from, 'committed', READ_BYTES, (failure, parts, loan) => {
      if (failure !== null) {
        // Removed while it was being read, or damaged.
        const isGone = from < partition.log.startOffset
        reject(isGone ? outOfRange(partition, from) : new StreamRefusal('kafka-storage-error', failure.message))
        return
      }
      const reader = new RecordReader(http.broker.properties)
      reader.open(parts, from, aborted, partition.topicName)
      const records: TopicRecord[] = []
      while (records.length < max && reader.next()) records.push(describe(reader, partition.index, asText))
      for (const part of parts) partition.bytesOut += part.length
      resolve({ records, next: reader.nextOffset })
      loan?.giveBack()
    })
    if (error === 'offset-out-of-range') reject(outOfRange(partition, from))
    else if (error !== null) reject(new StreamRefusal(error, `nothing can be read of ${partition}: ${error}`))
  })
}

function describe(reader: RecordReader, partition: number, asText: boolean): TopicRecord {
  const { offset, timestamp, keyBytes, valueBytes } = reader
  const key = textOf(keyBytes)
  const headers = [...reader.recordHeaders()].map((header) => ({
    key: textOf(header.key).text as string,
    value: textOf(header.value).text,
    encoding: textOf(header.value).encoding,
  }))
  return {
    partition,
    offset,
    timestamp,
    key: key.text,
    key_encoding: key.encoding,
    ...readableValue(valueBytes, asText),
    headers,
  }
}

/** A value is taken for JSON if it is an object or array: a text in quotes may be meant so. */
function readableValue(bytes: Uint8Array | null, asText: boolean): Pick<TopicRecord, 'value' | 'value_encoding'> {
  if (bytes === null) return { value: null, value_encoding: 'string' }
  const looksLikeJson = !asText && (bytes[0] === 0x7b || bytes[0] === 0x5b)
  const { payload: value, payload_encoding: value_encoding } = payloadOf(bytes, looksLikeJson)
  return { value, value_encoding }
}

function textOf(bytes: Uint8Array | null): { text: string | null; encoding: 'string' | 'base64' } {
  if (bytes === null) return { text: null, encoding: 'string' }
  const { payload, payload_encoding } = payloadOf(bytes, false)
  return { text: payload as string, encoding: payload_encoding as 'string' | 'base64' }
}

function outOfRange({ log, index }: Partition, offset: number): HttpError {
  const reason = `offset ${offset} is outside of partition ${index}, which begins at ${log.startOffset} and ends at ${log.highWatermark}`
  return new HttpError(416, 'offset_out_of_range', reason)
}
