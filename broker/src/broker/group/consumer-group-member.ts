/** A member of a consumer group (KIP-848): what it asked for, what it is to have, and how far it has come. */
import { type Assignment, assignmentOf, type ListedAssignment, listed, NOTHING } from './consumer-group-assignment.ts'

/** Of a static member that left and means to come back. */
export const AWAY_EPOCH = -2

/**
 * `unrevoked`: it has been told to give up partitions and has not said it did. `unreleased`: some of its target is still
 * another's. `stable`: it has all it was to have at its epoch.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased'

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
  readonly target: Assignment
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
    target: NOTHING,
  }
}

export function subscribedNames({ topicNames, matchedNames }: ConsumerMember): Iterable<string> {
  return matchedNames.length === 0 ? topicNames : new Set([...topicNames, ...matchedNames])
}

export type ConsumerMemberRecord = Omit<ConsumerMember, 'assigned' | 'revoking' | 'target'> & {
  readonly assigned: ListedAssignment
  readonly revoking: ListedAssignment
  readonly target: ListedAssignment
}

export function memberRecord(member: ConsumerMember): ConsumerMemberRecord {
  const { assigned, revoking, target } = member
  return { ...member, assigned: listed(assigned), revoking: listed(revoking), target: listed(target) }
}

export function restoredMember(record: ConsumerMemberRecord): ConsumerMember {
  const { assigned, revoking, target } = record
  return {
    ...record,
    assigned: assignmentOf(assigned),
    revoking: assignmentOf(revoking),
    target: assignmentOf(target),
  }
}
