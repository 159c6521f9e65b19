/** What a member of a consumer group says at each heartbeat, what it is told, and what its saying changes. */
import { StreamRefusal } from '../stream-refusal.ts'
import { type Assignment, isSubset } from './consumer-group-assignment.ts'
import type { ConsumerMember } from './consumer-group-member.ts'

/** What a member says of itself; null and -1: as it said before. */
export interface ConsumerHeartbeat {
  readonly memberId: string
  /** 0 joins. */
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly topicNames: readonly string[] | null
  readonly topicRegex: string | null
  readonly assignor: string | null
  readonly owned: Assignment | null
  readonly clientId: string
  readonly clientHost: string
  /** Of the topics that fit its pattern, only these are its own. */
  maySee(topic: string): boolean
}

export interface ConsumerHeartbeatAnswer {
  readonly memberId: string
  readonly memberEpoch: number
  /** null: as before. */
  readonly assignment: Assignment | null
}

/**
 * One that missed the last answer repeats the epoch before, and owns no more than it had.
 * @throws StreamRefusal fenced-member-epoch
 */
export function checkEpoch(
  { epoch, previousEpoch, assigned }: ConsumerMember,
  { memberEpoch, owned }: ConsumerHeartbeat,
): void {
  if (memberEpoch === epoch) return
  if (memberEpoch === previousEpoch && memberEpoch < epoch && owned !== null && isSubset(owned, assigned)) return
  const than = memberEpoch > epoch ? 'greater' : 'smaller'
  const text = `The consumer group member has a ${than} member epoch (${memberEpoch}) than the one known by the group coordinator (${epoch}). The member must abandon all its partitions and rejoin.`
  throw new StreamRefusal('fenced-member-epoch', text)
}

export function updated(member: ConsumerMember, beat: ConsumerHeartbeat): ConsumerMember {
  return {
    ...member,
    instanceId: beat.instanceId ?? member.instanceId,
    rackId: beat.rackId ?? member.rackId,
    rebalanceTimeoutMs: beat.rebalanceTimeoutMs < 0 ? member.rebalanceTimeoutMs : beat.rebalanceTimeoutMs,
    topicNames: beat.topicNames ?? member.topicNames,
    topicRegex: beat.topicRegex ?? member.topicRegex,
    assignor: beat.assignor ?? member.assignor,
    clientId: beat.clientId,
    clientHost: beat.clientHost,
    classic: null,
  }
}

export function subscriptionDiffers(one: ConsumerMember, other: ConsumerMember): boolean {
  return (
    !sameNames(one.topicNames, other.topicNames) ||
    one.topicRegex !== other.topicRegex ||
    !sameNames(one.matchedNames, other.matchedNames)
  )
}

export function sameSayings(one: ConsumerMember, other: ConsumerMember): boolean {
  return (
    one.instanceId === other.instanceId &&
    one.rackId === other.rackId &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    one.assignor === other.assignor &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    one.classic === other.classic &&
    !subscriptionDiffers(one, other)
  )
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name) => other.includes(name)))
}

/** It says everything, and so wants to be told everything. */
export function isFull({ memberEpoch, rebalanceTimeoutMs, topicNames, topicRegex, owned }: ConsumerHeartbeat): boolean {
  if (memberEpoch === 0) return true
  return rebalanceTimeoutMs >= 0 && (topicNames !== null || topicRegex !== null) && owned !== null
}
