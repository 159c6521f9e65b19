/** SyncGroup: the leader brings what it assigned, every member gets its own; answered when the leader's is durable. */
import { refusedSync, type SyncAnswer } from '../broker/group/classic-calls.ts'
import { syncGroup } from '../wire/kafka/messages/sync-group.ts'
import type { ResponseOf } from '../wire/kafka/schema.ts'
import { classicGroup } from './classic-group.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Answering = Call<ResponseOf<typeof syncGroup>>

const PROTOCOL_SINCE = 5

export const syncGroupHandler = handler(syncGroup, (request, call) => {
  const { protocolType, protocolName, memberId } = request
  if (call.version >= PROTOCOL_SINCE && (protocolType === null || protocolName === null)) {
    respond(call, refusedSync('inconsistent-group-protocol'))
    return
  }
  const group = classicGroup(call, request.groupId)
  if (typeof group === 'string') {
    respond(call, refusedSync(group))
    return
  }
  const sync = {
    memberId,
    instanceId: request.groupInstanceId,
    generation: request.generationId,
    protocolType,
    protocol: protocolName,
    // Copied, for they stay longer than the request.
    assignments: new Map(request.assignments.map((one) => [one.memberId, new Uint8Array(one.assignment)])),
  }
  group.sync(sync, (answer) => respond(call, answer))
})

function respond(call: Answering, { error, protocolType, protocol, assignment }: SyncAnswer): void {
  call.respond({ errorCode: errorCode(error), protocolType, protocolName: protocol, assignment })
}
