/** Which batches belong to transactions that were aborted. */
import type { BatchHead } from '../../record/batch-head.ts'
import type { AbortedTransaction } from './partition-log.ts'

export class AbortedBatches {
  private readonly byProducer = new Map<number, AbortedTransaction[]>()

  constructor(transactions: readonly AbortedTransaction[]) {
    for (const one of transactions) {
      const known = this.byProducer.get(one.producerId)
      if (known === undefined) this.byProducer.set(one.producerId, [one])
      else known.push(one)
    }
  }

  /** The aborted transaction that a batch of records or its marker belongs to. */
  of(head: BatchHead): AbortedTransaction | undefined {
    if (!head.isTransactional) return undefined
    const { baseOffset } = head
    return this.byProducer
      .get(head.producerId)
      ?.find((one) => one.firstOffset <= baseOffset && baseOffset <= one.lastOffset)
  }
}
