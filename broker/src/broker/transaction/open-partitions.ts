/**
 * Ends, at a start, what partitions hold open and no transaction does: records whose transaction was never durable, and
 * those of `written` topics that lost the marker after it was told of. Without it nobody could read behind them.
 */
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
      for (const { producerId, producerEpoch, transactionStart } of [...partition.log.producers.all()]) {
        if (transactionStart < 0) continue
        const transaction = byProducerId.get(producerId)
        if (transaction !== undefined && goesOn(transaction, partition, producerId, producerEpoch)) continue
        const commit = wasCommitted(transaction, partition, producerId, producerEpoch)
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

/** It is open, or its markers are being written. */
function goesOn(transaction: Transaction, partition: Partition, producerId: number, producerEpoch: number): boolean {
  const { status, outcome } = transaction
  if (transaction.producerId !== producerId || !holds(transaction.parts, partition)) return false
  return transaction.isEnding
    ? outcome?.producerEpoch === producerEpoch
    : status === 'Ongoing' && transaction.producerEpoch === producerEpoch
}

function wasCommitted(
  transaction: Transaction | undefined,
  partition: Partition,
  producerId: number,
  producerEpoch: number,
): boolean {
  const outcome = transaction?.outcome
  if (!outcome?.commit || outcome.producerId !== producerId || outcome.producerEpoch !== producerEpoch) return false
  return holds(outcome.parts, partition)
}

function holds(parts: Transaction['parts'], partition: Partition): boolean {
  const part = parts.get(partition.topicName)
  return part?.topicId === partition.topicId && part.indexes.has(partition.index)
}
