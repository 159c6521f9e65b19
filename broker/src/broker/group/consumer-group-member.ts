/** A member of a consumer group (KIP-848): what it asked for, what it is to have, and how far it has come. */
import type { ClassicProtocol } from './classic-calls.ts'
import { type Assignment, assignmentOf, type ListedAssignment, listed, NOTHING } from './consumer-group-assignment.ts'

/** Of a static member that left and means to come back. */
export const AWAY_EPOCH = -2

/**
 * `unrevoked`: it has been told to give up partitions and has not said it did. `unreleased`: some of its target is still
 * another's. `stable`: it has all it was to have at its epoch.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased'

/** Of a member that speaks the classic protocol to a group of the other kind. */
export interface ClassicMembership {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly ClassicProtocol[]
}

/** By topic id and partition. */
export type PartitionEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Never changed: a new one takes its place. */
export interface ConsumerMember {
  readonly id: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly topicNames: readonly string[]
  readonly topicRegex: string | null
  /** The topics that the regex fits and the member may see. */
  readonly matchedNames: readonly string[]
  readonly assignor: string | null
  readonly epoch: number
  /** The one before: a member that repeats it has missed an answer. */
  readonly previousEpoch: number
  readonly state: MemberState
  /** What it may use. */
  readonly assigned: Assignment
  /** What it must give up, and owns until it says that it did. */
  readonly revoking: Assignment
  /** The epochs at which it got what is in `assigned` and `revoking`: from then on its commits hold (KIP-1251). */
  readonly since: PartitionEpochs
  readonly target: Assignment
  /** null: it speaks the consumer protocol. */
  readonly classic: ClassicMembership | null
}

export function newMember(id: string): ConsumerMember {
  return {
    id,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    topicNames: [],
    topicRegex: null,
    matchedNames: [],
    assignor: null,
    epoch: 0,
    previousEpoch: 0,
    state: 'stable',
    assigned: NOTHING,
    revoking: NOTHING,
    since: new Map(),
    target: NOTHING,
    classic: null,
  }
}

export function subscribedNames({ topicNames, matchedNames }: ConsumerMember): Iterable<string> {
  return matchedNames.length === 0 ? topicNames : new Set([...topicNames, ...matchedNames])
}

/** @returns the epochs of all of `assigned`: as they were in `before`, `epoch` where there is none */
export function epochsOf(assigned: Assignment, before: PartitionEpochs, epoch: number): PartitionEpochs {
  const epochs = new Map<string, ReadonlyMap<number, number>>()
  for (const [topicId, partitions] of assigned) {
    const known = before.get(topicId)
    epochs.set(topicId, new Map([...partitions].map((partition) => [partition, known?.get(partition) ?? epoch])))
  }
  return epochs
}

export type ConsumerMemberRecord = Omit<ConsumerMember, 'assigned' | 'revoking' | 'since' | 'target'> & {
  readonly since: readonly (readonly [
    topicId: string,
    epochs: readonly (readonly [partition: number, epoch: number])[],
  ])[]
  readonly assigned: ListedAssignment
  readonly revoking: ListedAssignment
  readonly target: ListedAssignment
}

export function memberRecord(member: ConsumerMember): ConsumerMemberRecord {
  const { assigned, revoking, since, target } = member
  return {
    ...member,
    assigned: listed(assigned),
    revoking: listed(revoking),
    since: [...since].map(([topicId, epochs]) => [topicId, [...epochs]]),
    target: listed(target),
  }
}

export function restoredMember(record: ConsumerMemberRecord): ConsumerMember {
  const { assigned, revoking, since, target } = record
  return {
    ...record,
    assigned: assignmentOf(assigned),
    revoking: assignmentOf(revoking),
    since: new Map(since.map(([topicId, epochs]) => [topicId, new Map(epochs)])),
    target: assignmentOf(target),
  }
}
