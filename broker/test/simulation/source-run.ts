/** A broker on a simulated disk with topics, queues over them and consumers of these, and the book of what must come. */
import assert from 'node:assert/strict'
import type { Queue } from '../../src/broker/queue/queue.ts'
import { Subscription } from '../../src/broker/queue/subscription.ts'
import type { Partition } from '../../src/broker/topic/partition.ts'
import type { MessageView } from '../../src/record/message.ts'
import { Line, type Sent } from './feed-book.ts'
import { WorkQueue } from './source-book.ts'
import { type Drawn, TopicMachine } from './topic-machine.ts'

const OPTIONS = { durable: true, autoDelete: false, exclusiveTo: null }
const STEPS_MAX = 20_000
const CREDIT = 3
const KEYS = ['a', 'b', 'c']

export class SourceRun extends TopicMachine {
  override readonly lines = [
    new Line('orders', 0, 'synced'),
    new Line('orders', 1, 'synced'),
    new Line('events', 0, 'written'),
    new Line('latest', 0, 'synced'),
  ]
  readonly queues = [
    new WorkQueue('work', 'orders', {
      'x-queue-type': 'quorum',
      'x-delivery-limit': -1,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': 'dead',
    }),
    new WorkQueue('plain', 'events', {}),
    new WorkQueue('latest', 'latest', { 'x-queue-type': 'quorum', 'x-delivery-limit': -1 }),
    new WorkQueue(
      'later',
      'orders',
      { 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 20, 'x-delayed-retry-max': 50 },
      true,
    ),
  ]
  consumers: Worker[] = []
  private readonly removedBelow = new Map<Line, number>()
  private wasThere = false
  /** One compaction at a time. */
  private compacted: Partition['log'] | null = null

  queueOf({ name }: WorkQueue): Queue {
    return this.vhost.queue(name, null)
  }

  protected opened(): void {
    const { vhost } = this
    for (const name of ['orders', 'events', 'latest']) {
      const own = this.lines.filter(({ topic }) => topic === name)
      const isMade = this.makeTopic(name, own.length, own[0].durability)
      assert.ok(!isMade || !this.wasThere, `topic ${name} is gone`)
    }
    this.findEnds()
    if (!vhost.queues.has('dead')) vhost.declareQueue({ name: 'dead', ...OPTIONS, arguments: {} }, null)
    for (const { name, topic, args } of this.queues) {
      assert.ok(!this.wasThere || vhost.queues.has(name), `queue ${name} is gone`)
      if (vhost.queues.has(name)) continue
      const over = { 'x-source-topic': topic, 'x-source-offset': 'first', ...args }
      vhost.declareQueue({ name, ...OPTIONS, arguments: over }, null)
    }
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

  protected override crashed(kind: 'power' | 'kill'): void {
    super.crashed(kind)
    for (const queue of this.queues) queue.crashed(this.records, this.removedBelow)
  }

  protected override stopped(): void {
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

  protected draw(number: number): Drawn {
    const length = this.random.pick([8, 8, 100, 3000, 40_000])
    const key = this.random.pick(KEYS)
    return { key, priority: 0, body: Buffer.from(`${number}/`.padStart(8, '0').padEnd(length, '.')), headers: [] }
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

  /** Begins to remove all but the last record of each key from a compacted topic. */
  compact(line: Line): void {
    const { log } = this.partitionOf(line)
    if (this.compacted === log) return
    const last = new Map<string, Sent>()
    for (const one of line.records) if (!one.lost) last.set(one.key, one)
    for (const queue of this.queues) {
      if (queue.topic !== line.topic) continue
      for (const one of line.records) if (last.get(one.key) !== one) queue.supersede(one)
    }
    const options = { now: this.clock.now(), minLagMs: 0, deleteRetentionMs: 0, mapBytesMax: 1 << 16 }
    const done = (): void => {
      if (this.compacted === log) this.compacted = null
    }
    this.compacted = log
    // It gives up where the power goes, or where segments go meanwhile.
    log.compact(options).then(done, done)
  }

  /** Everything that must come does, and is settled. */
  async finish(): Promise<void> {
    this.abortAll()
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
    assert.ok(queue.ready >= 0, `${book.name} has ${queue.ready} messages`)
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
