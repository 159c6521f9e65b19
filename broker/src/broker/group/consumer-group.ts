/**
 * A group whose partitions are shared out by the broker (KIP-848). Each change of who wants what moves the group epoch;
 * a target for all members is computed for that epoch; each member, at its own heartbeats, comes closer to its target
 * and so to that epoch. Nothing stops for anyone: a partition changes hands as soon as its owner has let it go.
 *
 *   consumer-group          [vhost, group]          {epoch, assignmentEpoch, partitionCounts}
 *   consumer-group-member   [vhost, group, member]  what the member is, with its target and what it owns
 */
import type { StreamContext } from '../stream-context.ts'
import { type StreamError, StreamRefusal } from '../stream-refusal.ts'
import type { Topics } from '../topic/topics.ts'
import { ASSIGNORS, DEFAULT_ASSIGNOR } from './assignor.ts'
import { type Assignment, NOTHING, sameAssignment } from './consumer-group-assignment.ts'
import {
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
  checkEpoch,
  isFull,
  sameSayings,
  subscriptionDiffers,
  updated,
} from './consumer-group-heartbeat.ts'
import {
  AWAY_EPOCH,
  type ConsumerMember,
  type ConsumerMemberRecord,
  memberRecord,
  newMember,
  restoredMember,
  subscribedNames,
} from './consumer-group-member.ts'
import { PartitionOwners } from './consumer-group-owners.ts'
import { isReconciled, reconcile } from './consumer-group-reconciliation.ts'
import { Deadline } from './deadline.ts'
import type { Committer, Group } from './group.ts'
import type { CommittedOffset, GroupOffsets } from './offsets.ts'
import { topicMatcher } from './subscription-regex.ts'

export const CONSUMER_GROUP_KIND = 'consumer-group'
export const CONSUMER_MEMBER_KIND = 'consumer-group-member'

export interface ConsumerGroupRecord {
  readonly epoch: number
  readonly assignmentEpoch: number
  readonly partitionCounts: readonly (readonly [topicId: string, count: number])[]
}

interface Attendance {
  readonly session: Deadline
  readonly rebalance: Deadline
  /** Of the topics, when its pattern was last held against them. */
  matchedVersion: number
}

export class ConsumerGroup implements Group {
  readonly id: string
  readonly kind = 'consumer'
  readonly protocolType = 'consumer'
  readonly offsets: GroupOffsets
  /** Moves with who wants what. */
  epoch = 0
  /** The epoch the targets were computed for. */
  assignmentEpoch = 0
  /** The round of the newest change: answers wait for it. */
  lastRound = 0
  private readonly context: StreamContext
  private readonly topics: Topics
  private readonly byId = new Map<string, ConsumerMember>()
  private readonly byInstance = new Map<string, ConsumerMember>()
  private readonly attendances = new Map<string, Attendance>()
  private readonly owners = new PartitionOwners()
  /** Of the topics that members want, by id. */
  private partitionCounts: ReadonlyMap<string, number> = new Map()
  /** Of the topics, when they were counted. */
  private topicsVersion = 0

  constructor(context: StreamContext, topics: Topics, id: string, offsets: GroupOffsets) {
    this.context = context
    this.topics = topics
    this.id = id
    this.offsets = offsets
  }

  get members(): ReadonlyMap<string, ConsumerMember> {
    return this.byId
  }

  get isEmpty(): boolean {
    return this.byId.size === 0
  }

