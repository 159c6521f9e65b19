/**
 * A queue with an order within keys on a simulated disk, its consumers, and what must hold whenever a message is handed
 * out: all messages of its key that came before have left the queue, and no other of them is out.
 */
import assert from 'node:assert/strict'
import { names } from '../../src/broker/dead-letters.ts'
import type { Lane } from '../../src/broker/queue/lane.ts'
import type { Queue } from '../../src/broker/queue/queue.ts'
import { Route } from '../../src/broker/queue/route.ts'
import { Subscription } from '../../src/broker/queue/subscription.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { Seek } from '../../src/log/engine.ts'
import { MessageDraft, MessageView } from '../../src/record/message.ts'
import { typed } from '../../src/wire/amqp/field-table.ts'
import { encodeProperties } from '../../src/wire/amqp/properties.ts'
import { BrokerMachine } from './broker-machine.ts'

const OPTIONS = { durable: true, autoDelete: false, exclusiveTo: null }
const STEPS_MAX = 3000
const LETTERS = 'abcd'

export interface KeyedSent {
  readonly number: number
  /** Null: none. */
  readonly key: string | null
  readonly round: number
  readonly expires: boolean
  /** Where it stands, in this life of the broker. */
  lane: Lane
  offset: number
  /** A consumer said that it is done with it, or it was thrown away as it was to be. */
  done: boolean
  /** It was not in the queue any more when the broker was last seen. */
  isGone: boolean
}

export interface Publishing {
  readonly letter: number
  readonly priority: number
  readonly ttlMs: number | null
  readonly bodyBytes: number
}

export class KeyedRun extends BrokerMachine<never> {
  readonly sent: KeyedSent[] = []
  workers: KeyedWorker[] = []
  readonly args: Headers
  private readonly out = new Set<KeyedSent>()
  private wasThere = false

  constructor(args: Headers, seed: number) {
    super({ seed, shards: 1 + (seed % 2), tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 })
    this.args = { ...args, 'x-ordered-by-key': true }
  }

  get queue(): Queue {
    return this.broker.vhost('/').queue('q', null)
  }

  private get dead(): Queue {
    return this.broker.vhost('/').queue('dead', null)
  }

  private get throwsAway(): boolean {
    return this.args['x-dead-letter-exchange'] === undefined
  }

  async begin(): Promise<void> {
    assert.ok(await this.open())
    this.wasThere = true
  }

  protected opened(): void {
    const vhost = this.broker.vhost('/')
    this.workers = []
    this.out.clear()
    if (!this.wasThere) {
      vhost.declareQueue({ name: 'q', ...OPTIONS, arguments: this.args }, null)
      vhost.declareQueue({ name: 'dead', ...OPTIONS, arguments: {} }, null)
    }
  }

  protected crashed(): void {
    this.noteSettled()
  }

  protected stopped(): void {
    this.noteSettled()
  }

  private noteSettled(): void {
    for (const one of this.sent) one.isGone = isSettled(one)
  }

  /** After a start: finds where everything stands, and that nothing is lost that was durable. */
  async find(durableRound: number): Promise<void> {
    const found = new Set<KeyedSent>()
    const view = new MessageView()
    for (const lane of this.queue.lanes) {
      for (let at = 0; ; at = view.offset + 1) {
        const result = lane.log.seek(at, view)
        if (result === Seek.cold) {
          await this.alive(new Promise((resolve) => lane.log.load(at, resolve)))
          if (lane.log.seek(at, view) !== Seek.found) break
        } else if (result === Seek.end) break
        const one = this.sent[numberOf(view)]!
        one.lane = lane
        one.offset = view.offset
        one.isGone = false
        found.add(one)
      }
    }
    for (const one of this.sent) {
      if (found.has(one)) continue
      const mayLeave = one.done || one.expires || this.args['x-max-length'] !== undefined
      assert.ok(one.isGone || mayLeave || one.round > durableRound, `${told(one)} is lost`)
      one.isGone = true
      if (one.round > durableRound) one.done = true
    }
  }

