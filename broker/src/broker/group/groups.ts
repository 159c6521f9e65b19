/**
 * The groups of a vhost by id, of both kinds, with their offsets: who finds, makes, restores and deletes them. An id is
 * of one kind at a time; an empty group becomes the other kind when a member of that kind comes, and keeps its offsets. A
 * living one does if the migration policy lets it: a classic group of consumers when a member of the consumer protocol
 * comes, and back when the last of those has gone.
 */
import type { Timer } from '../../base/clock.ts'
import type { StreamContext } from '../stream-context.ts'
import type { StreamError } from '../stream-refusal.ts'
import type { Topics } from '../topic/topics.ts'
import type { ClassicService } from './classic-calls.ts'
import { ClassicGroup } from './classic-group.ts'
import { GROUP_KIND } from './classic-record.ts'
import { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMemberRecord } from './consumer-group-member.ts'
import {
  CONSUMER_GROUP_KIND,
  CONSUMER_MEMBER_KIND,
  type ConsumerGroupRecord,
  type ConsumerGroupState,
} from './consumer-group-state.ts'
import type { Committer, Group, TopicIdPartition } from './group.ts'
import { GroupConfigs } from './group-configs.ts'
import { downgraded, upgraded } from './group-conversion.ts'
import { GroupOffsets, OFFSET_KIND, PENDING_KIND, type TopicPartitionOffset } from './offsets.ts'

export class Groups {
  readonly context: StreamContext
  readonly topics: Topics
  readonly configs: GroupConfigs
  /** Moves when groups come and go. */
  version = 1
  private readonly byId = new Map<string, Group>()
  private expiryTimer: Timer | null = null
  private stopped = false

  constructor(context: StreamContext, topics: Topics) {
    this.context = context
    this.topics = topics
    this.configs = new GroupConfigs(context.vhost, context.catalog, context.settings)
    topics.onChanged((topic, what) => {
      if (what !== 'deleted') return
      for (const group of this.byId.values()) group.offsets.deleteTopic(topic.name)
    })
  }

  get(id: string): Group | undefined {
    return this.byId.get(id)
  }

  all(): Iterable<Group> {
    return this.byId.values()
  }

  /** @returns undefined if there is no such classic group, or it cannot be made because a living group of the other kind has the id */
  classic(id: string, create: boolean): ClassicGroup | undefined {
    const group = this.byId.get(id)
    if (group instanceof ClassicGroup) return group
    if (!create || (group !== undefined && !group.isEmpty)) return undefined
    const classic = new ClassicGroup(this.context, id, this.takeOver(group, id))
    this.add(classic)
    return classic
  }

  /**
   * Whoever answers the calls of classic members of a group.
   * @returns undefined if there is no such group, or members of the other kind are alone in it
   */
  classicService(id: string, create: boolean): ClassicService | undefined {
    const group = this.byId.get(id)
    return group instanceof ConsumerGroup && !group.isEmpty ? group.classic : this.classic(id, create)
  }

  /** @returns undefined if there is no such consumer group, or it cannot be made because a living group of the other kind has the id */
  consumer(id: string, create: boolean): ConsumerGroup | undefined {
    const group = this.byId.get(id)
    if (group instanceof ConsumerGroup) return group
    if (!create) return undefined
    if (group instanceof ClassicGroup && !group.isEmpty) return this.upgrade(group)
    const consumer = this.newConsumerGroup(id, this.takeOver(group, id))
    this.add(consumer)
    return consumer
  }

  /** Removes a group and its offsets; it must be empty. */
  delete(group: Group): void {
    group.offsets.deleteAll()
    group.forget()
    group.stop()
    this.byId.delete(group.id)
    this.version++
  }

  /** Removes everything, for the end of the vhost. */
  deleteAll(): void {
    for (const group of [...this.byId.values()]) this.delete(group)
    this.configs.forget()
  }

  /**
   * Checks that `committer` may commit to the group and makes the group if this is nobody's member. The caller commits
   * to `group.offsets` and answers when `offsets.lastRound` is durable.
   */
  committing(id: string, committer: Committer, partitions: Iterable<TopicIdPartition> = []): Group | StreamError {
    const group = this.byId.get(id) ?? (committer.generation < 0 ? this.classic(id, true) : undefined)
    if (group === undefined) return 'illegal-generation'
    return group.refusesCommit(committer, partitions) ?? group
  }

  /** Keeps offsets until the producer's transaction ends; durable with `offsets.lastRound` of the group returned. */
  stageTransactional(
    id: string,
    committer: Committer,
    producerId: number,
    entries: readonly TopicPartitionOffset[],
  ): Group | StreamError {
    const partitions = entries.flatMap(({ topic, partition }): TopicIdPartition[] => {
      const known = this.topics.get(topic)
      return known === undefined ? [] : [[known.id, partition]]
    })
    const group = this.committing(id, committer, partitions)
    if (typeof group === 'string') return group === 'stale-member-epoch' ? 'illegal-generation' : group
    group.offsets.stageTransactional(producerId, entries)
    return group
  }

  /** Makes what the producer staged in this group visible, or drops it; doing it again does nothing. */
  endTransaction(id: string, producerId: number, commit: boolean): void {
    this.byId.get(id)?.offsets.endTransaction(producerId, commit)
  }

