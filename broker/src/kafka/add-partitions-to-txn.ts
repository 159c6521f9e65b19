/**
 * AddPartitionsToTxn: all partitions of a transaction or none. The versions that brokers speak among each other carry
 * several transactions, and may only ask.
 */
import type { StreamError } from '../broker/stream-refusal.ts'
import type { Claimed, PartitionList } from '../broker/transaction/transactions.ts'
import { addPartitionsToTxn } from '../wire/kafka/messages/add-partitions-to-txn.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { fencedAs } from './transaction-errors.ts'

type Request = RequestOf<typeof addPartitionsToTxn>
type Answering = Call<ResponseOf<typeof addPartitionsToTxn>>
type Wanted = Request['transactions'][number]
type ErrorOf = (name: string, index: number) => StreamError | null

const FENCED_SINCE = 2
const BATCHED_SINCE = 4

export const addPartitionsToTxnHandler = handler(addPartitionsToTxn, (request, call) => {
  const response = call.version < BATCHED_SINCE ? addForClient(request, call) : addForBroker(request, call)
  call.vhost.streams.transactions.afterChanges(() => call.respond(response))
})

function addForClient(request: Request, call: Answering): ResponseOf<typeof addPartitionsToTxn> {
  const identity = {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
  }
  const topics = request.v3AndBelowTopics
  if (!call.may('write', 'transactional-id', identity.transactionalId)) {
    return { resultsByTopicV3AndBelow: results(topics, () => 'transactional-id-authorization-failed') }
  }
  const mayWrite = (name: string) => call.may('write', 'topic', name)
  return { resultsByTopicV3AndBelow: add(identity, topics, call, mayWrite) }
}

function addForBroker({ transactions }: Request, call: Answering): ResponseOf<typeof addPartitionsToTxn> {
  if (!call.may('cluster-action', 'cluster', CLUSTER_NAME)) {
    return { errorCode: errorCode('cluster-authorization-failed') }
  }
  return {
    resultsByTransaction: transactions.map((wanted) => ({
      transactionalId: wanted.transactionalId,
      topicResults: wanted.verifyOnly ? verify(wanted, call) : add(wanted, wanted.topics, call, () => true),
    })),
  }
}

function add(identity: Claimed, lists: readonly PartitionList[], call: Answering, mayWrite: (name: string) => boolean) {
  const { topics, transactions } = call.vhost.streams
  const refused: ErrorOf = (name, index) => {
    if (!mayWrite(name)) return 'topic-authorization-failed'
    return topics.get(name)?.partitions[index] === undefined ? 'unknown-topic-or-partition' : null
  }
  const isRefused = lists.some(({ name, partitions }) => partitions.some((index) => refused(name, index) !== null))
  if (isRefused) return results(lists, (name, index) => refused(name, index) ?? 'operation-not-attempted')
  const error = fencedAs(transactions.addPartitions(identity, lists), call.version, FENCED_SINCE)
  return results(lists, () => error)
}

function verify(wanted: Wanted, call: Answering) {
  const { transactions } = call.vhost.streams
  return results(wanted.topics, (name, index) => transactions.verifyPartition(wanted, name, index))
}

function results(lists: readonly PartitionList[], errorOf: ErrorOf) {
  return lists.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorCode(errorOf(name, partitionIndex)),
    })),
  }))
}
