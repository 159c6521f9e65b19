/** ListTransactions: the transactional ids that pass all filters and that the asker may see. */
import { TRANSACTION_STATUSES } from '../broker/transaction/transaction.ts'
import { listTransactions } from '../wire/kafka/messages/list-transactions.ts'
import { handler } from './handler.ts'

/** The names that filters may have: those of Kafka, of which some last no time here. */
const KNOWN_STATES: readonly string[] = [...TRANSACTION_STATUSES, 'Dead', 'PrepareEpochFence']

export const listTransactionsHandler = handler(listTransactions, (request, call) => {
  const { stateFilters, producerIdFilters, durationFilter } = request
  const transactionStates = []
  for (const one of call.vhost.streams.transactions.all()) {
    if (stateFilters.length > 0 && !stateFilters.includes(one.status)) continue
    if (producerIdFilters.length > 0 && !producerIdFilters.includes(one.producerId)) continue
    if (durationFilter >= 0 && !(one.isOpen && call.now - one.startMs > durationFilter)) continue
    if (!call.may('describe', 'transactional-id', one.transactionalId)) continue
    transactionStates.push({
      transactionalId: one.transactionalId,
      producerId: one.producerId,
      transactionState: one.status,
    })
  }
  const unknownStateFilters = stateFilters.filter((state) => !KNOWN_STATES.includes(state))
  call.respond({ unknownStateFilters, transactionStates })
})
