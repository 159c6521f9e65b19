/** LeaveGroup: members of a classic group go, from version 3 on several at once and static ones by their instance. */
import { leaveGroup } from '../wire/kafka/messages/leave-group.ts'
import { classicGroup } from './classic-group.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'

const SEVERAL_SINCE = 3

export const leaveGroupHandler = handler(leaveGroup, (request, call) => {
  const group = classicGroup(call, request.groupId)
  const one = call.version < SEVERAL_SINCE
  const leavers = one ? [{ memberId: request.memberId, groupInstanceId: null }] : request.members
  if (typeof group === 'string' && (one || group !== 'unknown-member-id')) {
    call.respond({ errorCode: errorCode(group) })
    return
  }
  const errors =
    typeof group === 'string'
      ? leavers.map(() => group)
      : group.leave(leavers.map(({ memberId, groupInstanceId }) => ({ memberId, instanceId: groupInstanceId })))
  const members = leavers.map(({ memberId, groupInstanceId }, index) => {
    return { memberId, groupInstanceId, errorCode: errorCode(errors[index] ?? null) }
  })
  const respond = (): void => call.respond(one ? { errorCode: members[0]!.errorCode } : { members })
  if (typeof group === 'string') respond()
  else group.whenStored(respond)
})
