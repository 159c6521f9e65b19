/** EndTxn: answered when every partition has its marker and every group its offsets. */
import { endTxn } from '../wire/kafka/messages/end-txn.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'
import { fencedAs } from './transaction-errors.ts'

const FENCED_SINCE = 2
/** From here on the producer takes a new epoch with every end (KIP-890). */
const BUMPING_SINCE = 5

export const endTxnHandler = handler(endTxn, (request, call) => {
  if (!call.may('write', 'transactional-id', request.transactionalId)) {
    call.respond({ errorCode: errorCode('transactional-id-authorization-failed') })
    return
  }
  const { transactions } = call.vhost.streams
  const bumping = call.version >= BUMPING_SINCE
  transactions.end(request, request.committed, bumping, (error, producerId, producerEpoch) => {
    const code = errorCode(fencedAs(error, call.version, FENCED_SINCE))
    call.respond({ errorCode: code, producerId, producerEpoch })
  })
})
