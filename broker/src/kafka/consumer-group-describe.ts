/** ConsumerGroupDescribe: groups whose partitions the broker shares out, with each member's assignment and target. */
import type { ConsumerGroup } from '../broker/group/consumer-group.ts'
import { type Assignment, listed } from '../broker/group/consumer-group-assignment.ts'
import { type ConsumerMember, subscribedNames } from '../broker/group/consumer-group-member.ts'
import { consumerGroupDescribe } from '../wire/kafka/messages/consumer-group-describe.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { authorizedOperations, OPERATIONS_UNASKED } from './authorized-operations.ts'
import { type Call, handler } from './handler.ts'
import { ACCEPTED, refused } from './refusals.ts'

type Request = RequestOf<typeof consumerGroupDescribe>
type Answer = ResponseOf<typeof consumerGroupDescribe>
type Described = NonNullable<Answer['groups']>[number]
type DescribedMember = NonNullable<Described['members']>[number]

const CLASSIC_MEMBER = 0
const CONSUMER_MEMBER = 1

export const consumerGroupDescribeHandler = handler(consumerGroupDescribe, (request, call) => {
  let round = 0
  const groups = request.groupIds.map((groupId) => {
    if (groupId === '') return { groupId, ...refused('invalid-group-id') }
    if (!call.may('describe', 'group', groupId)) return { groupId, ...refused('group-authorization-failed') }
    const group = call.vhost.streams.groups.consumer(groupId, false)
    if (group === undefined) return missing(groupId, call)
    round = Math.max(round, group.lastRound)
    return describe(group, request, call)
  })
  call.context.broker.durability.after(round, () => call.respond({ groups }))
})

function missing(groupId: string, call: Call<Answer>): Described {
  const there = call.vhost.streams.groups.get(groupId) !== undefined
  const text = there ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`
  return { groupId, ...refused('group-id-not-found', text) }
}

function describe(group: ConsumerGroup, request: Request, call: Call<Answer>): Described {
  const members = [...group.members.values()]
  for (const member of members) {
    const given = [...named(member.assigned, call), ...named(member.target, call)].map(({ topicName }) => topicName)
    for (const name of new Set([...subscribedNames(member), ...given])) {
      if (call.may('describe', 'topic', name)) continue
      const text = 'The group has described topic(s) that the client is not authorized to describe.'
      return { groupId: group.id, ...refused('topic-authorization-failed', text) }
    }
  }
  return {
    ...ACCEPTED,
    groupId: group.id,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.assignor,
    members: members.map((member) => describeMember(member, call)),
    authorizedOperations: request.includeAuthorizedOperations
      ? authorizedOperations(call, 'group', group.id)
      : OPERATIONS_UNASKED,
  }
}

function describeMember(member: ConsumerMember, call: Call<Answer>): DescribedMember {
  return {
    memberId: member.id,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.topicNames,
    subscribedTopicRegex: member.topicRegex ?? '',
    assignment: { topicPartitions: named(member.assigned, call) },
    targetAssignment: { topicPartitions: named(member.target, call) },
    memberType: member.classic === null ? CONSUMER_MEMBER : CLASSIC_MEMBER,
  }
}

/** Without topics that are gone. */
function named(
  assignment: Assignment,
  call: Call<Answer>,
): { topicId: string; topicName: string; partitions: readonly number[] }[] {
  return listed(assignment).flatMap(([topicId, partitions]) => {
    const topic = call.vhost.streams.topics.byId(topicId)
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions }]
  })
}
