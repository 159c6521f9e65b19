/** What an assignor is asked, and those there are: who of a consumer group gets which partitions. */
import type { Assignment } from './consumer-group-assignment.ts'
import { rangeAssignor } from './range-assignor.ts'
import { uniformAssignor } from './uniform-assignor.ts'

/** Of a consumer group, as far as it matters to who gets what. */
export interface AssignorMember {
  readonly id: string
  readonly instanceId: string | null
  /** Ids of the topics it wants, all of them known. */
  readonly topicIds: ReadonlySet<string>
  /** What it was to have before. No partition is there twice, over all members. */
  readonly before: Assignment
}

/** @returns by member id, for each member, what it is to have: each partition that somebody wants, once. */
export type Assign = (
  members: readonly AssignorMember[],
  partitionCounts: ReadonlyMap<string, number>,
) => Map<string, Assignment>

export const DEFAULT_ASSIGNOR = 'uniform'

/** By the names clients ask for (`group.remote.assignor`). */
export const ASSIGNORS: ReadonlyMap<string, Assign> = new Map([
  [DEFAULT_ASSIGNOR, uniformAssignor],
  ['range', rangeAssignor],
])
