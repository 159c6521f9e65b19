/** Where the partitions of a topic are: all on this broker, which leads them and is their only replica. */
import type { Partition } from '../broker/topic/partition.ts'

export interface PartitionMetadata {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export function partitionMetadata(partition: Partition, nodeId: number): PartitionMetadata {
  const itself = [nodeId]
  return {
    errorCode: 0,
    partitionIndex: partition.index,
    leaderId: nodeId,
    leaderEpoch: partition.log.leaderEpoch,
    replicaNodes: itself,
    isrNodes: itself,
    offlineReplicas: [],
  }
}
