/** What groups of both kinds have in common: offsets, and who may touch them when. */
import type { StreamError } from '../stream-refusal.ts'
import type { CommittedOffset, GroupOffsets } from './offsets.ts'
import type { Rebalances } from './rebalances.ts'

/** `classic`: clients assign (JoinGroup, SyncGroup); `consumer`: the broker assigns (KIP-848). */
export type GroupKind = 'classic' | 'consumer'

/** Who commits offsets, in the words of the request. */
export interface Committer {
  /** '' and a negative generation: a consumer that manages its partitions itself, or a tool. */
  readonly memberId: string
  readonly instanceId: string | null
  /** A classic member's generation, a consumer member's epoch. */
  readonly generation: number
  readonly transactional: boolean
}

export type TopicIdPartition = readonly [topicId: string, partition: number]

/** A group of either kind: those who share the partitions of topics among them, and the offsets they committed. */
export interface Group {
  readonly id: string
  /** The name of its vhost. */
  readonly vhost: string
  readonly kind: GroupKind
  /** As Kafka's tools write it: `Empty`, `Stable`, … */
  readonly state: string
  /** '' if nobody has joined yet. */
  readonly protocolType: string
  /** Has no members; it may have offsets. */
  readonly isEmpty: boolean
  readonly offsets: GroupOffsets
  /** Why it was rebalanced. */
  readonly rebalances: Rebalances

  /**
   * @param partitions that are to be committed, all of them known
   * @returns why this committer may not commit them now
   */
  refusesCommit(committer: Committer, partitions: Iterable<TopicIdPartition>): StreamError | null
  /** @returns why this member may not read the group's offsets; a null id and a negative epoch are nobody's */
  refusesFetch(memberId: string | null, memberEpoch: number): StreamError | null
  refusesOffsetDelete(): StreamError | null
  /** A committing member is alive, where the protocol sees it that way. */
  committed(memberId: string): void
  isSubscribedTo(topic: string): boolean
  /** From when on an offset's retention counts, ms since 1970; null while it is in use (KIP-211). */
  retentionStart(offset: CommittedOffset): number | null
  /** Removes what the catalog holds of its members; offsets are the caller's. */
  forget(): void
  /** Ends its timers. */
  stop(): void
}
