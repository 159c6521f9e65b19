/** A group whose members are told by its leader which partitions are theirs. */
import type { StreamContext } from '../stream-context.ts'
import type { StreamError } from '../stream-refusal.ts'
import type { Committer, Group } from './group.ts'
import type { CommittedOffset, GroupOffsets } from './offsets.ts'

export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

export class ClassicGroup implements Group {
  readonly id: string
  readonly kind = 'classic'
  readonly offsets: GroupOffsets
  state: ClassicState = 'Empty'
  protocolType = ''
  private readonly context: StreamContext

  constructor(context: StreamContext, id: string, offsets: GroupOffsets) {
    this.context = context
    this.id = id
    this.offsets = offsets
  }

  static restored(context: StreamContext, id: string, offsets: GroupOffsets, _value: unknown): ClassicGroup {
    return new ClassicGroup(context, id, offsets)
  }

  get isEmpty(): boolean {
    return this.state === 'Empty'
  }

  refusesCommit({ generation, memberId }: Committer): StreamError | null {
    if (generation < 0 && memberId === '' && this.isEmpty) return null
    return 'unknown-member-id'
  }

  refusesFetch(): StreamError | null {
    return null
  }

  refusesOffsetDelete(): StreamError | null {
    return null
  }

  committed(): void {}

  isSubscribedTo(): boolean {
    return false
  }

  retentionStart(offset: CommittedOffset): number | null {
    return offset.committedMs
  }

  forget(): void {
    this.context.catalog.remove('group', [this.context.vhost, this.id])
  }

  stop(): void {}
}
