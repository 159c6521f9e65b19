/**
 * Members of a consumer group that speak the classic protocol, as long as clients are changed over one by one. Each is
 * its own group to itself: it joins and syncs without waiting for anyone, is told what the broker assigned, and is told
 * by its heartbeats to join again when there is something to give up or to get. What it says it owns when it joins is
 * what the others may not have yet: nothing, if it gives up all before it joins.
 */
import { randomUUID } from 'node:crypto'
import { type StreamError, StreamRefusal } from '../stream-refusal.ts'
import {
  type ClassicService,
  type JoinAnswer,
  type JoinRequest,
  type MemberIdentity,
  refusedJoin,
  refusedSync,
  type SyncAnswer,
  type SyncRequest,
} from './classic-calls.ts'
import { listed } from './consumer-group-assignment.ts'
import { type ClassicMembership, type ConsumerMember, newMember } from './consumer-group-member.ts'
import type { ConsumerGroupState } from './consumer-group-state.ts'
import { assignedByName, ownedById } from './group-conversion.ts'
import { readSubscription, writeAssignment } from './subscription.ts'

/** A member that speaks it, and how. */
interface Speaker {
  readonly member: ConsumerMember
  readonly classic: ClassicMembership
}

const PROTOCOL_TYPE = 'consumer'

export class ClassicSide implements ClassicService {
  private readonly group: ConsumerGroupState

  constructor(group: ConsumerGroupState) {
    this.group = group
  }

  join(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const { group } = this
    let joined: JoinAnswer
    try {
      joined = this.admit(request)
    } catch (error) {
      joined = refusedJoin(codeOf(error), request.memberId)
    }
    const classic = joined.error === null ? group.asClassic() : null
    if (classic !== null) classic.join({ ...request, memberId: joined.memberId }, answer)
    else this.whenStored(() => answer(joined))
  }

  sync(request: SyncRequest, answer: (answer: SyncAnswer) => void): void {
    let synced: SyncAnswer
    try {
      synced = this.assigned(request)
    } catch (error) {
      synced = refusedSync(codeOf(error))
    }
    this.whenStored(() => answer(synced))
  }

  heartbeat(identity: MemberIdentity, generation: number): StreamError | null {
    const { group } = this
    try {
      const { member, classic } = this.speaker(identity)
      if (generation !== member.epoch) return 'illegal-generation'
      group.attendanceOf(member.id).session.set(classic.sessionTimeoutMs)
      group.seeTopics()
      if (!this.hasNews(member)) return null
      const { rebalance } = group.attendanceOf(member.id)
      if (!rebalance.isSet) rebalance.set(member.rebalanceTimeoutMs)
      return 'rebalance-in-progress'
    } catch (error) {
      return codeOf(error)
    }
  }

  leave(leavers: readonly MemberIdentity[]): (StreamError | null)[] {
    const leaving = new Set<ConsumerMember>()
    const errors = leavers.map(({ memberId, instanceId }): StreamError | null => {
      try {
        // Admins remove static members without knowing their ids.
        const id =
          memberId === '' && instanceId !== null ? (this.group.membership.ofInstance(instanceId)?.id ?? '') : memberId
        const { member } = this.speaker({ memberId: id, instanceId })
        if (leaving.has(member)) return 'unknown-member-id'
        leaving.add(member)
        return null
      } catch (error) {
        return codeOf(error)
      }
    })
    if (leaving.size > 0) this.group.remove(...leaving)
    return errors
  }

  whenStored(task: () => void): void {
    this.group.context.durability.after(this.group.lastRound, task)
  }

  private admit(request: JoinRequest): JoinAnswer {
    const { group } = this
    const { protocols, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = request
    const memberId = request.memberId || randomUUID()
    group.checkRoom(memberId)
    const subscription = this.knows(request) ? readSubscription(protocols[0]!.metadata) : null
    if (subscription === null) throw new StreamRefusal('inconsistent-group-protocol', '')
    if (request.memberId === '' && instanceId === null && request.knowsMemberIdRequired) {
      return refusedJoin('member-id-required', memberId)
    }
    const before = this.memberOf(request, memberId)
    const said: ConsumerMember = {
      ...before,
      instanceId,
      rackId: subscription.rackId ?? before.rackId,
      clientId: request.clientId,
      clientHost: request.clientHost,
      rebalanceTimeoutMs,
      topicNames: subscription.topics,
      topicRegex: null,
      matchedNames: [],
      classic: { sessionTimeoutMs, protocols },
    }
    const { id, epoch } = group.takeIn(before, said, ownedById(subscription.owned, group.topics))
    const { session, rebalance } = group.attendanceOf(id)
    session.set(sessionTimeoutMs)
    rebalance.set(rebalanceTimeoutMs)
    return {
      error: null,
      memberId: id,
      generation: epoch,
      protocolType: PROTOCOL_TYPE,
      protocol: protocols[0]!.name,
      leader: '',
      skipAssignment: false,
      members: [],
    }
  }

  /** Whether it speaks a protocol that all classic members know. */
  private knows({ protocolType, protocols }: JoinRequest): boolean {
    if (protocolType !== PROTOCOL_TYPE) return false
    const others = [...this.group.members.values()].flatMap(({ classic }) => classic ?? [])
    return protocols.some(({ name }) => others.every((other) => other.protocols.some((one) => one.name === name)))
  }

  private memberOf(request: JoinRequest, memberId: string): ConsumerMember {
    const { group } = this
    const { instanceId } = request
    if (instanceId === null) return group.members.get(memberId) ?? newMember(memberId)
    if (request.memberId !== '') return group.membership.knownStatic(memberId, instanceId)
    const before = group.membership.ofInstance(instanceId)
    return before === undefined ? newMember(memberId) : group.replace(before, memberId)
  }

  private assigned(request: SyncRequest): SyncAnswer {
    const { group } = this
    const { protocolType, protocol } = request
    const { member, classic } = this.speaker(request)
    if (request.generation !== member.epoch) return refusedSync('illegal-generation')
    const { name, metadata } = classic.protocols[0]!
    if ((protocolType ?? PROTOCOL_TYPE) !== PROTOCOL_TYPE || (protocol ?? name) !== name) {
      return refusedSync('inconsistent-group-protocol')
    }
    const { session, rebalance } = group.attendanceOf(member.id)
    if (group.epoch > member.epoch && member.state !== 'unrevoked') {
      rebalance.set(member.rebalanceTimeoutMs)
      return refusedSync('rebalance-in-progress')
    }
    rebalance.clear()
    session.set(classic.sessionTimeoutMs)
    const named = assignedByName(listed(member.assigned), group.topics)
    const assignment = writeAssignment(readSubscription(metadata)!.version, named)
    return { error: null, protocolType, protocol, assignment }
  }

  /** The epoch has moved, it has to give up something, or what it waits for is free now. */
  private hasNews(member: ConsumerMember): boolean {
    if (member.epoch < this.group.epoch || member.state === 'unrevoked') return true
    return member.state === 'unreleased' && this.group.membership.isFree(member)
  }

  /** @throws StreamRefusal unknown-member-id, fenced-instance-id */
  private speaker({ memberId, instanceId }: MemberIdentity): Speaker {
    const { group } = this
    const member =
      instanceId === null ? group.membership.known(memberId) : group.membership.knownStatic(memberId, instanceId)
    if (member.classic !== null) return { member, classic: member.classic }
    throw new StreamRefusal('unknown-member-id', `Member ${memberId} does not use the classic protocol.`)
  }
}

function codeOf(error: unknown): StreamError {
  if (error instanceof StreamRefusal) return error.code
  throw error
}
