/**
 * OffsetFetch: what groups committed; -1 where nothing is. Null topics are all of the group. Whoever needs offsets that
 * no open transaction will change is told to ask again. Answered when what is told is durable.
 */
import type { Group } from '../broker/group/group.ts'
import type { StreamError } from '../broker/stream-refusal.ts'
import { offsetFetch } from '../wire/kafka/messages/offset-fetch.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Request = RequestOf<typeof offsetFetch>
type Answering = Call<ResponseOf<typeof offsetFetch>>

interface AskedTopic {
  readonly name: string
  readonly topicId?: string
  readonly partitionIndexes: readonly number[]
}

interface AskedGroup {
  readonly groupId: string
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly topics: readonly AskedTopic[] | null
}

const GROUP_ERROR_SINCE = 2
const SEVERAL_SINCE = 8
const TOPIC_IDS_SINCE = 10

export const offsetFetchHandler = handler(offsetFetch, (request, call) => {
  const several = call.version >= SEVERAL_SINCE
  const asked: readonly AskedGroup[] = several
    ? request.groups
    : [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics: request.topics }]
  const groups = asked.map((one) => fetchGroup(one, request.requireStable, call))
  const answer = several ? { groups } : oneGroup(groups[0]!, request, call.version)
  let round = 0
  for (const { groupId } of asked) {
    round = Math.max(round, call.vhost.streams.groups.get(groupId)?.offsets.lastRound ?? 0)
  }
  call.vhost.streams.groups.context.durability.after(round, () => call.respond(answer))
})

function oneGroup(group: ReturnType<typeof fetchGroup>, { topics }: Request, version: number) {
  if (group.errorCode === 0 || version >= GROUP_ERROR_SINCE) return group
  const refused = (topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => nothing(partition, group.errorCode)),
  }))
  return { topics: refused }
}

function fetchGroup(asked: AskedGroup, requireStable: boolean, call: Answering) {
  const { groupId, memberId, memberEpoch, topics } = asked
  const group = call.vhost.streams.groups.get(groupId)
  const error = call.may('describe', 'group', groupId)
    ? (group?.refusesFetch(memberId, memberEpoch) ?? null)
    : 'group-authorization-failed'
  if (error !== null) return { groupId, topics: [], errorCode: errorCode(error) }
  const wanted = topics ?? allTopics(group, call)
  return { groupId, topics: wanted.map((topic) => fetchTopic(topic, group, requireStable, call)), errorCode: 0 }
}

function allTopics(group: Group | undefined, call: Answering): AskedTopic[] {
  const all: AskedTopic[] = []
  for (const [name, partitions] of group?.offsets.topics ?? []) {
    const topic = call.vhost.streams.topics.get(name)
    if (topic === undefined || !call.may('describe', 'topic', name)) continue
    all.push({ name, topicId: topic.id, partitionIndexes: [...partitions.keys()] })
  }
  return all
}

function fetchTopic(asked: AskedTopic, group: Group | undefined, requireStable: boolean, call: Answering) {
  const { topicId } = asked
  const name = call.version < TOPIC_IDS_SINCE ? asked.name : call.vhost.streams.topics.byId(topicId!)?.name
  const refusal = topicRefusal(name, call)
  const partitions = asked.partitionIndexes.map((partition) => {
    if (refusal !== null) return nothing(partition, errorCode(refusal))
    return fetchPartition(name!, partition, group, requireStable)
  })
  return { name: name ?? '', ...(topicId !== undefined && { topicId }), partitions }
}

function topicRefusal(name: string | undefined, call: Answering): StreamError | null {
  if (name === undefined) return 'unknown-topic-id'
  return call.may('describe', 'topic', name) ? null : 'topic-authorization-failed'
}

function fetchPartition(topic: string, partition: number, group: Group | undefined, requireStable: boolean) {
  if (requireStable && group?.offsets.isUnstable(topic, partition)) {
    return nothing(partition, errorCode('unstable-offset-commit'))
  }
  const found = group?.offsets.get(topic, partition)
  if (found === undefined) return nothing(partition, 0)
  return {
    partitionIndex: partition,
    committedOffset: found.offset,
    committedLeaderEpoch: found.leaderEpoch,
    metadata: found.metadata,
    errorCode: 0,
  }
}

function nothing(partitionIndex: number, code: number) {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: code }
}
