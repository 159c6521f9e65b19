/** ListPartitionReassignments: on one node no partition is ever on its way to another. */
import { listPartitionReassignments } from '../wire/kafka/messages/list-partition-reassignments.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { handler } from './handler.ts'
import { ACCEPTED, refused } from './refusals.ts'

export const listPartitionReassignmentsHandler = handler(listPartitionReassignments, (_request, call) => {
  const may = call.may('describe', 'cluster', CLUSTER_NAME)
  call.respond(may ? ACCEPTED : refused('cluster-authorization-failed'))
})
