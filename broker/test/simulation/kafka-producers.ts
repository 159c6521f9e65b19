/** Producers without transactions: plain ones, which send once, and idempotent ones, which send until they are answered. */
import assert from 'node:assert/strict'
import { initProducerId } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import type { RequestInput } from '../../src/wire/kafka/schema.ts'
import { batchOf } from '../kafka/batches.ts'
import { KafkaClient } from './kafka-line.ts'
import type { PartitionBook, SentRecord } from './kafka-partition-book.ts'
import type { KafkaRun } from './kafka-run.ts'

const ALL = -1
/** As many batches of a producer a partition remembers. */
const IN_FLIGHT_MAX = 5
const RECORD_BYTES = [12, 12, 40, 40, 300, 2000, 30_000]

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** A batch that is sent until it is answered. */
export interface SentBatch {
  readonly partition: PartitionBook
  readonly records: readonly SentRecord[]
  readonly identity: Identity
  readonly baseSequence: number
}

/** Numbers what one producer sends. */
export class Numbered {
  readonly name: string
  private readonly run: KafkaRun
  private next = 0

  constructor(name: string, run: KafkaRun) {
    this.name = name
    this.run = run
  }

  records(partition: PartitionBook, transaction: SentRecord['transaction'] = null): SentRecord[] {
    const { random } = this.run
    const count = 1 + random.below(3)
    return Array.from({ length: count }, () =>
      partition.send(this.name, this.next++, random.pick(RECORD_BYTES), transaction),
    )
  }
}

export function produceRequest(
  { partition, records, identity, baseSequence }: SentBatch,
  transaction: { transactionalId: string; attributes: number } | null = null,
  acks = ALL,
): RequestInput<typeof produce> {
  const { topic: name, index } = partition
  const options = { ...identity, baseSequence, attributes: transaction?.attributes ?? 0 }
  const batch = batchOf(
    records.map((one) => one.value),
    options,
  )
  const topicData = [{ name, partitionData: [{ index, records: batch }] }]
  return { transactionalId: transaction?.transactionalId ?? null, acks, timeoutMs: 1000, topicData }
}

export class PlainProducer extends KafkaClient {
  private readonly run: KafkaRun
  private readonly numbered: Numbered

  constructor(run: KafkaRun, name: string) {
    super()
    this.run = run
    this.numbered = new Numbered(name, run)
  }

  act(): void {
    const { random, book } = this.run
    const partition = random.pick(book.partitions)
    const records = this.numbered.records(partition)
    const acks = random.pick([ALL, ALL, 1])
    const batch = { partition, records, identity: { producerId: -1, producerEpoch: -1 }, baseSequence: -1 }
    this.line.ask(produce, 9, produceRequest(batch, null, acks), ({ responses }) => {
      const [{ errorCode, baseOffset }] = responses[0].partitionResponses
      assert.equal(errorCode, 0)
      if (acks === ALL) partition.confirmed(baseOffset, records)
    })
  }

  protected resumed(): void {}
}

export class IdempotentProducer extends KafkaClient {
  private readonly run: KafkaRun
  private readonly numbered: Numbered
  private identity: Identity | null = null
  private isAsking = false
  private sequences = new Map<PartitionBook, number>()
  private unanswered: SentBatch[] = []

  constructor(run: KafkaRun, name: string) {
    super()
    this.run = run
    this.numbered = new Numbered(name, run)
  }

  act(): void {
    if (this.identity === null) this.identify()
    else this.sendOn(this.identity)
  }

  private identify(): void {
    if (this.isAsking) return
    this.isAsking = true
    this.line.ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 }, (answer) => {
      assert.equal(answer.errorCode, 0)
      this.isAsking = false
      this.identity = answer
    })
  }

  private sendOn(identity: Identity): void {
    const { random, book } = this.run
    const partition = random.pick(book.partitions)
    if (this.unanswered.filter((one) => one.partition === partition).length >= IN_FLIGHT_MAX) return
    const records = this.numbered.records(partition)
    const baseSequence = this.sequences.get(partition) ?? 0
    this.sequences.set(partition, baseSequence + records.length)
    const batch = { partition, records, identity, baseSequence }
    this.unanswered.push(batch)
    this.send(batch)
  }

  private send(batch: SentBatch): void {
    this.line.ask(produce, 9, produceRequest(batch), ({ responses }) => {
      const [{ errorCode, baseOffset, errorMessage }] = responses[0].partitionResponses
      this.unanswered = this.unanswered.filter((one) => one !== batch)
      if (errorCode === 0) batch.partition.confirmed(baseOffset, batch.records)
      else if (batch.identity === this.identity) this.failed(batch, `${errorCode} ${errorMessage}`)
    })
  }

  /** It begins anew where the power took records that others were to follow. */
  private failed({ partition }: SentBatch, error: string): void {
    assert.ok(partition.durability === 'written' && this.run.powerLosses > 0, `${this.numbered.name}: ${error}`)
    this.identity = null
    this.unanswered = []
    this.sequences = new Map()
  }

  protected resumed(): void {
    this.isAsking = false
    for (const batch of this.unanswered) this.send(batch)
  }
}
