/** A broker on a simulated disk with topics and queues bound to them, and the book of what these must have. */
import assert from 'node:assert/strict'
import { STREAM_DEFAULTS } from '../../src/broker/stream-settings.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import type { Partition } from '../../src/broker/topic/partition.ts'
import type { Vhost } from '../../src/broker/vhost.ts'
import { Attribute } from '../../src/record/batch.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { BrokerMachine, type MachineOptions } from './broker-machine.ts'
import { FedQueue, Line, type Sending, type Sent } from './feed-book.ts'

const OPTIONS = { durable: true, autoDelete: false, exclusiveTo: null }
const PLAIN = { durable: true, autoDelete: false, internal: false, arguments: {} }
const CATCH_UP_STEPS_MAX = 3000
const DRAIN_STEPS_MAX = 20_000
const TOPICS = [
  ['orders', 2, 'synced'],
  ['events', 1, 'written'],
  ['copies', 1, 'synced'],
] as const
const KEYS = ['k.0', 'k.1', 'k.2']

/** Nobody speaks a protocol here. */
interface Nobody {
  pump(): boolean
  cut(): void
}

export class FeedRun extends BrokerMachine<Nobody> {
  readonly lines = [new Line('orders', 0, 'synced'), new Line('orders', 1, 'synced'), new Line('events', 0, 'written')]
  readonly queues = [
    new FedQueue('all', 'orders', () => true),
    new FedQueue('some', 'orders', (key) => key === 'k.1'),
    new FedQueue('ranked', 'orders', () => true, 'ranked'),
    new FedQueue('events', 'events', () => true),
    new FedQueue('behind', 'orders', (key) => key !== 'k.2'),
    new FedQueue('copied', 'orders', (key) => key === 'k.2', 'repeats'),
    new FedQueue('moving', 'orders', () => true),
    new FedQueue('moved', 'events', (key) => key === 'k.0'),
  ]
  /** Those that are bound and unbound. */
  readonly moving = this.queues.slice(-2)
  readonly records: Sent[] = []
  private producers = 0
  private powerWasOff = false

  constructor(options: MachineOptions) {
    super({ ...options, streams: STREAM_DEFAULTS })
  }

  private get vhost(): Vhost {
    return this.broker.vhost('/')
  }

  partitionOf({ topic, index }: Line): Partition {
    return this.vhost.streams.topics.get(topic)!.partitions[index]
  }

  private ends(): Map<Line, number> {
    return new Map(this.lines.map((line) => [line, this.partitionOf(line).log.endOffset]))
  }

  /** Without the markers that this start has appended. */
  private foundEnds(): Map<Line, number> {
    const ends = new Map<Line, number>()
    for (const line of this.lines) {
      const { endOffset, leaderEpoch, epochs } = this.partitionOf(line).log
      const last = epochs.at(-1)
      ends.set(line, last?.epoch === leaderEpoch ? last.startOffset : endOffset)
    }
    return ends
  }

