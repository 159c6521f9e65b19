/**
 * What a request may do to a transactional id as it stands: the tables of Kafka's transaction coordinator, without any
 * effect. A `StreamError` is the answer; other words say what is to be done. Source: KIP-98, KIP-360, KIP-890.
 */
import type { StreamError } from '../stream-refusal.ts'
import { EPOCH_MAX, type ProducerIdentity, type Transaction } from './transaction.ts'

/** `abort`: what is open ends first; `rotate`: a new producer id; `bump`: the next epoch; `same`: what was answered before. */
export type InitJudgement = StreamError | 'abort' | 'rotate' | 'bump' | 'same'

/** `done`: it has ended so already; `decide`: it is to end so now. */
export type EndJudgement = StreamError | 'done' | 'decide'

export function isExhausted(producerEpoch: number): boolean {
  return producerEpoch >= EPOCH_MAX - 1
}

/** @param expected what the producer has, if it goes on after an error (KIP-360) */
export function judgeInit(transaction: Transaction, expected: ProducerIdentity | null): InitJudgement {
  if (expected !== null && !isKnown(transaction, expected)) return 'producer-fenced'
  if (transaction.isEnding) return 'concurrent-transactions'
  const { producerEpoch, lastProducerEpoch } = transaction
  const isCurrent = expected === null || producerEpoch < 0 || expected.producerEpoch === producerEpoch
  if (!isCurrent) return expected.producerEpoch === lastProducerEpoch ? 'same' : 'producer-fenced'
  if (transaction.status === 'Ongoing') return 'abort'
  return isExhausted(producerEpoch) ? 'rotate' : 'bump'
}

/** The second: its epochs were used up, and it never heard of the id it got for that. */
function isKnown({ producerId, producerEpoch, previousProducerId }: Transaction, expected: ProducerIdentity): boolean {
  if (producerEpoch < 0 || expected.producerId === producerId) return true
  return expected.producerId === previousProducerId && isExhausted(expected.producerEpoch)
}

/** Whether partitions or groups may be added by this producer now. */
export function judgeAdd(
  transaction: Transaction | undefined,
  producerId: number,
  producerEpoch: number,
): StreamError | null {
  if (transaction === undefined || transaction.producerId !== producerId) return 'invalid-producer-id-mapping'
  if (transaction.producerEpoch !== producerEpoch) return 'producer-fenced'
  return transaction.isEnding ? 'concurrent-transactions' : null
}

/** Of producers that keep their epoch from transaction to transaction (EndTxn below 5). */
export function judgeEnd(
  transaction: Transaction | undefined,
  producerId: number,
  producerEpoch: number,
  commit: boolean,
): EndJudgement {
  if (transaction === undefined || transaction.producerId !== producerId) return 'invalid-producer-id-mapping'
  if (transaction.producerEpoch !== producerEpoch) return 'producer-fenced'
  return transaction.status === 'Ongoing' ? 'decide' : judgeRepeated(transaction, commit)
}

/**
 * Of producers that get a new epoch with every end (KIP-890): the epoch tells a repeated request, which came with the
 * one before, from the end of the next transaction. An abort may come though the transaction never began here.
 */
export function judgeEndBumping(
  transaction: Transaction | undefined,
  producerId: number,
  producerEpoch: number,
  commit: boolean,
): EndJudgement {
  if (transaction === undefined) return 'invalid-producer-id-mapping'
  const { status, previousProducerId } = transaction
  const isCurrent = transaction.producerEpoch === producerEpoch
  const isRepeatedAtLast =
    previousProducerId === producerId && producerEpoch === EPOCH_MAX - 1 && transaction.producerEpoch === 0
  if (transaction.producerId !== producerId && !isRepeatedAtLast) return 'invalid-producer-id-mapping'
  const isBefore = transaction.producerEpoch === producerEpoch + 1 && !transaction.isFencedAtLast
  const isRepeated = isBefore || isRepeatedAtLast
  if (status === 'Ongoing') return isCurrent ? 'decide' : 'producer-fenced'
  if (status !== 'Empty' && isRepeated) return judgeRepeated(transaction, commit)
  if (!isCurrent || transaction.isEnding) return 'producer-fenced'
  return commit ? 'invalid-txn-state' : 'decide'
}

function judgeRepeated({ status }: Transaction, commit: boolean): EndJudgement {
  if (status === (commit ? 'CompleteCommit' : 'CompleteAbort')) return 'done'
  if (status === (commit ? 'PrepareCommit' : 'PrepareAbort')) return 'concurrent-transactions'
  return 'invalid-txn-state'
}
