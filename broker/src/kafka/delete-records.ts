/** DeleteRecords: raises the start of partitions; answered when that is durable, with where they begin then. */
import type { StreamError } from '../broker/stream-refusal.ts'
import { deleteRecords } from '../broker/topic/delete-records.ts'
import { deleteRecords as api } from '../wire/kafka/messages/delete-records.ts'
import type { RequestOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Asked = RequestOf<typeof api>['topics'][number]['partitions'][number]

interface Deleted {
  readonly partitionIndex: number
  readonly lowWatermark: number
  readonly errorCode: number
}

/** As a request says "all that can be read". */
const HIGH_WATERMARK = -1

export const deleteRecordsHandler = handler(api, (request, call) => {
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => deleteIn(name, asked, call)),
  }))
  call.vhost.streams.topics.whenKept(() => call.respond({ topics }))
})

function deleteIn(name: string, { partitionIndex, offset }: Asked, call: Call<never>): Deleted {
  const refuse = (error: StreamError): Deleted => ({ partitionIndex, lowWatermark: -1, errorCode: errorCode(error) })
  if (!call.may('delete', 'topic', name)) return refuse('topic-authorization-failed')
  const topic = call.vhost.streams.topics.get(name)
  const partition = topic?.partitions[partitionIndex]
  if (topic === undefined || partition === undefined) return refuse('unknown-topic-or-partition')
  const before = offset === HIGH_WATERMARK ? partition.log.highWatermark : offset
  const error = deleteRecords(topic, partition, before)
  return error === null ? { partitionIndex, lowWatermark: partition.log.startOffset, errorCode: 0 } : refuse(error)
}