  protected opened(): void {
    const { vhost } = this
    const { topics } = vhost.streams
    for (const [name, partitions, durability] of TOPICS) {
      if (topics.get(name) !== undefined) continue
      const configs = [
        { name: 'durability', value: durability },
        { name: 'internal.segment.bytes', value: '20000' },
      ]
      topics.create(topics.check({ ...ofDefaults(name), partitions, configs }, 1))
    }
    const found = this.foundEnds()
    for (const line of this.lines) {
      line.found(found.get(line)!, this.powerWasOff && line.durability === 'written')
    }
    for (const queue of this.queues) {
      const isThere = vhost.queues.has(queue.name)
      if (isThere) queue.found(this.isBound(queue), found)
      else
        vhost.declareQueue(
          { name: queue.name, ...OPTIONS, arguments: queue.ranked ? { 'x-max-priority': 3 } : {} },
          null,
        )
    }
    if (!vhost.exchanges.has('behind')) vhost.declareExchange('behind', 'topic', PLAIN)
    vhost.bind('orders', vhost.exchange('behind'), '#', {})
    vhost.bind('behind', vhost.queue('behind', null), '*.0', {})
    vhost.bind('behind', vhost.queue('behind', null), 'k.1', {})
    vhost.bind('orders', vhost.queue('behind', null), 'k.0', {})
    vhost.bind('behind', vhost.exchange('copies'), '*.2', {})
    vhost.bind('copies', vhost.queue('copied', null), '#', {})
    vhost.bind('orders', vhost.queue('some', null), 'k.1', {})
    vhost.bind('orders', vhost.queue('some', null), '#', { 'x-match': 'all', kind: '1' })
    for (const name of ['all', 'ranked']) vhost.bind('orders', vhost.queue(name, null), '#', {})
    vhost.bind('events', vhost.queue('events', null), '#', {})
    for (const queue of this.queues) {
      if (!queue.isBound && !this.moving.includes(queue)) queue.bound(new Map())
    }
    this.powerWasOff = false
  }

  private isBound({ name }: FedQueue): boolean {
    const { exchanges } = this.vhost
    if (name === 'behind' || name === 'copied') return true
    for (const topic of ['orders', 'events']) {
      for (const { destination } of exchanges.get(topic)!.bindings()) if (destination.name === name) return true
    }
    return false
  }

  bind(queue: FedQueue): void {
    const key = queue.name === 'moved' ? 'k.0' : '#'
    if (queue.isBound) {
      queue.unbound(this.ends())
      this.vhost.unbind(queue.topic, this.vhost.queue(queue.name, null), key, {})
    } else {
      queue.bound(this.ends())
      this.vhost.bind(queue.topic, this.vhost.queue(queue.name, null), key, {})
    }
  }

  protected crashed(kind: 'power' | 'kill'): void {
    if (kind === 'power') this.powerWasOff = true
  }

  protected stopped(): void {}

  /** Appends a batch. */
  append(line: Line, transaction: Sending | null): void {
    const { random } = this
    const partition = this.partitionOf(line)
    const builder = new BatchBuilder()
    const base = partition.log.endOffset
    const batch: Sent[] = []
    for (let left = 1 + random.below(5); left > 0; left--) {
      const number = this.records.length
      const key = random.pick(KEYS)
      const priority = random.below(4)
      const body = Buffer.from(`${number}/`.padEnd(random.pick([8, 8, 100, 3000, 40_000]), '.'))
      const record = { line, number, key, priority, offset: base + batch.length, transaction, lost: false }
      // Flags: priority. The reserved header gives the block as it is.
      const block = { key: Buffer.from('amqp.properties'), value: Buffer.from([0x18, 0, 2, priority]) }
      const kind = { key: Buffer.from('kind'), value: Buffer.from(key.slice(2)) }
      const headers = random.chance(1, 2) ? [block] : [kind, block]
      const timestamp = this.clock.now()
      builder.append({ offset: batch.length, timestamp, key: Buffer.from(key), value: [body], headers })
      this.records.push(record)
      batch.push(record)
    }
    line.records.push(...batch)
    const bytes = builder.finish({
      leaderEpoch: 0,
      ...(transaction !== null && {
        attributes: Attribute.transactional,
        producerId: transaction.producerId,
        producerEpoch: 0,
        baseSequence: transaction.sequence,
      }),
    })
    if (transaction !== null) transaction.sequence += batch.length
    const { error, baseOffset, endOffset } = partition.append(bytes, this.clock.now())
    assert.deepEqual([error, baseOffset], [null, base])
    this.confirmLater(line, endOffset)
  }

  private confirmLater(line: Line, endOffset: number): void {
    const { disk } = this
    this.partitionOf(line).whenDurable(endOffset, (error) => {
      if (error === null && this.disk === disk) line.confirmedEnd = Math.max(line.confirmedEnd, endOffset)
    })
  }

