/** DescribeProducers: whom a partition remembers, and whose transaction is open there since which offset. */
import type { Partition } from '../broker/topic/partition.ts'
import { checkTopicName } from '../broker/topic/topic-name.ts'
import { describeProducers } from '../wire/kafka/messages/describe-producers.ts'
import type { ResponseOf } from '../wire/kafka/schema.ts'
import { type Call, handler } from './handler.ts'
import { attempted, refused } from './refusals.ts'

type Answer = ResponseOf<typeof describeProducers>
type PartitionAnswer = NonNullable<NonNullable<Answer['topics']>[number]['partitions']>[number]

export const describeProducersHandler = handler(describeProducers, (request, call) => {
  const topics = request.topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((index) => ({
      ...attempted(() => describe(name, index, call)),
      partitionIndex: index,
    })),
  }))
  call.respond({ topics })
})

function describe(name: string, index: number, call: Call<Answer>): PartitionAnswer {
  checkTopicName(name)
  if (!call.may('read', 'topic', name)) return refused('topic-authorization-failed')
  const topic = call.vhost.streams.topics.get(name)
  if (topic === undefined) return refused('unknown-topic-or-partition')
  const partition = topic.partitions[index]
  if (partition === undefined) return refused('unknown-topic-or-partition', null)
  return { activeProducers: producersOf(partition) }
}

function producersOf({ log }: Partition): NonNullable<PartitionAnswer['activeProducers']> {
  return Array.from(log.producers.all(), (state) => ({
    producerId: state.producerId,
    producerEpoch: state.producerEpoch,
    lastSequence: state.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: state.lastTimestamp,
    coordinatorEpoch: state.coordinatorEpoch,
    currentTxnStartOffset: state.transactionStart,
  }))
}
