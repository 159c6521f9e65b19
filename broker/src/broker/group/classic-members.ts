/** The members of a classic group: by id, by instance, who leads them, and which protocols all of them know. */
import type { StreamError } from '../stream-refusal.ts'
import type { ClassicProtocol, MemberIdentity } from './classic-calls.ts'
import type { ClassicMember } from './classic-member.ts'

export class ClassicMembers {
  /** '' without members. */
  leader = ''
  private readonly byId = new Map<string, ClassicMember>()
  private readonly byInstance = new Map<string, ClassicMember>()
  /** How many members know a protocol. */
  private readonly known = new Map<string, number>()

  get size(): number {
    return this.byId.size
  }

  get(id: string): ClassicMember | undefined {
    return this.byId.get(id)
  }

  ofInstance(instanceId: string): ClassicMember | undefined {
    return this.byInstance.get(instanceId)
  }

  [Symbol.iterator](): IterableIterator<ClassicMember> {
    return this.byId.values()
  }

  add(member: ClassicMember): void {
    this.byId.set(member.id, member)
    if (member.instanceId !== null) this.byInstance.set(member.instanceId, member)
    if (this.leader === '') this.leader = member.id
    this.count(member.protocols, 1)
  }

  /** The oldest of the others leads if the leader goes. */
  remove(member: ClassicMember): void {
    if (!this.byId.delete(member.id)) return
    if (member.instanceId !== null) this.byInstance.delete(member.instanceId)
    this.count(member.protocols, -1)
    if (this.leader === member.id) this.leader = this.byId.keys().next().value ?? ''
  }

  /** The one that comes back takes the place of the one it was. */
  replace(before: ClassicMember, after: ClassicMember): void {
    const led = this.leader === before.id
    this.remove(before)
    this.add(after)
    if (led) this.leader = after.id
  }

  setProtocols(member: ClassicMember, protocols: readonly ClassicProtocol[]): void {
    this.count(member.protocols, -1)
    member.protocols = protocols
    this.count(protocols, 1)
  }

  /** @returns why nobody here is who it says to be */
  refuses({ memberId, instanceId }: MemberIdentity): StreamError | null {
    if (instanceId !== null) {
      const member = this.byInstance.get(instanceId)
      if (member === undefined) return 'unknown-member-id'
      if (member.id !== memberId) return 'fenced-instance-id'
    }
    return this.byId.has(memberId) ? null : 'unknown-member-id'
  }

  /** Whether there is a protocol that all members and this one know. */
  haveInCommon(protocols: readonly ClassicProtocol[]): boolean {
    return protocols.some(({ name }) => (this.known.get(name) ?? 0) === this.byId.size)
  }

  /** The protocol of all that most members like best; among equals the one that the first member likes better. */
  electProtocol(): string {
    const votes = new Map<string, number>()
    for (const member of this.byId.values()) {
      const choice = member.protocols.find(({ name }) => this.known.get(name) === this.byId.size)
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
    }
    let elected = ''
    for (const [name, count] of votes) if (count > (votes.get(elected) ?? 0)) elected = name
    return elected
  }

  /** Lets someone lead who is here for the next generation. @returns whether anyone is */
  electPresentLeader(): boolean {
    if (this.byId.get(this.leader)?.awaitsJoin) return true
    for (const member of this.byId.values()) {
      if (!member.awaitsJoin) continue
      this.leader = member.id
      return true
    }
    return false
  }

  private count(protocols: readonly ClassicProtocol[], by: 1 | -1): void {
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.known.get(name) ?? 0) + by
      if (count === 0) this.known.delete(name)
      else this.known.set(name, count)
    }
  }
}
