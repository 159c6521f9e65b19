/** A transaction as the catalog keeps it. */
import type { Outcome, TopicParts, TransactionStatus } from './transaction.ts'
import { Transaction } from './transaction.ts'

export const TRANSACTION_KIND = 'transaction'

type KeptParts = [name: string, topicId: string, indexes: [index: number, end: number][]][]

interface KeptTransaction {
  readonly status: TransactionStatus
  readonly producerId: number
  readonly producerEpoch: number
  readonly previousProducerId: number
  readonly lastProducerEpoch: number
  readonly nextProducerId: number
  readonly timeoutMs: number
  readonly startMs: number
  readonly updatedMs: number
  readonly parts: KeptParts
  readonly groups: readonly string[]
  readonly outcome: { commit: boolean; producerId: number; producerEpoch: number; parts: KeptParts } | null
}

export function keptTransaction(transaction: Transaction): KeptTransaction {
  const { outcome, parts, groups } = transaction
  return {
    status: transaction.status,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    previousProducerId: transaction.previousProducerId,
    lastProducerEpoch: transaction.lastProducerEpoch,
    nextProducerId: transaction.nextProducerId,
    timeoutMs: transaction.timeoutMs,
    startMs: transaction.startMs,
    updatedMs: transaction.updatedMs,
    parts: keptParts(parts),
    groups: [...groups],
    // While it is being carried out its partitions are the transaction's own.
    outcome: outcome && { ...outcome, parts: outcome.parts === parts ? [] : keptParts(outcome.parts) },
  }
}

export function restoredTransaction(transactionalId: string, value: unknown): Transaction {
  const kept = value as KeptTransaction
  const transaction = new Transaction(transactionalId, kept.producerId, kept.timeoutMs, kept.updatedMs)
  transaction.status = kept.status
  transaction.producerEpoch = kept.producerEpoch
  transaction.previousProducerId = kept.previousProducerId
  transaction.lastProducerEpoch = kept.lastProducerEpoch
  transaction.nextProducerId = kept.nextProducerId
  transaction.startMs = kept.startMs
  transaction.parts = restoredParts(kept.parts)
  transaction.groups = new Set(kept.groups)
  transaction.outcome = restoredOutcome(kept.outcome, transaction)
  return transaction
}

function restoredOutcome(kept: KeptTransaction['outcome'], { isEnding, parts }: Transaction): Outcome | null {
  return kept && { ...kept, parts: isEnding ? parts : restoredParts(kept.parts) }
}

function keptParts(parts: TopicParts): KeptParts {
  return [...parts].map(([name, { topicId, indexes }]) => [name, topicId, [...indexes]])
}

function restoredParts(kept: KeptParts): TopicParts {
  return new Map(kept.map(([name, topicId, indexes]) => [name, { topicId, indexes: new Map(indexes) }]))
}
