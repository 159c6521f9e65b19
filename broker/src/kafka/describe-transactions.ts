/** DescribeTransactions: who has a transactional id, and what its open transaction holds. */
import type { Transaction } from '../broker/transaction/transaction.ts'
import { describeTransactions } from '../wire/kafka/messages/describe-transactions.ts'
import type { ResponseOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Answering = Call<ResponseOf<typeof describeTransactions>>

export const describeTransactionsHandler = handler(describeTransactions, ({ transactionalIds }, call) => {
  const transactionStates = transactionalIds.map((transactionalId) => ({
    transactionalId,
    ...describe(transactionalId, call),
  }))
  call.vhost.streams.transactions.afterChanges(() => call.respond({ transactionStates }))
})

function describe(transactionalId: string, call: Answering) {
  if (!call.may('describe', 'transactional-id', transactionalId)) {
    return { errorCode: errorCode('transactional-id-authorization-failed') }
  }
  if (transactionalId === '') return { errorCode: errorCode('invalid-request') }
  const transaction = call.vhost.streams.transactions.get(transactionalId)
  if (transaction === undefined) return { errorCode: errorCode('transactional-id-not-found') }
  return {
    transactionState: transaction.status,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startMs,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: topicsOf(transaction, call),
  }
}

function topicsOf({ parts }: Transaction, call: Answering) {
  const visible = [...parts].filter(([topic]) => call.may('describe', 'topic', topic))
  return visible.map(([topic, { indexes }]) => ({ topic, partitions: [...indexes.keys()] }))
}
