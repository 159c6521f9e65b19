/**
 * What a consumer group is: its members, epochs and targets, what of that outlives the process, and what it means for the
 * group's offsets. What members say to it is told in consumer-group.ts and consumer-group-classic.ts.
 *
 *   consumer-group          [vhost, group]          {epoch, assignmentEpoch, partitionCounts}
 *   consumer-group-member   [vhost, group, member]  what the member is, with its target and what it owns
 */
import type { StreamContext } from '../stream-context.ts'
import { type StreamError, StreamRefusal } from '../stream-refusal.ts'
import type { Topics } from '../topic/topics.ts'
import { ASSIGNORS } from './assignor.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Assignment, sameAssignment } from './consumer-group-assignment.ts'
import { sameSayings, subscriptionDiffers } from './consumer-group-heartbeat.ts'
import {
  type ConsumerMember,
  type ConsumerMemberRecord,
  memberRecord,
  restoredMember,
  subscribedNames,
} from './consumer-group-member.ts'
import { isReconciled, reconcile } from './consumer-group-reconciliation.ts'
import { ConsumerMembers } from './consumer-members.ts'
import { Deadline } from './deadline.ts'
import type { Committer, Group, TopicIdPartition } from './group.ts'
import type { CommittedOffset, GroupOffsets } from './offsets.ts'
import { Rebalances } from './rebalances.ts'

export const CONSUMER_GROUP_KIND = 'consumer-group'
export const CONSUMER_MEMBER_KIND = 'consumer-group-member'

export interface ConsumerGroupRecord {
  readonly epoch: number
  readonly assignmentEpoch: number
  readonly partitionCounts: readonly (readonly [topicId: string, count: number])[]
}

/** Lets a group whose members all speak the classic protocol go on as a classic one. @returns null if it may not */
export type HandOver = (group: ConsumerGroupState) => ClassicGroup | null

export interface Attendance {
  readonly session: Deadline
  /** Until when it must have given up partitions; of a classic member, until when it must have joined or synced. */
  readonly rebalance: Deadline
  /** Of the topics, when its pattern was last held against them. */
  matchedVersion: number
}

export class ConsumerGroupState implements Group {
  readonly id: string
  readonly kind = 'consumer'
  readonly protocolType = 'consumer'
  readonly offsets: GroupOffsets
  readonly rebalances: Rebalances
  /** Moves with who wants what. */
  epoch = 0
  /** The epoch the targets were computed for. */
  assignmentEpoch = 0
  /** The round of the newest change: answers wait for it. */
  lastRound = 0
  readonly context: StreamContext
  readonly topics: Topics
  private readonly sessionTimeoutMs: () => number
  private readonly handOver: HandOver
  readonly membership: ConsumerMembers
  private readonly attendances = new Map<string, Attendance>()
  /** Of the topics that members want, by id. */
  private partitionCounts: ReadonlyMap<string, number> = new Map()
  /** Of the topics, when they were counted. */
  private topicsVersion = 0

  constructor(
    context: StreamContext,
    topics: Topics,
    id: string,
    offsets: GroupOffsets,
    sessionTimeoutMs: () => number,
    handOver: HandOver,
  ) {
    this.sessionTimeoutMs = sessionTimeoutMs
    this.context = context
    this.handOver = handOver
    this.topics = topics
    this.id = id
    this.offsets = offsets
    this.rebalances = new Rebalances(context.clock)
    this.membership = new ConsumerMembers(id)
  }

  get members(): ReadonlyMap<string, ConsumerMember> {
    return this.membership.byId
  }

  get vhost(): string {
    return this.context.vhost
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  get state(): 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' {
    if (this.members.size === 0) return 'Empty'
    if (this.epoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) if (!isReconciled(member, this.assignmentEpoch)) return 'Reconciling'
    return 'Stable'
  }

  get assignor(): string {
    return this.membership.assignor
  }

