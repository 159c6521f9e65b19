/** JoinGroup: a member of a classic group comes, or takes part in a rebalance; answered when the generation begins. */
import { type JoinAnswer, refusedJoin } from '../broker/group/classic-calls.ts'
import { joinGroup } from '../wire/kafka/messages/join-group.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { classicGroup } from './classic-group.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Request = RequestOf<typeof joinGroup>
type Answering = Call<ResponseOf<typeof joinGroup>>

const MEMBER_ID_REQUIRED_SINCE = 4
const NO_PROTOCOL_SINCE = 7
const SKIP_ASSIGNMENT_SINCE = 9

export const joinGroupHandler = handler(joinGroup, (request, call) => {
  const { memberId, sessionTimeoutMs } = request
  const group = classicGroup(call, request.groupId, memberId === '')
  if (typeof group === 'string') {
    respond(call, refusedJoin(group, memberId))
    return
  }
  const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = call.context.settings
  if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
    respond(call, refusedJoin('invalid-session-timeout', memberId))
    return
  }
  const join = {
    memberId,
    instanceId: request.groupInstanceId,
    clientId: call.clientId ?? '',
    clientHost: call.clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType: request.protocolType,
    protocols: protocolsOf(request),
    knowsMemberIdRequired: call.version >= MEMBER_ID_REQUIRED_SINCE,
    knowsSkipAssignment: call.version >= SKIP_ASSIGNMENT_SINCE,
  }
  group.join(join, (answer) => respond(call, answer))
})

/** Copied, for they stay longer than the request. */
function protocolsOf({ protocols }: Request) {
  return protocols.map(({ name, metadata }) => ({ name, metadata: new Uint8Array(metadata) }))
}

function respond(call: Answering, answer: JoinAnswer): void {
  call.respond({
    errorCode: errorCode(answer.error),
    generationId: answer.generation,
    protocolType: answer.protocolType,
    protocolName: answer.protocol ?? (call.version < NO_PROTOCOL_SINCE ? '' : null),
    leader: answer.leader,
    skipAssignment: answer.skipAssignment,
    memberId: answer.memberId,
    members: answer.members.map(({ memberId, instanceId, metadata }) => {
      return { memberId, groupInstanceId: instanceId, metadata }
    }),
  })
}
