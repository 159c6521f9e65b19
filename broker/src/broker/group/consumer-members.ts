/** The members of a consumer group: by id, by instance, and which of them owns a partition. */
import { StreamRefusal } from '../stream-refusal.ts'
import { DEFAULT_ASSIGNOR } from './assignor.ts'
import { partitionsOf } from './consumer-group-assignment.ts'
import type { ConsumerMember } from './consumer-group-member.ts'
import { PartitionOwners } from './consumer-group-owners.ts'

export class ConsumerMembers {
  readonly byId = new Map<string, ConsumerMember>()
  private readonly byInstance = new Map<string, ConsumerMember>()
  private readonly owners = new PartitionOwners()
  private readonly groupId: string

  constructor(groupId: string) {
    this.groupId = groupId
  }

  ofInstance(instanceId: string): ConsumerMember | undefined {
    return this.byInstance.get(instanceId)
  }

  /** @throws StreamRefusal unknown-member-id */
  known(memberId: string): ConsumerMember {
    const member = this.byId.get(memberId)
    if (member !== undefined) return member
    throw new StreamRefusal('unknown-member-id', `Member ${memberId} is not a member of group ${this.groupId}.`)
  }

  /** @throws StreamRefusal unknown-member-id, fenced-instance-id */
  knownStatic(memberId: string, instanceId: string): ConsumerMember {
    const member = this.byInstance.get(instanceId)
    if (member === undefined) throw new StreamRefusal('unknown-member-id', `Instance id ${instanceId} is unknown.`)
    if (member.id === memberId) return member
    const text = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.id}.`
    throw new StreamRefusal('fenced-instance-id', text)
  }

  /** In place of the one of the same id. */
  put(member: ConsumerMember): void {
    const before = this.byId.get(member.id)
    if (before !== undefined) this.letGo(before)
    this.owners.claim(member)
    this.byId.set(member.id, member)
    if (member.instanceId !== null) this.byInstance.set(member.instanceId, member)
  }

  remove(member: ConsumerMember): void {
    this.byId.delete(member.id)
    this.letGo(member)
  }

  private letGo(member: ConsumerMember): void {
    this.owners.release(member)
    if (member.instanceId !== null) this.byInstance.delete(member.instanceId)
  }

  /** Nobody else owns it. */
  isFreeFor(memberId: string, topicId: string, partition: number): boolean {
    return this.owners.isFreeFor(memberId, topicId, partition)
  }

  /** Whether all of a member's target is free for it to take. */
  isFree({ id, target }: ConsumerMember): boolean {
    for (const [topicId, partition] of partitionsOf(target)) {
      if (!this.isFreeFor(id, topicId, partition)) return false
    }
    return true
  }

  /** The assignor most of them ask for. */
  get assignor(): string {
    const votes = new Map<string, number>()
    for (const { assignor } of this.byId.values()) {
      if (assignor !== null) votes.set(assignor, (votes.get(assignor) ?? 0) + 1)
    }
    let best = DEFAULT_ASSIGNOR
    for (const [assignor, count] of votes) if (count > (votes.get(best) ?? 0)) best = assignor
    return best
  }
}