  publish({ letter, priority, ttlMs, bodyBytes }: Publishing): void {
    const { length: number } = this.sent
    const key = letter < LETTERS.length ? LETTERS[letter]! : null
    const draft = new MessageDraft()
    draft.properties = encodeProperties({
      deliveryMode: 2,
      priority,
      ...(ttlMs !== null && { expiration: String(ttlMs) }),
      headers: [
        ['number', typed('I', number)],
        ...(key === null ? [] : [['x-ordering-key', typed('S', key)] as const]),
      ],
    })
    draft.propertiesLen = draft.properties.length
    draft.names = names('', 'q')
    draft.body = Buffer.from(`${number}/`.padEnd(bodyBytes, '.'))
    draft.bodyLen = draft.body.length
    draft.persistent = draft.hasPriority = true
    draft.priority = priority
    draft.arrival = this.clock.now()
    if (ttlMs !== null) draft.expiry = draft.arrival + ttlMs
    const route = new Route()
    const vhost = this.broker.vhost('/')
    vhost.route(vhost.exchange(''), 'q', null, route)
    const lane = this.queue.laneFor(draft)
    const one = {
      number,
      key,
      lane,
      offset: lane.log.endOffset,
      done: this.throwsAway && ttlMs !== null,
      isGone: false,
    }
    // It may be handed out, or dropped, before this returns.
    this.sent.push({ ...one, round: this.engine.openRound, expires: ttlMs !== null })
    if (route.append(this.engine, draft) === 0 && route.rejected) this.sent.pop()
  }

  purge(): void {
    for (const one of this.sent) if (isReady(one)) one.done = true
    this.queue.purge()
    assert.equal(this.queue.ready, 0, 'a purge leaves messages')
  }

  /** Those handed out that have not left: with consumers, resting, or on their way to be dead letters. */
  delivered(view: MessageView): KeyedSent {
    const one = this.sent[numberOf(view)]!
    assert.equal(one.offset, view.offset, `${told(one)} stands elsewhere`)
    if (one.key === null) return one
    for (const other of this.out) {
      if (isSettled(other)) this.out.delete(other)
      else assert.ok(other === one || other.key !== one.key, `${told(one)} is out beside ${told(other)}`)
    }
    for (const other of this.sent) {
      if (other.number >= one.number) break
      if (other.key !== one.key || other.lane !== one.lane) continue
      assert.ok(isSettled(other), `${told(one)} is out before ${told(other)}`)
    }
    this.out.add(one)
    return one
  }

  /** Takes some ready message away, and gives it back or settles it later. */
  takeAway(draw: number): (() => void) | null {
    const ready = this.sent.filter(isReady)
    if (ready.length === 0) return null
    const { queue } = this
    const one = ready[draw % ready.length]!
    const place = queue.placeOf(one.lane, one.offset)
    assert.ok(queue.takeOut(place))
    return () => {
      if (draw % 2 === 0) {
        queue.giveBack(place)
        return
      }
      one.done = true
      queue.settleTaken(place)
    }
  }

  /** With nothing left to do and somebody who has room, whatever is ready waits for another of its key. */
  async checkNoStall(): Promise<void> {
    if (!(await this.durable()) || !(await this.readable()) || !this.workers.some((worker) => worker.isServed)) return
    const busy = new Set(this.sent.filter(isTaken).map(({ key }) => key))
    for (const one of this.sent) {
      if (!isReady(one)) continue
      assert.ok(one.key !== null && busy.has(one.key), `${told(one)} is not handed out, and nobody has its key`)
    }
  }

  /** What is next is in memory, and was handed out. @returns false if the power went */
  private async readable(): Promise<boolean> {
    for (let left = STEPS_MAX; ; left--) {
      let isReadable = false
      this.queue.whenReadable(() => {
        isReadable = true
      })
      if ((isReadable && !this.queue.scheduled) || this.isOff) return !this.isOff
      assert.ok(left > 0, 'the queue waits for ever')
      await this.settle()
    }
  }

