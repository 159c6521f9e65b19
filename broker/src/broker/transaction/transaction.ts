/**
 * What is known of one transactional id: its producer, the transaction that is open or being ended, and how the one
 * before it ended. Trade: the catalog holds it whole, so that a change is one absolute value and replay needs no order.
 */
import type { Topic } from '../topic/topic.ts'

export const TRANSACTION_STATUSES = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
] as const
/** A decision is `Prepare…` until all has been carried out: then it is `Complete…`. */
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number]

/** Epochs are 16 bits; the last one is kept for fencing whoever has the one before it. */
export const EPOCH_MAX = 32_767

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** Partitions of one topic; of this topic, not of a later one under its name. */
interface TopicPart {
  readonly topicId: string
  /** And where each ended when it was added: what is open below belongs to a transaction before. */
  readonly indexes: Map<number, number>
}

export type TopicParts = Map<string, TopicPart>

/** How a transaction ended, kept until the next one has: a partition that lost its marker gets another. */
export interface Outcome extends ProducerIdentity {
  readonly commit: boolean
  readonly parts: TopicParts
}

export class Transaction {
  readonly transactionalId: string
  status: TransactionStatus = 'Empty'
  producerId: number
  /** -1 until the first producer is known. */
  producerEpoch = -1
  /** Before the last change. */
  previousProducerId = -1
  /** The epoch before the last bump that its producer may ask for again; -1: none. */
  lastProducerEpoch = -1
  /** Takes the place of `producerId` once what was decided is carried out; -1: nothing does. */
  nextProducerId = -1
  timeoutMs: number
  /** Of the first partition or group; -1 without a transaction. */
  startMs = -1
  updatedMs: number
  parts: TopicParts = new Map()
  groups = new Set<string>()
  /** Of the transaction decided last. */
  outcome: Outcome | null = null

  constructor(transactionalId: string, producerId: number, timeoutMs: number, now: number) {
    this.transactionalId = transactionalId
    this.producerId = producerId
    this.timeoutMs = timeoutMs
    this.updatedMs = now
  }

  get identity(): ProducerIdentity {
    return { producerId: this.producerId, producerEpoch: this.producerEpoch }
  }

  get isEnding(): boolean {
    return this.status === 'PrepareCommit' || this.status === 'PrepareAbort'
  }

  /** The last epoch is nobody's: whoever had the one before was fenced, unless a new id is on its way to them. */
  get isFencedAtLast(): boolean {
    return this.producerEpoch === EPOCH_MAX && this.nextProducerId < 0
  }

  /** Has begun and is not over. */
  get isOpen(): boolean {
    return this.status === 'Ongoing' || this.isEnding
  }

  /** A producer comes, or comes back after an error: then it may ask again with the epoch it had (KIP-360). */
  identify(identity: ProducerIdentity, comesBack: boolean, timeoutMs: number, now: number): void {
    this.status = 'Empty'
    this.previousProducerId = this.producerId
    this.lastProducerEpoch = comesBack ? this.producerEpoch : -1
    this.producerId = identity.producerId
    this.producerEpoch = identity.producerEpoch
    this.timeoutMs = timeoutMs
    this.startMs = -1
    this.updatedMs = now
  }

  has(topic: Topic, index: number): boolean {
    const part = this.parts.get(topic.name)
    return part?.topicId === topic.id && part.indexes.has(index)
  }

  /** From the first of them on the transaction is open. */
  add(topic: Topic, index: number, now: number): void {
    this.begin(now)
    let part = this.parts.get(topic.name)
    if (part?.topicId !== topic.id) {
      part = { topicId: topic.id, indexes: new Map() }
      this.parts.set(topic.name, part)
    }
    if (!part.indexes.has(index)) part.indexes.set(index, topic.partitions[index]!.log.endOffset)
  }

  addGroup(groupId: string, now: number): void {
    this.begin(now)
    this.groups.add(groupId)
  }

  /** @param dataEpoch what the records of the transaction carry; markers carry `producerEpoch` as it is by then */
  decide(commit: boolean, dataEpoch: number, now: number): void {
    this.status = commit ? 'PrepareCommit' : 'PrepareAbort'
    this.outcome = { commit, producerId: this.producerId, producerEpoch: dataEpoch, parts: this.parts }
    this.previousProducerId = this.producerId
    if (this.startMs < 0) this.startMs = now
    this.updatedMs = now
  }

  /** What was decided is carried out. */
  complete(now: number): void {
    this.status = this.status === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort'
    this.previousProducerId = this.producerId
    if (this.nextProducerId >= 0) {
      this.producerId = this.nextProducerId
      this.producerEpoch = 0
      this.nextProducerId = -1
    }
    this.parts = new Map()
    this.groups = new Set()
    this.updatedMs = now
  }

  private begin(now: number): void {
    if (this.status !== 'Ongoing') {
      this.status = 'Ongoing'
      this.startMs = now
      this.previousProducerId = this.producerId
    }
    this.updatedMs = now
  }
}
