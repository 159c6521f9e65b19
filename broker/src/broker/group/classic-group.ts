/**
 * A group whose members are told by its leader which partitions are theirs: the classic protocol, as Kafka 4 speaks it.
 * Here is what members say to it: they join, ask for their partitions, are heard of, leave. Calls are answered by
 * callback, each exactly once; those that wait for other members are kept with their member.
 */
import { randomUUID } from 'node:crypto'
import type { StreamContext } from '../stream-context.ts'
import type { StreamError } from '../stream-refusal.ts'
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
import type { ClassicMember } from './classic-member.ts'
import { ClassicRebalance, named } from './classic-rebalance.ts'
import type { ClassicGroupRecord } from './classic-record.ts'
import type { GroupOffsets } from './offsets.ts'

/** A new member whose call is not answered for so long has given up, or asks again. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000

export class ClassicGroup extends ClassicRebalance implements ClassicService {
  /** As it was when it was written; its members have their session timeout to be heard of again. */
  static restored(context: StreamContext, id: string, offsets: GroupOffsets, value: unknown): ClassicGroup {
    const group = new ClassicGroup(context, id, offsets)
    const record = value as ClassicGroupRecord
    group.restore(record)
    if (record.rebalancing) group.rebalance('the group became one of the classic protocol')
    return group
  }

  /** Out of a consumer group whose members all speak the classic protocol; they are asked to join again. */
  static downgraded(
    context: StreamContext,
    id: string,
    offsets: GroupOffsets,
    record: ClassicGroupRecord,
  ): ClassicGroup {
    const group = ClassicGroup.restored(context, id, offsets, record)
    group.store()
    return group
  }

  /** The group goes on as one of the other kind: whoever waits asks that one. */
  dissolve(): void {
    this.change(() => {
      for (const member of this.members) {
        member.answerJoin(refusedJoin('rebalance-in-progress', member.id))
        member.answerSync(refusedSync('rebalance-in-progress'))
      }
    })
  }

  // ---- joining

  /** @param answer called once, in this turn or when other members have come */
  join(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    this.change(() => this.admit(request, this.reply(answer)))
  }

  private admit(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const { memberId } = request
    if (!this.hasRoomFor(memberId)) {
      this.dropMember(memberId)
      answer(refusedJoin('group-max-size-reached', ''))
    } else if (!this.speaks(request)) {
      answer(refusedJoin('inconsistent-group-protocol', memberId))
    } else if (memberId === '') {
      this.joinAsNew(request, answer)
    } else if (this.promised.has(memberId) && request.instanceId === null) {
      this.addMember(memberId, request, answer)
    } else {
      this.joinAgain(request, answer)
    }
    if (this.state === 'PreparingRebalance') this.endJoinIfAllAreHere()
  }

  private hasRoomFor(memberId: string): boolean {
    const { groupMaxSize } = this.context.settings
    if (this.state === 'Empty') return true
    const member = this.members.get(memberId)
    if (this.state !== 'PreparingRebalance') return member !== undefined || this.members.size < groupMaxSize
    if (member?.awaitsJoin) return true
    let waiting = 0
    for (const { awaitsJoin } of this.members) if (awaitsJoin) waiting++
    return waiting < groupMaxSize
  }

  private speaks({ protocolType, protocols }: JoinRequest): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    return protocolType === this.protocolType && this.members.haveInCommon(protocols)
  }

  private joinAsNew(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const memberId = `${request.instanceId ?? request.clientId}-${randomUUID()}`
    if (request.instanceId !== null) {
      const before = this.members.ofInstance(request.instanceId)
      if (before === undefined) this.addMember(memberId, request, answer)
      else this.replaceMember(before, memberId, request, answer)
    } else if (request.knowsMemberIdRequired) {
      this.promised.add(memberId, request.sessionTimeoutMs)
      answer(refusedJoin('member-id-required', memberId))
    } else {
      this.addMember(memberId, request, answer)
    }
  }

  private addMember(memberId: string, request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    this.promised.remove(memberId)
    const member = this.makeMember(memberId, request)
    member.isNew = true
    if (this.members.size === 0) this.protocolType = request.protocolType
    this.joinWait.extend()
    this.members.add(member)
    member.awaitJoin(answer)
    member.session.set(NEW_MEMBER_JOIN_TIMEOUT_MS)
    this.rebalance(`member ${memberId} joined`)
  }

  private joinAgain(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const error = this.state === 'Empty' ? 'unknown-member-id' : this.members.refuses(request)
    if (error !== null) {
      answer(refusedJoin(error, request.memberId))
      return
    }
    const member = this.members.get(request.memberId)!
    if (this.isCurrent(member, request)) {
      answer(this.joined(member))
      return
    }
    const changed = this.whyJoinsAgain(member, request)
    this.update(member, request)
    member.awaitJoin(answer)
    this.rebalance(changed)
  }

  private whyJoinsAgain(member: ClassicMember, { protocols }: JoinRequest): string {
    if (!member.hasSameProtocols(protocols)) return `member ${member.id} changed what it subscribes to`
    const leader = this.leads(member) ? 'the leader' : 'member'
    return `${leader} ${member.id} joined again, as it does when topics or partitions change`
  }

  /** It did not hear of the generation, or, as a follower, has nothing new to say. A leader may see topics change. */
  private isCurrent(member: ClassicMember, { protocols }: JoinRequest): boolean {
    if (this.state === 'PreparingRebalance' || !member.hasSameProtocols(protocols)) return false
    return this.state === 'CompletingRebalance' || !this.leads(member)
  }

  /** A static member that came back with a new id. Nobody else notices if the group is stable and goes on as it is. */
  private replaceMember(
    before: ClassicMember,
    memberId: string,
    request: JoinRequest,
    answer: (answer: JoinAnswer) => void,
  ): void {
    const ledAs = this.members.leader
    const member = this.makeMember(memberId, request)
    member.assignment = before.assignment
    before.session.clear()
    this.syncWait.remove(before.id)
    this.members.replace(before, member)
    member.session.set(member.sessionTimeoutMs)
    before.answerJoin(refusedJoin('fenced-instance-id', before.id))
    before.answerSync(refusedSync('fenced-instance-id'))
    if (this.state === 'Stable' && this.members.electProtocol() === this.protocol) {
      this.store()
      const joined = this.joined(member)
      // A leader that cannot be told to leave the assignment alone is told that it does not lead.
      if (request.knowsSkipAssignment) answer({ ...joined, skipAssignment: this.leads(member) })
      else answer({ ...joined, leader: ledAs, members: [] })
      return
    }
    member.awaitJoin(answer)
    this.rebalance(`static member ${member.instanceId} came back as ${memberId}`)
  }

  private makeMember(memberId: string, request: JoinRequest): ClassicMember {
    const member = this.newMember(memberId, request)
    member.sessionTimeoutMs = request.sessionTimeoutMs
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    member.protocols = request.protocols
    return member
  }

  private update(member: ClassicMember, { protocols, sessionTimeoutMs, rebalanceTimeoutMs }: JoinRequest): void {
    this.members.setProtocols(member, protocols)
    member.sessionTimeoutMs = sessionTimeoutMs
    member.rebalanceTimeoutMs = rebalanceTimeoutMs
  }

  // ---- what the leader assigned

  /** @param answer called once, in this turn or when the leader has assigned */
  sync(request: SyncRequest, answer: (answer: SyncAnswer) => void): void {
    this.change(() => this.takeSync(request, this.reply(answer)))
  }

  private takeSync(request: SyncRequest, answer: (answer: SyncAnswer) => void): void {
    const error = this.refusesSync(request)
    if (error !== null) {
      answer(refusedSync(error))
      return
    }
    const member = this.members.get(request.memberId)!
    this.syncWait.remove(member.id)
    if (this.state === 'Stable') {
      member.session.set(member.sessionTimeoutMs)
      answer(this.synced(member))
      return
    }
    member.awaitSync(answer)
    if (this.leads(member)) this.assign(request.assignments)
  }

  private refusesSync(request: SyncRequest): StreamError | null {
    const error = this.members.refuses(request)
    if (error !== null) return error
    if (request.generation !== this.generation) return 'illegal-generation'
    const { protocolType, protocol } = request
    if (protocolType !== null && protocolType !== this.protocolType) return 'inconsistent-group-protocol'
    if (protocol !== null && this.protocol !== null && protocol !== this.protocol) return 'inconsistent-group-protocol'
    if (this.state === 'Empty') return 'unknown-member-id'
    return this.state === 'PreparingRebalance' ? 'rebalance-in-progress' : null
  }

  // ---- staying, leaving

  heartbeat(identity: MemberIdentity, generation: number): StreamError | null {
    const error = this.members.refuses(identity)
    if (error !== null) return error
    if (generation !== this.generation) return 'illegal-generation'
    if (this.state === 'Empty') return 'unknown-member-id'
    const member = this.members.get(identity.memberId)!
    member.session.set(member.sessionTimeoutMs)
    return this.state === 'PreparingRebalance' ? 'rebalance-in-progress' : null
  }

  /** @returns for each one, why it is no member */
  leave(leavers: readonly MemberIdentity[]): (StreamError | null)[] {
    return this.change(() => {
      const before = this.members.size
      const errors = leavers.map((leaver) => this.leaveOne(leaver))
      const gone = leavers.filter((_, index) => errors[index] === null)
      if (this.members.size < before) {
        this.rebalance(`${named(gone.map(({ memberId, instanceId }) => memberId || instanceId!))} left`)
      } else if (this.state === 'PreparingRebalance') this.endJoinIfAllAreHere()
      return errors
    })
  }

  private leaveOne({ memberId, instanceId }: MemberIdentity): StreamError | null {
    if (memberId === '' && instanceId !== null) {
      const member = this.members.ofInstance(instanceId)
      if (member === undefined) return 'unknown-member-id'
      this.removeMember(member)
      return null
    }
    if (this.promised.has(memberId)) {
      this.promised.remove(memberId)
      return null
    }
    const error = this.members.refuses({ memberId, instanceId })
    if (error === null) this.dropMember(memberId)
    return error
  }

  protected sessionPassed(member: ClassicMember): void {
    if (member.excused) return
    this.change(() => {
      this.removeMember(member)
      this.rebalance(`member ${member.id} was not heard of for ${member.sessionTimeoutMs} ms`)
    })
  }
}
