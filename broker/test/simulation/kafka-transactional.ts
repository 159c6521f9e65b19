/**
 * A producer with transactions, of either dialect: of the older one it adds partitions and groups before it uses them and
 * keeps its epoch; of the newer one (KIP-890) every request adds what it needs, and each end brings a new epoch.
 */
import assert from 'node:assert/strict'
import { Attribute } from '../../src/record/batch.ts'
import { addOffsetsToTxn } from '../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import { endTxn } from '../../src/wire/kafka/messages/end-txn.ts'
import { initProducerId } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import { txnOffsetCommit } from '../../src/wire/kafka/messages/txn-offset-commit.ts'
import { KafkaClient } from './kafka-line.ts'
import type { PartitionBook } from './kafka-partition-book.ts'
import { type Identity, Numbered, produceRequest, type SentBatch } from './kafka-producers.ts'
import type { KafkaRun } from './kafka-run.ts'
import { TRANSACTION_TIMEOUT_MS, type TransactionBook } from './kafka-transaction-book.ts'

const CONCURRENT_TRANSACTIONS = 51
const IN_FLIGHT_MAX = 5

/** Versions of the requests of a dialect. */
const DIALECTS = {
  old: { init: 4, produce: 9, offsets: 3, end: 3 },
  new: { init: 5, produce: 12, offsets: 5, end: 5 },
} as const

/** The group whose offsets a producer commits in its transactions. */
export function groupOf(transactionalId: string): string {
  return `of-${transactionalId}`
}

export class TransactionalProducer extends KafkaClient {
  readonly transactionalId: string
  readonly isNew: boolean
  /** Another one has its id, and knows it. */
  isZombie = false
  private readonly run: KafkaRun
  private readonly numbered: Numbered
  private identity: Identity | null = null
  private isAsking = false
  private current: TransactionBook | null = null
  /** Settled when this producer has the id. */
  private before: TransactionBook[] = []
  private ending: { commit: boolean; isAsked: boolean } | null = null
  private sequences = new Map<PartitionBook, number>()
  private unanswered: SentBatch[] = []
  private added = new Map<PartitionBook | 'group', 'asked' | 'added'>()
  private offsetState: 'none' | 'asked' | 'staged' = 'none'
  private replaced: TransactionalProducer | null = null

  constructor(run: KafkaRun, transactionalId: string, isNew: boolean, incarnation = 0) {
    super()
    this.run = run
    this.transactionalId = transactionalId
    this.isNew = isNew
    this.numbered = new Numbered(`${transactionalId}#${incarnation}`, run)
  }

  get isIdentified(): boolean {
    return this.identity !== null
  }

  /** Another one takes the id, without a word to this one. */
  successor(incarnation: number): TransactionalProducer {
    const other = new TransactionalProducer(this.run, this.transactionalId, this.isNew, incarnation)
    if (this.current !== null) {
      this.current.isOwned = false
      other.before.push(this.current)
    }
    other.before.push(...this.before)
    this.before = []
    other.replaced = this
    return other
  }

  act(): void {
    const { random } = this.run
    if (this.identity === null) this.identify()
    else if (this.ending !== null) this.end(this.identity)
    else {
      const draw = random.below(100)
      if (draw < 60) this.sendOn(this.identity)
      else if (draw < 75) this.stageOffset()
      else this.mayEnd(this.identity)
    }
  }

  /** A zombie does what it can: nothing of it may be accepted. */
  haunt(): void {
    const { random, book } = this.run
    const { identity } = this
    assert.ok(this.isZombie)
    if (identity === null) return
    const refused = (errorCode: number) => assert.notEqual(errorCode, 0, `a zombie of ${this.transactionalId} is heard`)
    const { transactionalId, versions } = this
    if (random.chance(1, 3)) {
      const request = { transactionalId, ...identity, committed: true }
      this.line.ask(endTxn, versions.end, request, ({ errorCode }) => refused(errorCode))
      return
    }
    const partition = random.pick(book.partitions)
    const transaction = book.begin(transactionalId, false, this.run.clock.now())
    const records = this.numbered.records(partition, transaction)
    const baseSequence = random.chance(1, 2) ? 0 : (this.sequences.get(partition) ?? 0)
    const request = produceRequest({ partition, records, identity, baseSequence }, this.transaction)
    this.line.ask(produce, versions.produce, request, ({ responses }) => {
      refused(responses[0].partitionResponses[0].errorCode)
    })
  }

  private get versions() {
    return DIALECTS[this.isNew ? 'new' : 'old']
  }

  private get transaction() {
    return { transactionalId: this.transactionalId, attributes: Attribute.transactional }
  }

  private identify(): void {
    if (this.isAsking) return
    this.isAsking = true
    const { transactionalId, versions } = this
    const request = { transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS }
    this.line.ask(initProducerId, versions.init, request, (answer) => {
      this.isAsking = false
      if (answer.errorCode === CONCURRENT_TRANSACTIONS) return
      assert.equal(answer.errorCode, 0)
      this.identity = answer
      for (const one of this.before.splice(0)) one.isSettled = true
      if (this.replaced !== null) this.replaced.isZombie = true
    })
  }

  private begun(): TransactionBook {
    this.current ??= this.run.book.begin(this.transactionalId, true, this.run.clock.now())
    return this.current
  }

  private sendOn(identity: Identity): void {
    const { random, book } = this.run
    const partition = random.pick(book.partitions)
    if (this.unanswered.filter((one) => one.partition === partition).length >= IN_FLIGHT_MAX) return
    if (!this.mayUse(identity, partition)) return
    const records = this.numbered.records(partition, this.begun())
    const baseSequence = this.sequences.get(partition) ?? 0
    this.sequences.set(partition, baseSequence + records.length)
    const batch = { partition, records, identity, baseSequence }
    this.unanswered.push(batch)
    this.send(batch)
  }