  /** Takes back groups and offsets; topics stand by then. Offsets beyond the end of their partition are lowered to it. */
  restore(): void {
    const { catalog, vhost } = this.context
    this.configs.restore()
    for (const { key, value } of catalog.all(GROUP_KIND)) {
      const [of, id] = key
      if (of === vhost) this.restoreGroup(id!, value as { kind: string })
    }
    for (const { key, value } of catalog.all(CONSUMER_GROUP_KIND)) {
      const [of, id] = key
      if (of === vhost) this.consumer(id!, true)!.restore(value as ConsumerGroupRecord)
    }
    for (const { key, value } of catalog.all(CONSUMER_MEMBER_KIND)) {
      const [of, id] = key
      if (of === vhost) this.consumer(id!, true)!.restoreMember(value as ConsumerMemberRecord)
    }
    for (const { key, value } of catalog.all(OFFSET_KIND)) {
      const [of, id, topic, partition] = key
      if (of === vhost) this.offsetsOf(id!).restoreKept(topic!, Number(partition), value)
    }
    for (const { key, value } of catalog.all(PENDING_KIND)) {
      const [of, id, producerId] = key
      if (of === vhost) this.offsetsOf(id!).restorePending(Number(producerId), value)
    }
    for (const group of this.byId.values()) {
      group.offsets.clip((topic, partition) => this.topics.get(topic)?.partitions[partition]?.log.endOffset)
    }
  }

  stop(): void {
    this.stopped = true
    for (const group of this.byId.values()) group.stop()
    if (this.expiryTimer !== null) this.context.clock.clearTimer(this.expiryTimer)
    this.expiryTimer = null
  }

  private newConsumerGroup(id: string, offsets: GroupOffsets): ConsumerGroup {
    const sessionTimeoutMs = (): number => this.configs.sessionTimeoutMs(id)
    return new ConsumerGroup(this.context, this.topics, id, offsets, sessionTimeoutMs, (group) => this.downgrade(group))
  }

  /** @returns undefined if it has to stay a classic group */
  private upgrade(group: ClassicGroup): ConsumerGroup | undefined {
    const { groupConsumerMigrationPolicy: policy, groupMaxSize } = this.context.settings
    if (policy !== 'upgrade' && policy !== 'bidirectional') return undefined
    if (group.protocolType !== 'consumer' || group.members.size >= groupMaxSize) return undefined
    const members = upgraded(group, this.topics)
    if (members === null) return undefined
    group.dissolve()
    const consumer = this.newConsumerGroup(group.id, this.takeOver(group, group.id))
    consumer.adopt(group.generation, members)
    this.add(consumer)
    return consumer
  }

  private downgrade(group: ConsumerGroupState): ClassicGroup | null {
    const { context } = this
    const { groupConsumerMigrationPolicy: policy, groupMaxSize } = context.settings
    if (policy !== 'downgrade' && policy !== 'bidirectional') return null
    if (group.members.size > groupMaxSize) return null
    const record = downgraded(group, this.topics, context.clock.now())
    const classic = ClassicGroup.downgraded(context, group.id, this.takeOver(group, group.id), record)
    this.add(classic)
    group.lastRound = context.catalog.lastRound
    return classic
  }

  private restoreGroup(id: string, value: { kind: string }): void {
    if (value.kind !== 'classic') return
    this.add(
      ClassicGroup.restored(this.context, id, new GroupOffsets(this.context.vhost, id, this.context.catalog), value),
    )
  }

  private offsetsOf(id: string): GroupOffsets {
    return (this.byId.get(id) ?? this.classic(id, true)!).offsets
  }

  /** The offsets for a group that takes the place of an empty one of the other kind, or of none. */
  private takeOver(before: Group | undefined, id: string): GroupOffsets {
    if (before === undefined) return new GroupOffsets(this.context.vhost, id, this.context.catalog)
    before.forget()
    before.stop()
    return before.offsets
  }

  private add(group: Group): void {
    const before = this.byId.get(group.id)
    if (before !== undefined) group.rebalances.takeOver(before.rebalances)
    this.byId.set(group.id, group)
    this.version++
    this.armExpiry()
  }

  private armExpiry(): void {
    if (this.expiryTimer !== null || this.stopped) return
    this.expiryTimer = this.context.clock.setTimer(this.context.settings.offsetsRetentionCheckIntervalMs, () => {
      this.expiryTimer = null
      for (const group of [...this.byId.values()]) this.expire(group)
      if (this.byId.size > 0) this.armExpiry()
    })
  }

  /** Removes offsets nobody uses any more, and the group with its last one (KIP-211). */
  private expire(group: Group): void {
    const now = this.context.clock.now()
    const retentionMs = this.context.settings.offsetsRetentionMinutes * 60_000
    for (const [topic, partitions] of [...group.offsets.topics]) {
      if (group.isSubscribedTo(topic)) continue
      for (const [partition, offset] of [...partitions]) {
        const start = group.retentionStart(offset)
        if (start === null || group.offsets.isUnstable(topic, partition)) continue
        const expiresMs = offset.expiresMs >= 0 ? offset.expiresMs : start + retentionMs
        if (now >= expiresMs) group.offsets.delete(topic, partition)
      }
    }
    if (group.isEmpty && group.offsets.isEmpty) this.delete(group)
  }
}
