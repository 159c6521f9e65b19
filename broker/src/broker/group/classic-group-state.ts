/**
 * What a classic group is: its members and generation, what of that outlives the process, and what it means for the
 * group's offsets. How it changes is told in classic-rebalance.ts and classic-group.ts.
 */
import type { StreamContext } from '../stream-context.ts'
import type { StreamError } from '../stream-refusal.ts'
import type { JoinRequest } from './classic-calls.ts'
import { ClassicMember } from './classic-member.ts'
import { ClassicMembers } from './classic-members.ts'
import { type ClassicGroupRecord, GROUP_KIND, memberRecord } from './classic-record.ts'
import { Deadline } from './deadline.ts'
import type { Committer, Group } from './group.ts'
import type { CommittedOffset, GroupOffsets } from './offsets.ts'
import { Rebalances } from './rebalances.ts'
import { subscribedTopics } from './subscription.ts'

export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

const CONSUMER_PROTOCOL_TYPE = 'consumer'

export abstract class ClassicGroupState implements Group {
  readonly id: string
  readonly kind = 'classic'
  readonly offsets: GroupOffsets
  readonly rebalances: Rebalances
  readonly members = new ClassicMembers()
  state: ClassicState = 'Empty'
  protocolType = ''
  generation = 0
  /** Elected for this generation. */
  protocol: string | null = null
  protected readonly context: StreamContext
  /** What the members of this generation consume; null if that cannot be told. */
  protected subscribed: ReadonlySet<string> | null = new Set()
  /** When the group came into its state, ms since 1970. */
  protected changedMs: number
  /** Holds what was last stored. */
  protected lastRound = 0

  constructor(context: StreamContext, id: string, offsets: GroupOffsets) {
    this.context = context
    this.id = id
    this.offsets = offsets
    this.rebalances = new Rebalances(context.clock)
    this.changedMs = context.clock.now()
  }

  protected abstract sessionPassed(member: ClassicMember): void

  abstract stop(): void

  get vhost(): string {
    return this.context.vhost
  }

  get isEmpty(): boolean {
    return this.state === 'Empty'
  }

  protected leads(member: ClassicMember): boolean {
    return this.members.leader === member.id
  }

  protected newMember(memberId: string, client: Pick<JoinRequest, 'instanceId' | 'clientId' | 'clientHost'>) {
    const session = new Deadline(this.context.clock, () => this.sessionPassed(member))
    const member: ClassicMember = new ClassicMember(memberId, client, session)
    return member
  }

  protected whatMembersConsume(): ReadonlySet<string> | null {
    if (this.protocolType !== CONSUMER_PROTOCOL_TYPE) return null
    const all = new Set<string>()
    for (const member of this.members) {
      const topics = subscribedTopics(member.metadataOf(this.protocol!))
      if (topics === null) return null
      for (const topic of topics) all.add(topic)
    }
    return all
  }

  // ---- offsets

  refusesCommit({ memberId, instanceId, generation, transactional }: Committer): StreamError | null {
    if (generation < 0 && this.isEmpty) return null
    if (generation >= 0 || memberId !== '' || instanceId !== null) {
      const error = this.members.refuses({ memberId, instanceId })
      if (error !== null) return error
      if (generation !== this.generation) return 'illegal-generation'
    } else if (!transactional) {
      return 'unknown-member-id'
    }
    return !transactional && this.state === 'CompletingRebalance' ? 'rebalance-in-progress' : null
  }

  refusesFetch(): StreamError | null {
    return null
  }

  refusesOffsetDelete(): StreamError | null {
    return this.isEmpty || this.protocolType === CONSUMER_PROTOCOL_TYPE ? null : 'non-empty-group'
  }

  committed(memberId: string): void {
    const member = this.members.get(memberId)
    if (member !== undefined && this.state !== 'CompletingRebalance') member.session.set(member.sessionTimeoutMs)
  }

  isSubscribedTo(topic: string): boolean {
    return this.subscribed?.has(topic) ?? this.protocolType === CONSUMER_PROTOCOL_TYPE
  }

  retentionStart({ committedMs }: CommittedOffset): number | null {
    if (this.protocolType === '') return committedMs
    if (this.isEmpty) return this.changedMs
    const known = this.protocolType === CONSUMER_PROTOCOL_TYPE && this.subscribed !== null
    return known && this.state === 'Stable' ? committedMs : null
  }

  // ---- what outlives the process

  /** Calls back when what was changed so far is durable. */
  whenStored(task: () => void): void {
    this.context.durability.after(this.lastRound, task)
  }

  forget(): void {
    this.context.catalog.remove(GROUP_KIND, [this.context.vhost, this.id])
  }

  protected store(): void {
    const { protocolType, generation, protocol, changedMs } = this
    const members = [...this.members].map(memberRecord)
    const { leader } = this.members
    const record: ClassicGroupRecord = {
      kind: 'classic',
      protocolType,
      generation,
      protocol,
      leader,
      changedMs,
      rebalancing: this.state === 'PreparingRebalance',
      members,
    }
    this.context.catalog.put(GROUP_KIND, [this.context.vhost, this.id], record)
    this.lastRound = this.context.catalog.lastRound
  }

  protected restore(record: ClassicGroupRecord): void {
    for (const of of record.members) {
      const member = this.newMember(of.id, of)
      member.sessionTimeoutMs = of.sessionTimeoutMs
      member.rebalanceTimeoutMs = of.rebalanceTimeoutMs
      member.protocols = of.protocols
      member.assignment = of.assignment
      this.members.add(member)
      member.session.set(member.sessionTimeoutMs)
    }
    this.members.leader = record.leader
    this.protocolType = record.protocolType
    this.generation = record.generation
    this.protocol = record.protocol ?? (this.members.size === 0 ? null : this.members.electProtocol())
    this.changedMs = record.changedMs
    this.state = record.members.length === 0 ? 'Empty' : 'Stable'
    this.subscribed = this.isEmpty ? new Set() : this.whatMembersConsume()
  }
}