  get state(): 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' {
    if (this.byId.size === 0) return 'Empty'
    if (this.epoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.byId.values()) if (!isReconciled(member, this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  /** The one most members ask for. */
  get assignor(): string {
    const votes = new Map<string, number>()
    for (const { assignor } of this.byId.values()) {
      if (assignor !== null) votes.set(assignor, (votes.get(assignor) ?? 0) + 1)
    }
    let best = DEFAULT_ASSIGNOR
    for (const [assignor, count] of votes) if (count > (votes.get(best) ?? 0)) best = assignor
    return best
  }

  /**
   * Takes in what a member says, and brings it one step closer to what it is to have. The answer holds once `lastRound`
   * is durable.
   * @throws StreamRefusal group-max-size-reached, unknown-member-id, fenced-member-epoch, unreleased-instance-id, fenced-instance-id,
   * invalid-regular-expression
   */
  heartbeat(beat: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    this.checkRoom(beat.memberId)
    const before = this.memberOf(beat)
    const isNew = !this.byId.has(before.id)
    const heard = updated(before, beat)
    const said = { ...heard, matchedNames: this.matchedNames(before, heard, beat) }
    const resubscribed = isNew || subscriptionDiffers(before, said)
    if (!sameSayings(before, said) || isNew) this.put(said)
    const recounted = (resubscribed || this.topicsVersion !== this.topics.version) && this.countPartitions()
    if (resubscribed || recounted) this.moveEpoch()
    if (this.epoch > this.assignmentEpoch) this.assign()
    const after = this.reconcile(before.id, beat.owned)
    this.attendanceOf(after.id).session.set(this.context.settings.groupConsumerSessionTimeoutMs)
    const told = isFull(beat) || !sameAssignment(before.assigned, after.assigned)
    return { memberId: after.id, memberEpoch: after.epoch, assignment: told ? after.assigned : null }
  }

  /**
   * @param away it is static and means to come back: its partitions wait for it, until its session ends
   * @throws StreamRefusal unknown-member-id, fenced-instance-id
   */
  leave(memberId: string, instanceId: string | null, away: boolean): void {
    const member = instanceId === null ? this.known(memberId) : this.knownStatic(memberId, instanceId)
    if (!away) this.remove(member)
    else {
      this.put({ ...member, epoch: AWAY_EPOCH, state: 'stable', revoking: NOTHING })
      this.attendanceOf(member.id).rebalance.clear()
    }
  }

  refusesCommit({ memberId, generation }: Committer): StreamError | null {
    if (generation < 0 && this.isEmpty) return null
    const member = this.byId.get(memberId)
    if (member === undefined) return 'unknown-member-id'
    return generation === member.epoch ? null : 'stale-member-epoch'
  }

  refusesFetch(memberId: string | null, memberEpoch: number): StreamError | null {
    if (memberId === null && memberEpoch < 0) return null
    const member = this.byId.get(memberId ?? '')
    if (member === undefined) return 'unknown-member-id'
    return memberEpoch === member.epoch ? null : 'stale-member-epoch'
  }

  refusesOffsetDelete(): StreamError | null {
    return null
  }

  /** Only its heartbeats keep a member alive. */
  committed(): void {}

  isSubscribedTo(topic: string): boolean {
    for (const member of this.byId.values()) {
      if (member.topicNames.includes(topic) || member.matchedNames.includes(topic)) return true
    }
    return false
  }

  retentionStart({ committedMs }: CommittedOffset): number {
    return committedMs
  }

  forget(): void {
    const { catalog, vhost } = this.context
    for (const id of this.byId.keys()) catalog.remove(CONSUMER_MEMBER_KIND, [vhost, this.id, id])
    catalog.remove(CONSUMER_GROUP_KIND, [vhost, this.id])
  }

  stop(): void {
    for (const { session, rebalance } of this.attendances.values()) {
      session.clear()
      rebalance.clear()
    }
  }

  restore({ epoch, assignmentEpoch, partitionCounts }: ConsumerGroupRecord): void {
    this.epoch = epoch
    this.assignmentEpoch = assignmentEpoch
    this.partitionCounts = new Map(partitionCounts)
  }

  /** It has as long as a new member to say that it is alive. */
  restoreMember(record: ConsumerMemberRecord): void {
    const member = restoredMember(record)
    this.keep(member)
    const { session, rebalance } = this.attendanceOf(member.id)
    session.set(this.context.settings.groupConsumerSessionTimeoutMs)
    if (member.state === 'unrevoked') rebalance.set(member.rebalanceTimeoutMs)
  }

  private checkRoom(memberId: string): void {
    const { groupMaxSize } = this.context.settings
    if (this.byId.size < groupMaxSize || this.byId.has(memberId)) return
    const text = `The consumer group has reached its maximum capacity of ${groupMaxSize} members.`
    throw new StreamRefusal('group-max-size-reached', text)
  }

  private memberOf(beat: ConsumerHeartbeat): ConsumerMember {
    const { memberId, instanceId, memberEpoch } = beat
    if (memberEpoch === 0 && instanceId !== null) return this.joiningStatic(memberId, instanceId)
    if (memberEpoch === 0 && !this.byId.has(memberId)) return newMember(memberId)
    const member = instanceId === null ? this.known(memberId) : this.knownStatic(memberId, instanceId)
    checkEpoch(member, beat)
    return member
  }

  /** It takes the place of the member of its instance that went away, with all that one had. */
  private joiningStatic(memberId: string, instanceId: string): ConsumerMember {
    const before = this.byInstance.get(instanceId)
    if (before === undefined) return this.byId.get(memberId) ?? newMember(memberId)
    if (before.epoch !== AWAY_EPOCH) {
      const text = `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${before.id} member.`
      throw new StreamRefusal('unreleased-instance-id', text)
    }
    const back: ConsumerMember = { ...before, id: memberId, epoch: 0, previousEpoch: 0 }
    this.drop(before)
    this.put(back)
    return back
  }

  private known(memberId: string): ConsumerMember {
    const member = this.byId.get(memberId)
    if (member !== undefined) return member
    throw new StreamRefusal('unknown-member-id', `Member ${memberId} is not a member of group ${this.id}.`)
  }

  private knownStatic(memberId: string, instanceId: string): ConsumerMember {
    const member = this.byInstance.get(instanceId)
    if (member === undefined) throw new StreamRefusal('unknown-member-id', `Instance id ${instanceId} is unknown.`)
    if (member.id === memberId) return member
    const text = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.id}.`
    throw new StreamRefusal('fenced-instance-id', text)
  }

  /** @returns whether it came out differently */
  private countPartitions(): boolean {
    this.topicsVersion = this.topics.version
    const before = this.partitionCounts
    const counts = new Map<string, number>()
    for (const member of this.byId.values()) {
      for (const name of subscribedNames(member)) {
        const topic = this.topics.get(name)
        if (topic !== undefined) counts.set(topic.id, topic.partitions.length)
      }
    }
    this.partitionCounts = counts
    return counts.size !== before.size || [...counts].some(([topicId, count]) => before.get(topicId) !== count)
  }

  private moveEpoch(): void {
    this.epoch += 1
    this.store()
  }

  private assign(): void {
    const members = [...this.byId.values()].map((member) => ({
      id: member.id,
      instanceId: member.instanceId,
      topicIds: this.topicIdsOf(member),
      before: member.target,
    }))
    const targets = ASSIGNORS.get(this.assignor)!(members, this.partitionCounts)
    for (const member of [...this.byId.values()]) {
      const target = targets.get(member.id)!
      if (!sameAssignment(target, member.target)) this.put({ ...member, target })
    }
    this.assignmentEpoch = this.epoch
    this.store()
  }

  private topicIdsOf(member: ConsumerMember): ReadonlySet<string> {
    const ids = new Set<string>()
    for (const name of subscribedNames(member)) {
      const topic = this.topics.get(name)
      if (topic !== undefined) ids.add(topic.id)
    }
    return ids
  }

  private reconcile(memberId: string, owned: Assignment | null): ConsumerMember {
    const member = this.byId.get(memberId)!
    const next = reconcile(member, this.assignmentEpoch, owned, (topicId, partition) =>
      this.owners.isFreeFor(memberId, topicId, partition),
    )
    if (next === member) return member
    this.put(next)
    const { rebalance } = this.attendanceOf(next.id)
    if (next.state === 'unrevoked') rebalance.set(next.rebalanceTimeoutMs)
    else rebalance.clear()
    return next
  }

  private attendanceOf(id: string): Attendance {
    let attendance = this.attendances.get(id)
    if (attendance === undefined) {
      const { clock } = this.context
      attendance = {
        session: new Deadline(clock, () => this.fence(id, 'its session timed out')),
        rebalance: new Deadline(clock, () => this.fence(id, 'it did not give up its partitions in time')),
        matchedVersion: 0,
      }
      this.attendances.set(id, attendance)
    }
    return attendance
  }

  /** The topics that a member's pattern fits, found again when it or the topics changed. */
  private matchedNames(before: ConsumerMember, said: ConsumerMember, beat: ConsumerHeartbeat): readonly string[] {
    if (!said.topicRegex) return []
    const attendance = this.attendanceOf(said.id)
    const { version } = this.topics
    if (attendance.matchedVersion === version && said.topicRegex === before.topicRegex) return said.matchedNames
    const fits = topicMatcher(said.topicRegex)
    attendance.matchedVersion = version
    return [...this.topics.all()].map(({ name }) => name).filter((name) => fits(name) && beat.maySee(name))
  }

  private fence(memberId: string, reason: string): void {
    const member = this.byId.get(memberId)
    if (member === undefined) return
    this.context.logger.info({ group: this.id, member: memberId, reason }, 'a member is removed from its group')
    this.remove(member)
  }

  private remove(member: ConsumerMember): void {
    this.drop(member)
    this.countPartitions()
    this.moveEpoch()
  }

  private drop(member: ConsumerMember): void {
    this.byId.delete(member.id)
    if (member.instanceId !== null) this.byInstance.delete(member.instanceId)
    this.owners.release(member)
    const attendance = this.attendances.get(member.id)
    attendance?.session.clear()
    attendance?.rebalance.clear()
    this.attendances.delete(member.id)
    this.context.catalog.remove(CONSUMER_MEMBER_KIND, [this.context.vhost, this.id, member.id])
    this.lastRound = this.context.catalog.lastRound
  }

  /** In place of the one of the same id. */
  private put(member: ConsumerMember): void {
    this.keep(member)
    this.context.catalog.put(CONSUMER_MEMBER_KIND, [this.context.vhost, this.id, member.id], memberRecord(member))
    this.lastRound = this.context.catalog.lastRound
  }

  private keep(member: ConsumerMember): void {
    const before = this.byId.get(member.id)
    if (before !== undefined) {
      this.owners.release(before)
      if (before.instanceId !== null) this.byInstance.delete(before.instanceId)
    }
    this.owners.claim(member)
    this.byId.set(member.id, member)
    if (member.instanceId !== null) this.byInstance.set(member.instanceId, member)
  }

  private store(): void {
    const { epoch, assignmentEpoch, partitionCounts } = this
    const record: ConsumerGroupRecord = { epoch, assignmentEpoch, partitionCounts: [...partitionCounts] }
    this.context.catalog.put(CONSUMER_GROUP_KIND, [this.context.vhost, this.id], record)
    this.lastRound = this.context.catalog.lastRound
  }
}
