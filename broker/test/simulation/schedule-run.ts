/** A broker on a simulated disk with schedules, and the book of which ticks their queues must have. */
import assert from 'node:assert/strict'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import type { Schedule } from '../../src/broker/schedule/schedule.ts'
import { bodyOf } from '../queue/harness.ts'
import { BrokerMachine } from './broker-machine.ts'
import { ChangingBook, type Got } from './changing-book.ts'

/** Nobody speaks a protocol here. */
interface Nobody {
  pump(): boolean
  cut(): void
}

/** From a start to an end. */
interface Life {
  readonly openedAt: number
  /** The last tick that is known to be durable. */
  confirmed: number
}

const DURABLE = { durable: true, autoDelete: false }
const PLAIN = { ...DURABLE, internal: false, arguments: {} }
const ROUNDS_MAX = 200
const BUSY_MS = 20
const TAKE_STEPS_MAX = 20_000

class Book {
  readonly name: string
  readonly everyMs: number
  readonly missed: 'once' | 'skip'
  /** All with the same ticks. */
  readonly queues: readonly string[]
  lives: Life[] = []

  constructor(name: string, everyMs: number, missed: 'once' | 'skip', queues: readonly string[]) {
    this.name = name
    this.everyMs = everyMs
    this.missed = missed
    this.queues = queues
  }

  get arguments(): Headers {
    return { 'x-every': this.everyMs, 'x-missed': this.missed, 'x-payload': this.name }
  }

  /** What a queue got is what it must have, and each tick once. */
  judge(queue: string, got: readonly number[], now: number): void {
    const { everyMs, lives } = this
    const ticks = new Set(got)
    const say = (tick: number): string => `${queue}: the tick ${tick - lives[0].openedAt} ms after the first start`
    for (const [i, tick] of got.entries()) {
      assert.equal(tick % everyMs, 0, `${say(tick)} is none`)
      assert.ok(!got.includes(tick, i + 1), `${say(tick)} comes twice`)
      assert.ok(tick <= now, `${say(tick)} comes early`)
    }
    assert.deepEqual(
      got,
      [...got].sort((a, b) => a - b),
      `${queue}: not in order`,
    )
    for (const { openedAt, confirmed } of lives) {
      for (let tick = Math.ceil(openedAt / everyMs) * everyMs; tick <= confirmed; tick += everyMs) {
        assert.ok(ticks.has(tick), `${say(tick)} never comes`)
      }
    }
    if (this.missed === 'once') this.judgeMissed(got, say)
    assert.ok(ticks.has(Math.floor(now / everyMs) * everyMs), `${say(now)} is the last and never comes`)
  }

  /** What is left out was missed, and the last one before a start stands for it. */
  private judgeMissed(got: readonly number[], say: (tick: number) => string): void {
    const { everyMs, lives } = this
    const standIns = new Set(lives.map(({ openedAt }) => Math.ceil(openedAt / everyMs) * everyMs - everyMs))
    for (const [i, tick] of got.entries()) {
      const isNext = i === 0 || tick === got[i - 1] + everyMs
      assert.ok(isNext || standIns.has(tick), `${say(tick)} comes, and what was before it never comes`)
    }
  }
}

export class ScheduleRun extends BrokerMachine<Nobody> {
  readonly books = [
    // Names that lie in different shards, as far as there are several.
    new Book('beat', 1000, 'once', ['b0', 'b1', 'b2', 'b3', 'behind', 'ranked']),
    new Book('rare', 3000, 'skip', ['r0', 'r1', 'r2']),
    new Book('alone', 2000, 'once', ['a0']),
    new Book('logged', 2000, 'once', ['beside']),
  ]

  /** Declared anew with other arguments again and again. */
  readonly changing = new ChangingBook('moved', ['m0', 'm1', 'm2', 'm3'])

  protected opened(): void {
    const vhost = this.broker.vhost('/')
    this.changing.opened(vhost, this.clock.now())
    if (!vhost.exchanges.has('middle')) vhost.declareExchange('middle', 'fanout', PLAIN)
    vhost.declareQueueOrStream(
      { name: 'log', ...DURABLE, exclusiveTo: null, arguments: { 'x-queue-type': 'stream' } },
      null,
    )
    for (const book of this.books) {
      vhost.declareExchange(book.name, 'x-schedule', { ...PLAIN, arguments: book.arguments })
      for (const name of book.queues) {
        const args = name === 'ranked' ? { 'x-max-priority': 3 } : {}
        const queue = vhost.declareQueue({ name, ...DURABLE, exclusiveTo: null, arguments: args }, null)
        vhost.bind(name === 'behind' ? 'middle' : book.name, queue, '', {})
      }
      book.lives.push({ openedAt: Reflect.get(this.scheduleOf(book), 'openedAt') as number, confirmed: 0 })
    }
    vhost.bind('beat', vhost.exchange('middle'), '', {})
    vhost.bind('logged', vhost.queueOrStream('log', null), '', {})
  }

