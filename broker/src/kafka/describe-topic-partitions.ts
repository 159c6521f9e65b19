/** DescribeTopicPartitions: topics in the order of their names, so many partitions at a time, and where to go on. */
import type { StreamError } from '../broker/stream-refusal.ts'
import { StreamRefusal } from '../broker/stream-refusal.ts'
import type { Topic } from '../broker/topic/topic.ts'
import { checkTopicName, isInternalTopic } from '../broker/topic/topic-name.ts'
import { describeTopicPartitions } from '../wire/kafka/messages/describe-topic-partitions.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { partitionMetadata } from './partition-metadata.ts'

type Request = RequestOf<typeof describeTopicPartitions>
type Answer = ResponseOf<typeof describeTopicPartitions>
type Described = NonNullable<Answer['topics']>[number]

/** Of one answer, whatever the client would take (max.request.partition.size.limit). */
const PARTITIONS_MAX = 2000

export const describeTopicPartitionsHandler = handler(describeTopicPartitions, (request, call) => {
  const names = askedNames(request, call)
  const { cursor } = request
  if (
    cursor !== null &&
    (cursor.partitionIndex < 0 || (request.topics.length > 0 && !names.includes(cursor.topicName)))
  ) {
    // The answer has no room for an error of the whole: each topic carries it.
    call.respond({ topics: request.topics.map(({ name }) => failed(name, 'invalid-request')) })
    return
  }
  const answer: { topics: Described[]; nextCursor?: { topicName: string; partitionIndex: number } } = { topics: [] }
  const refused: Described[] = []
  let left = Math.max(1, Math.min(request.responsePartitionLimit, PARTITIONS_MAX))
  for (const name of names) {
    if (!call.may('describe', 'topic', name)) {
      if (request.topics.length > 0) refused.push(failed(name, 'topic-authorization-failed'))
      continue
    }
    if (left === 0) {
      answer.nextCursor = { topicName: name, partitionIndex: 0 }
      break
    }
    const topic = call.vhost.streams.topics.get(name)
    if (topic === undefined) {
      answer.topics.push(failed(name, missing(name)))
      continue
    }
    const from = cursor?.topicName === name ? cursor.partitionIndex : 0
    const to = Math.min(topic.partitions.length, from + left)
    answer.topics.push(described(topic, from, to, call))
    if (to < topic.partitions.length) {
      answer.nextCursor = { topicName: name, partitionIndex: to }
      break
    }
    left -= Math.max(0, to - from)
  }
  answer.topics.push(...refused)
  call.respond(answer)
})

/** From the cursor on. */
function askedNames({ topics, cursor }: Request, call: Call<Answer>): string[] {
  const all = topics.length === 0 ? call.vhost.streams.topics.all() : topics
  const names = new Set<string>()
  for (const { name } of all) if (cursor === null || name >= cursor.topicName) names.add(name)
  return [...names].sort()
}

function described(topic: Topic, from: number, to: number, call: Call<Answer>): Described {
  const { nodeId } = call.context
  return {
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.internal,
    partitions: topic.partitions.slice(from, to).map((partition) => ({
      ...partitionMetadata(partition, nodeId),
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    })),
    topicAuthorizedOperations: authorizedOperations(call, 'topic', topic.name),
  }
}

function failed(name: string, error: StreamError): Described {
  return { errorCode: errorCode(error), name, isInternal: isInternalTopic(name) }
}

function missing(name: string): StreamError {
  try {
    checkTopicName(name)
    return 'unknown-topic-or-partition'
  } catch (error) {
    if (error instanceof StreamRefusal) return error.code
    throw error
  }
}
