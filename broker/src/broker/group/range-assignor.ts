/**
 * Gives each member one run of partitions of every topic it wants: equal runs, longer by one for the first members.
 * Members with the same topics get the same partition numbers of topics of one size, so that what is keyed alike meets.
 * Static members come first, by instance id, and so keep their runs when they come back under other member ids.
 */
import type { Assign, AssignorMember } from './assignor.ts'
import type { Assignment } from './consumer-group-assignment.ts'

export const rangeAssignor: Assign = (members, partitionCounts) => {
  const targets = new Map<string, Map<string, ReadonlySet<number>>>(members.map(({ id }) => [id, new Map()]))
  const ordered = [...members].sort(inOrder)
  for (const [topicId, count] of partitionCounts) {
    const subscribers = ordered.filter(({ topicIds }) => topicIds.has(topicId))
    let next = 0
    subscribers.forEach(({ id }, index) => {
      const length = Math.floor(count / subscribers.length) + (index < count % subscribers.length ? 1 : 0)
      const first = next
      next += length
      if (length > 0) targets.get(id)!.set(topicId, new Set(Array.from({ length }, (_, n) => first + n)))
    })
  }
  return targets as Map<string, Assignment>
}

function inOrder(one: AssignorMember, other: AssignorMember): number {
  if (one.instanceId === null && other.instanceId === null) return compare(one.id, other.id)
  if (one.instanceId === null) return 1
  return other.instanceId === null ? -1 : compare(one.instanceId, other.instanceId)
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