  protected crashed(): void {}

  protected stopped(): void {}

  /** From now on one schedule has other times and another message. */
  change(): void {
    this.changing.change(this.broker.vhosts.get('/')!, this.clock.now(), this.random)
  }

  /** As `change`, a moment behind a tick. */
  tickAndChange(): void {
    this.clock.advance(this.changing.everyMs)
    this.scheduleOf(this.changing).runTurn()
    this.change()
  }

  /** As `change`, a moment before it would tick. */
  changeAndTick(): void {
    this.change()
    this.clock.advance(this.changing.everyMs)
    this.scheduleOf(this.changing).runTurn()
  }

  private scheduleOf({ name }: { readonly name: string }): Schedule {
    const vhost = this.broker.vhost('/')
    return vhost.schedules.of(vhost.exchange(name))!
  }

  /** What was published so far is durable, unless the power goes. */
  async confirm(): Promise<boolean> {
    const last = this.books.map((book) => this.scheduleOf(book).lastAt ?? 0)
    const changed = this.changing.state(this.scheduleOf(this.changing).lastAt)
    if (!(await this.durable())) return false
    this.changing.confirm(changed)
    for (const [i, book] of this.books.entries()) {
      const life = book.lives.at(-1)!
      life.confirmed = Math.max(life.confirmed, last[i])
    }
    return true
  }

  /** So much for the journal that a round is longer than an entry. */
  fill(): void {
    const { vhosts } = this.broker
    const vhost = vhosts.get('/')!
    const options = {
      ...DURABLE,
      internal: false,
      arguments: { 'x-every': 3_600_000, 'x-payload': '.'.repeat(65_000) },
    }
    for (let i = 0; i < 16; i++) {
      vhost.deleteExchange(`filler ${i}`, false)
      vhost.declareExchange(`filler ${i}`, 'x-schedule', options)
    }
  }

  /** Each schedule ticks once more at least, and what must have come has. */
  async finish(): Promise<void> {
    await this.settle()
    const books = [...this.books, this.changing]
    this.clock.advance(Math.max(...books.map(({ everyMs }) => everyMs)))
    const isLate = (book: { readonly name: string }): boolean => this.scheduleOf(book).nextAt <= this.clock.now()
    for (let left = ROUNDS_MAX; left === ROUNDS_MAX || books.some(isLate); left--) {
      assert.ok(left > 0, 'the schedules never catch up')
      // They wait for a disk that lags.
      if (left < ROUNDS_MAX) this.clock.advance(BUSY_MS)
      assert.ok(await this.confirm())
    }
    const now = this.clock.now()
    let count = 0
    for (const book of this.books) {
      const all: number[][] = []
      for (const queue of book.queues) all.push((await this.take(queue)).map(({ tick }) => tick))
      for (const [i, queue] of book.queues.entries()) book.judge(queue, all[i], now)
      count = all[0].length
      for (const got of all) assert.deepEqual(got, all[0], `queues of ${book.name} have different ticks`)
    }
    const changed: Got[][] = []
    for (const queue of this.changing.queues) changed.push(await this.take(queue))
    this.changing.judge(changed, now)
    // More than once after a crash.
    const { partitions } = this.broker.vhost('/').streams.topics.get('log')!
    assert.ok(partitions[0].log.endOffset >= count, 'the topic lacks records')
  }

  private async take(name: string): Promise<Got[]> {
    const queue = this.broker.vhost('/').queue(name, null)
    const found: Got[] = []
    for (let left = TAKE_STEPS_MAX; ; left--) {
      assert.ok(left > 0, `${name} has no end`)
      const result = queue.get(true, (view) => {
        const { headers } = propertyBlocks.read(view.buffer, view.propertiesPos, view.propertiesLen)
        found.push({ tick: Number(headers?.['x-scheduled-at']), text: bodyOf(view) })
      })
      if (result === 'empty') return found
      if (result === 'wait') await this.turns(1)
    }
  }
}
