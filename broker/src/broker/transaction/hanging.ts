/**
 * Ends what a partition holds open, on the word of an operator: the way out where a transaction was lost by its
 * coordinator and nobody could read behind it.
 */
import type { StreamError } from '../stream-refusal.ts'
import type { Partition } from '../topic/partition.ts'

export interface Marker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly commit: boolean
  /** Of version 2 on, the epoch of a marker is above that of the records it ends. */
  readonly transactionVersion: number
}

/** @returns the offset to wait for, or why the marker is not appended */
export function endHanging(partition: Partition, marker: Marker, now: number): number | StreamError {
  const { producerId, producerEpoch, coordinatorEpoch } = marker
  const state = partition.log.producers.get(producerId)
  if (state !== undefined) {
    const isOpen = state.transactionStart >= 0
    const lowest = marker.transactionVersion >= 2 && isOpen ? state.producerEpoch + 1 : state.producerEpoch
    if (producerEpoch < lowest) return 'invalid-producer-epoch'
    if (coordinatorEpoch < state.coordinatorEpoch) return 'transaction-coordinator-fenced'
  }
  return partition.appendMarker(producerId, producerEpoch, coordinatorEpoch, marker.commit, now)
}