  refusesCommit(committer: Committer, partitions: Iterable<TopicIdPartition>): StreamError | null {
    const { memberId, generation } = committer
    if (generation < 0 && this.isEmpty) return null
    if (committer.transactional && generation === -1 && memberId === '' && committer.instanceId === null) return null
    const member = this.members.get(memberId)
    if (member === undefined) return 'unknown-member-id'
    if (generation === member.epoch) return null
    // One that has not heard of its epoch yet commits what it has had since before (KIP-1251).
    const has = ([topicId, partition]: TopicIdPartition): boolean =>
      generation >= (member.since.get(topicId)?.get(partition) ?? Number.POSITIVE_INFINITY)
    if (generation < member.epoch && [...partitions].every(has)) return null
    return wrongEpoch(member)
  }

  refusesFetch(memberId: string | null, memberEpoch: number): StreamError | null {
    if (memberId === null && memberEpoch < 0) return null
    const member = this.members.get(memberId ?? '')
    if (member === undefined) return 'unknown-member-id'
    return memberEpoch === member.epoch ? null : wrongEpoch(member)
  }

  refusesOffsetDelete(): StreamError | null {
    return null
  }

  /** Only its heartbeats keep a member alive. */
  committed(): void {}

  isSubscribedTo(topic: string): boolean {
    for (const member of this.members.values()) {
      if (member.topicNames.includes(topic) || member.matchedNames.includes(topic)) return true
    }
    return false
  }

  retentionStart({ committedMs }: CommittedOffset): number {
    return committedMs
  }

  forget(): void {
    const { catalog, vhost } = this.context
    for (const id of this.members.keys()) catalog.remove(CONSUMER_MEMBER_KIND, [vhost, this.id, id])
    catalog.remove(CONSUMER_GROUP_KIND, [vhost, this.id])
    this.lastRound = catalog.lastRound
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
    this.membership.put(member)
    const { session, rebalance } = this.attendanceOf(member.id)
    session.set(this.sessionTimeoutOf(member))
    if (member.classic === null && member.state === 'unrevoked') rebalance.set(member.rebalanceTimeoutMs)
  }

  /** Takes over the members of a classic group, with what its leader gave them at its generation. */
  adopt(generation: number, members: readonly ConsumerMember[]): void {
    this.epoch = generation
    this.assignmentEpoch = generation
    for (const member of members) {
      this.put(member)
      this.attendanceOf(member.id).session.set(this.sessionTimeoutOf(member))
    }
    this.countPartitions()
    this.store()
  }

  /** Of silence, in ms. */
  sessionTimeoutOf(member: ConsumerMember): number {
    return member.classic?.sessionTimeoutMs ?? this.sessionTimeoutMs()
  }

  /** @throws StreamRefusal group-max-size-reached */
  checkRoom(memberId: string): void {
    const { groupMaxSize } = this.context.settings
    if (this.members.size < groupMaxSize || this.members.has(memberId)) return
    const text = `The consumer group has reached its maximum capacity of ${groupMaxSize} members.`
    throw new StreamRefusal('group-max-size-reached', text)
  }

  /** A static member came back with a new id: it has all that it had. */
  replace(before: ConsumerMember, id: string): ConsumerMember {
    const back: ConsumerMember = { ...before, id, epoch: 0, previousEpoch: 0 }
    this.drop(before)
    this.put(back)
    return back
  }

  /**
   * Takes in what a member said: who wants what, if that changed, and its next step to what it is to have.
   * @param before what it was; it may be new
   */
  takeIn(before: ConsumerMember, said: ConsumerMember, owned: Assignment | null): ConsumerMember {
    const isNew = !this.members.has(before.id)
    if (!sameSayings(before, said) || isNew) this.put(said)
    if (isNew || subscriptionDiffers(before, said)) {
      this.countPartitions()
      this.moveEpoch(`member ${said.id} ${isNew ? 'joined' : 'changed what it subscribes to'}`)
    } else this.seeTopics()
    if (this.epoch > this.assignmentEpoch) this.assign()
    return this.reconcile(said.id, owned)
  }

