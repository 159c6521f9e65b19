/**
 * TxnOffsetCommit: offsets of a group that become visible when the transaction commits. From version 5 on the group is
 * added to the transaction by this (KIP-890); before, AddOffsetsToTxn must have done it.
 */
import type { TopicPartitionOffset } from '../broker/group/offsets.ts'
import type { StreamError } from '../broker/stream-refusal.ts'
import { txnOffsetCommit } from '../wire/kafka/messages/txn-offset-commit.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { offsetToCommit, refusesMetadata } from './asked-offset.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Request = RequestOf<typeof txnOffsetCommit>
type Answering = Call<ResponseOf<typeof txnOffsetCommit>>
type Topic = Request['topics'][number]
type Offset = Topic['partitions'][number]

const ABORTABLE_SINCE = 4
const ADDING_SINCE = 5

export const txnOffsetCommitHandler = handler(txnOffsetCommit, (request, call) => {
  const refused = refusal(request, call)
  const unstaged = refused ?? stage(request, call)
  const topics = request.topics.map((topic) => ({
    name: topic.name,
    partitions: topic.partitions.map((one) => ({
      partitionIndex: one.partitionIndex,
      errorCode: errorCode(refused ?? refusalOf(topic, one, call) ?? unstaged),
    })),
  }))
  call.vhost.streams.transactions.afterChanges(() => call.respond({ topics }))
})

function refusal({ transactionalId, groupId }: Request, call: Answering): StreamError | null {
  if (!call.may('write', 'transactional-id', transactionalId)) return 'transactional-id-authorization-failed'
  return call.may('read', 'group', groupId) ? null : 'group-authorization-failed'
}

/** Keeps the offsets that may be, in the transaction. */
function stage(request: Request, call: Answering): StreamError | null {
  const { transactions, groups } = call.vhost.streams
  const { groupId, memberId, producerId } = request
  const error =
    call.version < ADDING_SINCE ? transactions.verifyGroup(request, groupId) : transactions.addGroup(request, groupId)
  if (error !== null) return knownError(error, call.version)
  const committer = {
    memberId,
    instanceId: request.groupInstanceId,
    generation: request.generationId,
    transactional: true,
  }
  const staged = groups.stageTransactional(groupId, committer, producerId, entries(request, call))
  return typeof staged === 'string' ? staged : null
}

function entries({ topics }: Request, call: Answering): TopicPartitionOffset[] {
  const kept: TopicPartitionOffset[] = []
  for (const topic of topics) {
    for (const one of topic.partitions) {
      if (refusalOf(topic, one, call) === null) kept.push(offsetToCommit(topic.name, one, call.now, -1))
    }
  }
  return kept
}

function refusalOf({ name }: Topic, asked: Offset, call: Answering): StreamError | null {
  if (!call.may('read', 'topic', name)) return 'topic-authorization-failed'
  const isThere = call.vhost.streams.topics.get(name)?.partitions[asked.partitionIndex] !== undefined
  return isThere ? refusesMetadata(asked, call) : 'unknown-topic-or-partition'
}

function knownError(error: StreamError, version: number): StreamError {
  if (error === 'producer-fenced') return 'invalid-producer-epoch'
  if (error === 'transaction-abortable' && version < ABORTABLE_SINCE) return 'invalid-txn-state'
  return error === 'concurrent-transactions' && version < ADDING_SINCE ? 'coordinator-load-in-progress' : error
}
