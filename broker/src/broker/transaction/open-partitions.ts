/**
 * Ends, at a start, what partitions hold open and no transaction does: records whose transaction was never durable, and
 * those of `written` topics that lost the marker after it was told of. Without it nobody could read behind them.
 */
import type { ProducerState } from '../../log/partition/producers.ts'
import type { Partition } from '../topic/partition.ts'
import type { Places } from './carry-out.ts'
import type { Transaction } from './transaction.ts'
import { EPOCH_MAX } from './transaction.ts'

export function endOpenPartitions({ context, topics }: Places, transactions: Iterable<Transaction>): void {
  const byProducerId = new Map<number, Transaction>()
  for (const one of transactions) {
    byProducerId.set(one.producerId, one)
    if (one.outcome !== null) byProducerId.set(one.outcome.producerId, one)
  }
  for (const topic of topics.all()) {
    for (const partition of topic.partitions) {
      if (partition.log.producers.openCount === 0) continue
      for (const state of [...partition.log.producers.all()]) {
        const { producerId, producerEpoch } = state
        if (state.transactionStart < 0) continue
        const transaction = byProducerId.get(producerId)
        if (transaction !== undefined && goesOn(transaction, partition, state)) continue
        const commit = wasCommitted(transaction, partition, state)
        context.logger.warn(
          { topic: topic.name, partition: partition.index, producerId, commit },
          'ended a transaction',
        )
        // The next epoch: a producer that sends again what it got no answer for must not take it for a repetition.
        const epoch = Math.min(producerEpoch + 1, EPOCH_MAX)
        partition.appendMarker(producerId, epoch, partition.log.leaderEpoch, commit, context.clock.now())
      }
    }
  }
}

/**
 * Lets the open ones count from where partitions end now: `written` topics may have lost what was below. @returns those
 * that changed
 */
export function lowerEnds({ topics }: Places, transactions: Iterable<Transaction>): Transaction[] {
  const changed = new Set<Transaction>()
  for (const transaction of transactions) {
    for (const [name, { topicId, indexes }] of transaction.parts) {
      const topic = topics.get(name)
      if (topic?.id !== topicId) continue
      for (const [index, end] of indexes) {
        const { endOffset } = topic.partitions[index]!.log
        if (end <= endOffset) continue
        indexes.set(index, endOffset)
        changed.add(transaction)
      }
    }
  }
  return [...changed]
}

/** It is open, or its markers are being written. */
function goesOn(transaction: Transaction, partition: Partition, state: ProducerState): boolean {
  const { status, outcome, parts } = transaction
  if (transaction.producerId !== state.producerId || !holds(parts, partition, state)) return false
  return transaction.isEnding
    ? outcome?.producerEpoch === state.producerEpoch
    : status === 'Ongoing' && transaction.producerEpoch === state.producerEpoch
}

function wasCommitted(transaction: Transaction | undefined, partition: Partition, state: ProducerState): boolean {
  const outcome = transaction?.outcome
  if (!outcome?.commit || outcome.producerId !== state.producerId) return false
  return outcome.producerEpoch === state.producerEpoch && holds(outcome.parts, partition, state)
}

/** Producers of the older dialect keep their epoch, so it does not tell one of their transactions from the next. */
function holds(parts: Transaction['parts'], partition: Partition, { transactionStart }: ProducerState): boolean {
  const part = parts.get(partition.topicName)
  const end = part?.topicId === partition.topicId ? part.indexes.get(partition.index) : undefined
  return end !== undefined && transactionStart >= end
}
