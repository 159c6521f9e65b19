/**
 * The transactions of a vhost: who may write under a transactional id, what its transaction holds, how it ends. Changes
 * take effect in memory at once and are durable with the catalog's last round, so whoever answers waits for that
 * (`afterChanges`); what a decision does elsewhere waits for it as well, see carry-out.ts.
 */
import type { Groups } from '../group/groups.ts'
import type { StreamContext } from '../stream-context.ts'
import type { StreamError } from '../stream-refusal.ts'
import type { Topic } from '../topic/topic.ts'
import type { Topics } from '../topic/topics.ts'
import { carryOut } from './carry-out.ts'
import { isExhausted, judgeAdd, judgeEnd, judgeEndBumping, judgeInit } from './judgements.ts'
import { keptTransaction, restoredTransaction, TRANSACTION_KIND } from './kept-transaction.ts'
import { endOpenPartitions, lowerEnds } from './open-partitions.ts'
import { ProducerIds } from './producer-ids.ts'
import { Sweeps } from './sweeps.ts'
import { EPOCH_MAX, type ProducerIdentity, Transaction } from './transaction.ts'

export interface PartitionList {
  readonly name: string
  readonly partitions: readonly number[]
}

/** Under which transactional id somebody asks, and as which producer. */
export interface Claimed extends ProducerIdentity {
  readonly transactionalId: string
}

/** With an error, producer id and epoch are -1. */
export type Identified = (error: StreamError | null, producerId: number, producerEpoch: number) => void

const NOBODY: ProducerIdentity = { producerId: -1, producerEpoch: -1 }

export class Transactions {
  readonly context: StreamContext
  readonly topics: Topics
  readonly groups: Groups
  private readonly producerIds: ProducerIds
  private readonly byId = new Map<string, Transaction>()
  private readonly sweeps: Sweeps

  constructor(context: StreamContext, topics: Topics, groups: Groups) {
    this.context = context
    this.topics = topics
    this.groups = groups
    this.producerIds = ProducerIds.of(context.catalog)
    this.sweeps = new Sweeps(context, {
      transactions: () => this.byId.values(),
      timeOut: (transaction) => this.fence(transaction),
      forget: (transaction) => this.forget(transaction),
    })
  }

  /** Carries out what was decided, and ends what cannot go on. Before any client; topics and groups are restored. */
  restore(): void {
    const { catalog, vhost } = this.context
    for (const { key, value } of catalog.all(TRANSACTION_KIND)) {
      const [of, transactionalId] = key
      if (of !== vhost) continue
      const transaction = restoredTransaction(transactionalId!, value)
      this.byId.set(transactionalId!, transaction)
      this.sweeps.known()
      if (transaction.status === 'Ongoing') this.sweeps.began(transaction)
    }
    endOpenPartitions(this, this.byId.values())
    for (const one of lowerEnds(this, this.byId.values())) this.keep(one)
    // Last: a marker of theirs ends whatever its producer holds open there.
    for (const one of this.byId.values()) if (one.isEnding) carryOut(this, one, () => this.complete(one))
  }

  /** Ends the timers. */
  stop(): void {
    this.sweeps.stop()
  }

  all(): Iterable<Transaction> {
    return this.byId.values()
  }

  /** Removes everything, for the end of the vhost. */
  deleteAll(): void {
    for (const transaction of [...this.byId.values()]) this.forget(transaction)
  }

  get(transactionalId: string): Transaction | undefined {
    return this.byId.get(transactionalId)
  }

  /** Calls back when all that was changed so far is durable: an answer without error waits for it. */
  afterChanges(task: () => void): void {
    const { catalog, durability } = this.context
    durability.after(catalog.lastRound, task)
  }

  /**
   * Gives a producer its id and epoch; whoever had the id with an earlier epoch is fenced.
   * @param transactionalId null: for a producer that is only idempotent
   * @param expected what the producer had, if it goes on after an error (KIP-360)
   * @param done when it is durable
   */
  initProducerId(
    transactionalId: string | null,
    timeoutMs: number,
    expected: ProducerIdentity | null,
    done: Identified,
  ): void {
    if (transactionalId === null) {
      const producerId = this.producerIds.take()
      this.context.durability.after(this.producerIds.round, () => done(null, producerId, 0))
      return
    }
    const error = this.refusesInit(transactionalId, timeoutMs) ?? this.identify(transactionalId, timeoutMs, expected)
    const { producerId, producerEpoch } = (error === null && this.byId.get(transactionalId)) || NOBODY
    this.afterChanges(() => done(error, producerId, producerEpoch))
  }

