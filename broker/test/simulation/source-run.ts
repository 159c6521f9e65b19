/** A broker on a simulated disk with topics, queues over them and consumers of these, and the book of what must come. */
import assert from 'node:assert/strict'
import type { Queue } from '../../src/broker/queue/queue.ts'
import { Subscription } from '../../src/broker/queue/subscription.ts'
import { STREAM_DEFAULTS } from '../../src/broker/stream-settings.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import type { Partition } from '../../src/broker/topic/partition.ts'
import type { Vhost } from '../../src/broker/vhost.ts'
import { Attribute } from '../../src/record/batch.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import type { MessageView } from '../../src/record/message.ts'
import { BrokerMachine, type MachineOptions } from './broker-machine.ts'
import { Line, type Sending, type Sent } from './feed-book.ts'
import { WorkQueue } from './source-book.ts'

const OPTIONS = { durable: true, autoDelete: false, exclusiveTo: null }
const STEPS_MAX = 20_000
const CREDIT = 3

/** Nobody speaks a protocol here. */
interface Nobody {
  pump(): boolean
  cut(): void
}

export class SourceRun extends BrokerMachine<Nobody> {
  readonly lines = [new Line('orders', 0, 'synced'), new Line('orders', 1, 'synced'), new Line('events', 0, 'written')]
  readonly queues = [
    new WorkQueue('work', 'orders', {
      'x-queue-type': 'quorum',
      'x-delivery-limit': -1,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': 'dead',
    }),
    new WorkQueue('plain', 'events', {}),
    new WorkQueue(
      'later',
      'orders',
      { 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 20, 'x-delayed-retry-max': 50 },
      true,
    ),
  ]
  readonly records: Sent[] = []
  consumers: Worker[] = []
  private readonly removedBelow = new Map<Line, number>()
  private producers = 0
  private powerWasOff = false
  private wasThere = false

  constructor(options: MachineOptions) {
    super({ ...options, streams: STREAM_DEFAULTS })
  }

  private get vhost(): Vhost {
    return this.broker.vhost('/')
  }

  partitionOf({ topic, index }: Line): Partition {
    return this.vhost.streams.topics.get(topic)!.partitions[index]
  }

  queueOf({ name }: WorkQueue): Queue {
    return this.vhost.queue(name, null)
  }

  protected opened(): void {
    const { vhost } = this
    const { topics } = vhost.streams
    for (const name of ['orders', 'events']) {
      if (topics.get(name) !== undefined) continue
      assert.ok(!this.wasThere, `topic ${name} is gone`)
      const own = this.lines.filter(({ topic }) => topic === name)
      const configs = [
        { name: 'durability', value: own[0].durability },
        { name: 'internal.segment.bytes', value: '20000' },
      ]
      topics.create(topics.check({ ...ofDefaults(name), partitions: own.length, configs }, 1))
    }
    for (const line of this.lines) {
      const { endOffset, leaderEpoch, epochs } = this.partitionOf(line).log
      // Without the markers that this start has appended.
      const last = epochs.at(-1)
      const end = last?.epoch === leaderEpoch ? last.startOffset : endOffset
      line.found(end, this.powerWasOff && line.durability === 'written')
    }
    if (!vhost.queues.has('dead')) vhost.declareQueue({ name: 'dead', ...OPTIONS, arguments: {} }, null)
    for (const { name, topic, args } of this.queues) {
      assert.ok(!this.wasThere || vhost.queues.has(name), `queue ${name} is gone`)
      if (vhost.queues.has(name)) continue
      const over = { 'x-source-topic': topic, 'x-source-offset': 'first', ...args }
      vhost.declareQueue({ name, ...OPTIONS, arguments: over }, null)
    }
    this.powerWasOff = false
    this.consumers = this.workers()
  }

  private workers(): Worker[] {
    return this.queues.flatMap((queue) => [new Worker(this, queue), new Worker(this, queue)])
  }

  /** For the first time. */
  async begin(): Promise<void> {
    assert.ok(await this.open())
    this.wasThere = true
  }

  protected crashed(kind: 'power' | 'kill'): void {
    if (kind === 'power') this.powerWasOff = true
    for (const queue of this.queues) queue.crashed(this.records, this.removedBelow)
  }

  protected stopped(): void {
    for (const queue of this.queues) {
      queue.durable()
      queue.crashed(this.records, this.removedBelow)
    }
  }

  /** Consumers end before a clean stop. */
  leave(): void {
    for (const consumer of this.consumers) consumer.die()
  }

  /** All that was done is. */
  async sync(): Promise<void> {
    if (!(await this.durable())) return
    for (const queue of this.queues) queue.durable()
  }

  recordOf({ buffer, bodyPos, bodyLen, bodyParts }: MessageView): Sent {
    const body = bodyParts === null ? buffer.subarray(bodyPos, bodyPos + bodyLen) : Buffer.concat(bodyParts)
    const one = this.records[Number.parseInt(Buffer.from(body.subarray(0, 8)).toString(), 10)]
    assert.equal(Buffer.from(body.subarray(-1)).toString(), body.length > 8 ? '.' : '/', 'a body is not as it was')
    return one
  }