  /** Asks for it first, in the older dialect. */
  private mayUse(identity: Identity, what: PartitionBook | 'group'): boolean {
    if (this.isNew || this.added.get(what) === 'added') return true
    if (this.added.has(what)) return false
    this.begun()
    this.added.set(what, 'asked')
    const heard = this.ofThis((errorCode) => {
      if (errorCode === CONCURRENT_TRANSACTIONS) this.added.delete(what)
      else if (errorCode === 0) this.added.set(what, 'added')
      else this.failed(errorCode)
    })
    if (what === 'group') {
      const request = { transactionalId: this.transactionalId, ...identity, groupId: groupOf(this.transactionalId) }
      this.line.ask(addOffsetsToTxn, 3, request, ({ errorCode }) => heard(errorCode))
      return false
    }
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: identity.producerId,
      v3AndBelowProducerEpoch: identity.producerEpoch,
      v3AndBelowTopics: [{ name: what.topic, partitions: [what.index] }],
    }
    this.line.ask(addPartitionsToTxn, 3, request, ({ resultsByTopicV3AndBelow: [topic] }) => {
      heard(topic.resultsByPartition[0].partitionErrorCode)
    })
    return false
  }

  private send(batch: SentBatch): void {
    const failed = this.ofThis((errorCode) => this.failed(errorCode))
    this.line.ask(produce, this.versions.produce, produceRequest(batch, this.transaction), ({ responses }) => {
      const [{ errorCode, baseOffset }] = responses[0].partitionResponses
      this.unanswered = this.unanswered.filter((one) => one !== batch)
      if (errorCode === 0) batch.partition.confirmed(baseOffset, batch.records)
      else failed(errorCode)
    })
  }

  /** One a transaction; what it says is where it has read to. */
  private stageOffset(): void {
    if (this.offsetState !== 'none' || !this.mayUse(this.identity!, 'group')) return
    const { random, book } = this.run
    const partition = random.pick(book.partitions)
    this.begun().offset = { partition, offset: random.below(partition.highWatermark + 1) }
    this.sendOffset()
  }

  private sendOffset(): void {
    const { transactionalId, identity, current } = this
    const { partition, offset } = current!.offset!
    this.offsetState = 'asked'
    const partitions = [{ partitionIndex: partition.index, committedOffset: offset, committedMetadata: current!.name }]
    const topics = [{ name: partition.topic, partitions }]
    const request = { transactionalId, ...identity!, groupId: groupOf(transactionalId), topics }
    const heard = this.ofThis((errorCode) => {
      if (errorCode === 0) this.offsetState = 'staged'
      else this.failed(errorCode)
    })
    this.line.ask(txnOffsetCommit, this.versions.offsets, request, ({ topics: [topic] }) => {
      heard(topic.partitions[0].errorCode)
    })
  }

  /** Not before everything in it is answered. */
  private mayEnd(identity: Identity): void {
    if (this.current === null || this.unanswered.length > 0 || this.offsetState === 'asked') return
    if (this.current.records.length === 0 && this.offsetState === 'none') return
    const commit = this.run.random.chance(3, 4)
    this.ending = { commit, isAsked: false }
    this.end(identity)
  }

  private end(identity: Identity): void {
    const { current, transactionalId, versions } = this
    const ending = this.ending!
    if (ending.isAsked) return
    ending.isAsked = true
    current!.state = ending.commit ? 'committing' : 'aborted'
    const heard = this.ofThis((errorCode, next) => {
      ending.isAsked = false
      if (errorCode === CONCURRENT_TRANSACTIONS) return
      if (errorCode !== 0) this.failed(errorCode)
      else this.ended(next!)
    })
    const request = { transactionalId, ...identity, committed: ending.commit }
    this.line.ask(endTxn, versions.end, request, (answer) => heard(answer.errorCode, answer))
  }

  private ended(next: Identity): void {
    this.current!.state = this.ending!.commit ? 'committed' : 'aborted'
    this.cleared()
    if (!this.isNew) return
    this.identity = next
    this.sequences = new Map()
  }

  /** Of an answer that comes when that transaction is over, nothing is to be made. */
  private ofThis(heard: (errorCode: number, next?: Identity) => void): (errorCode: number, next?: Identity) => void {
    const { identity, current } = this
    return (errorCode, next) => {
      if (this.identity === identity && (current === null || this.current === current)) heard(errorCode, next)
    }
  }

  /** It gives up, and begins anew: where the broker lost what was not promised, or somebody else has the id. */
  private failed(errorCode: number): void {
    const { current } = this
    const mayBe = this.run.crashes > 0 || this.isZombie || current?.isOwned === false || this.run.passedLong
    assert.ok(mayBe, `${current?.name}: error ${errorCode} out of nothing`)
    if (current !== null) {
      current.isOwned = false
      this.before.push(current)
    }
    this.cleared()
    this.sequences = new Map()
    if (!this.isZombie) this.identity = null
  }

  private cleared(): void {
    this.current = null
    this.ending = null
    this.unanswered = []
    this.added = new Map()
    this.offsetState = 'none'
  }

  protected resumed(): void {
    this.isAsking = false
    for (const batch of this.unanswered) this.send(batch)
    for (const [what, state] of this.added) if (state === 'asked') this.added.delete(what)
    if (this.offsetState === 'asked') this.sendOffset()
    if (this.ending !== null) this.ending.isAsked = false
  }
}
