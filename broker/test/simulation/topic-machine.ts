/** A broker on a simulated disk with topics that are written to, in transactions and without, and the lines of its book. */
import assert from 'node:assert/strict'
import { STREAM_DEFAULTS } from '../../src/broker/stream-settings.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import type { Partition } from '../../src/broker/topic/partition.ts'
import type { Vhost } from '../../src/broker/vhost.ts'
import { Attribute } from '../../src/record/batch.ts'
import { BatchBuilder, type RecordDraft } from '../../src/record/batch-builder.ts'
import { BrokerMachine, type MachineOptions } from './broker-machine.ts'
import { Line, type Sending, type Sent } from './feed-book.ts'

const SEGMENT_BYTES = '20000'

/** Nobody speaks a protocol here. */
interface Nobody {
  pump(): boolean
  cut(): void
}

/** A record to be appended; an empty key is none. */
export interface Drawn {
  readonly key: string
  readonly priority: number
  readonly body: Buffer
  readonly headers: RecordDraft['headers']
}

export abstract class TopicMachine extends BrokerMachine<Nobody> {
  readonly lines = [new Line('orders', 0, 'synced'), new Line('orders', 1, 'synced'), new Line('events', 0, 'written')]
  readonly records: Sent[] = []
  private producers = 0
  private powerWasOff = false

  constructor(options: MachineOptions) {
    super({ ...options, streams: STREAM_DEFAULTS })
  }

  protected get vhost(): Vhost {
    return this.broker.vhost('/')
  }

  partitionOf({ topic, index }: Line): Partition {
    return this.vhost.streams.topics.get(topic)!.partitions[index]
  }

  /** @returns false if it is there */
  protected makeTopic(name: string, partitions: number, durability: Line['durability']): boolean {
    const { topics } = this.vhost.streams
    if (topics.get(name) !== undefined) return false
    const configs = [
      { name: 'durability', value: durability },
      { name: 'internal.segment.bytes', value: SEGMENT_BYTES },
    ]
    topics.create(topics.check({ ...ofDefaults(name), partitions, configs }, 1))
    return true
  }

  /** Tells the lines where they end at this start, the markers left out that it has appended. */
  protected findEnds(): Map<Line, number> {
    const ends = new Map<Line, number>()
    for (const line of this.lines) {
      const { endOffset, leaderEpoch, epochs } = this.partitionOf(line).log
      const last = epochs.at(-1)
      const end = last?.epoch === leaderEpoch ? last.startOffset : endOffset
      ends.set(line, end)
      line.found(end, this.powerWasOff && line.durability === 'written')
    }
    this.powerWasOff = false
    return ends
  }

  protected crashed(kind: 'power' | 'kill'): void {
    if (kind === 'power') this.powerWasOff = true
  }

  protected stopped(): void {}

  protected abstract draw(number: number): Drawn

  /** Appends a batch. */
  append(line: Line, transaction: Sending | null): void {
    const partition = this.partitionOf(line)
    const builder = new BatchBuilder()
    const base = partition.log.endOffset
    const batch: Sent[] = []
    for (let left = 1 + this.random.below(5); left > 0; left--) {
      const number = this.records.length
      const { key, priority, body, headers } = this.draw(number)
      const record = { line, number, key, priority, offset: base + batch.length, transaction, lost: false }
      const keyBytes = key === '' ? null : Buffer.from(key)
      builder.append({ offset: batch.length, timestamp: this.clock.now(), key: keyBytes, value: [body], headers })
      this.records.push(record)
      batch.push(record)
    }
    line.records.push(...batch)
    const transactional = transaction !== null && {
      attributes: Attribute.transactional,
      producerId: transaction.producerId,
      producerEpoch: 0,
      baseSequence: transaction.sequence,
    }
    if (transaction !== null) transaction.sequence += batch.length
    const appended = partition.append(builder.finish({ leaderEpoch: 0, ...transactional }), this.clock.now())
    assert.deepEqual([appended.error, appended.baseOffset], [null, base])
    this.confirmLater(line, appended.endOffset)
  }

  private confirmLater(line: Line, endOffset: number): void {
    const { disk } = this
    this.partitionOf(line).whenDurable(endOffset, (error) => {
      if (error === null && this.disk === disk) line.confirmedEnd = Math.max(line.confirmedEnd, endOffset)
    })
  }

  /** Begins a transaction, or appends to one, or ends one. */
  transact(line: Line): void {
    const { random } = this
    const open = line.transactions.filter(({ isOpen }) => isOpen)
    if (open.length < 2 && random.chance(1, 2)) {
      const producerId = 1000 + this.producers++
      const one = { producerId, sequence: 0, committedAt: -1, wasCommitted: false, isOpen: true }
      line.transactions.push(one)
      this.append(line, one)
      return
    }
    if (open.length === 0) return
    if (random.chance(1, 3)) this.append(line, random.pick(open))
    else this.endTransaction(line, random.pick(open), random.chance(2, 3))
  }

  private endTransaction(line: Line, one: Sending, commit: boolean): void {
    const partition = this.partitionOf(line)
    one.isOpen = false
    one.wasCommitted = commit
    if (commit) one.committedAt = partition.log.endOffset
    this.confirmLater(line, partition.appendMarker(one.producerId, 0, 0, commit, this.clock.now()))
  }

  protected abortAll(): void {
    for (const line of this.lines) {
      for (const one of line.transactions) if (one.isOpen) this.endTransaction(line, one, false)
    }
  }
}
