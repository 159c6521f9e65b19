/** FindCoordinator: of a group or a transactional id it is always this broker, where the client reached it. */
import type { StreamError } from '../broker/stream-refusal.ts'
import { findCoordinator } from '../wire/kafka/messages/find-coordinator.ts'
import type { ResponseOf } from '../wire/kafka/schema.ts'
import { errorText } from './error-texts.ts'
import { type Call, handler } from './handler.ts'
import { refused } from './refusals.ts'

type Answering = Call<ResponseOf<typeof findCoordinator>>

const GROUP = 0
const TRANSACTION = 1
const SEVERAL_SINCE = 4

export const findCoordinatorHandler = handler(findCoordinator, (request, call) => {
  const coordinator = (key: string) => coordinatorOf(request.keyType, key, call)
  if (call.version < SEVERAL_SINCE) call.respond(coordinator(request.key))
  else call.respond({ coordinators: request.coordinatorKeys.map((key) => ({ key, ...coordinator(key) })) })
})

function coordinatorOf(keyType: number, key: string, call: Answering) {
  const error = refusal(keyType, key, call)
  if (error !== null) return { ...refused(error, textOf(error)), nodeId: -1, host: '', port: -1 }
  // As Kafka words it: clients take no notice, but a text left out would be another one.
  const errorMessage = call.version < SEVERAL_SINCE ? 'NONE' : ''
  return { errorCode: 0, errorMessage, nodeId: call.context.nodeId, ...call.advertised }
}

function textOf(error: StreamError): string | null {
  if (error !== 'invalid-request') return errorText(error)
  return 'This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.'
}

/** Share groups (2) have a coordinator that is not offered. */
function refusal(keyType: number, key: string, call: Answering): StreamError | null {
  if (keyType === GROUP) return call.may('describe', 'group', key) ? null : 'group-authorization-failed'
  if (keyType !== TRANSACTION) return 'invalid-request'
  return call.may('describe', 'transactional-id', key) ? null : 'transactional-id-authorization-failed'
}
