/** OffsetDelete: forgets offsets of a group, but for topics that its members consume (KIP-496). */
import type { Group } from '../broker/group/group.ts'
import type { StreamError } from '../broker/stream-refusal.ts'
import { offsetDelete } from '../wire/kafka/messages/offset-delete.ts'
import type { ResponseOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Answering = Call<ResponseOf<typeof offsetDelete>>

export const offsetDeleteHandler = handler(offsetDelete, (request, call) => {
  const group = deletableGroup(request.groupId, call)
  if (typeof group === 'string') {
    call.respond({ errorCode: errorCode(group) })
    return
  }
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: errorCode(deleteOffset(group, name, partitionIndex, call)),
    })),
  }))
  call.vhost.streams.groups.context.durability.after(group.offsets.lastRound, () => call.respond({ topics }))
})

function deletableGroup(groupId: string, call: Answering): Group | StreamError {
  if (!call.may('delete', 'group', groupId)) return 'group-authorization-failed'
  const group = call.vhost.streams.groups.get(groupId)
  return group === undefined ? 'group-id-not-found' : (group.refusesOffsetDelete() ?? group)
}

function deleteOffset(group: Group, topic: string, partition: number, call: Answering): StreamError | null {
  if (!call.may('read', 'topic', topic)) return 'topic-authorization-failed'
  if (call.vhost.streams.topics.get(topic)?.partitions[partition] === undefined) return 'unknown-topic-or-partition'
  if (group.isSubscribedTo(topic)) return 'group-subscribed-to-topic'
  group.offsets.delete(topic, partition)
  return null
}
