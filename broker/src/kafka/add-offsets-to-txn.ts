/** AddOffsetsToTxn: a group whose offsets the transaction will commit. */
import type { StreamError } from '../broker/stream-refusal.ts'
import { addOffsetsToTxn } from '../wire/kafka/messages/add-offsets-to-txn.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { fencedAs } from './transaction-errors.ts'

const FENCED_SINCE = 2

export const addOffsetsToTxnHandler = handler(addOffsetsToTxn, (request, call) => {
  const { transactions } = call.vhost.streams
  const error = refusal(request, call) ?? transactions.addGroup(request, request.groupId)
  const answer = { errorCode: errorCode(fencedAs(error, call.version, FENCED_SINCE)) }
  transactions.afterChanges(() => call.respond(answer))
})

function refusal(
  { transactionalId, groupId }: RequestOf<typeof addOffsetsToTxn>,
  call: Call<ResponseOf<typeof addOffsetsToTxn>>,
): StreamError | null {
  if (!call.may('write', 'transactional-id', transactionalId)) return 'transactional-id-authorization-failed'
  return call.may('read', 'group', groupId) ? null : 'group-authorization-failed'
}
