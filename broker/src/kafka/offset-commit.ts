/** OffsetCommit: how far a group has come; answered when that is durable. From version 10 on by topic id. */
import { ConsumerGroup } from '../broker/group/consumer-group.ts'
import type { Group, TopicIdPartition } from '../broker/group/group.ts'
import type { StreamError } from '../broker/stream-refusal.ts'
import type { Topic } from '../broker/topic/topic.ts'
import { offsetCommit } from '../wire/kafka/messages/offset-commit.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { offsetToCommit, refusesMetadata } from './asked-offset.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Request = RequestOf<typeof offsetCommit>
type Answering = Call<ResponseOf<typeof offsetCommit>>
type AskedTopic = Request['topics'][number]
type AskedOffset = AskedTopic['partitions'][number]

const CONSUMER_GROUPS_SINCE = 9
const TOPIC_IDS_SINCE = 10

export const offsetCommitHandler = handler(offsetCommit, (request, call) => {
  const partitions = knownPartitions(request, call)
  const group = committingGroup(request, partitions, call)
  const topics = request.topics.map((asked) => ({
    name: asked.name,
    topicId: asked.topicId,
    partitions: commitTopic(asked, group, request, call),
  }))
  const respond = (): void => call.respond({ topics })
  if (group === null || typeof group === 'string') {
    respond()
    return
  }
  group.committed(request.memberId)
  call.vhost.streams.groups.context.durability.after(group.offsets.lastRound, respond)
})

function committingGroup(
  request: Request,
  partitions: readonly TopicIdPartition[],
  call: Answering,
): Group | StreamError | null {
  const { groupId, memberId, generationIdOrMemberEpoch: generation } = request
  if (!call.may('read', 'group', groupId)) return 'group-authorization-failed'
  if (partitions.length === 0) return null
  const { groups } = call.vhost.streams
  const committer = { memberId, instanceId: request.groupInstanceId, generation, transactional: false }
  const group = groups.committing(groupId, committer, partitions)
  if (call.version < CONSUMER_GROUPS_SINCE && isConsumerMember(groups.get(groupId), memberId))
    return 'unsupported-version'
  const isMissing = group === 'illegal-generation' && groups.get(groupId) === undefined
  return isMissing && call.version >= CONSUMER_GROUPS_SINCE ? 'group-id-not-found' : group
}

/** One that speaks the consumer protocol, and so ought to know the versions that came with it. */
function isConsumerMember(group: Group | undefined, memberId: string): boolean {
  return group instanceof ConsumerGroup && group.members.get(memberId)?.classic === null
}

/** Those of the request that are there; without any, the group is not asked. */
function knownPartitions({ topics }: Request, call: Answering): TopicIdPartition[] {
  return topics.flatMap((asked) => {
    const topic = topicOf(asked, call)
    if (typeof topic === 'string') return []
    const there = asked.partitions.filter(({ partitionIndex }) => topic.partitions[partitionIndex] !== undefined)
    return there.map(({ partitionIndex }): TopicIdPartition => [topic.id, partitionIndex])
  })
}

function commitTopic(asked: AskedTopic, group: Group | StreamError | null, request: Request, call: Answering) {
  const topic = group === 'group-authorization-failed' ? group : topicOf(asked, call)
  return asked.partitions.map((partition) => {
    const error = typeof topic === 'string' ? topic : commitOffset(topic, partition, group, request, call)
    return { partitionIndex: partition.partitionIndex, errorCode: errorCode(error) }
  })
}

function topicOf({ name, topicId }: AskedTopic, call: Answering): Topic | StreamError {
  const { topics } = call.vhost.streams
  if (call.version < TOPIC_IDS_SINCE) {
    if (!call.may('read', 'topic', name)) return 'topic-authorization-failed'
    return topics.get(name) ?? 'unknown-topic-or-partition'
  }
  const topic = topics.byId(topicId)
  if (topic === undefined) return 'unknown-topic-id'
  return call.may('read', 'topic', topic.name) ? topic : 'topic-authorization-failed'
}

function commitOffset(
  topic: Topic,
  asked: AskedOffset,
  group: Group | StreamError | null,
  { retentionTimeMs }: Request,
  call: Answering,
): StreamError | null {
  const partition = asked.partitionIndex
  if (topic.partitions[partition] === undefined) return 'unknown-topic-or-partition'
  if (group === null || typeof group === 'string') return group
  const error = refusesMetadata(asked, call)
  if (error !== null) return error
  const expiresMs = retentionTimeMs < 0 ? -1 : call.now + retentionTimeMs
  group.offsets.commit(offsetToCommit(topic.name, asked, call.now, expiresMs))
  return null
}
