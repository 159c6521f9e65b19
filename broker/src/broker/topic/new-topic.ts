/** What is asked for when a topic is made, and whether it can be had on one node. */
import { StreamRefusal } from '../stream-refusal.ts'
import type { StreamSettings } from '../stream-settings.ts'
import { checkTopicConfigs } from './config-changes.ts'
import type { Topic } from './topic.ts'
import { checkNewTopicName } from './topic-name.ts'

export interface NewTopic {
  readonly name: string
  /** -1: the broker's default, or as many as are assigned. */
  readonly partitions: number
  /** -1: the broker's default. */
  readonly replicationFactor: number
  /** Which brokers hold each partition; empty: the broker decides. */
  readonly assignments: readonly PartitionAssignment[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export interface PartitionAssignment {
  readonly partitionIndex: number
  readonly brokerIds: readonly number[]
}

/** A topic that nobody described. */
export function ofDefaults(name: string): NewTopic {
  return { name, partitions: -1, replicationFactor: -1, assignments: [], configs: [] }
}

export interface CheckedTopic {
  readonly name: string
  readonly partitions: number
  readonly overrides: ReadonlyMap<string, string>
}

/** Of one request: more would stop everybody else for too long. */
export const PARTITIONS_MAX = 10_000

/** @throws StreamRefusal for what no topic may be; not whether there is one already */
export function checkNewTopic(wanted: NewTopic, nodeId: number, settings: StreamSettings): CheckedTopic {
  checkNewTopicName(wanted.name)
  const overrides = new Map<string, string>()
  const missing = wanted.configs.filter((config) => config.value === null).map((config) => config.name)
  if (missing.length > 0) {
    throw new StreamRefusal('invalid-config', `Null value not supported for topic configs: ${missing.join(',')}`)
  }
  for (const { name, value } of wanted.configs) overrides.set(name, value!)
  return {
    name: wanted.name,
    overrides: checkTopicConfigs(overrides),
    partitions: wanted.assignments.length > 0 ? assignedCount(wanted, nodeId) : partitionCount(wanted, settings),
  }
}

function partitionCount({ partitions, replicationFactor }: NewTopic, settings: StreamSettings): number {
  if (replicationFactor < -1 || replicationFactor === 0) {
    const text = 'Replication factor must be larger than 0, or -1 to use the default value.'
    throw new StreamRefusal('invalid-replication-factor', text)
  }
  if (partitions < -1 || partitions === 0) {
    throw new StreamRefusal('invalid-partitions', 'Number of partitions was set to an invalid non-positive value.')
  }
  if (replicationFactor > 1 && !settings.acceptAnyReplicationFactor) {
    const why = `The target replication factor of ${replicationFactor} cannot be reached because only 1 broker(s) are registered.`
    const text = `Unable to replicate the partition ${replicationFactor} time(s): ${why}`
    throw new StreamRefusal('invalid-replication-factor', text)
  }
  return checkPartitionCount(partitions === -1 ? settings.numPartitions : partitions)
}

/** @throws StreamRefusal policy-violation */
export function checkPartitionCount(count: number): number {
  if (count <= PARTITIONS_MAX) return count
  throw new StreamRefusal('policy-violation', 'Excessively large number of partitions per request.')
}

/**
 * How many more partitions make it `count`.
 * @throws StreamRefusal invalid-partitions unless it grows, policy-violation
 */
export function addedPartitions({ name, partitions }: Topic, count: number): number {
  const present = partitions.length
  if (count === present) throw new StreamRefusal('invalid-partitions', `Topic already has ${present} partition(s).`)
  if (count < present) {
    const text = `The topic ${name} currently has ${present} partition(s); ${count} would not be an increase.`
    throw new StreamRefusal('invalid-partitions', text)
  }
  return checkPartitionCount(count - present)
}

function assignedCount({ assignments, partitions, replicationFactor }: NewTopic, nodeId: number): number {
  const refuse = (what: string): never => {
    const text = `A manual partition assignment was specified, but ${what} was not set to -1.`
    throw new StreamRefusal('invalid-request', text)
  }
  if (replicationFactor !== -1) refuse('replication factor')
  if (partitions !== -1) refuse('numPartitions')
  const indexes = new Set<number>()
  for (const { partitionIndex, brokerIds } of assignments) {
    if (indexes.has(partitionIndex)) {
      const text = `Found multiple manual partition assignments for partition ${partitionIndex}`
      throw new StreamRefusal('invalid-replica-assignment', text)
    }
    indexes.add(partitionIndex)
    checkReplicas(brokerIds, nodeId)
  }
  for (let index = 0; index < indexes.size; index++) {
    if (!indexes.has(index)) {
      const text = 'partitions should be a consecutive 0-based integer sequence'
      throw new StreamRefusal('invalid-replica-assignment', text)
    }
  }
  return checkPartitionCount(indexes.size)
}

/** @throws StreamRefusal invalid-replica-assignment unless it is this broker, once */
export function checkReplicas(brokerIds: readonly number[], nodeId: number): void {
  const refuse = (what: string): never => {
    throw new StreamRefusal('invalid-replica-assignment', `The manual partition assignment includes ${what}.`)
  }
  if (brokerIds.length === 0) refuse('an empty replica list')
  for (const id of brokerIds) if (id !== nodeId) refuse(`broker ${id}, but no such broker is registered`)
  if (brokerIds.length > 1) refuse(`the broker ${nodeId} more than once`)
}
