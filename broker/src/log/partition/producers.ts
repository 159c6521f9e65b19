/**
 * What a partition knows of its producers: epochs, the last five batches of each for telling duplicates from gaps, and
 * open and aborted transactions. It follows from the batches alone, in order, so that a recovered log knows the same.
 * Source: KIP-98, KIP-890.
 */
import { type BatchHead, nextSequence } from '../../record/batch-head.ts'
import type { AbortedTransaction } from './partition-log.ts'

/** A batch repeated within so many is known as a duplicate. */
const BATCHES_KEPT = 5

export interface ProducedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

export interface ProducerState {
  readonly producerId: number
  producerEpoch: number
  /** Oldest first; empty after a marker of a newer epoch. */
  batches: ProducedBatch[]
  /** Of its newest batch or marker, ms. */
  lastTimestamp: number
  coordinatorEpoch: number
  /** Of its open transaction; -1 when none is open. */
  transactionStart: number
}

/** `baseOffset`: where the original stands. */
export interface Duplicate {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

export type ProducerError = 'out-of-order-sequence-number' | 'invalid-producer-epoch' | 'invalid-txn-state'

export interface OpenTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

interface EndedTransaction {
  readonly firstOffset: number
  readonly lastOffset: number
}

export class Producers {
  private readonly states = new Map<number, ProducerState>()
  private readonly open = new Map<number, ProducerState>()
  /** Whose marker may not be durable yet. */
  private ended: EndedTransaction[] = []
  readonly aborted: AbortedTransaction[] = []

  get(producerId: number): ProducerState | undefined {
    return this.states.get(producerId)
  }

  all(): Iterable<ProducerState> {
    return this.states.values()
  }

  get openCount(): number {
    return this.open.size
  }

  /** Whether a client's batch may follow: null if so, the original if it is a repetition, else why not. */
  check(head: BatchHead): Duplicate | ProducerError | null {
    if (head.producerId < 0) return null
    const state = this.states.get(head.producerId)
    if (state === undefined) return null
    if (head.producerEpoch < state.producerEpoch) return 'invalid-producer-epoch'
    if (head.producerEpoch > state.producerEpoch) return head.baseSequence === 0 ? null : 'out-of-order-sequence-number'
    const { lastSequence } = head
    for (const batch of state.batches) {
      if (batch.firstSequence === head.baseSequence && batch.lastSequence === lastSequence) return batch
    }
    if (!head.isTransactional && state.transactionStart >= 0) return 'invalid-txn-state'
    const last = state.batches.at(-1)
    const expected = last === undefined ? 0 : nextSequence(last.lastSequence, 1)
    return head.baseSequence === expected ? null : 'out-of-order-sequence-number'
  }

  /** Takes notice of an appended batch that is no control batch. */
  noteBatch(head: BatchHead): void {
    if (head.producerId < 0) return
    const state = this.stateFor(head)
    if (head.producerEpoch !== state.producerEpoch) {
      state.producerEpoch = head.producerEpoch
      state.batches = []
    }
    if (state.batches.length === BATCHES_KEPT) state.batches.shift()
    state.batches.push({
      firstSequence: head.baseSequence,
      lastSequence: head.lastSequence,
      baseOffset: head.baseOffset,
      lastOffset: head.lastOffset,
      timestamp: head.maxTimestamp,
    })
    state.lastTimestamp = head.maxTimestamp
    if (!head.isTransactional || state.transactionStart >= 0) return
    state.transactionStart = head.baseOffset
    this.open.set(head.producerId, state)
  }

  /** Takes notice of the marker that ends a transaction. */
  noteMarker(head: BatchHead, commit: boolean, coordinatorEpoch: number): void {
    const state = this.stateFor(head)
    if (head.producerEpoch !== state.producerEpoch) {
      state.producerEpoch = head.producerEpoch
      state.batches = []
    }
    state.coordinatorEpoch = coordinatorEpoch
    state.lastTimestamp = head.maxTimestamp
    const firstOffset = state.transactionStart
    if (firstOffset < 0) return
    state.transactionStart = -1
    this.open.delete(head.producerId)
    this.ended.push({ firstOffset, lastOffset: head.baseOffset })
    if (commit) return
    const lastStableOffset = Math.min(this.firstOpen, head.baseOffset + 1)
    this.aborted.push({ producerId: head.producerId, firstOffset, lastOffset: head.baseOffset, lastStableOffset })
  }

