/** ConsumerGroupHeartbeat: a member joins, stays in, or leaves a group whose partitions the broker shares out (KIP-848). */
import { randomUUID } from 'node:crypto'
import { ASSIGNORS } from '../broker/group/assignor.ts'
import type { ConsumerGroup } from '../broker/group/consumer-group.ts'
import { assignmentOf, listed } from '../broker/group/consumer-group-assignment.ts'
import { AWAY_EPOCH } from '../broker/group/consumer-group-member.ts'
import { topicMatcher } from '../broker/group/subscription-regex.ts'
import { type StreamError, StreamRefusal } from '../broker/stream-refusal.ts'
import { consumerGroupHeartbeat } from '../wire/kafka/messages/consumer-group-heartbeat.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { type Call, handler } from './handler.ts'
import { attempted, refused } from './refusals.ts'

type Request = RequestOf<typeof consumerGroupHeartbeat>
type Answer = ResponseOf<typeof consumerGroupHeartbeat>

const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1
/** From here on a member makes its id itself (KIP-1082). */
const OWN_ID_SINCE = 1

export const consumerGroupHeartbeatHandler = handler(consumerGroupHeartbeat, (request, call) => {
  const unauthorized = refusesAccess(request, call)
  if (unauthorized !== null) {
    call.respond(refused(unauthorized))
    return
  }
  let round = 0
  const answer = attempted(() => {
    check(request, call.version)
    const group = groupOf(request, call)
    const told = request.memberEpoch < JOIN_EPOCH ? leave(group, request) : stay(group, request, call)
    round = group.lastRound
    return told
  })
  call.context.broker.durability.after(round, () => call.respond(answer))
})

function refusesAccess({ groupId, subscribedTopicNames }: Request, call: Call<Answer>): StreamError | null {
  if (!call.may('read', 'group', groupId)) return 'group-authorization-failed'
  const allVisible = subscribedTopicNames?.every((name) => call.may('describe', 'topic', name)) ?? true
  return allVisible ? null : 'topic-authorization-failed'
}

/** @throws StreamRefusal invalid-request, invalid-regular-expression, unsupported-assignor */
function check(request: Request, version: number): void {
  const { memberEpoch, memberId, serverAssignor } = request
  if (isBlank(request.groupId)) refuse("GroupId can't be empty.")
  if (isBlank(request.instanceId)) refuse("InstanceId can't be empty.")
  if (isBlank(request.rackId)) refuse("RackId can't be empty.")
  if (memberEpoch < AWAY_EPOCH) refuse('MemberEpoch is invalid.')
  if (isBlank(memberId) && (memberEpoch !== JOIN_EPOCH || version >= OWN_ID_SINCE)) refuse("MemberId can't be empty.")
  if (memberEpoch === AWAY_EPOCH && request.instanceId === null) refuse("InstanceId can't be null.")
  if (memberEpoch === JOIN_EPOCH) checkJoin(request)
  if (request.subscribedTopicRegex) topicMatcher(request.subscribedTopicRegex)
  if (serverAssignor === null || ASSIGNORS.has(serverAssignor)) return
  const supported = [...ASSIGNORS.keys()].join(', ')
  const text = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${supported}.`
  throw new StreamRefusal('unsupported-assignor', text)
}

function checkJoin({ rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex }: Request): void {
  if (rebalanceTimeoutMs < 0) refuse('RebalanceTimeoutMs must be provided in first request.')
  if (topicPartitions === null || topicPartitions.length > 0) {
    refuse('TopicPartitions must be empty when (re-)joining.')
  }
  if (subscribedTopicNames === null && subscribedTopicRegex === null) {
    refuse('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
  }
}

/** @throws StreamRefusal group-id-not-found */
function groupOf({ groupId, memberEpoch }: Request, call: Call<Answer>): ConsumerGroup {
  const { groups } = call.vhost.streams
  const group = groups.consumer(groupId, memberEpoch === JOIN_EPOCH)
  if (group !== undefined) return group
  const there = groups.get(groupId) !== undefined
  const text = there ? `Group ${groupId} is not a consumer group.` : `Consumer group ${groupId} not found.`
  throw new StreamRefusal('group-id-not-found', text)
}

function leave(group: ConsumerGroup, { memberId, instanceId, memberEpoch }: Request): Answer {
  group.leave(memberId, instanceId, memberEpoch !== LEAVE_EPOCH)
  return { memberId, memberEpoch }
}

function stay(group: ConsumerGroup, request: Request, call: Call<Answer>): Answer {
  const { topicPartitions: owned } = request
  const { memberId, memberEpoch, assignment } = group.heartbeat({
    memberId: request.memberId || randomUUID(),
    memberEpoch: request.memberEpoch,
    instanceId: request.instanceId,
    rackId: request.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    topicNames: request.subscribedTopicNames,
    topicRegex: request.subscribedTopicRegex,
    assignor: request.serverAssignor,
    owned: owned && assignmentOf(owned.map(({ topicId, partitions }) => [topicId, partitions])),
    clientId: call.clientId ?? '',
    clientHost: call.clientHost,
    maySee: (topic) => call.may('describe', 'topic', topic),
  })
  const topicPartitions = assignment && listed(assignment).map(([topicId, partitions]) => ({ topicId, partitions }))
  return {
    memberId,
    memberEpoch,
    heartbeatIntervalMs: call.vhost.streams.groups.configs.heartbeatIntervalMs(group.id),
    assignment: topicPartitions && { topicPartitions },
  }
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === ''
}

function refuse(message: string): never {
  throw new StreamRefusal('invalid-request', message)
}
