/** OffsetForLeaderEpoch: where an epoch ended, by which a client sees whether what it read is still there (KIP-320). */
import type { StreamError } from '../broker/stream-refusal.ts'
import { offsetForLeaderEpoch } from '../wire/kafka/messages/offset-for-leader-epoch.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { epochError } from './leader-epoch.ts'

type Answer = ResponseOf<typeof offsetForLeaderEpoch>
type AskedPartition = RequestOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number]
type PartitionAnswer = NonNullable<NonNullable<Answer['topics']>[number]['partitions']>[number]

export const offsetForLeaderEpochHandler = handler(offsetForLeaderEpoch, (request, call) => {
  const topics = request.topics.map(({ topic, partitions }) => {
    const may = call.may('cluster-action', 'cluster', CLUSTER_NAME) || call.may('describe', 'topic', topic)
    return { topic, partitions: partitions.map((asked) => answer(topic, asked, may, call)) }
  })
  call.respond({ topics })
})

function answer(topic: string, asked: AskedPartition, may: boolean, call: Call<Answer>): PartitionAnswer {
  const { partition: index, leaderEpoch } = asked
  const refuse = (error: StreamError): PartitionAnswer => ({ partition: index, errorCode: errorCode(error) })
  if (!may) return refuse('topic-authorization-failed')
  const partition = call.vhost.streams.topics.get(topic)?.partitions[index]
  if (partition === undefined) return refuse('unknown-topic-or-partition')
  const { log } = partition
  const fenced = epochError(log.leaderEpoch, asked.currentLeaderEpoch)
  if (fenced !== null) return refuse(fenced)
  // Nobody led in it: there is nothing to tell.
  if (leaderEpoch < 0 || leaderEpoch > log.leaderEpoch) return { partition: index }
  const found = log.endOffsetForEpoch(leaderEpoch)
  if (found !== null) return { partition: index, leaderEpoch: found.epoch, endOffset: found.endOffset }
  return { partition: index, leaderEpoch, endOffset: log.epochs[0]?.startOffset ?? log.endOffset }
}
