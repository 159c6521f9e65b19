/** DescribeLogDirs: how many bytes each partition holds. There is one place for all of them. */
import type { Topic } from '../broker/topic/topic.ts'
import { describeLogDirs } from '../wire/kafka/messages/describe-log-dirs.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'

interface TopicSizes {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly partitionSize: number }[]
}

function sizes(topic: Topic, indexes: readonly number[] | null): TopicSizes {
  const partitions = topic.partitions.filter((partition) => indexes === null || indexes.includes(partition.index))
  return {
    name: topic.name,
    partitions: partitions.map(({ index, log }) => ({ partitionIndex: index, partitionSize: log.bytes })),
  }
}

export const describeLogDirsHandler = handler(describeLogDirs, (request, call) => {
  if (!call.may('describe', 'cluster', CLUSTER_NAME)) {
    call.respond({ errorCode: errorCode('cluster-authorization-failed') })
    return
  }
  const all = call.vhost.streams.topics
  const topics: TopicSizes[] = []
  if (request.topics === null) for (const topic of all.all()) topics.push(sizes(topic, null))
  for (const asked of request.topics ?? []) {
    const topic = all.get(asked.topic)
    if (topic !== undefined) topics.push(sizes(topic, asked.partitions))
  }
  call.respond({ results: [{ logDir: call.context.logDir, topics }] })
})
