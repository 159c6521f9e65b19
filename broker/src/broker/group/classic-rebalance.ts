/**
 * How a classic group comes from one generation to the next. A generation that no leader assigned is not written: its
 * number is used again after a crash, and nobody was given partitions under it.
 *
 *          join                  all joined              leader's sync
 *   Empty ─────▶ PreparingRebalance ─────▶ CompletingRebalance ─────▶ Stable
 *     ▲              │     ▲                       │                    │
 *     └── none left ─┘     └─── join, leave, silence, lost sync ────────┘
 *
 * What outlives the process is written when the leader has assigned, when the group became empty and when a static member
 * came back; whoever is told of it waits until that is durable.
 */
import type { StreamContext } from '../stream-context.ts'
import { type JoinAnswer, NO_BYTES, refusedJoin, refusedSync, type SyncAnswer } from './classic-calls.ts'
import { ClassicGroupState } from './classic-group-state.ts'
import type { ClassicMember } from './classic-member.ts'
import { JoinWait } from './join-wait.ts'
import type { GroupOffsets } from './offsets.ts'
import { PromisedIds } from './promised-ids.ts'
import { Replies } from './replies.ts'
import { SyncWait } from './sync-wait.ts'

/** A group of static members that are all away looks for them no more often, whatever time they gave it. */
const ABSENT_WAIT_MS = 1000

export abstract class ClassicRebalance extends ClassicGroupState {
  protected readonly promised: PromisedIds
  protected readonly joinWait: JoinWait
  protected readonly syncWait: SyncWait
  private readonly replies: Replies

  constructor(context: StreamContext, id: string, offsets: GroupOffsets) {
    super(context, id, offsets)
    this.replies = new Replies(context.durability)
    this.promised = new PromisedIds(context.clock, () => this.change(() => this.promiseLapsed()))
    this.joinWait = new JoinWait(context.clock, () => this.change(() => this.endJoin()))
    this.syncWait = new SyncWait(context.clock, (late) => this.change(() => this.endSync(late)))
  }

  protected rebalance(reason: string): void {
    if (this.state === 'PreparingRebalance') {
      this.endJoinIfAllAreHere()
      return
    }
    this.context.logger.debug({ group: this.id, generation: this.generation, reason }, 'rebalancing a group')
    this.rebalances.note(reason)
    for (const member of this.members) {
      if (!member.awaitsSync) continue
      member.answerSync(refusedSync('rebalance-in-progress'))
      member.session.set(member.sessionTimeoutMs)
    }
    this.syncWait.clear()
    const begins = this.isEmpty
    this.state = 'PreparingRebalance'
    if (begins) {
      this.joinWait.begin(this.context.settings.groupInitialRebalanceDelayMs, this.rebalanceTimeoutMs)
    } else {
      this.joinWait.wait(this.rebalanceTimeoutMs)
      this.endJoinIfAllAreHere()
    }
  }

  private get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const { rebalanceTimeoutMs } of this.members) longest = Math.max(longest, rebalanceTimeoutMs)
    return longest
  }

  protected endJoinIfAllAreHere(): void {
    if (this.joinWait.beginning || this.promised.areOut) return
    for (const { awaitsJoin } of this.members) if (!awaitsJoin) return
    this.endJoin()
  }

  /** Begins the next generation with those who are here. Static members may be late, until their session ends. */
  private endJoin(): void {
    this.joinWait.clear()
    for (const member of [...this.members]) {
      if (!member.awaitsJoin && member.instanceId === null) this.removeMember(member)
    }
    if (this.members.size > 0 && !this.members.electPresentLeader()) {
      this.joinWait.wait(Math.max(this.rebalanceTimeoutMs, ABSENT_WAIT_MS))
      return
    }
    this.generation++
    this.changedMs = this.context.clock.now()
    if (this.members.size === 0) this.becomeEmpty()
    else this.awaitAssignment()
  }

  private becomeEmpty(): void {
    this.state = 'Empty'
    this.protocol = null
    this.subscribed = new Set()
    this.store()
  }

  private awaitAssignment(): void {
    this.protocol = this.members.electProtocol()
    this.subscribed = this.whatMembersConsume()
    this.state = 'CompletingRebalance'
    for (const member of this.members) {
      member.session.set(member.sessionTimeoutMs)
      member.isNew = false
      member.answerJoin(this.joined(member))
    }
    this.syncWait.begin(
      Array.from(this.members, ({ id }) => id),
      this.rebalanceTimeoutMs,
    )
  }

  protected assign(assignments: ReadonlyMap<string, Uint8Array>): void {
    for (const member of this.members) member.assignment = assignments.get(member.id) ?? NO_BYTES
    this.state = 'Stable'
    this.changedMs = this.context.clock.now()
    this.store()
    for (const member of this.members) {
      if (member.awaitsSync) member.session.set(member.sessionTimeoutMs)
      member.answerSync(this.synced(member))
    }
  }

  /** Members that did not ask for their partitions in time are gone. */
  private endSync(late: readonly string[]): void {
    for (const id of late) this.dropMember(id)
    this.rebalance(`${named(late)} did not ask for partitions in time`)
  }

  private promiseLapsed(): void {
    if (this.state === 'PreparingRebalance') this.endJoinIfAllAreHere()
  }

  protected joined(member: ClassicMember): JoinAnswer {
    const protocol = this.protocol
    const members = !this.leads(member)
      ? []
      : [...this.members].map((one) => ({
          memberId: one.id,
          instanceId: one.instanceId,
          metadata: one.metadataOf(protocol!),
        }))
    return {
      error: null,
      memberId: member.id,
      generation: this.generation,
      protocolType: this.protocolType,
      protocol,
      leader: this.members.leader,
      skipAssignment: false,
      members,
    }
  }

  protected synced(member: ClassicMember): SyncAnswer {
    return {
      error: null,
      protocolType: this.protocolType,
      protocol: this.protocol,
      assignment: member.assignment,
    }
  }

  protected dropMember(memberId: string): void {
    const member = this.members.get(memberId)
    if (member !== undefined) this.removeMember(member)
  }

  /** Its waiting calls are answered: a client that is alive after all joins again. */
  protected removeMember(member: ClassicMember): void {
    member.session.clear()
    this.members.remove(member)
    this.syncWait.remove(member.id)
    member.answerJoin(refusedJoin('unknown-member-id', member.id))
    member.answerSync(refusedSync('unknown-member-id'))
  }

  stop(): void {
    this.joinWait.clear()
    this.syncWait.clear()
    for (const { session } of this.members) session.clear()
    this.promised.clear()
  }

  /** Answers once what was changed so far is durable. */
  protected reply<T>(answer: (value: T) => void): (value: T) => void {
    return (value) => this.replies.add(this.lastRound, () => answer(value))
  }

  /** What it answers leaves when it is done. */
  protected change<T>(work: () => T): T {
    const result = work()
    this.replies.leave()
    return result
  }
}

export function named(members: readonly string[]): string {
  return `${members.length === 1 ? 'member' : 'members'} ${members.join(', ')}`
}
