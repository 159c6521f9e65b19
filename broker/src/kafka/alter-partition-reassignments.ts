/** AlterPartitionReassignments: to where they are, partitions may go; there is no other place, and nothing to cancel. */
import { checkReplicas } from '../broker/topic/new-topic.ts'
import { alterPartitionReassignments } from '../wire/kafka/messages/alter-partition-reassignments.ts'
import type { RequestOf } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { type Call, handler } from './handler.ts'
import { ACCEPTED, attempted, type Refused, refused } from './refusals.ts'

type Moved = RequestOf<typeof alterPartitionReassignments>['topics'][number]['partitions'][number]

const NO_REASSIGNMENT: Refused = { errorCode: 85, errorMessage: null }

export const alterPartitionReassignmentsHandler = handler(alterPartitionReassignments, (request, call) => {
  const { allowReplicationFactorChange } = request
  if (!call.may('alter', 'cluster', CLUSTER_NAME)) {
    call.respond({ ...refused('cluster-authorization-failed'), allowReplicationFactorChange })
    return
  }
  const responses = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((one) => ({ partitionIndex: one.partitionIndex, ...move(name, one, call) })),
  }))
  call.respond({ ...ACCEPTED, allowReplicationFactorChange, responses })
})

function move(name: string, { partitionIndex, replicas }: Moved, call: Call<never>): Refused {
  const topic = call.vhost.streams.topics.get(name)
  if (topic === undefined) return refused('unknown-topic-or-partition', `Unable to find a topic named ${name}.`)
  if (topic.partitions[partitionIndex] === undefined) {
    return refused('unknown-topic-or-partition', `Unable to find partition ${name}:${partitionIndex}.`)
  }
  if (replicas === null) return NO_REASSIGNMENT
  return attempted(() => {
    checkReplicas(replicas, call.context.nodeId)
    return ACCEPTED
  })
}