  private refusesInit(transactionalId: string, timeoutMs: number): StreamError | null {
    if (transactionalId === '') return 'invalid-request'
    const allowed = timeoutMs > 0 && timeoutMs <= this.context.settings.transactionMaxTimeoutMs
    return allowed ? null : 'invalid-transaction-timeout'
  }

  private identify(transactionalId: string, timeoutMs: number, expected: ProducerIdentity | null): StreamError | null {
    const now = this.context.clock.now()
    let transaction = this.byId.get(transactionalId)
    if (transaction === undefined) {
      transaction = new Transaction(transactionalId, this.producerIds.take(), timeoutMs, now)
      this.byId.set(transactionalId, transaction)
      this.sweeps.known()
    }
    const judgement = judgeInit(transaction, expected)
    if (judgement === 'same') return null
    if (judgement === 'abort') {
      this.fence(transaction)
      return 'concurrent-transactions'
    }
    if (judgement !== 'rotate' && judgement !== 'bump') return judgement
    const { producerId, producerEpoch } = transaction
    const identity =
      judgement === 'bump'
        ? { producerId, producerEpoch: producerEpoch + 1 }
        : { producerId: this.producerIds.take(), producerEpoch: 0 }
    transaction.identify(identity, expected !== null, timeoutMs, now)
    this.keep(transaction)
    return null
  }

  /** Adds partitions; those that do not exist are left out. Durable with `afterChanges`. */
  addPartitions(identity: Claimed, lists: readonly PartitionList[]): StreamError | null {
    const transaction = this.claimed(identity)
    if (typeof transaction === 'string') return transaction
    let isNew = false
    for (const { name, partitions } of lists) {
      const topic = this.topics.get(name)
      for (const index of partitions) if (topic !== undefined && this.add(transaction, topic, index)) isNew = true
    }
    if (isNew) this.began(transaction)
    return null
  }

  /** @returns whether it was not there yet */
  private add(transaction: Transaction, topic: Topic, index: number): boolean {
    if (transaction.status === 'Ongoing' && transaction.has(topic, index)) return false
    transaction.add(topic, index, this.context.clock.now())
    return true
  }

  /** Adds a group whose offsets the transaction will commit. Durable with `afterChanges`. */
  addGroup(identity: Claimed, groupId: string): StreamError | null {
    const transaction = this.claimed(identity)
    if (typeof transaction === 'string') return transaction
    if (transaction.status === 'Ongoing' && transaction.groups.has(groupId)) return null
    transaction.addGroup(groupId, this.context.clock.now())
    this.began(transaction)
    return null
  }

  /** @returns null, `transaction-abortable` if the partition was not added, or why this producer has no say */
  verifyPartition(identity: Claimed, topicName: string, index: number): StreamError | null {
    const transaction = this.claimed(identity)
    if (typeof transaction === 'string') return transaction
    const topic = this.topics.get(topicName)
    const holds = transaction.status === 'Ongoing' && topic !== undefined && transaction.has(topic, index)
    return holds ? null : 'transaction-abortable'
  }

  /** @returns null, `transaction-abortable` if the group was not added, or why this producer has no say */
  verifyGroup(identity: Claimed, groupId: string): StreamError | null {
    const transaction = this.claimed(identity)
    if (typeof transaction === 'string') return transaction
    const holds = transaction.status === 'Ongoing' && transaction.groups.has(groupId)
    return holds ? null : 'transaction-abortable'
  }

  /**
   * Whether a transactional batch may enter a partition that exists; called by Produce for each such batch, before it is
   * appended. From `produceVersion` 12 on this adds the partition to the transaction (KIP-890); below, the producer must
   * have added it. An answer without error waits for `afterChanges`, called behind this, and for the partition.
   */
  checkProduce(
    transactionalId: string,
    producerId: number,
    producerEpoch: number,
    topicName: string,
    partitionIndex: number,
    produceVersion: number,
  ): StreamError | null {
    const transaction = this.byId.get(transactionalId)
    const error = judgeAdd(transaction, producerId, producerEpoch)
    if (error !== null) return produceError(error, produceVersion)
    const topic = this.topics.get(topicName)
    if (topic === undefined) return 'unknown-topic-or-partition'
    if (transaction!.status === 'Ongoing' && transaction!.has(topic, partitionIndex)) return null
    if (produceVersion < 12) return produceVersion < 11 ? 'invalid-txn-state' : 'transaction-abortable'
    this.add(transaction!, topic, partitionIndex)
    this.began(transaction!)
    return null
  }