  /** The first offset of what is undecided, or decided by a marker at or above the high watermark; Infinity if nothing is. */
  firstUnstable(highWatermark: number): number {
    let first = this.firstOpen
    if (this.ended.length === 0) return first
    const left = this.ended.findIndex((one) => one.lastOffset >= highWatermark)
    if (left !== 0) this.ended.splice(0, left < 0 ? this.ended.length : left)
    for (const one of this.ended) if (one.firstOffset < first) first = one.firstOffset
    return first
  }

  /** They stand in the order in which they began. */
  private get firstOpen(): number {
    for (const { transactionStart } of this.open.values()) return transactionStart
    return Number.POSITIVE_INFINITY
  }

  /** Transactions that began below the offset, and are not ended or were aborted beyond it. */
  reachingOver(offset: number): OpenTransaction[] {
    const over = (one: { firstOffset: number; lastOffset: number }) =>
      one.firstOffset < offset && one.lastOffset >= offset
    const found: OpenTransaction[] = this.aborted.filter(over)
    for (const { producerId, transactionStart } of this.open.values()) {
      if (transactionStart < offset && !found.some((one) => one.producerId === producerId)) {
        found.push({ producerId, firstOffset: transactionStart })
      }
    }
    return found
  }

  /** Of the transactions that began below the offset just these are open. */
  restoreOver(offset: number, transactions: readonly OpenTransaction[]): void {
    const states = new Map([...this.states])
    for (const state of this.open.values()) if (state.transactionStart < offset) state.transactionStart = -1
    for (const { producerId, firstOffset } of transactions) {
      // Its marker is counted in.
      if (this.aborted.some((one) => one.producerId === producerId && one.firstOffset === firstOffset)) continue
      const state = states.get(producerId) ?? newState(producerId, 0, -1)
      state.transactionStart = firstOffset
      states.set(producerId, state)
    }
    this.open.clear()
    this.restore([...states.values()], [])
  }

  abortedIn(from: number, to: number): AbortedTransaction[] {
    const { aborted } = this
    let low = 0
    let high = aborted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (aborted[middle].lastOffset < from) low = middle + 1
      else high = middle
    }
    const found: AbortedTransaction[] = []
    for (let i = low; i < aborted.length; i++) {
      if (aborted[i].firstOffset < to) found.push(aborted[i])
      // Those that ended later were open then, or began later.
      if (aborted[i].lastStableOffset >= to) break
    }
    return found
  }

  /** Drops what lies wholly below the start of the log. */
  startAt(offset: number): void {
    const kept = this.aborted.findIndex((one) => one.lastOffset >= offset)
    this.aborted.splice(0, kept < 0 ? this.aborted.length : kept)
  }

  /** Drops aborted transactions, by their last offsets, of which no records are left. */
  forgetAborted(lastOffsets: readonly number[]): void {
    if (lastOffsets.length === 0) return
    const gone = new Set(lastOffsets)
    this.aborted.splice(0, this.aborted.length, ...this.aborted.filter((one) => !gone.has(one.lastOffset)))
  }

  /** Forgets producers without an open transaction that wrote nothing since `before`, ms. */
  expire(before: number): void {
    for (const [id, state] of this.states) {
      if (state.transactionStart < 0 && state.lastTimestamp < before) this.states.delete(id)
    }
  }

  restore(states: readonly ProducerState[], aborted: readonly AbortedTransaction[]): void {
    for (const state of states) this.states.set(state.producerId, state)
    const open = states.filter((one) => one.transactionStart >= 0)
    for (const state of open.sort((a, b) => a.transactionStart - b.transactionStart)) {
      this.open.set(state.producerId, state)
    }
    this.aborted.push(...aborted)
  }

  private stateFor(head: BatchHead): ProducerState {
    let state = this.states.get(head.producerId)
    if (state === undefined) {
      state = newState(head.producerId, head.producerEpoch, head.maxTimestamp)
      this.states.set(head.producerId, state)
    }
    return state
  }
}

function newState(producerId: number, producerEpoch: number, lastTimestamp: number): ProducerState {
  return { producerId, producerEpoch, batches: [], lastTimestamp, coordinatorEpoch: -1, transactionStart: -1 }
}
