/** DescribeGroups: classic groups with their members; what members said and were given, while the group is stable. */

import { NO_BYTES } from '../broker/group/classic-calls.ts'
import { ClassicGroup } from '../broker/group/classic-group.ts'
import { describeGroups } from '../wire/kafka/messages/describe-groups.ts'
import type { ResponseOf } from '../wire/kafka/schema.ts'
import { authorizedOperations, OPERATIONS_UNASKED } from './authorized-operations.ts'
import { type Call, handler } from './handler.ts'
import { refused } from './refusals.ts'

const NOT_FOUND_SINCE = 6

export const describeGroupsHandler = handler(describeGroups, (request, call) => {
  const operations = (groupId: string): number => {
    return request.includeAuthorizedOperations ? authorizedOperations(call, 'group', groupId) : OPERATIONS_UNASKED
  }
  const groups = request.groups.map((groupId) => {
    if (!call.may('describe', 'group', groupId)) return { groupId, ...refused('group-authorization-failed') }
    const group = { groupId, ...describe(groupId, call) }
    return 'errorMessage' in group ? group : { ...group, authorizedOperations: operations(groupId) }
  })
  const { durability, catalog } = call.context.broker
  durability.after(catalog.lastRound, () => call.respond({ groups }))
})

function describe(groupId: string, call: Call<ResponseOf<typeof describeGroups>>) {
  const group = call.vhost.streams.groups.get(groupId)
  if (group instanceof ClassicGroup) return described(group)
  if (call.version < NOT_FOUND_SINCE) return { groupState: 'Dead' }
  const text = group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`
  return { ...refused('group-id-not-found', text), groupState: 'Dead' }
}

function described(group: ClassicGroup) {
  const protocol = group.state === 'Stable' ? group.protocol : null
  return {
    errorCode: 0,
    groupState: group.state,
    protocolType: group.protocolType,
    protocolData: protocol ?? '',
    members: [...group.members].map((member) => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: protocol === null ? NO_BYTES : member.metadataOf(protocol),
      memberAssignment: protocol === null ? NO_BYTES : member.assignment,
    })),
  }
}
