/**
 * Gives all members equally many partitions, as far as what they want allows, and moves as few as it can for that:
 * balance first, then stickiness. Members that all want the same topics, the usual case, are served by a quota in one
 * pass; others by moving partitions along chains of members as long as that evens out any two.
 */
import type { Assign, AssignorMember } from './assignor.ts'

interface Share {
  readonly member: AssignorMember
  readonly partitions: Map<string, Set<number>>
  count: number
}

interface TopicPartition {
  readonly topicId: string
  readonly partition: number
}

export const uniformAssignor: Assign = (members, partitionCounts) => {
  const shares = members.map(kept(partitionCounts))
  const free = unassigned(members, shares, partitionCounts)
  if (wantTheSame(members)) fillToQuota(shares, free)
  else {
    giveToTheLeast(shares, free)
    evenOut(shares)
  }
  return new Map(shares.map(({ member, partitions }) => [member.id, partitions]))
}

/** What a member may keep of what it had. */
function kept(partitionCounts: ReadonlyMap<string, number>): (member: AssignorMember) => Share {
  return (member) => {
    const share: Share = { member, partitions: new Map(), count: 0 }
    for (const [topicId, partitions] of member.before) {
      if (!member.topicIds.has(topicId)) continue
      const count = partitionCounts.get(topicId) ?? 0
      for (const partition of partitions) if (partition < count) give(share, { topicId, partition })
    }
    return share
  }
}

function unassigned(
  members: readonly AssignorMember[],
  shares: readonly Share[],
  partitionCounts: ReadonlyMap<string, number>,
): TopicPartition[] {
  const wanted = new Set<string>()
  for (const { topicIds } of members) for (const topicId of topicIds) wanted.add(topicId)
  const taken = new Map<string, Set<number>>()
  for (const { partitions } of shares) {
    for (const [topicId, some] of partitions) {
      const all = taken.get(topicId) ?? new Set()
      for (const partition of some) all.add(partition)
      taken.set(topicId, all)
    }
  }
  const free: TopicPartition[] = []
  for (const topicId of wanted) {
    const count = partitionCounts.get(topicId) ?? 0
    const all = taken.get(topicId)
    for (let partition = 0; partition < count; partition++) {
      if (!all?.has(partition)) free.push({ topicId, partition })
    }
  }
  return free
}

function wantTheSame(members: readonly AssignorMember[]): boolean {
  const [first, ...others] = members
  if (first === undefined) return true
  return others.every(
    ({ topicIds }) => topicIds.size === first.topicIds.size && [...topicIds].every((id) => first.topicIds.has(id)),
  )
}

/** Those who have most already are the first to have one more than the others. */
function fillToQuota(shares: readonly Share[], free: TopicPartition[]): void {
  let total = free.length
  for (const { count } of shares) total += count
  const least = Math.floor(total / shares.length)
  const withOneMore = total % shares.length
  const ordered = [...shares].sort((one, other) => other.count - one.count)
  const quotas = ordered.map((share, index) => ({ share, quota: least + (index < withOneMore ? 1 : 0) }))
  for (const { share, quota } of quotas) while (share.count > quota) free.push(takeAny(share))
  let next = 0
  for (const { share, quota } of quotas) while (share.count < quota) give(share, free[next++]!)
}

/** What few want goes first. */
function giveToTheLeast(shares: readonly Share[], free: readonly TopicPartition[]): void {
  const subscribers = new Map<string, Share[]>()
  for (const share of shares) {
    for (const topicId of share.member.topicIds) {
      const known = subscribers.get(topicId)
      if (known === undefined) subscribers.set(topicId, [share])
      else known.push(share)
    }
  }
  const ordered = [...free].sort(
    (one, other) => subscribers.get(one.topicId)!.length - subscribers.get(other.topicId)!.length,
  )
  for (const one of ordered) give(leastOf(subscribers.get(one.topicId)!), one)
}

function leastOf(shares: readonly Share[]): Share {
  let least = shares[0]!
  for (const share of shares) if (share.count < least.count) least = share
  return least
}

/** Until no chain of hand-overs leads from any member to one with at least two fewer. */
function evenOut(shares: readonly Share[]): void {
  for (;;) {
    const ordered = [...shares].sort((one, other) => other.count - one.count)
    if (!ordered.some((share) => handOver(share, shares))) return
  }
}

/** One partition leaves `from`, and each member of the chain passes one on. @returns whether there is such a chain */
function handOver(from: Share, shares: readonly Share[]): boolean {
  const reached = new Map<Share, { giver: Share; topicId: string } | null>([[from, null]])
  for (const giver of reached.keys()) {
    for (const taker of shares) {
      if (reached.has(taker)) continue
      const topicId = firstCommon(giver, taker)
      if (topicId === undefined) continue
      reached.set(taker, { giver, topicId })
      if (taker.count > from.count - 2) continue
      passAlong(taker, reached)
      return true
    }
  }
  return false
}

function passAlong(last: Share, reached: ReadonlyMap<Share, { giver: Share; topicId: string } | null>): void {
  let taker = last
  for (let step = reached.get(taker); step !== null && step !== undefined; step = reached.get(taker)) {
    give(taker, take(step.giver, step.topicId))
    taker = step.giver
  }
}

/** A topic the giver has a partition of and the taker wants. */
function firstCommon(giver: Share, taker: Share): string | undefined {
  for (const topicId of giver.partitions.keys()) if (taker.member.topicIds.has(topicId)) return topicId
  return undefined
}

function give(share: Share, { topicId, partition }: TopicPartition): void {
  const partitions = share.partitions.get(topicId)
  if (partitions === undefined) share.partitions.set(topicId, new Set([partition]))
  else partitions.add(partition)
  share.count += 1
}

function takeAny(share: Share): TopicPartition {
  const [topicId] = share.partitions.keys()
  return take(share, topicId!)
}

/** Any of the topic. */
function take(share: Share, topicId: string): TopicPartition {
  const partitions = share.partitions.get(topicId)!
  const [partition] = partitions
  partitions.delete(partition!)
  if (partitions.size === 0) share.partitions.delete(topicId)
  share.count -= 1
  return { topicId, partition: partition! }
}