  /**
   * Decides how the open transaction ends.
   * @param bumping the producer gets a new epoch with every end (EndTxn from version 5 on, KIP-890)
   * @param done when every partition has its marker and every group its offsets, with what the producer is from now on
   */
  end(identity: Claimed, commit: boolean, bumping: boolean, done: Identified): void {
    const { transactionalId, producerId, producerEpoch } = identity
    const transaction = this.byId.get(transactionalId)
    const judge = bumping ? judgeEndBumping : judgeEnd
    const judgement = transactionalId === '' ? 'invalid-request' : judge(transaction, producerId, producerEpoch, commit)
    if (judgement === 'decide') {
      if (bumping) this.bumpAtEnd(transaction!)
      this.decide(transaction!, commit, producerEpoch, () =>
        done(null, transaction!.producerId, transaction!.producerEpoch),
      )
    } else if (judgement === 'done') {
      const now = transaction!.identity
      this.afterChanges(() => done(null, now.producerId, now.producerEpoch))
    } else done(judgement, -1, -1)
  }

  /** The transaction to which this producer may add, or why not. */
  private claimed({ transactionalId, producerId, producerEpoch }: Claimed): Transaction | StreamError {
    if (transactionalId === '') return 'invalid-request'
    const transaction = this.byId.get(transactionalId)
    return judgeAdd(transaction, producerId, producerEpoch) ?? transaction!
  }

  private bumpAtEnd(transaction: Transaction): void {
    if (isExhausted(transaction.producerEpoch)) transaction.nextProducerId = this.producerIds.take()
    transaction.lastProducerEpoch = transaction.producerEpoch
    transaction.producerEpoch = Math.min(transaction.producerEpoch + 1, EPOCH_MAX)
  }

  /**
   * Ends an open transaction on the word of an operator; its producer is fenced. What is being ended, or is over, stays so.
   * @param done when it is decided, durably
   */
  abort(transaction: Transaction, done: () => void): void {
    if (transaction.status === 'Ongoing') this.fence(transaction)
    this.afterChanges(done)
  }

  /** Aborts what is open, by an epoch that its producer has not: it can do nothing any more. */
  private fence(transaction: Transaction): void {
    const dataEpoch = transaction.producerEpoch
    transaction.producerEpoch = Math.min(dataEpoch + 2, EPOCH_MAX)
    transaction.lastProducerEpoch = -1
    this.decide(transaction, false, dataEpoch, () => {})
  }

  private decide(transaction: Transaction, commit: boolean, dataEpoch: number, done: () => void): void {
    transaction.decide(commit, dataEpoch, this.context.clock.now())
    this.sweeps.ended(transaction)
    this.keep(transaction)
    carryOut(this, transaction, () => {
      this.complete(transaction)
      done()
    })
  }

  private complete(transaction: Transaction): void {
    // With all its vhost it may be gone.
    if (this.byId.get(transaction.transactionalId) !== transaction) return
    transaction.complete(this.context.clock.now())
    this.keep(transaction)
  }

  private began(transaction: Transaction): void {
    this.sweeps.began(transaction)
    this.keep(transaction)
  }

  private forget({ transactionalId }: Transaction): void {
    this.byId.delete(transactionalId)
    this.context.catalog.remove(TRANSACTION_KIND, [this.context.vhost, transactionalId])
  }

  private keep(transaction: Transaction): void {
    const key = [this.context.vhost, transaction.transactionalId]
    this.context.catalog.put(TRANSACTION_KIND, key, keptTransaction(transaction))
  }
}

/** What clients of Produce know; the older ones try again where they are told that a replica is missing. */
function produceError(error: StreamError, produceVersion: number): StreamError {
  if (error === 'producer-fenced') return 'invalid-producer-epoch'
  return error === 'concurrent-transactions' && produceVersion < 12 ? 'not-enough-replicas' : error
}