  /** Appends a batch. */
  append(line: Line, transaction: Sending | null): void {
    const { random } = this
    const partition = this.partitionOf(line)
    const builder = new BatchBuilder()
    const base = partition.log.endOffset
    const batch: Sent[] = []
    for (let left = 1 + random.below(5); left > 0; left--) {
      const number = this.records.length
      const body = Buffer.from(`${number}/`.padStart(8, '0').padEnd(random.pick([8, 8, 100, 3000, 40_000]), '.'))
      const record = { line, number, key: '', priority: 0, offset: base + batch.length, transaction, lost: false }
      builder.append({ offset: batch.length, timestamp: this.clock.now(), key: null, value: [body], headers: [] })
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
    const open = line.transactions.filter(({ isOpen }) => isOpen)
    if (open.length < 2 && this.random.chance(1, 2)) {
      const producerId = 1000 + this.producers++
      const one = { producerId, sequence: 0, committedAt: -1, wasCommitted: false, isOpen: true }
      line.transactions.push(one)
      this.append(line, one)
    } else if (open.length > 0 && this.random.chance(1, 3)) this.append(line, this.random.pick(open))
    else if (open.length > 0) this.endTransaction(line, this.random.pick(open), this.random.chance(2, 3))
  }

  private endTransaction(line: Line, one: Sending, commit: boolean): void {
    const partition = this.partitionOf(line)
    one.isOpen = false
    one.wasCommitted = commit
    if (commit) one.committedAt = partition.log.endOffset
    this.confirmLater(line, partition.appendMarker(one.producerId, 0, 0, commit, this.clock.now()))
  }

  /** Deletes some of what readers may see. */
  deleteRecords(line: Line): void {
    const { log } = this.partitionOf(line)
    const { startOffset } = log
    const before = startOffset + this.random.below(log.highWatermark - startOffset + 1)
    this.removedBelow.set(line, Math.max(before, this.removedBelow.get(line) ?? 0))
    for (const record of line.records) {
      if (record.lost || record.offset < startOffset || record.offset >= before) continue
      for (const queue of this.queues) if (queue.topic === line.topic) queue.remove(record)
    }
    this.partitionOf(line).deleteRecords(before)
  }

  /** Everything that must come does, and is settled. */
  async finish(): Promise<void> {
    for (const line of this.lines) {
      for (const one of line.transactions) if (one.isOpen) this.endTransaction(line, one, false)
    }
    await this.settle()
    // What is in hand comes back, though it is removed.
    for (const line of this.lines) this.deleteRecords(line)
    for (const consumer of this.consumers) consumer.die()
    this.consumers = this.workers()
    for (let left = STEPS_MAX; ; left--) {
      assert.ok(left > 0, 'the queues never come to an end')
      for (const consumer of this.consumers) consumer.acknowledgeAll()
      await this.settle()
      const own = this.queues.map((queue) => this.queueOf(queue))
      if (own.every((queue) => queue.ready + queue.held + queue.departures.count + queue.unacknowledged === 0)) break
      this.clock.advance(this.clock.nextTimer() ?? 0)
    }
    await this.sync()
    const dead = new Set<number>()
    const deadQueue = this.vhost.queue('dead', null)
    for (let left = STEPS_MAX; left > 0; left--) {
      const result = deadQueue.get(true, (view) => dead.add(this.recordOf(view).number))
      if (result === 'empty') break
      if (result === 'wait') await this.turns(1)
    }
    for (const queue of this.queues) {
      queue.judge(this.records, dead)
      for (const { log } of this.queueOf(queue).lanes) assert.equal(log.settledBelow, log.endOffset)
    }
  }
}

/** A consumer. */
export class Worker extends Subscription {
  readonly noAck = false
  readonly exclusive = false
  readonly book: WorkQueue
  private hand: { place: number; record: Sent }[] = []
  private readonly run: SourceRun
  private readonly queue: Queue

  constructor(run: SourceRun, book: WorkQueue) {
    super()
    this.run = run
    this.book = book
    this.queue = run.queueOf(book)
    this.queue.subscribe(this)
    this.queue.want(this)
  }

  get holds(): number {
    return this.hand.length
  }

  deliver(view: MessageView, redelivered: boolean): void {
    const record = this.run.recordOf(view)
    this.book.delivered(record, redelivered, view.deliveryCount)
    this.hand.push({ place: view.place, record })
    if (this.hand.length >= CREDIT) this.queue.rest(this)
  }

  wake(): void {
    this.queue.want(this)
  }

  queueGone(): void {
    assert.fail('a queue is gone')
  }

  /** Does something with one that it has in hand. */
  act(): void {
    const draw = this.run.random.below(10)
    this.settle(this.run.random.below(CREDIT), draw < 6 ? 'acknowledge' : draw < 9 ? 'requeue' : 'reject')
  }

  /** @param at which of those that it has in hand */
  settle(at: number, how: 'acknowledge' | 'requeue' | 'reject'): void {
    const { book, queue, hand } = this
    const [one] = hand.splice(at, 1)
    if (one === undefined) return
    const { place, record } = one
    const isDeadLettered = book.args['x-dead-letter-exchange'] !== undefined
    if (how === 'acknowledge') {
      book.acknowledge(record)
      queue.acknowledge(place)
    } else if (how === 'reject' && isDeadLettered) {
      book.reject(record)
      queue.discard(place)
    } else {
      book.requeue(record)
      queue.requeue(place, how === 'reject' ? 'failed' : 'returned')
    }
    queue.want(this)
  }

  acknowledgeAll(): void {
    for (const { place, record } of this.hand.splice(0)) {
      this.book.acknowledge(record)
      this.queue.acknowledge(place)
    }
    this.queue.want(this)
  }

  /** What it has in hand goes back. */
  die(): void {
    this.queue.unsubscribe(this)
    for (const { place, record } of this.hand.splice(0)) {
      this.book.requeue(record)
      this.queue.requeue(place, 'failed')
    }
  }
}
