/**
 * A living group of one protocol as one of the other. Members of a classic group have what its leader gave them, at its
 * generation; of a consumer group they get what was meant for them, and are asked to join again.
 */
import type { Topics } from '../topic/topics.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'
import type { ClassicGroupRecord } from './classic-record.ts'
import {
  type Assignment,
  assignmentOf,
  holds,
  type ListedAssignment,
  listed,
  partitionsOf,
  union,
} from './consumer-group-assignment.ts'
import { type ConsumerMember, epochsOf, newMember } from './consumer-group-member.ts'
import type { ConsumerGroupState } from './consumer-group-state.ts'
import { type NamedPartitions, readAssignment, readSubscription, writeAssignment } from './subscription.ts'

/** @returns null if what members and their leader said cannot be read, or could not be answered */
export function upgraded(group: ClassicGroup, topics: Topics): ConsumerMember[] | null {
  const members: ConsumerMember[] = []
  let taken: Assignment = new Map()
  for (const member of group.members) {
    const one = upgradedMember(member, group, topics, taken)
    if (one === null) return null
    members.push(one)
    taken = union(taken, one.assigned)
  }
  return members
}

/** @param taken what others have: a leader may have given a partition to two, and here it is one's */
function upgradedMember(
  member: ClassicMember,
  { protocol, generation }: ClassicGroup,
  topics: Topics,
  taken: Assignment,
): ConsumerMember | null {
  const subscription = readSubscription(member.metadataOf(protocol ?? member.protocols[0]!.name))
  const given = readAssignment(member.assignment)
  // From now on it is answered by the protocol it likes best, whichever the group had elected.
  const isAnswerable = readSubscription(member.protocols[0]!.metadata) !== null
  if (subscription === null || given === null || !isAnswerable) return null
  const free = [...partitionsOf(ownedById(given, topics))].filter(([topicId, one]) => !holds(taken, topicId, one))
  const assigned = assignmentOf(free.map(([topicId, partition]) => [topicId, [partition]]))
  const { instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = member
  return {
    ...newMember(member.id),
    instanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    rackId: subscription.rackId,
    topicNames: subscription.topics,
    epoch: generation,
    previousEpoch: generation,
    assigned,
    target: assigned,
    since: epochsOf(assigned, new Map(), generation),
    classic: { sessionTimeoutMs, protocols },
  }
}

/** Of a group whose members all speak the classic protocol. */
export function downgraded(group: ConsumerGroupState, topics: Topics, now: number): ClassicGroupRecord {
  const members = [...group.members.values()].map(
    ({ id, instanceId, clientId, clientHost, rebalanceTimeoutMs, ...of }) => {
      const { sessionTimeoutMs, protocols } = of.classic!
      const { version } = readSubscription(protocols[0]!.metadata)!
      const assignment = writeAssignment(version, assignedByName(listed(of.target), topics))
      return { id, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment }
    },
  )
  return {
    kind: 'classic',
    protocolType: group.protocolType,
    generation: group.epoch,
    protocol: null,
    leader: members[0]!.id,
    changedMs: now,
    rebalancing: true,
    members,
  }
}

/** Without partitions that are not there. */
export function ownedById(named: NamedPartitions, topics: Topics): Assignment {
  const list = named.flatMap(([name, partitions]) => {
    const topic = topics.get(name)
    if (topic === undefined) return []
    return [[topic.id, partitions.filter((partition) => topic.partitions[partition] !== undefined)] as const]
  })
  return assignmentOf(list)
}

/** Without topics that are gone. */
export function assignedByName(assigned: ListedAssignment, topics: Topics): NamedPartitions {
  return assigned.flatMap(([topicId, partitions]) => {
    const topic = topics.byId(topicId)
    return topic === undefined ? [] : [[topic.name, partitions] as const]
  })
}
