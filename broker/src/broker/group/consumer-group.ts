/**
 * A group whose partitions are shared out by the broker (KIP-848). Each change of who wants what moves the group epoch;
 * a target for all members is computed for that epoch; each member, at its own heartbeats, comes closer to its target
 * and so to that epoch. Nothing stops for anyone: a partition changes hands as soon as its owner has let it go.
 */
import { StreamRefusal } from '../stream-refusal.ts'
import { NOTHING, sameAssignment } from './consumer-group-assignment.ts'
import { ClassicSide } from './consumer-group-classic.ts'
import {
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
  checkEpoch,
  isFull,
  updated,
} from './consumer-group-heartbeat.ts'
import { AWAY_EPOCH, type ConsumerMember, newMember } from './consumer-group-member.ts'
import { ConsumerGroupState } from './consumer-group-state.ts'
import { topicMatcher } from './subscription-regex.ts'

export class ConsumerGroup extends ConsumerGroupState {
  /** Serves members that speak the classic protocol. */
  readonly classic = new ClassicSide(this)

  /**
   * Takes in what a member says, and brings it one step closer to what it is to have. The answer holds once `lastRound`
   * is durable.
   * @throws StreamRefusal group-max-size-reached, unknown-member-id, fenced-member-epoch, unreleased-instance-id,
   * fenced-instance-id, invalid-regular-expression
   */
  heartbeat(beat: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    this.checkRoom(beat.memberId)
    const before = this.memberOf(beat)
    const heard = updated(before, beat)
    const said = { ...heard, matchedNames: this.matchedNames(before, heard, beat) }
    const after = this.takeIn(before, said, beat.owned)
    const { session, rebalance } = this.attendanceOf(after.id)
    session.set(this.sessionTimeoutOf(after))
    if (before.classic !== null && after.state !== 'unrevoked') rebalance.clear()
    const told = isFull(beat) || !sameAssignment(before.assigned, after.assigned)
    return { memberId: after.id, memberEpoch: after.epoch, assignment: told ? after.assigned : null }
  }

  /**
   * @param away it is static and means to come back: its partitions wait for it, until its session ends
   * @throws StreamRefusal unknown-member-id, fenced-instance-id
   */
  leave(memberId: string, instanceId: string | null, away: boolean): void {
    const member =
      instanceId === null ? this.membership.known(memberId) : this.membership.knownStatic(memberId, instanceId)
    if (!away) this.remove(member)
    else {
      this.put({ ...member, epoch: AWAY_EPOCH, state: 'stable', revoking: NOTHING })
      this.attendanceOf(member.id).rebalance.clear()
    }
  }

  private memberOf(beat: ConsumerHeartbeat): ConsumerMember {
    const { memberId, instanceId, memberEpoch } = beat
    if (memberEpoch === 0 && instanceId !== null) return this.joiningStatic(memberId, instanceId)
    if (memberEpoch === 0 && !this.members.has(memberId)) return newMember(memberId)
    const member =
      instanceId === null ? this.membership.known(memberId) : this.membership.knownStatic(memberId, instanceId)
    checkEpoch(member, beat)
    return member
  }

  /** It takes the place of the member of its instance that went away or is of the other protocol, with all it had. */
  private joiningStatic(memberId: string, instanceId: string): ConsumerMember {
    const before = this.membership.ofInstance(instanceId)
    if (before === undefined) return this.members.get(memberId) ?? newMember(memberId)
    if (before.epoch !== AWAY_EPOCH && before.classic === null) {
      const text = `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${before.id} member.`
      throw new StreamRefusal('unreleased-instance-id', text)
    }
    return this.replace(before, memberId)
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
}