  /** All that is left is consumed. Then everything is done with, or a dead letter. */
  async finish(): Promise<void> {
    const { queue } = this
    for (const worker of [...this.workers]) worker.leave()
    const last = new KeyedWorker(this, 3)
    for (let left = STEPS_MAX; ; left--) {
      assert.ok(left > 0, `the queue never comes to an end: ${queue.ready} ready`)
      await this.settle()
      while (last.holds > 0) last.settle(0, 'acknowledge')
      if (queue.ready + queue.held + queue.departures.count + queue.unacknowledged === 0) break
      this.clock.advance(Math.min(this.clock.nextTimer() ?? 100, 1000))
    }
    await this.durable()
    this.overflowed()
    const dead = new Set<number>()
    for (let result = ''; result !== 'empty'; ) {
      result = this.dead.get(true, (view) => dead.add(numberOf(view)))
      if (result === 'wait') await this.turns(1)
    }
    for (const one of this.sent) assert.ok(one.done || dead.has(one.number), `${told(one)} is lost`)
  }

  /** Of what was thrown away, as it was to be. */
  overflowed(): void {
    if (this.args['x-max-length'] === undefined || !this.throwsAway) return
    for (const one of this.sent) one.done ||= isSettled(one)
  }

  /** What is rejected, or comes back too often. */
  rejected(one: KeyedSent): void {
    if (this.throwsAway) one.done = true
  }
}

export class KeyedWorker extends Subscription {
  readonly noAck = false
  readonly exclusive = false
  private readonly run: KeyedRun
  private readonly queue: Queue
  private readonly hand: { place: number; one: KeyedSent }[] = []
  private readonly prefetch: number

  constructor(run: KeyedRun, prefetch: number) {
    super()
    this.run = run
    this.queue = run.queue
    this.prefetch = prefetch
    run.workers.push(this)
    this.queue.subscribe(this)
    this.wake()
  }

  get holds(): number {
    return this.hand.length
  }

  override get room(): number {
    return this.prefetch - this.holds
  }

  get isServed(): boolean {
    const { activeSubscription: active } = this.queue
    return this.room > 0 && (active === null || active === this)
  }

  deliver(view: MessageView): void {
    const one = this.run.delivered(view)
    this.hand.push({ place: view.place, one })
    if (this.room === 0) this.queue.rest(this)
  }

  wake(): void {
    if (this.room > 0) this.queue.want(this)
  }

  queueGone(): void {
    assert.fail('the queue is gone')
  }

  settle(at: number, how: 'acknowledge' | 'return' | 'fail' | 'discard'): void {
    const { queue } = this
    if (this.hand.length === 0) return
    const [{ place, one }] = this.hand.splice(at % this.hand.length, 1) as [{ place: number; one: KeyedSent }]
    if (how === 'acknowledge') {
      one.done = true
      queue.acknowledge(place)
    } else if (how === 'discard') {
      this.run.rejected(one)
      queue.discard(place)
    } else {
      if (queue.settings.deliveryLimit !== null) this.run.rejected(one)
      queue.requeue(place, how === 'return' ? 'returned' : 'failed')
    }
    this.wake()
  }

  /** All that it holds goes back. */
  leave(): void {
    this.run.workers.splice(this.run.workers.indexOf(this), 1)
    this.queue.unsubscribe(this)
    while (this.hand.length > 0) this.settle(0, 'fail')
    this.queue.rest(this)
  }
}

function isSettled({ isGone, lane, offset }: KeyedSent): boolean {
  return isGone || lane.log.isSettled(offset)
}

function isReady(one: KeyedSent): boolean {
  return !one.isGone && one.lane.isReady(one.offset)
}

function isTaken(one: KeyedSent): boolean {
  return !isSettled(one) && !isReady(one)
}

function told({ number, key, offset }: KeyedSent): string {
  return `message ${number} (key ${key}, at ${offset})`
}

function numberOf({ buffer, bodyPos, bodyLen, bodyParts }: MessageView): number {
  const body = bodyParts === null ? buffer.subarray(bodyPos, bodyPos + bodyLen) : Buffer.concat(bodyParts)
  return Number.parseInt(Buffer.from(body.subarray(0, 12)).toString(), 10)
}