  /** Moves the epoch if topics that members want came, went or grew since they were looked at. */
  seeTopics(): void {
    if (this.topicsVersion === this.topics.version || !this.countPartitions()) return
    this.moveEpoch('topics that members want came, went or have more partitions')
  }

  /** As a classic group, if all members speak its protocol and they may. */
  asClassic(): ClassicGroup | null {
    for (const { classic } of this.members.values()) if (classic === null) return null
    return this.isEmpty ? null : this.handOver(this)
  }

  /** @returns whether it came out differently */
  private countPartitions(): boolean {
    this.topicsVersion = this.topics.version
    const before = this.partitionCounts
    const counts = new Map<string, number>()
    for (const member of this.members.values()) {
      for (const name of subscribedNames(member)) {
        const topic = this.topics.get(name)
        if (topic !== undefined) counts.set(topic.id, topic.partitions.length)
      }
    }
    this.partitionCounts = counts
    return counts.size !== before.size || [...counts].some(([topicId, count]) => before.get(topicId) !== count)
  }

  private moveEpoch(reason: string): void {
    this.rebalances.note(reason)
    this.epoch += 1
    this.store()
  }

  private assign(): void {
    const members = [...this.members.values()].map((member) => ({
      id: member.id,
      instanceId: member.instanceId,
      topicIds: this.topicIdsOf(member),
      before: member.target,
    }))
    const targets = ASSIGNORS.get(this.assignor)!(members, this.partitionCounts)
    for (const member of [...this.members.values()]) {
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
    const member = this.members.get(memberId)!
    const next = reconcile(member, this.assignmentEpoch, owned, (topicId, partition) =>
      this.membership.isFreeFor(memberId, topicId, partition),
    )
    if (next === member) return member
    this.put(next)
    if (next.classic !== null) return next
    const { rebalance } = this.attendanceOf(next.id)
    if (next.state === 'unrevoked') rebalance.set(next.rebalanceTimeoutMs)
    else rebalance.clear()
    return next
  }

  attendanceOf(id: string): Attendance {
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

  private fence(memberId: string, reason: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.context.logger.info({ group: this.id, member: memberId, reason }, 'a member is removed from its group')
    this.removeBecause(reason, member)
  }

  remove(...members: readonly ConsumerMember[]): void {
    this.removeBecause('it left', ...members)
  }

  private removeBecause(reason: string, ...members: readonly ConsumerMember[]): void {
    for (const member of members) this.drop(member)
    if (this.asClassic() !== null) return
    this.countPartitions()
    this.moveEpoch(`member ${members.map(({ id }) => id).join(', ')} is gone: ${reason}`)
  }

  private drop(member: ConsumerMember): void {
    this.membership.remove(member)
    const attendance = this.attendances.get(member.id)
    attendance?.session.clear()
    attendance?.rebalance.clear()
    this.attendances.delete(member.id)
    this.context.catalog.remove(CONSUMER_MEMBER_KIND, [this.context.vhost, this.id, member.id])
    this.lastRound = this.context.catalog.lastRound
  }

  /** In place of the one of the same id. */
  put(member: ConsumerMember): void {
    this.membership.put(member)
    this.context.catalog.put(CONSUMER_MEMBER_KIND, [this.context.vhost, this.id, member.id], memberRecord(member))
    this.lastRound = this.context.catalog.lastRound
  }

  private store(): void {
    const { epoch, assignmentEpoch, partitionCounts } = this
    const record: ConsumerGroupRecord = { epoch, assignmentEpoch, partitionCounts: [...partitionCounts] }
    this.context.catalog.put(CONSUMER_GROUP_KIND, [this.context.vhost, this.id], record)
    this.lastRound = this.context.catalog.lastRound
  }
}

function wrongEpoch({ classic }: ConsumerMember): StreamError {
  return classic === null ? 'stale-member-epoch' : 'illegal-generation'
}
