/** Heartbeat: a member of a classic group is there, and hears whether the group rebalances. */
import { heartbeat } from '../wire/kafka/messages/heartbeat.ts'
import { classicGroup } from './classic-group.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'

export const heartbeatHandler = handler(heartbeat, (request, call) => {
  const { memberId, groupInstanceId, generationId } = request
  const group = classicGroup(call, request.groupId)
  const error =
    typeof group === 'string' ? group : group.heartbeat({ memberId, instanceId: groupInstanceId }, generationId)
  call.respond({ errorCode: errorCode(error) })
})
