/**
 * One step of a member towards its target: first it gives up what it is not to have any more, and only then gets what is
 * free. So no partition is anybody's second: a step takes what is free, and frees what the member says it let go.
 *
 *                     something to give up
 *            ┌────────────────────────────────────┐
 *            │                                    ▼
 *   stable ──┤ some of the target is another's   unrevoked ──▶ the member says it let go: as if it were stable,
 *      ▲     ├───────────────▶ unreleased ──┐                  one epoch on
 *      │     │                              │ it is free
 *      └─────┴──────────────────────────────┘
 */
import { type Assignment, holds, NOTHING, partitionsOf, select, union } from './consumer-group-assignment.ts'
import { type ConsumerMember, epochsOf } from './consumer-group-member.ts'

export function isReconciled(member: ConsumerMember, targetEpoch: number): boolean {
  return member.state === 'stable' && member.epoch === targetEpoch
}

/**
 * @param owned what the member says it owns, null if it does not say
 * @param isFree whether nobody, or only this member, owns a partition
 * @returns the member itself if it can go no further
 */
export function reconcile(
  member: ConsumerMember,
  targetEpoch: number,
  owned: Assignment | null,
  isFree: (topicId: string, partition: number) => boolean,
): ConsumerMember {
  if (isReconciled(member, targetEpoch)) return member
  if (member.state !== 'unrevoked') return step(member, member.epoch, targetEpoch, owned, isFree)
  if (stillOwns(owned, member.revoking)) return member
  return step(member, member.epoch + 1, targetEpoch, owned, isFree)
}

function step(
  member: ConsumerMember,
  epoch: number,
  targetEpoch: number,
  owned: Assignment | null,
  isFree: (topicId: string, partition: number) => boolean,
): ConsumerMember {
  const { assigned, target } = member
  const kept = select(assigned, (topicId, partition) => holds(target, topicId, partition))
  const revoking = select(assigned, (topicId, partition) => !holds(target, topicId, partition))
  if (revoking.size > 0 && stillOwns(owned, revoking)) {
    return { ...atEpoch(member, epoch), state: 'unrevoked', assigned: kept, revoking }
  }
  const wanted = select(target, (topicId, partition) => !holds(kept, topicId, partition))
  const free = select(wanted, isFree)
  const someUnreleased = [...wanted].some(([topicId, { size }]) => (free.get(topicId)?.size ?? 0) < size)
  const now = union(kept, free)
  return {
    ...atEpoch(member, targetEpoch),
    state: someUnreleased ? 'unreleased' : 'stable',
    assigned: now,
    revoking: NOTHING,
    since: epochsOf(now, member.since, targetEpoch),
  }
}

/** A member that does not say what it owns may still own all of it. */
function stillOwns(owned: Assignment | null, revoking: Assignment): boolean {
  if (owned === null) return true
  for (const [topicId, partition] of partitionsOf(owned)) if (holds(revoking, topicId, partition)) return true
  return false
}

function atEpoch(member: ConsumerMember, epoch: number): ConsumerMember {
  return epoch === member.epoch ? member : { ...member, epoch, previousEpoch: member.epoch }
}
