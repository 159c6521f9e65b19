/** Which partitions of which topics: what a member owns, gives back or is to have. Never changed once made. */

/** By topic id; no topic without partitions. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>

export const NOTHING: Assignment = new Map()

export function sizeOf(assignment: Assignment): number {
  let size = 0
  for (const partitions of assignment.values()) size += partitions.size
  return size
}

export function* partitionsOf(assignment: Assignment): Iterable<readonly [topicId: string, partition: number]> {
  for (const [topicId, partitions] of assignment) for (const partition of partitions) yield [topicId, partition]
}

export function holds(assignment: Assignment, topicId: string, partition: number): boolean {
  return assignment.get(topicId)?.has(partition) ?? false
}

export function select(assignment: Assignment, wanted: (topicId: string, partition: number) => boolean): Assignment {
  const selected = new Map<string, ReadonlySet<number>>()
  for (const [topicId, partitions] of assignment) {
    const some = [...partitions].filter((partition) => wanted(topicId, partition))
    if (some.length > 0) selected.set(topicId, some.length === partitions.size ? partitions : new Set(some))
  }
  return selected
}

export function union(one: Assignment, other: Assignment): Assignment {
  if (one.size === 0) return other
  const joined = new Map(one)
  for (const [topicId, partitions] of other) {
    joined.set(topicId, new Set([...(joined.get(topicId) ?? []), ...partitions]))
  }
  return joined
}

export function isSubset(part: Assignment, whole: Assignment): boolean {
  for (const [topicId, partition] of partitionsOf(part)) if (!holds(whole, topicId, partition)) return false
  return true
}

export function sameAssignment(one: Assignment, other: Assignment): boolean {
  return one === other || (sizeOf(one) === sizeOf(other) && isSubset(one, other))
}

export type ListedAssignment = readonly (readonly [topicId: string, partitions: readonly number[]])[]

/** Partitions in order. */
export function listed(assignment: Assignment): ListedAssignment {
  return [...assignment].map(([topicId, partitions]) => [topicId, [...partitions].sort((a, b) => a - b)])
}

export function assignmentOf(list: ListedAssignment): Assignment {
  const assignment = new Map<string, Set<number>>()
  for (const [topicId, partitions] of list) {
    const known = assignment.get(topicId)
    if (known === undefined && partitions.length > 0) assignment.set(topicId, new Set(partitions))
    else for (const partition of partitions) known?.add(partition)
  }
  return assignment
}
