/** ListTransactions: the transactional ids that pass all filters and that the asker may see. */
import { topicMatcher } from '../broker/group/subscription-regex.ts'
import { StreamRefusal } from '../broker/stream-refusal.ts'
import { TRANSACTION_STATUSES } from '../broker/transaction/transaction.ts'
import { listTransactions } from '../wire/kafka/messages/list-transactions.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'

/** The names that filters may have: those of Kafka, of which some last no time here. */
const KNOWN_STATES: readonly string[] = [...TRANSACTION_STATUSES, 'Dead', 'PrepareEpochFence']

export const listTransactionsHandler = handler(listTransactions, (request, call) => {
  const { stateFilters, producerIdFilters, durationFilter } = request
  const fits = idMatcher(request.transactionalIdPattern)
  if (typeof fits === 'string') {
    call.respond({ errorCode: errorCode(fits) })
    return
  }
  const transactionStates: { transactionalId: string; producerId: number; transactionState: string }[] = []
  const { transactions } = call.vhost.streams
  for (const one of transactions.all()) {
    if (stateFilters.length > 0 && !stateFilters.includes(one.status)) continue
    if (producerIdFilters.length > 0 && !producerIdFilters.includes(one.producerId)) continue
    if (durationFilter >= 0 && !(one.isOpen && call.now - one.startMs > durationFilter)) continue
    if (!fits(one.transactionalId)) continue
    if (!call.may('describe', 'transactional-id', one.transactionalId)) continue
    transactionStates.push({
      transactionalId: one.transactionalId,
      producerId: one.producerId,
      transactionState: one.status,
    })
  }
  const unknownStateFilters = stateFilters.filter((state) => !KNOWN_STATES.includes(state))
  transactions.afterChanges(() => call.respond({ unknownStateFilters, transactionStates }))
})

function idMatcher(pattern: string | null) {
  if (pattern === null || pattern === '') return () => true
  try {
    return topicMatcher(pattern)
  } catch (error) {
    if (!(error instanceof StreamRefusal)) throw error
    return error.code
  }
}
