/**
 * Carries out what was decided of a transaction, in the order of the *decide* protocol: the decision is durable, then
 * every partition gets its marker, then the markers are durable, then offsets of groups change. Begun again from the
 * decision after a stop anywhere in between, it does no harm.
 */
import type { Groups } from '../group/groups.ts'
import type { StreamContext } from '../stream-context.ts'
import type { Partition } from '../topic/partition.ts'
import type { Topics } from '../topic/topics.ts'
import type { Transaction } from './transaction.ts'

/** Where the effects of a transaction lie. */
export interface Places {
  readonly context: StreamContext
  readonly topics: Topics
  readonly groups: Groups
}

/**
 * Takes a transaction whose decision was put into the catalog last.
 * @param done once nothing is left to do but to say so; never, if a marker can not be made durable
 */
export function carryOut(places: Places, transaction: Transaction, done: () => void): void {
  const { catalog, durability } = places.context
  durability.after(catalog.lastRound, () =>
    appendMarkers(places, transaction, () => endOffsets(places, transaction, done)),
  )
}

function appendMarkers({ context, topics }: Places, transaction: Transaction, done: () => void): void {
  const { producerId, producerEpoch } = transaction
  const commit = transaction.status === 'PrepareCommit'
  const now = context.clock.now()
  let waitingFor = 1
  const durable = () => {
    waitingFor -= 1
    if (waitingFor === 0) done()
  }
  for (const [name, { topicId, indexes }] of transaction.parts) {
    const topic = topics.get(name)
    if (topic?.id !== topicId) continue
    for (const index of indexes.keys()) {
      const partition = topic.partitions[index]!
      if (isPast(partition, producerId, producerEpoch)) continue
      waitingFor += 1
      const endOffset = partition.appendMarker(producerId, producerEpoch, partition.log.leaderEpoch, commit, now)
      partition.whenDurable(endOffset, (error) => {
        if (error === null || partition.log.deleted) durable()
        else context.logger.error({ topic: name, partition: index, error }, 'the end of a transaction is not durable')
      })
    }
  }
  durable()
}

/** A later epoch ended what was open there: a marker of this one would take the producer back. */
function isPast({ log }: Partition, producerId: number, producerEpoch: number): boolean {
  const state = log.producers.get(producerId)
  return state !== undefined && state.producerEpoch > producerEpoch
}

function endOffsets({ groups }: Places, transaction: Transaction, done: () => void): void {
  const commit = transaction.status === 'PrepareCommit'
  for (const group of transaction.groups) groups.endTransaction(group, transaction.producerId, commit)
  done()
}
