/** ElectLeaders: every partition has its leader, so no election is ever needed. */
import { electLeaders } from '../wire/kafka/messages/elect-leaders.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { type Refused, refused } from './refusals.ts'

const NOT_NEEDED: Refused = {
  errorCode: 84,
  errorMessage: 'Leader election not needed for topic partition.',
}
/** Preferred and unclean. */
const ELECTION_TYPES = 2

export const electLeadersHandler = handler(electLeaders, (request, call) => {
  if (!call.may('alter', 'cluster', CLUSTER_NAME)) {
    call.respond({ errorCode: errorCode('cluster-authorization-failed') })
    return
  }
  const { electionType } = request
  const isKnown = electionType >= 0 && electionType < ELECTION_TYPES
  const unknown = refused('invalid-request', `Unknown election type ${electionType}`)
  const answer = (topic: string, partition: number): Refused => (isKnown ? elect(topic, partition, call) : unknown)
  // Of all partitions, only those are told of that needed an election.
  const asked = request.topicPartitions ?? []
  call.respond({
    errorCode: isKnown ? 0 : unknown.errorCode,
    replicaElectionResults: asked.map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, ...answer(topic, partitionId) })),
    })),
  })
})

function elect(name: string, partition: number, call: Call<never>): Refused {
  const topic = call.vhost.streams.topics.get(name)
  if (topic === undefined) return refused('unknown-topic-or-partition', `No such topic as ${name}`)
  if (topic.partitions[partition] !== undefined) return NOT_NEEDED
  return refused('unknown-topic-or-partition', `No such partition as ${name}-${partition}`)
}
