/** A broker on a simulated disk with topics and queues bound to them, and the book of what these must have. */
import assert from 'node:assert/strict'
import { FedQueue, type Line, type Sent } from './feed-book.ts'
import { type Drawn, TopicMachine } from './topic-machine.ts'

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

export class FeedRun extends TopicMachine {
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

  private ends(): Map<Line, number> {
    return new Map(this.lines.map((line) => [line, this.partitionOf(line).log.endOffset]))
  }

  protected opened(): void {
    const { vhost } = this
    for (const [name, partitions, durability] of TOPICS) this.makeTopic(name, partitions, durability)
    const found = this.findEnds()
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

  protected draw(number: number): Drawn {
    const { random } = this
    const key = random.pick(KEYS)
    const priority = random.below(4)
    const body = Buffer.from(`${number}/`.padEnd(random.pick([8, 8, 100, 3000, 40_000]), '.'))
    // Flags: priority. The reserved header gives the block as it is.
    const block = { key: Buffer.from('amqp.properties'), value: Buffer.from([0x18, 0, 2, priority]) }
    const kind = { key: Buffer.from('kind'), value: Buffer.from(key.slice(2)) }
    return { key, priority, body, headers: random.chance(1, 2) ? [block] : [kind, block] }
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
    this.abortAll()
    assert.ok(await this.caughtUp())
    for (const queue of this.queues) await this.drain(queue)
    assert.ok(await this.caughtUp())
    for (const queue of this.queues) queue.judge(this.records)
  }
}
