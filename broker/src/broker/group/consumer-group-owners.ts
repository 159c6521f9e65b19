/** Which member of a consumer group owns a partition: it is assigned to it, or not yet given up by it. Never two. */
import { assert } from '../../base/assert.ts'
import { partitionsOf } from './consumer-group-assignment.ts'
import type { ConsumerMember } from './consumer-group-member.ts'

export class PartitionOwners {
  private readonly byTopic = new Map<string, Map<number, string>>()

  isFreeFor(memberId: string, topicId: string, partition: number): boolean {
    const owner = this.byTopic.get(topicId)?.get(partition)
    return owner === undefined || owner === memberId
  }

  claim({ id, assigned, revoking }: ConsumerMember): void {
    for (const part of [assigned, revoking]) {
      for (const [topicId, partition] of partitionsOf(part)) {
        const owners = this.byTopic.get(topicId) ?? new Map<number, string>()
        assert(!owners.has(partition), 'a partition has two owners')
        this.byTopic.set(topicId, owners.set(partition, id))
      }
    }
  }

  release({ assigned, revoking }: ConsumerMember): void {
    for (const part of [assigned, revoking]) {
      for (const [topicId, partition] of partitionsOf(part)) {
        const owners = this.byTopic.get(topicId)
        owners?.delete(partition)
        if (owners?.size === 0) this.byTopic.delete(topicId)
      }
    }
  }
}