  /** Begins a transaction, or appends to one, or ends one. */
  transact(line: Line): void {
    const open = line.transactions.filter(({ isOpen }) => isOpen)
    if (open.length < 2 && this.random.chance(1, 2)) {
      const one = {
        producerId: 1000 + this.producers++,
        sequence: 0,
        committedAt: -1,
        wasCommitted: false,
        isOpen: true,
      }
      line.transactions.push(one)
      this.append(line, one)
      return
    }
    if (open.length === 0) return
    const one = this.random.pick(open)
    if (this.random.chance(1, 3)) {
      this.append(line, one)
      return
    }
    const partition = this.partitionOf(line)
    const commit = this.random.chance(2, 3)
    one.isOpen = false
    one.wasCommitted = commit
    if (commit) one.committedAt = partition.log.endOffset
    this.confirmLater(line, partition.appendMarker(one.producerId, 0, 0, commit, this.clock.now()))
  }

  /** Deletes some of what readers may see. */
  deleteRecords(line: Line): void {
    const { log } = this.partitionOf(line)
    const before = log.startOffset + this.random.below(log.highWatermark - log.startOffset + 1)
    this.partitionOf(line).deleteRecords(before)
    for (const record of line.records) if (record.offset < before && record.offset >= line.fedBelow) record.lost = true
  }

  /** Everything that can be handed on is, and is durable. @returns false if the power went */
  async caughtUp(): Promise<boolean> {
    for (let left = CATCH_UP_STEPS_MAX; !this.isOff; left--) {
      await this.settle()
      if (this.isOff || this.isFed()) break
      assert.ok(left > 0, 'the feeds never catch up')
      this.clock.advance(this.clock.nextTimer() ?? 0)
    }
    const limits = this.lines.map((line) => this.partitionOf(line).log.lastStableOffset)
    if (!(await this.durable())) return false
    for (const [i, line] of this.lines.entries()) line.fedBelow = Math.max(line.fedBelow, limits[i])
    for (const queue of this.queues) queue.durable()
    return true
  }

  private isFed(): boolean {
    const { feeds, streams } = this.vhost
    for (const topic of streams.topics.all()) {
      const followers = feeds.of(topic)?.partitions ?? []
      if (followers.some(({ next, partition }) => next < partition.log.lastStableOffset)) return false
    }
    return true
  }

  /** Takes everything out of a queue. */
  async drain(queue: FedQueue): Promise<void> {
    const own = this.vhost.queue(queue.name, null)
    const found: Sent[] = []
    for (let left = DRAIN_STEPS_MAX; !this.isOff; left--) {
      assert.ok(left > 0, `${queue.name} has no end`)
      const result = own.get(true, ({ buffer, bodyPos, bodyLen, bodyParts }) => {
        const body = bodyParts === null ? buffer.subarray(bodyPos, bodyPos + bodyLen) : Buffer.concat(bodyParts)
        found.push(this.records[Number.parseInt(Buffer.from(body.subarray(0, 8)).toString(), 10)])
      })
      if (result === 'empty') break
      if (result === 'wait') await this.turns(1)
      if (left % 50 === 0) this.clock.advance(this.clock.nextTimer() ?? 0)
    }
    queue.drained(found)
  }

  /** What must have come by now has. */
  async finish(): Promise<void> {
    for (const line of this.lines) {
      for (const one of line.transactions) if (one.isOpen) this.abort(line, one)
    }
    assert.ok(await this.caughtUp())
    for (const queue of this.queues) await this.drain(queue)
    assert.ok(await this.caughtUp())
    for (const queue of this.queues) queue.judge(this.records)
  }

  private abort(line: Line, one: Sending): void {
    one.isOpen = false
    this.partitionOf(line).appendMarker(one.producerId, 0, 0, false, this.clock.now())
  }
}
