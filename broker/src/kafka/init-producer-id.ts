/** InitProducerId: answered when nothing can take the id or epoch back. */
import type { StreamError } from '../broker/stream-refusal.ts'
import { initProducerId } from '../wire/kafka/messages/init-producer-id.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { fencedAs } from './transaction-errors.ts'

type Request = RequestOf<typeof initProducerId>
type Answering = Call<ResponseOf<typeof initProducerId>>

/** From here on clients tell being fenced from having an epoch that does not fit. */
const FENCED_SINCE = 4

export const initProducerIdHandler = handler(initProducerId, (request, call) => {
  const refused = refusal(request, call)
  if (refused !== null) {
    call.respond({ errorCode: errorCode(refused), producerId: -1, producerEpoch: -1 })
    return
  }
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request
  const expected = producerId < 0 ? null : { producerId, producerEpoch }
  const { transactions } = call.vhost.streams
  transactions.initProducerId(transactionalId, transactionTimeoutMs, expected, (error, producerId, producerEpoch) => {
    const code = errorCode(fencedAs(error, call.version, FENCED_SINCE))
    call.respond({ errorCode: code, producerId, producerEpoch })
  })
})

function refusal({ transactionalId, producerId, producerEpoch }: Request, call: Answering): StreamError | null {
  if (transactionalId === null) {
    if (!call.may('idempotent-write', 'cluster', CLUSTER_NAME)) return 'cluster-authorization-failed'
  } else if (!call.may('write', 'transactional-id', transactionalId)) return 'transactional-id-authorization-failed'
  return producerId < 0 === producerEpoch < 0 ? null : 'invalid-request'
}
